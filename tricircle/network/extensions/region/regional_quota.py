"""Quotas as a region's API shows them: central's, where everything is counted once.

A region's own ``[quotas]`` go on limiting what projects have in the region alone (see ``local.quotas``), and nobody
asks for them.
"""

from typing import Any, ClassVar

from neutron.api import extensions
from neutron.api.v2 import resource
from neutron.extensions import quotasv2, quotasv2_detail
from neutron_lib.api import faults
from neutron_lib.plugins import directory

from tricircle.network import exceptions, neutron_internals
from tricircle.network.extensions import _base

MEMBER_ACTIONS = {"default": "GET", "details": "GET"}
COLLECTION_ACTIONS = {"tenant": "GET", "project": "GET"}


class RegionalQuotas(quotasv2_detail.DetailQuotaSetsController):
    """Asks central with the caller's token, so that central's policies decide."""

    def __init__(self, plugin: Any) -> None:
        """``plugin`` is the region's core plugin."""
        super().__init__(plugin)
        self._core = plugin

    def index(self, request: Any) -> Any:
        """Every project that has quotas of its own."""
        return self._core.quotas_at_central(request.context)

    def show(self, request: Any, id: str) -> Any:
        """Limits of a project; of the caller's own, which nobody forbids, as central said within the last minute."""
        if id != request.context.project_id:
            return self._core.quotas_at_central(request.context, id)
        answer = self._core.quota_memory.get(id)
        if answer is None:
            answer = self._core.quotas_at_central(request.context, id)
            self._core.quota_memory.remember({id: answer})
        return answer

    def default(self, request: Any, id: str) -> Any:
        """Limits of a project that has none of its own."""
        return self._core.quotas_at_central(request.context, id, "default")

    def details(self, request: Any, id: str) -> Any:
        """Limits, and what is used of them in all regions together."""
        return self._core.quotas_at_central(request.context, id, "details")

    def update(self, request: Any, id: str, body: Any = None) -> Any:
        """Not here."""
        quotasv2.validate_policy(request.context, "update_quota")
        raise exceptions.ManagedByCentral(resource="Quota of project", id=id, action="set")

    def delete(self, request: Any, id: str) -> None:
        """Not here."""
        quotasv2.validate_policy(request.context, "delete_quota")
        raise exceptions.ManagedByCentral(resource="Quota of project", id=id, action="reset")


class Regional_quota(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``/v2.0/quotas`` in place of Neutron's own."""

    NAME: ClassVar[str] = "Quotas of central Neutron"
    ALIAS: ClassVar[str] = "tricircle-regional-quota"
    DESCRIPTION: ClassVar[str] = "Quotas are counted at central Neutron; a region shows them"
    ATTRIBUTES: ClassVar[dict[str, dict[str, Any]]] = {}
    OPERATIONS = frozenset()

    @classmethod
    def get_resources(cls) -> list[Any]:
        """The collection ``quotas``."""
        controller = resource.Resource(RegionalQuotas(directory.get_plugin()), faults=faults.FAULT_MAP)
        return [
            extensions.ResourceExtension(
                quotasv2.RESOURCE_COLLECTION,
                controller,
                collection_actions=COLLECTION_ACTIONS,
                member_actions=MEMBER_ACTIONS,
            )
        ]

    @classmethod
    def get_pecan_resources(cls) -> list[Any]:
        """None, but this is what an API process asks for before it asks for any other resources.

        Of two of the same name, it would serve that of the extension loaded first, which is Neutron's: that one is
        hidden here.
        """
        loaded = neutron_internals.loaded_extensions()
        for alias in (quotasv2.RESOURCE_COLLECTION, quotasv2_detail.ALIAS):
            if alias in loaded:
                loaded[alias].get_resources = list
        return []
