"""Kinds of central's objects of which regions have copies: one declaration each.

Views, copies, jobs, audits, guards, quotas and the extensions that carry them iterate over these. What of a kind only
Neutron's code knows (model, RBAC entries, plugin) is declared beside, in ``tricircle.network.copied_models``.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tricircle.domain import job_types
from tricircle.domain.changes import Change
from tricircle.domain.jobs import NO_PROJECT, JobRequest, JobType
from tricircle.domain.routings import ResourceType


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedKind:
    """What is particular to one kind. Fields are those of Neutron's API.

    ``type`` names the kind in routings, tombstones and copies, ``plural`` in what goes over the wire. Of the fields
    that a copy is made with, ``fixed`` never change, ``followed`` follow central for as long as the copy is there, and
    ``regional`` until the region decides them (by binding a port, say). ``job_type``: the job that brings copies to
    what central says. ``parent``: the kind without which none is, and with which all go.
    ``references``: by field, the kinds whose objects are named there and must be in the region before.
    ``standalone``: regions ask for it by id, and nothing has to be reserved or chosen for it. ``has_revision``: a copy
    is out of date if central's revision number is higher; of others, revisions grow by what regions report.
    """

    type: str
    plural: str
    job_type: JobType
    fixed: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()
    regional: tuple[str, ...] = ()
    parent: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    standalone: bool = False
    has_revision: bool = True

    @property
    def created(self) -> tuple[str, ...]:
        """The fields that a copy is made with."""
        return (*self.fixed, *self.followed, *self.regional)

    @property
    def carried(self) -> tuple[str, ...]:
        """The fields that central tells a region."""
        return (*self.created, "revision_number")

    @property
    def in_views(self) -> bool:
        """Whether copies have central's id, and are made out of regional views."""
        return bool(self.created)

    @property
    def released_alone(self) -> bool:
        """Whether a region that is drained gives such objects up one by one: networks go with all that is on them."""
        return self.in_views and self.parent is None and self.type != ResourceType.NETWORK

    @property
    def label(self) -> str:
        """The kind in a message, as ``Security group``."""
        return self.type.replace("_", " ").capitalize()

    def job(self, object_id: str, project_id: str, pod_id: str, request_ids: tuple[str, ...] = ()) -> JobRequest:
        """The job that brings a pod's copy of an object to what central says, or away."""
        known = {"pod_id": pod_id, "project_id": project_id or NO_PROJECT}
        names = job_types.KINDS[self.job_type].fields
        resource = {name: known.get(name, object_id) for name in names}
        return JobRequest(self.job_type, resource, project_id, request_ids=request_ids)

    def change(self, object_id: str, project_id: str) -> Change:
        """What to record when an object changes, or goes: its copies follow wherever they are."""
        about = job_types.KINDS[self.job_type].about
        return Change(
            job_type=self.job_type,
            subject_type=self.type,
            subject_id=object_id,
            field=about,
            resource_id=project_id or NO_PROJECT if about == "project_id" else object_id,
            project_id=project_id,
        )


NETWORK = CopiedKind(
    type=ResourceType.NETWORK,
    plural="networks",
    job_type=JobType.UPDATE_NETWORK,
    fixed=(
        "id",
        "project_id",
        "provider:network_type",
        "provider:physical_network",
        "provider:segmentation_id",
        "availability_zone_hints",
    ),
    followed=(
        "name",
        "description",
        "admin_state_up",
        "port_security_enabled",
        "mtu",
        "dns_domain",
        "router:external",
    ),
)
SUBNET = CopiedKind(
    type=ResourceType.SUBNET,
    plural="subnets",
    parent=ResourceType.NETWORK,
    job_type=JobType.SUBNET_UPDATE,
    fixed=("id", "network_id", "project_id", "ip_version", "cidr", "ipv6_ra_mode", "ipv6_address_mode"),
    followed=(
        "name",
        "description",
        "enable_dhcp",
        "gateway_ip",
        "allocation_pools",
        "dns_nameservers",
        "host_routes",
        "service_types",
    ),
)
PORT = CopiedKind(
    type=ResourceType.PORT,
    plural="ports",
    parent=ResourceType.NETWORK,
    job_type=JobType.PORT_DELETE,
    fixed=("id", "network_id", "project_id"),
    followed=(
        "name",
        "description",
        "admin_state_up",
        "mac_address",
        "fixed_ips",
        "security_groups",
        "port_security_enabled",
        "allowed_address_pairs",
        "extra_dhcp_opts",
        "dns_name",
    ),
    regional=("device_id", "device_owner", "binding:vnic_type"),
    has_revision=False,
)
# Groups of a project follow together, by one job for each region. Of a rule nothing changes: one goes, another comes.
SECURITY_GROUP = CopiedKind(
    type=ResourceType.SECURITY_GROUP,
    plural="security_groups",
    job_type=JobType.SEG_RULE_SETUP,
    fixed=("id", "project_id", "is_default"),
    followed=("name", "description", "stateful", "security_group_rules"),
)
ADDRESS_GROUP = CopiedKind(
    type=ResourceType.ADDRESS_GROUP,
    plural="address_groups",
    job_type=JobType.SEG_RULE_SETUP,
    fixed=("id", "project_id"),
    followed=("name", "description", "addresses"),
    has_revision=False,
)
# A region's part of a router has an id of its own, and is planned anew each time: see ``plans.routers``.
ROUTER = CopiedKind(
    type=ResourceType.ROUTER,
    plural="routers",
    job_type=JobType.ROUTER_SETUP,
    has_revision=False,
)

# What is named before what names it, parents before what belongs to them.
_KINDS: dict[str, CopiedKind] = {
    kind.type: kind for kind in (ADDRESS_GROUP, SECURITY_GROUP, NETWORK, SUBNET, PORT, ROUTER)
}


def all_kinds() -> tuple[CopiedKind, ...]:
    """Every declared kind, in an order in which copies can be made; backwards, they can be removed."""
    ordered: dict[str, CopiedKind] = {}

    def add(kind: CopiedKind) -> None:
        for type_ in kind.references.values():
            add(_KINDS[type_])
        ordered.setdefault(kind.type, kind)

    for kind in sorted(_KINDS.values(), key=lambda kind: not kind.standalone):
        add(kind)
    return tuple(ordered.values())


def standalone() -> tuple[CopiedKind, ...]:
    """Those that need nothing but themselves."""
    return tuple(kind for kind in all_kinds() if kind.standalone)


def get(type_: str) -> CopiedKind:
    """The declaration of a kind. Raises KeyError: there is none."""
    return _KINDS[type_]


def is_declared(type_: str) -> bool:
    """Whether regions have copies of such objects."""
    return type_ in _KINDS


@contextlib.contextmanager
def declared(kind: CopiedKind) -> Iterator[CopiedKind]:
    """Have one more kind inside."""
    if kind.type in _KINDS:
        raise ValueError(f"type: {kind.type} is declared already")
    _KINDS[kind.type] = kind
    try:
        yield kind
    finally:
        del _KINDS[kind.type]
