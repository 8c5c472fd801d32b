"""Bindings of ports (``/ports/{port_id}/bindings``) at central: the region where the port lives has them.

Nova's live migration works on them. Central binds nothing, and passes such a request on with the caller's token.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from keystoneauth1 import exceptions as ks_exc
from neutron.common import utils
from neutron_lib.api.definitions import portbindings_extended as bindings_def

from tricircle.db.neutron import locations
from tricircle.domain import requests
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.network import binding_requests, exceptions
from tricircle.network._real_plugin import RealPlugin
from tricircle.network.central.records import Records
from tricircle.regions import errors, paths
from tricircle.regions.protocols import NeutronServer, Regions

LOG = logging.getLogger(__name__)

SERVICE_ROLE = "service"
# Requests of one API process that may wait for one slow region.
MAX_WAITING = 4


class RegionalBindings:
    """Asks the region of a port. No transaction may be open: the answer may take its time."""

    def __init__(self, records: Records, regions: Regions) -> None:
        """Nothing is sent yet."""
        self._records = records
        self._regions = regions

    def ask(self, context: Any, method: str, port_id: str, *parts: str, **content: Any) -> Json:
        """Send one request for ``/ports/{port_id}/bindings`` and ``parts`` of its path.

        :param content: ``json`` and ``params`` of the request.
        :raises PortIsNowhere: no region has the port.
        :raises RegionUnavailable: the region does not answer.
        :raises NeutronException: what the region answers, by its code and its name for the error.
        """
        pod = self._pod(context, port_id)
        neutron = self._neutron(pod)
        # No service's rights but where a service has sent its token along.
        vouch = SERVICE_ROLE in context.service_roles
        try:
            path = paths.path("ports", port_id, bindings_def.COLLECTION_NAME, *parts)
            with requests.made_for(context.global_id):
                return neutron.request(method, path, token=context.auth_token, vouch=vouch, **content)
        except errors.RegionError as error:
            raise exceptions.from_region(error, pod.region_name) from error

    def _pod(self, context: Any, port_id: str) -> Pod:
        """That of the region where the port lives."""
        location = locations.of_port(context, port_id)
        pods = self._records.pods()
        found = [pod for pod in pods if location is not None and pod.region_name == location.region_name]
        if not found:
            raise exceptions.PortIsNowhere(id=port_id)
        return found[0]

    def _neutron(self, pod: Pod) -> NeutronServer:
        try:
            return self._regions.local(pod.pod_id)
        except ks_exc.ClientException as error:
            LOG.error("Region %s cannot be asked; see [client] in the configuration: %s", pod.region_name, error)
            raise exceptions.RegionUnavailable(region=pod.region_name) from error


class Bindings(RealPlugin):
    """ML2's methods of the API. Each answers what the region answers; errors as ``RegionalBindings.ask``.

    :raises PortNotFound: the caller has no such port.
    """

    _regional_bindings: RegionalBindings

    @utils.transaction_guard
    def get_port_bindings(
        self,
        context: Any,
        port_id: str,
        filters: Json | None = None,
        fields: Sequence[str] | None = None,
        **page: Any,
    ) -> list[Json]:
        """A page of a port's bindings, as ML2.

        ``page``: ``limit``, ``marker`` and ``page_reverse``; and ``sorts``, of which Neutron's API leaves no choice.
        """
        page.pop("sorts", None)
        params = {**(filters or {}), "fields": list(fields or ()), **page}
        found: list[Json] = self._ask_region(context, "GET", port_id, params=params)[bindings_def.COLLECTION_NAME]
        return found

    @utils.transaction_guard
    def get_port_binding(self, context: Any, host: str, port_id: str, fields: Sequence[str] | None = None) -> Json:
        """One binding, as ML2."""
        return self._binding(self._ask_region(context, "GET", port_id, host, params={"fields": list(fields or ())}))

    @utils.transaction_guard
    def create_port_binding(self, context: Any, port_id: str, binding: Json) -> Json:
        """Bind the port to one more host, as ML2."""
        return self._binding(self._ask_region(context, "POST", port_id, json=_sent(binding)))

    @utils.transaction_guard
    def update_port_binding(self, context: Any, host: str, port_id: str, binding: Json) -> Json:
        """Change a binding, as ML2."""
        return self._binding(self._ask_region(context, "PUT", port_id, host, json=_sent(binding)))

    @utils.transaction_guard
    def activate(self, context: Any, host: str, body: str | Json = "", port_id: str = "") -> Json:
        """Let the port be on the host, as ML2. Central knows it when this returns: the region has told it."""
        id_ = binding_requests.port_of(body, port_id)
        return self._ask_region(context, "PUT", id_, host, bindings_def.ACTIVATE_BINDING)

    @utils.transaction_guard
    def delete_port_binding(self, context: Any, host: str, port_id: str) -> None:
        """Take a binding away, as ML2."""
        self._ask_region(context, "DELETE", port_id, host)

    def _ask_region(self, context: Any, method: str, port_id: str, *parts: str, **content: Any) -> Json:
        self.get_port(context, port_id, fields=["id"])
        return self._regional_bindings.ask(context, method, port_id, *parts, **content)

    @staticmethod
    def _binding(answer: Json) -> Json:
        binding: Json = answer[bindings_def.RESOURCE_NAME]
        return binding


def _sent(body: Mapping[str, Any]) -> Json:
    """The body as the caller has sent it: what is not set, the region's API fills in as central's has."""
    binding = body[bindings_def.RESOURCE_NAME]
    known = bindings_def.SUB_RESOURCE_ATTRIBUTE_MAP[bindings_def.COLLECTION_NAME]["parameters"]
    return {
        bindings_def.RESOURCE_NAME: {
            name: value
            for name, value in binding.items()
            if name in known and value != known[name].get("default", _NO_DEFAULT)
        }
    }


_NO_DEFAULT = object()
