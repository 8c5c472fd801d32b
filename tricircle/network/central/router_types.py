"""Distributed and highly available routers: which of them central takes, and how it keeps what it took.

Central has no agents, and so none of Neutron's own code for such routers. It keeps the two flags where Neutron keeps
them; regions make their parts so.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from neutron_lib import exceptions as n_exc
from neutron_lib.api import validators
from neutron_lib.api.definitions import availability_zone as az_def
from neutron_lib.api.definitions import dvr
from neutron_lib.callbacks import events, registry, resources

from tricircle.db.neutron import capabilities
from tricircle.domain import placement
from tricircle.domain.capabilities import ROUTER_TYPES
from tricircle.domain.pods import Pod
from tricircle.network.central.records import Records


class RouterKindRefused(n_exc.BadRequest):
    """A router of that kind cannot be had there (400)."""

    message = "%(flag)s: %(reason)s"


class RouterTypes:
    """The flags ``distributed`` and ``ha`` of central's routers."""

    def __init__(self, records: Records) -> None:
        """Listens from now on."""
        self._records = records
        registry.subscribe(self._keep, resources.ROUTER, events.PRECOMMIT_CREATE)
        registry.subscribe(self._change, resources.ROUTER, events.PRECOMMIT_UPDATE)

    def check(self, context: Any, desired: Mapping[str, Any], hints: Iterable[str]) -> None:
        """See that every region in which the router may live has told that it has such routers. No region is asked.

        :param desired: the body of a request.
        :raises RouterKindRefused: a region has not, or has told nothing; or the kind does not go with several regions.
        """
        flags = [flag for flag in ROUTER_TYPES if desired.get(flag) is True]
        if not flags:
            return
        pods, placed = self._records.pods(), placement.Placed(hints=tuple(hints))
        if dvr.DISTRIBUTED in flags and not placement.is_local(placed, pods):
            reason = (
                "such a router has the routes over bridge networks in one place only, so that it cannot span regions; "
                "name one region as its availability zone hint"
            )
            raise RouterKindRefused(flag=dvr.DISTRIBUTED, reason=reason)
        allowed = placement.allowed_regions(placed, pods, "")
        concerned = [pod for pod in pods if pod.region_name in allowed]
        told = capabilities.of(context, [pod.pod_id for pod in concerned])
        for pod in concerned:
            for flag in flags:
                _require(pod, flag, told.get(pod.pod_id))

    def _keep(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """What is not asked for is not set, whatever central's own options for its agents say: there are none."""
        router, row = payload.latest_state, payload.metadata["router_db"]
        for flag in ROUTER_TYPES:
            value = router.get(flag)
            router[flag] = bool(value) if validators.is_attr_set(value) else False
            trigger.set_extra_attr_value(row, flag, router[flag])

    def _change(self, resource: str, event: str, trigger: Any, payload: Any) -> None:
        """As in Neutron, only of a router that is down: in the regions it becomes so too.

        To be distributed, or no more, it must be down before (extension ``router-admin-state-down-before-update``).
        """
        was_up, is_up = payload.states[0]["admin_state_up"], payload.desired_state.admin_state_up
        for flag in ROUTER_TYPES:
            value = payload.request_body.get(flag)
            if value is None or value == payload.states[0][flag]:
                continue
            if is_up or (flag == dvr.DISTRIBUTED and was_up):
                msg = f"Cannot change '{flag}' of an active router. Set admin_state_up to False first"
                raise n_exc.BadRequest(resource="router", msg=msg)
            trigger.set_extra_attr_value(payload.desired_state, flag, value)


def _require(pod: Pod, flag: str, told: Collection[str] | None) -> None:
    """See that what a region has told (None: nothing yet) has the routers of a flag."""
    if told is None:
        reason = (
            f"region {pod.region_name}, where the router may live, has not told yet whether it has such routers; "
            "it does within ten minutes of being joined, once its Neutron reaches this one"
        )
    elif ROUTER_TYPES[flag] not in told:
        reason = f"region {pod.region_name}, where the router may live, has no such routers ({ROUTER_TYPES[flag]})"
    else:
        return
    raise RouterKindRefused(flag=flag, reason=reason)


def hints_of(router: Mapping[str, Any]) -> list[str]:
    """The availability zone hints in a router's dictionary, or in the body of a request."""
    hints = router.get(az_def.AZ_HINTS)
    return list(hints) if validators.is_attr_set(hints) and hints else []
