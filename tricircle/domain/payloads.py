"""What jobs work on: one dataclass per form of resource. Field names are the public API's."""

from dataclasses import dataclass, field

# What an audit is of where it is of every kind, and what it does.
ALL_KINDS = "all"
FIND = "find"
REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Payload:
    """What every job has beside its resource, and hands on to the jobs that it makes.

    `changes`: the numbers of central's changes that its answers must be as of. `request_ids`: of the requests that it
    answers.
    """

    changes: tuple[int, ...] = field(default=(), kw_only=True, compare=False)
    request_ids: tuple[str, ...] = field(default=(), kw_only=True, compare=False)


@dataclass(frozen=True, slots=True)
class RouterEverywhere(Payload):
    router_id: str


@dataclass(frozen=True, slots=True)
class RouterInPod(Payload):
    """A central router's part in one pod, all of it, whatever network is named: the public API asks for one."""

    pod_id: str
    router_id: str
    network_id: str


@dataclass(frozen=True, slots=True)
class PortInPod(Payload):
    pod_id: str
    port_id: str


@dataclass(frozen=True, slots=True)
class Project(Payload):
    project_id: str


@dataclass(frozen=True, slots=True)
class ProjectInPod(Payload):
    """What one pod has of a project."""

    pod_id: str
    project_id: str


@dataclass(frozen=True, slots=True)
class NetworkInPod(Payload):
    pod_id: str
    network_id: str


@dataclass(frozen=True, slots=True)
class SubnetInPod(Payload):
    pod_id: str
    subnet_id: str


@dataclass(frozen=True, slots=True)
class TrunkInPod(Payload):
    pod_id: str
    trunk_id: str


@dataclass(frozen=True, slots=True)
class PortChainInPod(Payload):
    pod_id: str
    portchain_id: str
    network_id: str


@dataclass(frozen=True, slots=True)
class QosBindingInPod(Payload):
    """A policy on the network or port (`res_type`) of id `res_id`."""

    pod_id: str
    policy_id: str
    res_type: str
    res_id: str


@dataclass(frozen=True, slots=True)
class QosPolicyInPod(Payload):
    pod_id: str
    policy_id: str


@dataclass(frozen=True, slots=True)
class QosRule(Payload):
    rule_id: str
    policy_id: str


@dataclass(frozen=True, slots=True)
class AuditInPod(Payload):
    """An audit of one region's copies, all or those of one kind; with repair, or only to find.

    Audits that do the same are one: with repair, or of another kind, it is another audit.
    """

    pod_id: str
    resource_type: str
    mode: str

    @property
    def repairs(self) -> bool:
        """Whether the jobs are asked for that mend what is found."""
        return self.mode == REPAIR


@dataclass(frozen=True, slots=True)
class WholePod(Payload):
    """All that is in one region, and all that is known of it."""

    pod_id: str
