"""Requests about bindings of ports, as Neutron's API hands them to plugins."""

from collections.abc import Mapping


def port_of(body: str | Mapping[str, str], port_id: str) -> str:
    """The port that is to be activated on a host.

    Neutron's way for extensions names it (``port_id``), and puts the request's body before it if there is one; pecan's
    has the name in what stands for the body (bug 1770267); a caller in the same process gives the id there.
    """
    if port_id:
        return port_id
    return body if isinstance(body, str) else body["port_id"]
