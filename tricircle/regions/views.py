"""Central's views for pods: the extension ``tricircle-regional-view``."""

from collections.abc import Collection
from typing import Any, cast

from tricircle.domain.wire import View
from tricircle.regions import questions
from tricircle.regions.protocols import Regions


def view(regions: Regions, pod_id: str, changes: Collection[int], **asked: Any) -> View:
    """Central's view for a pod, as of ``changes``. Errors of ``ask``.

    ``asked``: the extension's ``…_ids``; and ``versions``, for differences: those that the region has said that it has.
    """
    question = {"region_name": regions.pod(pod_id).region_name, "changes": list(changes), **asked}
    return cast(View, questions.ask(regions.central(), "POST", "/regional-views", "regional_view", question))


def deleted(view: View) -> set[str]:
    """Ids of what a view says is deleted."""
    return {one["id"] for one in view["deleted"]}
