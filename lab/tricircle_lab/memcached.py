"""Memcached, one for each Neutron: what its processes know of the tokens that they have validated.

Each region has its own, as in life: regions share Keystone, and no cache.
"""

from __future__ import annotations

from tricircle_lab import probes
from tricircle_lab.layout import Region
from tricircle_lab.units import Service

_MEGABYTES = 16


def service_name(region: Region) -> str:
    return f"memcached@{region.name}"


def service(region: Region) -> Service:
    socket = region.memcached_socket
    return Service(
        name=service_name(region),
        command=(
            "memcached",
            *("--unix-socket", str(socket), "--unix-mask", "0700", "--user", "root"),
            *("--memory-limit", str(_MEGABYTES), "--threads", "1"),
        ),
        probe=probes.listens_at(socket),
        # One that was killed has left its socket behind.
        prepare=lambda: socket.unlink(missing_ok=True),
        socket=str(socket),
        timeout=30,
    )
