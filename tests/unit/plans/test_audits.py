"""An audit repairs what differs, and touches nothing that nobody has deleted."""

from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain.jobs import JobRequest, JobType
from tricircle.domain.routings import ResourceType
from tricircle.plans.audits import Desired, ObservedCopy, findings

IDS = st.sampled_from(["a", "b", "c", "d"])
KINDS = [ResourceType.NETWORK, ResourceType.SUBNET, ResourceType.PORT, ResourceType.SECURITY_GROUP]
COPY = st.builds(ObservedCopy, IDS, st.sampled_from(KINDS), st.integers(-1, 3))
DESIRED = st.dictionaries(IDS, st.builds(Desired, st.integers(0, 3), st.just("project")))
ROUTED = st.dictionaries(IDS, st.just("project"))


@given(st.lists(COPY, unique_by=lambda copy: copy.id), DESIRED, ROUTED)
def test_every_copy_is_equal_or_repaired_or_unknown(copies, desired, routed):
    found = findings(copies, desired, routed, "pod")
    for copy in copies:
        there = desired.get(copy.id)
        equal = there is not None and (copy.resource_type is ResourceType.PORT or copy.revision >= there.revision)
        unknown = there is None and copy.id not in routed
        assert (copy.id in found.unknown) == unknown
        assert (copy.id in found.differing) == (not equal and not unknown)
    assert bool(found.jobs) == bool(found.differing)
    assert len(found.drifts) == len(found.differing) + len(found.unknown)
    assert len(found.jobs) <= len(found.differing)


def test_groups_of_a_project_are_one_job():
    copies = [ObservedCopy(id_, ResourceType.SECURITY_GROUP, 1) for id_ in "ab"]
    desired = {id_: Desired(2, "project") for id_ in "ab"}
    job = JobRequest(JobType.SEG_RULE_SETUP, {"project_id": "project"}, "project")
    assert findings(copies, desired, {}, "pod").jobs == (job,)


def test_what_was_deleted_at_central_is_removed_by_the_job_of_its_type():
    copies = [ObservedCopy("a", ResourceType.PORT, 1), ObservedCopy("b", ResourceType.SUBNET, 1)]
    found = findings(copies, {}, {"a": "project", "b": "project"}, "pod")
    assert {(job.type, *sorted(job.resource.items())) for job in found.jobs} == {
        (JobType.PORT_DELETE, ("pod_id", "pod"), ("port_id", "a")),
        (JobType.SUBNET_UPDATE, ("pod_id", "pod"), ("subnet_id", "b")),
    }
