"""Paths of requests, made of what users have sent."""

from urllib.parse import quote

from tricircle.regions.errors import RegionError


def path(*parts: str) -> str:
    """A path of these parts, each quoted, so that none means anything but itself.

    ``.`` and ``..`` cannot be quoted: HTTP clients and servers take them for directories however they are written.

    :raises RegionError: 404, a part is one of them, or empty: no object is called so.
    """
    for part in parts:
        if part in ("", ".", ".."):
            raise RegionError(404, f"'{part}' is no name of anything", "NotFound")
    return "".join(f"/{quote(part, safe='')}" for part in parts)
