"""API extensions between central Neutron and the regions' Neutrons.

They are for Tricircle itself: role ``service`` only.
"""

from pathlib import Path

from neutron.api import extensions

HERE = Path(__file__).parent


def register(*, region: bool = False) -> None:
    """Make Neutron look for extensions here, and for those of a region alone.

    For plugins, when they are made: Neutron then has its
    configuration, and has not loaded the extensions yet.
    """
    for path in (str(HERE), *([str(HERE / "region")] if region else [])):
        if path not in extensions.get_extensions_path().split(":"):
            extensions.append_api_extensions_path([path])
