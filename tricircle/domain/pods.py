"""Pods: the regions that Tricircle manages."""

from collections.abc import Collection
from dataclasses import dataclass

from tricircle.domain.errors import Conflict, Unprocessable


@dataclass(frozen=True, slots=True)
class Pod:
    """One managed region.

    `region_name` is its name in Keystone. `az_name` is the availability zone it belongs to in users' eyes, empty for
    the central pod; `pod_az_name` the zone's name inside the region where that differs; `dc_name` free text.
    `user_id` is the account that speaks for the region (of the central pod: for Tricircle itself); empty: any with role
    `service`. `draining`: nothing new goes there.
    """

    pod_id: str
    region_name: str
    az_name: str = ""
    pod_az_name: str = ""
    dc_name: str = ""
    user_id: str = ""
    draining: bool = False

    @property
    def is_central(self) -> bool:
        """Whether this is the region of central Neutron."""
        return not self.az_name


def clash(pod: Pod, others: Collection[Pod]) -> str | None:
    """Why `pod` and one of the others cannot both be pods, naming the field; None if they can."""
    for other in others:
        if other.region_name == pod.region_name:
            return f"region_name: region {pod.region_name} is a pod already"
        if pod.is_central and other.is_central:
            return f"region_name: there is a central pod already, {other.region_name}; other pods need an az_name"
        if pod.user_id and other.user_id == pod.user_id:
            return f"user_id: account {pod.user_id} speaks for {other.region_name} already; each region has its own"
    return None


def check(pod: Pod, before: Pod | None, others: Collection[Pod]) -> None:
    """See that `pod` makes sense beside the others, and as what becomes of `before` (None: it is new).

    Raises Conflict and Unprocessable, naming the field and what would be right.
    """
    if before is not None:
        _check_role(pod, before)
    if pod.is_central and pod.draining:
        raise Unprocessable(f"draining: {pod.region_name} is the central pod; only regions can be drained")
    reason = clash(pod, others)
    if reason is not None:
        raise Conflict(reason)
    if pod.user_id and not pod.is_central and (before is None or before.user_id != pod.user_id):
        _check_central_account(others)
    if before is not None and before.user_id and not pod.user_id:
        check_account_is_free(pod, others)


def check_account_is_free(pod: Pod, others: Collection[Pod]) -> None:
    """Raise Conflict if this is the central pod and others have accounts: they know Tricircle's workers by its own."""
    named = sorted(other.region_name for other in others if other.user_id and not other.is_central)
    if pod.is_central and named:
        raise Conflict(
            f"user_id: the central pod needs its account as long as other pods have one; first empty those of "
            f"{', '.join(named)}"
        )


def _check_role(pod: Pod, before: Pod) -> None:
    if before.is_central and not pod.is_central:
        raise Unprocessable(
            f"az_name: {before.region_name} is the central pod, which has none; no other pod could take its place"
        )
    if pod.is_central and not before.is_central:
        raise Unprocessable(
            f"az_name: must not be empty: {before.region_name} is a region's pod, and cannot become the central pod"
        )


def _check_central_account(others: Collection[Pod]) -> None:
    central = next((other for other in others if other.is_central), None)
    if central is None:
        raise Unprocessable("user_id: a region's pod can have one when the central pod has: first create that with one")
    if not central.user_id:
        raise Unprocessable(
            f"user_id: a region's pod can have one when the central pod has, whose account Tricircle's workers use: "
            f"first set that of {central.region_name} (pod {central.pod_id})"
        )
