"""What whoever asks regions needs of them, whichever way they are reached."""

from collections.abc import Mapping
from typing import Any, Protocol

from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod


class NeutronServer(Protocol):
    """A Neutron server that answers requests: see `neutron.Neutron.request`."""

    @property
    def name(self) -> str:
        """The region's."""

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Json | None = None,
        params: Mapping[str, Any] | None = None,
        token: str | None = None,
        vouch: bool = True,
        repeatable: bool = False,
    ) -> Json:
        """The body of the answer."""


class Regions(Protocol):
    """The Neutron servers of all pods: see `pods.Regions`."""

    @property
    def vxlan_mode(self) -> str:
        """How networks of type vxlan are joined."""

    def pod(self, pod_id: str) -> Pod:
        """The pod of this id."""

    def central(self) -> NeutronServer:
        """Central Neutron."""

    def local(self, pod_id: str) -> NeutronServer:
        """The pod's Neutron."""
