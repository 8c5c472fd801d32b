"""Tricircle's Admin API for openstacksdk.

from openstack import connect
from tricircle.sdk import add_to

tricircle = add_to(connect(region_name="CentralRegion"))
for pod in tricircle.pods(): ...
"""

from openstack.connection import Connection
from openstack.service_description import ServiceDescription

from tricircle.sdk.proxy import Proxy

SERVICE_TYPE = "tricircle"


def add_to(connection: Connection) -> Proxy:
    """Make the service known to a connection; returns its proxy, also at `connection.tricircle` from then on.

    The endpoint is the catalogue's for the connection's region (for any, if it has none), or what the connection's
    `tricircle_endpoint_override` says.
    """
    # openstacksdk knows the name, from the list of official service types, but not the service's calls.
    connection.add_service(ServiceDescription(SERVICE_TYPE, supported_versions={"1": Proxy}))
    proxy: Proxy = connection.tricircle
    return proxy
