"""`application` for any WSGI server.

OS_TRICIRCLE_CONFIG_DIR (/etc/tricircle) is where the files are that OS_TRICIRCLE_CONFIG_FILES names, separated by
semicolons (api.conf).
"""

import os
from collections.abc import Mapping
from pathlib import Path

from tricircle.api import app
from tricircle.conf.process import load_conf

DEFAULT_DIR = "/etc/tricircle"
DEFAULT_FILE = "api.conf"


def config_files(environ: Mapping[str, str]) -> list[str]:
    """Paths of the configuration files that the environment asks for."""
    folder = Path(environ.get("OS_TRICIRCLE_CONFIG_DIR", DEFAULT_DIR).strip())
    names = [name.strip() for name in environ.get("OS_TRICIRCLE_CONFIG_FILES", "").split(";")]
    return [str(folder / name) for name in names if name] or [str(folder / DEFAULT_FILE)]


def make_application() -> app.WsgiApplication:
    """The application by the environment's configuration files."""
    return app.build(load_conf("tricircle-api", [], app.register_opts, config_files=config_files(os.environ)))


application = make_application()
