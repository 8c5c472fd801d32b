"""What is counted of a scenario, and what is said of requests beyond the plan."""

import dataclasses
import uuid

from benchmarks import counts
from benchmarks.counts import GROUPS, IDENTITY, KEYSTONE, REPORT, VIEW, Plan
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
    quotas = asked(10.5, f"quotas/{uuid.uuid4()}", method="GET")
    requests = [VIEW_ASKED, quotas, IDENTITY_ASKED, reports[0], job, GROUPS_TOLD, reports[1]]
    count = counts.split(PLAN, requests, seen=20.0)
    why = count.figures()[0].why
    assert count.figures()[0].ok is False
    assert "1 more of report than planned (at 3.0, 9.5 s" in why
    assert "1 more of quotas than planned (at 0.5 s" in why
    assert VIEW not in why


def test_what_tells_other_regions_is_beside_whenever_it_is_asked() -> None:
    report, job = asked(13.0, "regional-reports"), asked(10.5, "regional-views", agent="tricircle-xjob")
    early = dataclasses.replace(GROUPS_TOLD, at=12.0)
    count = counts.split(PLAN, [VIEW_ASKED, job, IDENTITY_ASKED, early, report], seen=20.0)
    assert (list(count.requests), list(count.later)) == ([VIEW_ASKED, IDENTITY_ASKED, report], [job, early])


def test_what_tells_other_regions_may_be_what_it_is_about() -> None:
    rule = Plan("rule", 1, {GROUPS: 1}, GROUPS)
    assert list(counts.split(rule, [GROUPS_TOLD], seen=20.0).requests) == [GROUPS_TOLD]
