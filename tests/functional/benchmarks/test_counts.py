"""What is counted of a scenario, and what is said of requests beyond the plan."""

import uuid

from benchmarks import counts
from benchmarks.counts import IDENTITY, KEYSTONE, REPORT, VIEW, Plan
from benchmarks.wire import Request

PLAN = Plan("first instance", 3, {VIEW: 1, IDENTITY: 1, REPORT: 1}, REPORT)


def asked(
    at: float, path: str, *, method: str = "POST", server: str = "CentralRegion", agent: str = "uwsgi"
) -> Request:
    return Request(server, method, f"/v2.0/{path}", agent, at)


VIEW_ASKED, IDENTITY_ASKED = asked(10.0, "regional-views"), asked(11.0, "ports")
GROUPS_TOLD = asked(14.0, f"security-group-copies/{uuid.uuid4()}", method="PUT", server="RegionTwo")


def test_a_scenario_ends_with_its_last_request_and_not_with_what_was_seen_meanwhile() -> None:
    report, job = asked(13.0, "regional-reports"), asked(13.5, "regional-views", agent="tricircle-xjob")
    late = asked(30.0, "regional-reports")
    count = counts.split(PLAN, [VIEW_ASKED, IDENTITY_ASKED, report, job, GROUPS_TOLD, late], seen=20.0)
    assert list(count.requests) == [VIEW_ASKED, IDENTITY_ASKED, report]
    assert list(count.later) == [job, GROUPS_TOLD, late]
    assert count.why() == ""


def test_keystone_is_told_apart() -> None:
    token = Request(KEYSTONE, "GET", "/v3/auth/tokens", "uwsgi", 10.5)
    count = counts.split(PLAN, [VIEW_ASKED, token, IDENTITY_ASKED, asked(13.0, "regional-reports")], seen=20.0)
    assert [(figure.value, figure.ok) for figure in count.figures()] == [(3, True), (0, None), (1, None)]


def test_what_is_beyond_the_plan_is_named_with_its_moments() -> None:
    reports = [asked(13.0, "regional-reports"), asked(19.5, "regional-reports")]
    job = asked(13.5, "regional-views", agent="tricircle-xjob/1")
    count = counts.split(PLAN, [VIEW_ASKED, IDENTITY_ASKED, reports[0], job, GROUPS_TOLD, reports[1]], seen=20.0)
    why = count.figures()[0].why
    assert count.figures()[0].ok is False
    assert "1 more of report than planned (at 3.0, 9.5 s" in why
    assert "1 more of view for a job than planned (at 3.5 s" in why
    assert "1 more of groups than planned (at 4.0 s" in why
    assert VIEW not in why.replace("view for a job", "")
