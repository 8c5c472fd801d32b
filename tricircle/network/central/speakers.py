"""Who speaks for a region: each region's Neutron has an account of its own, and is believed about its region alone."""

from collections.abc import Sequence
from typing import Any

from tricircle.domain.pods import Pod
from tricircle.network import exceptions

SERVICE_ROLE = "service"


def account(context: Any) -> str:
    """The user id of the service that speaks: with a user's request, the one whose token came beside the user's."""
    if SERVICE_ROLE in (context.service_roles or ()):
        return str(context.service_user_id or "")
    return str(context.user_id or "")


def require_tricircle(context: Any, pods: Sequence[Pod]) -> None:
    """See that Tricircle itself speaks: by the central pod's account; where that has none, by one that is no region's.

    :raises NotItsRegion: the caller is another.
    """
    central = next((pod for pod in pods if pod.is_central), None)
    speaker = account(context)
    owner = next((pod for pod in pods if speaker and pod.user_id == speaker), None)
    expected = central if central is not None and central.user_id else None
    if owner is not expected:
        raise exceptions.NotItsRegion(account=speaker, region=central.region_name if central else "")


def pod_of(context: Any, pods: Sequence[Pod], region_name: str) -> Pod:
    """The pod for which the caller speaks. Tricircle's own workers, by the central pod's account, may ask for any.

    A pod without account takes any service, but for those that are another region's.

    :raises UnknownRegion: no pod, or central's, has the region.
    :raises NotItsRegion: the caller is another's, or nobody's.
    """
    pod = next((pod for pod in pods if pod.region_name == region_name and not pod.is_central), None)
    if pod is None:
        raise exceptions.UnknownRegion(region=region_name)
    speaker = account(context)
    owner = next((other for other in pods if speaker and other.user_id == speaker), None)
    if owner is not None and (owner.is_central or owner.pod_id == pod.pod_id):
        return pod
    if owner is not None or pod.user_id:
        raise exceptions.NotItsRegion(account=speaker, region=region_name)
    return pod
