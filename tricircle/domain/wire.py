"""What central and regions send each other, in the shapes that both ends go by.

Each is the body, or the answer, of one of the extensions in ``tricircle.network.extensions``, which check what comes
in, and fill in what was left out. Objects themselves (``Json``) are as Neutron's API shows them, cut to the fields that
their kind declares (``domain.copied_kinds``). Collections of kinds that are declared elsewhere are read by
``objects`` and ``ids``.
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, cast

from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.jsons import Json
from tricircle.domain.versions import Part


class Reason(TypedDict):
    """Why something was not done with an object."""

    id: str
    reason: str


class Deleted(TypedDict):
    """An object that is deleted at central."""

    id: str
    resource_type: str


class EndpointTable(Part):
    """Remote endpoints of a network, or what of them has changed."""

    network_id: str
    endpoints: list[Json]


class Objects(TypedDict):
    """What copies are made of, by collection; those of other kinds beside: see ``objects``."""

    networks: list[Json]
    subnets: list[Json]
    ports: list[Json]
    security_groups: list[Json]
    address_groups: list[Json]


class View(Objects):
    """Answer of ``tricircle-regional-view``.

    ``quotas``: by project id what ``GET /quotas/{id}`` answers. ``refused``: what is not for the region.
    ``port_states``: ports as they are, wherever they live.
    """

    quotas: dict[str, Json]
    refused: list[Reason]
    deleted: list[Deleted]
    port_states: list[Json]
    endpoint_tables: list[EndpointTable]


class CopyOrders(Objects):
    """Body of ``tricircle-regional-copy``, beside ``deleted_…_ids`` and ``released_…_ids`` of each kind.

    ``left_port_ids``: ports that live in another region.
    """

    left_port_ids: list[str]


class CopiesAnswer(TypedDict):
    """``pending``: what could not be done yet; ``absent_ids``: what is not there; ``kept_ids``: what stays, in use."""

    pending: list[Reason]
    absent_ids: list[str]
    kept_ids: NotRequired[list[str]]


class PortState(TypedDict):
    """A port as a region reports it. ``revision``: of the region's port. Where others reach it: ``vtep`` and so on."""

    id: str
    revision: int
    status: str
    host: str
    vif_type: str
    device_id: str
    device_owner: str
    vif_details: NotRequired[Json | None]
    vnic_type: NotRequired[str]
    vtep: NotRequired[str | None]
    encapsulation: NotRequired[str]
    tunnel_key: NotRequired[int | None]


class FloatingIpState(TypedDict):
    """A floating IP as a region reports it."""

    id: str
    status: str


class Report(TypedDict):
    """Body of ``tricircle-regional-report``. ``incarnation``: the life of the database in which revisions are."""

    incarnation: str
    ports: list[PortState]
    deleted_port_ids: list[str]
    floating_ips: list[FloatingIpState]
    region_name: NotRequired[str]


class ReportAnswer(TypedDict):
    """What central does not know, what it keeps though the region has deleted it, what it cannot write or delete."""

    unknown_port_ids: list[str]
    kept_port_ids: list[str]
    refused: list[Reason]


class ShownCopy(TypedDict):
    """A copy as its region has it; ``revision``: central's, of what was last written into it, -1 if unknown."""

    id: str
    resource_type: str
    revision: int


class AuditPage(TypedDict):
    """Body of ``tricircle-regional-audit``: all copies with ids beyond ``after`` and up to ``until`` (empty: the last).

    ``number``: of the audit in this ``incarnation`` of the database.
    """

    incarnation: str
    number: int
    after: str
    until: str
    copies: list[ShownCopy]
    capabilities: NotRequired[list[str] | None]
    region_name: NotRequired[str]


class AuditAnswer(TypedDict):
    """``restored``: the number has been seen before, so that the database is from a backup; nothing was compared."""

    differing_ids: list[str]
    unknown_ids: list[str]
    restored: bool


class ReleasedNetwork(TypedDict):
    """A network that nobody in a region uses, and its ports there."""

    id: str
    port_ids: list[str]


class UsedNetwork(TypedDict):
    """A network in use in a region, by so many ports."""

    network_id: str
    ports: int


class Releases(TypedDict):
    """Answer of ``tricircle-regional-release``, beside ``…_ids`` of each kind that is given up by itself."""

    draining: bool
    networks: list[ReleasedNetwork]
    in_use: list[UsedNetwork]


def objects(body: Mapping[str, Any], kind: CopiedKind) -> list[Json]:
    """The objects of a kind in a view, or in what a region is told."""
    return cast(list[Json], body[kind.plural])


def ids(body: Mapping[str, Any], word: str, kind: CopiedKind) -> list[str]:
    """Ids of a kind, as ``deleted_network_ids`` by the word ``deleted``; without word, what is asked for, or unused."""
    return cast(list[str], body[f"{word}_{kind.type}_ids" if word else f"{kind.type}_ids"])
