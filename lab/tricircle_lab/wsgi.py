"""WSGI servers."""

from __future__ import annotations

from tricircle_lab.commands import script
from tricircle_lab.layout import LOOPBACK


def uwsgi(module: str, port: int, *, threads: int = 1) -> tuple[str, ...]:
    """The command that serves a WSGI application on the machine's loopback."""
    return (
        script("uwsgi"),
        *("--http-socket", f"{LOOPBACK}:{port}"),
        *("--module", module),
        *("--processes", "1", "--threads", str(threads), "--enable-threads"),
        *("--master", "--lazy-apps", "--need-app", "--die-on-term", "--thunder-lock"),
        # Tokens and long filters do not fit into the default buffer.
        *("--buffer-size", "65535"),
        # uWSGI does not keep connections alive: clients must not wait for the next answer on the same one.
        *("--add-header", "Connection: close"),
        # Neutron's workers agree by this on what "since the start" means.
        *("--set", "start-time=%t"),
        "--disable-logging",
    )
