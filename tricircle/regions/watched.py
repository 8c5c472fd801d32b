"""A Neutron server that nobody waits for while it does not answer."""

from collections.abc import Callable
from typing import Any

from tricircle.domain.jsons import Json
from tricircle.regions.errors import RegionError, RegionSlowError, RegionUnavailableError
from tricircle.regions.liveness import Liveness
from tricircle.regions.neutron import Neutron

# Is told of each request to a region (its name) why there was no answer; None: there was one, be it a refusal.
Observer = Callable[[str, str | None], None]


class WatchedNeutron:
    """As `Neutron`; one thread for all of the process sees whether a server that is silent answers again.

    :param max_waiting: how many threads may wait for a server that answers, but is slow.
    :param observe: must neither block nor raise.
    """

    def __init__(self, neutron: Neutron, max_waiting: int, observe: Observer = lambda *_: None) -> None:
        """Nothing is sent yet."""
        self._neutron = neutron
        self._liveness = Liveness(neutron.name, neutron.probe, max_waiting)
        self._observe = observe

    @property
    def name(self) -> str:
        """The region's."""
        return self._neutron.name

    def request(self, method: str, path: str, **content: Any) -> Json:
        """See `Neutron.request`.

        :raises RegionUnavailableError: besides, at once, as long as the server is known not to answer.
        """
        try:
            answer = self._liveness.call(lambda: self._neutron.request(method, path, **content))
        except RegionSlowError:
            raise  # it was not asked
        except RegionError as error:
            self._observe(self.name, _silence(error))
            raise
        self._observe(self.name, None)
        return answer


def _silence(error: RegionError) -> str | None:
    """Why the server did not answer; None if it did: that it is not fit to, it says itself by a name of Neutron's."""
    return error.message if isinstance(error, RegionUnavailableError) and not error.kind else None
