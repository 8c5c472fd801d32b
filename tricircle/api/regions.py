"""Which regions have a Neutron, by the Keystone catalogue."""

from typing import Any


class RegionCatalog:
    """The catalogue as Tricircle's service user sees it.

    :param session: keystoneauth1 Session with the credentials of [client].
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    def missing_from(self, region_name: str) -> list[str] | None:
        """None if the region has a network service, else the regions that have one.

        The catalogue comes with a token, so it is as old as that: before a region is called unknown, a new one is got.

        Raises keystoneauth1.exceptions.ClientException when Keystone cannot be asked.
        """
        if region_name in self._regions():
            return None
        self._session.invalidate()
        regions = self._regions()
        return None if region_name in regions else sorted(regions)

    def _regions(self) -> set[str]:
        catalog = self._session.auth.get_access(self._session).service_catalog
        endpoints = catalog.get_endpoints_data(service_type="network")
        return {endpoint.region_name for found in endpoints.values() for endpoint in found}
