"""Where a network may live, by its availability-zone hints, type and the pods there are."""

import dataclasses
from collections.abc import Iterable

from tricircle.domain.pods import Pod


@dataclasses.dataclass(frozen=True, slots=True)
class Placed:
    """What decides where a network may live."""

    hints: tuple[str, ...] = ()
    network_type: str | None = None
    external: bool = False


def unknown_hints(hints: Iterable[str], pods: Iterable[Pod]) -> list[str]:
    """Those of ``hints`` that name neither a region nor an availability zone of ``pods``, in their order."""
    known = {name for pod in pods if not pod.is_central for name in (pod.region_name, pod.az_name)}
    return [hint for hint in hints if hint not in known]


def allowed_regions(placed: Placed, pods: Iterable[Pod], default_external_region: str) -> frozenset[str]:
    """Names of the regions in which the network may live.

    A hint names a region or an availability zone (all regions of it); no hint means every region, but for an external
    network its default region. Of a network of type ``local`` only the first region that asks may have it: that is
    the caller's to see to.
    """
    local_pods = [pod for pod in pods if not pod.is_central]
    hints = placed.hints
    if not hints:
        if placed.external:
            hints = (default_external_region,)
        else:
            return frozenset(pod.region_name for pod in local_pods)
    return frozenset(pod.region_name for pod in local_pods if pod.region_name in hints or pod.az_name in hints)


def is_local(placed: Placed, pods: Iterable[Pod]) -> bool:
    """Whether the network can live in exactly one region (external networks are local by nature)."""
    if placed.external or placed.network_type == "local":
        return True
    regions = {pod.region_name for pod in pods if not pod.is_central}
    return len(placed.hints) == 1 and placed.hints[0] in regions
