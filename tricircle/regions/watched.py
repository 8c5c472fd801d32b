"""A Neutron server that nobody waits for while it does not answer."""

from typing import Any

from tricircle.regions.liveness import Liveness
from tricircle.regions.neutron import Neutron

Json = dict[str, Any]


class WatchedNeutron:
    """As `Neutron`; one thread for all of the process sees whether a server that is silent answers again.

    :param max_waiting: how many threads may wait for a server that answers, but is slow.
    """

    def __init__(self, neutron: Neutron, max_waiting: int) -> None:
        """Nothing is sent yet."""
        self._neutron = neutron
        self._liveness = Liveness(neutron.name, neutron.probe, max_waiting)

    @property
    def name(self) -> str:
        """The region's."""
        return self._neutron.name

    def request(self, method: str, path: str, **content: Any) -> Json:
        """See `Neutron.request`.

        :raises RegionUnavailableError: besides, at once, as long as the server is known not to answer.
        """
        return self._liveness.call(lambda: self._neutron.request(method, path, **content))
