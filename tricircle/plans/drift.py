"""What of a region's copies differs from what central says of the objects, and what would repair it. Pure.

Content is compared, not revisions: whoever changes a copy behind Tricircle's back changes no revision of central's.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from tricircle.domain import routers
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.drifts import Difference, Drift, DriftState
from tricircle.domain.jsons import Json
from tricircle.domain.routers import RegionalRouter
from tricircle.domain.routings import ResourceType
from tricircle.plans import differences

# Where central says that an object lives; empty or absent: anywhere.
LIVES_IN = "tricircle:region_name"


class CopyState(StrEnum):
    """What a region knows of a copy. PARKED: its object lives in another region. HALF: a request makes it, or began to.

    ABSENT: central believes that it is there, and the region knows of none.
    """

    WHOLE = "whole"
    PARKED = "parked"
    HALF = "half"
    ABSENT = "absent"


@dataclasses.dataclass(frozen=True, slots=True)
class Observed:
    """A copy as its region has it; ``content`` None: there is no object, whatever is said of a copy."""

    id: str
    state: CopyState
    content: Mapping[str, Any] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Desired:
    """An object as the region should have it; ``content`` None: it should not have it."""

    id: str
    project_id: str
    content: Mapping[str, Any] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Whose copies are looked at."""

    pod_id: str
    region_name: str


def find(
    kind: CopiedKind,
    place: Place,
    observed: Iterable[Observed],
    desired: Mapping[str, Desired],
    deleted: Mapping[str, str],
) -> list[Drift]:
    """Compare copies of one kind with what is ``desired`` of them (by id).

    ``deleted``: project ids of what was deleted at central, by object id. What is neither here nor there is unknown,
    and left alone: a central that was restored from a backup does not know the youngest objects, which are in use.
    """
    found = []
    for copy in observed:
        there = desired.get(copy.id)
        known = there.project_id if there is not None else deleted.get(copy.id)
        judged = _judged(kind, place, copy, there, is_deleted=copy.id in deleted)
        if judged is None:
            continue
        state, unlike = judged
        found.append(
            Drift(
                resource_type=kind.type,
                resource_id=copy.id,
                project_id=known or "",
                state=state,
                differences=unlike,
                repair=None if known is None else kind.job(copy.id, known, place.pod_id),
            )
        )
    return found


_Judged = tuple[DriftState, tuple[Difference, ...]]


def _judged(
    kind: CopiedKind, place: Place, copy: Observed, there: Desired | None, *, is_deleted: bool
) -> _Judged | None:
    """What is wrong with a copy, and where it differs; None if nothing is."""
    if there is None:
        if copy.content is None and copy.state is not CopyState.WHOLE:
            return None  # nothing at either side
        return (DriftState.STRAY if is_deleted else DriftState.UNKNOWN), ()
    if there.content is None:
        return None if copy.content is None else (DriftState.STRAY, ())
    if copy.state in (CopyState.PARKED, CopyState.HALF):
        return None  # made, or woken, by the next request
    return _judged_here(kind, place, copy, there.content)


def _judged_here(kind: CopiedKind, place: Place, copy: Observed, desired: Mapping[str, Any]) -> _Judged | None:
    lives_in = desired.get(LIVES_IN) or place.region_name
    if copy.content is None:
        # What is made on demand, and of which the region knows nothing, is made by the next request.
        missed = lives_in == place.region_name and (copy.state is CopyState.WHOLE or not kind.in_views)
        return (DriftState.MISSING, ()) if missed else None
    if lives_in != place.region_name:
        return DriftState.STRAY, (Difference(LIVES_IN, lives_in, place.region_name),)
    unlike = compare(kind, desired, copy.content)
    return (DriftState.DIFFERS, unlike) if unlike else None


def compare(kind: CopiedKind, desired: Mapping[str, Any], observed: Mapping[str, Any]) -> tuple[Difference, ...]:
    """The fields in which a copy differs, as far as it is central's to say."""
    if kind.type == ResourceType.ROUTER:
        return _of_routers(routers.from_json(desired), routers.from_json(observed))
    return differences.unlike(desired, observed, differences.followed(kind, desired, observed))


def _of_routers(desired: RegionalRouter, observed: RegionalRouter) -> tuple[Difference, ...]:
    desired = _as_there(desired, observed)
    shown = routers.to_json(desired), routers.to_json(observed)
    found = []
    for part in dataclasses.fields(RegionalRouter):
        here, there = getattr(desired, part.name), getattr(observed, part.name)
        if here == there:
            continue
        if isinstance(here, frozenset):
            only = [[item for item in one[part.name] if item not in other[part.name]] for one, other in _both(*shown)]
            found.append(Difference(part.name, *only))
        else:
            found.append(Difference(part.name, shown[0][part.name], shown[1][part.name]))
    return tuple(found)


def _both(one: Json, other: Json) -> tuple[tuple[Json, Json], tuple[Json, Json]]:
    return (one, other), (other, one)


def _as_there(desired: RegionalRouter, observed: RegionalRouter) -> RegionalRouter:
    """An instance's port that lives in another region is none here: the floating IP has its address alone."""
    alone = {floating.id for floating in observed.floating_ips if not floating.fixed_port_id}
    return dataclasses.replace(
        desired,
        floating_ips=frozenset(
            dataclasses.replace(floating, fixed_port_id="") if floating.id in alone else floating
            for floating in desired.floating_ips
        ),
    )
