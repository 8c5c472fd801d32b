"""Routings: which central object is present in which pod, and as what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Central notes that a region has an object when it answers the region's question. Within so many seconds the region
# has made its copy out of the answer.
ARRIVAL_SECONDS = 60

# In the place of a network's type: a region that is being drained still has the network, and nobody there uses it any
# more, so that central does not count it as present. No kind that others may name.
LEAVING_NETWORK = "leaving_network"


class ResourceType(StrEnum):
    """Kinds of central objects that are made in regions."""

    NETWORK = "network"
    SUBNET = "subnet"
    PORT = "port"
    ROUTER = "router"
    SECURITY_GROUP = "security_group"
    ADDRESS_GROUP = "address_group"
    TRUNK = "trunk"
    PORT_PAIR = "port_pair"
    PORT_PAIR_GROUP = "port_pair_group"
    FLOW_CLASSIFIER = "flow_classifier"
    PORT_CHAIN = "port_chain"
    QOS_POLICY = "qos_policy"


@dataclass(frozen=True, slots=True)
class NewRouting:
    """A routing before the database numbered it."""

    top_id: str
    bottom_id: str
    pod_id: str
    project_id: str
    resource_type: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What no two routings share: (top_id, pod_id, resource_type)."""
        return self.top_id, self.pod_id, self.resource_type


@dataclass(frozen=True, slots=True)
class Routing:
    """Central object `top_id` is present in pod `pod_id` as local object `bottom_id`. Times are UTC.

    `revision_number`: central's of what the region has confirmed to have, and `applied_at` when it did; None where it
    has confirmed nothing yet. Objects that have no revision in regions (parts of routers) have the time alone.
    """

    id: int
    top_id: str
    bottom_id: str
    pod_id: str
    project_id: str
    resource_type: str
    created_at: datetime
    updated_at: datetime
    revision_number: int | None = None
    applied_at: datetime | None = None
