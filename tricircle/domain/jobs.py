"""Jobs: units of asynchronous work on (type, resource)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# Does the work of one job type on a payload of its own; says by the class of its error whether to try again.
Handler = Callable[[Any], None]


class JobType(StrEnum):
    """Public names of the job types; what each works on is declared in `tricircle.domain.job_types`."""

    CONFIGURE_ROUTE = "configure_route"
    ROUTER_SETUP = "router_setup"
    PORT_DELETE = "port_delete"
    PORT_UPDATE = "port_update"
    SEG_RULE_SETUP = "seg_rule_setup"
    SEG_RULE_SYNC = "seg_rule_sync"
    UPDATE_NETWORK = "update_network"
    SUBNET_UPDATE = "subnet_update"
    SHADOW_PORT_SETUP = "shadow_port_setup"
    TRUNK_SYNC = "trunk_sync"
    SFC_SYNC = "sfc_sync"
    RESOURCE_RECYCLE = "resource_recycle"
    QOS_CREATE = "qos_create"
    QOS_UPDATE = "qos_update"
    QOS_DELETE = "qos_delete"
    SYNC_QOS_RULE = "sync_qos_rule"
    AUDIT = "audit"
    POD_DRAIN = "pod_drain"
    POD_DELETE = "pod_delete"


class JobStatus(StrEnum):
    """NEW waits for its first run, FAIL for its next one, RUNNING is in a worker's hands, SUCCESS is in the log."""

    NEW = "NEW"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"


# In the place of a project's id, where what a job is about belongs to none: an administrator of the system made it.
NO_PROJECT = "-"


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A demand that `type` be run on `resource` (field → id) once more from now on.

    `changes`: numbers of central's changes that make it necessary. What central then answers the job must be as of all
    of them: an answer that knows less is read from a database node that lags behind. `request_ids`: see
    `domain.requests`.
    """

    type: JobType
    resource: Mapping[str, str]
    project_id: str
    changes: tuple[int, ...] = ()
    request_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the queue or of the log. Times are UTC, by the database's clock.

    `next_attempt_at` None: it is running, done, or waits until someone asks for it anew. `claim` counts the claims of
    this job, so that what a worker writes under an older claim is refused. `logged`: it is over, and in the log.
    `changes`: as in the requests that it answers, as far as they are recent. `request_ids`: as there, the first and the
    youngest of too many.
    """

    id: str
    type: JobType
    resource: Mapping[str, str]
    project_id: str
    status: JobStatus
    created_at: datetime
    updated_at: datetime
    attempts: int = 0
    last_error: str | None = None
    next_attempt_at: datetime | None = None
    worker: str | None = None
    claim: int = 0
    changes: tuple[int, ...] = ()
    request_ids: tuple[str, ...] = ()
    logged: bool = False


def resource_key(resource: Mapping[str, str]) -> str:
    """The resource as one string, the same for the same fields in any order."""
    return "&".join(f"{name}={resource[name]}" for name in sorted(resource))


def pod_of(resource: Mapping[str, str]) -> str:
    """The pod in which such a job's work is, "" where it is in none or in several."""
    return resource.get("pod_id", "")
