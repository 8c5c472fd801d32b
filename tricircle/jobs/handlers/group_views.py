"""Central's views of a project's security groups, which it is asked for once for the regions of one change."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from tricircle.domain.wire import View

# Ids of groups by kind; and such by pod id.
Present = Mapping[str, Collection[str]]
PresentInPods = Mapping[str, Present]
# Asks central, as of these changes; answers views by pod id.
Ask = Callable[[PresentInPods, Collection[int]], dict[str, View]]

# Seconds for which an answer is kept for the jobs of further regions. They begin together, as far as there are threads.
KEPT_SECONDS = 10.0
# More than there are threads: jobs of different projects seldom wait for each other's question.
_LOCKS = 64


@dataclass(frozen=True, slots=True)
class _Answer:
    """``views`` and ``asked`` by pod id, as of ``changes``; ``until``, of the monotonic clock."""

    views: dict[str, View]
    asked: PresentInPods
    changes: frozenset[int]
    until: float


class GroupViews:
    """Answers of central's, shared among the threads of one worker.

    What central changes for a project makes one job in each region that has its groups. The first to run asks for all
    of them. Another takes its view if that is as of its own changes and about the groups that its region has; each is
    taken once, so that a job that is tried again asks again.
    """

    def __init__(self, ask: Ask) -> None:
        """Nothing is asked yet."""
        self._ask = ask
        self._locks = [threading.Lock() for _ in range(_LOCKS)]
        self._answers: dict[str, _Answer] = {}

    def take(
        self, project_id: str, pod_id: str, changes: Collection[int], read: Callable[[], PresentInPods]
    ) -> tuple[Present, View] | None:
        """What a pod has of the project's groups, and its view; None if it has none. Errors of ``ask``.

        ``read``: what all pods have of them.
        """
        with self._lock_of(project_id):
            present = read()
            if pod_id not in present:
                return None
            mine = present[pod_id]
            known = self._fit(project_id, changes)
            if known is None:
                return mine, self._ask_for_all(project_id, pod_id, changes, present)
            view = known.views.pop(pod_id, None)
            if view is None or known.asked[pod_id] != mine:
                view = self._ask({pod_id: mine}, changes)[pod_id]
            return mine, view

    def _fit(self, project_id: str, changes: Collection[int]) -> _Answer | None:
        """The answer that is kept, if it is as of these changes, and not too old."""
        known = self._answers.get(project_id)
        if known is None or not changes or time.monotonic() > known.until:
            return None
        return known if known.changes >= frozenset(changes) else None

    def _ask_for_all(self, project_id: str, pod_id: str, changes: Collection[int], present: PresentInPods) -> View:
        views = self._ask(present, changes)
        mine = views.pop(pod_id)
        self._forget_old()
        if views and changes:
            until = time.monotonic() + KEPT_SECONDS
            self._answers[project_id] = _Answer(views, present, frozenset(changes), until)
        else:
            self._answers.pop(project_id, None)
        return mine

    def _forget_old(self) -> None:
        now = time.monotonic()
        for project_id, answer in list(self._answers.items()):
            if answer.until < now or not answer.views:
                self._answers.pop(project_id, None)

    def _lock_of(self, project_id: str) -> threading.Lock:
        return self._locks[hash(project_id) % _LOCKS]
