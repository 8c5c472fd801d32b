"""Audits of regions: how one is asked for."""

from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.payloads import ALL_KINDS, FIND, REPAIR


def request(pod_id: str, project_id: str, *, resource_type: str = ALL_KINDS, repairs: bool = False) -> JobRequest:
    """The job that audits a pod: all its copies, or those of one type; with repair, or only to find."""
    mode = REPAIR if repairs else FIND
    return JobRequest(JobType.AUDIT, {"pod_id": pod_id, "resource_type": resource_type, "mode": mode}, project_id)
