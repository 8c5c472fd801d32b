"""What jobs work on: one dataclass per form of resource. Field names are the public API's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RouterEverywhere:
    router_id: str


@dataclass(frozen=True, slots=True)
class RouterInPod:
    """A central router's part for one of its networks in one pod."""

    pod_id: str
    router_id: str
    network_id: str


@dataclass(frozen=True, slots=True)
class PortInPod:
    pod_id: str
    port_id: str


@dataclass(frozen=True, slots=True)
class Project:
    project_id: str


@dataclass(frozen=True, slots=True)
class NetworkInPod:
    pod_id: str
    network_id: str


@dataclass(frozen=True, slots=True)
class SubnetInPod:
    pod_id: str
    subnet_id: str


@dataclass(frozen=True, slots=True)
class TrunkInPod:
    pod_id: str
    trunk_id: str


@dataclass(frozen=True, slots=True)
class PortChainInPod:
    pod_id: str
    portchain_id: str
    network_id: str


@dataclass(frozen=True, slots=True)
class QosBindingInPod:
    """A policy on the network or port (`res_type`) of id `res_id`."""

    pod_id: str
    policy_id: str
    res_type: str
    res_id: str


@dataclass(frozen=True, slots=True)
class QosPolicyInPod:
    pod_id: str
    policy_id: str


@dataclass(frozen=True, slots=True)
class QosRule:
    rule_id: str
    policy_id: str
