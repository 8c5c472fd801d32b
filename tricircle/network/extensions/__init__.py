"""API extensions between central Neutron and the regions' Neutrons.

They are for Tricircle itself: role ``service`` only.
"""

from pathlib import Path

from neutron.api import extensions


def register() -> None:
    """Make Neutron look for extensions here.

    For plugins, when they are made: Neutron then has its
    configuration, and has not loaded the extensions yet.
    """
    path = str(Path(__file__).parent)
    if path not in extensions.get_extensions_path():
        extensions.append_api_extensions_path([path])
