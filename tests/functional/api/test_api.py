"""What holds for every path: authentication, errors, versions."""

import pytest
import requests
import requests_mock
import webtest

from tests.functional.api.base import ID, assert_error
from tests.functional.api.conftest import Build
from tests.functional.api.keystone import KEYSTONE

POD = {"pod": {"region_name": "RegionOne", "az_name": "az1"}}

ROUTING = {
    "routing": {"top_id": "t", "bottom_id": "b", "pod_id": ID, "project_id": "p", "resource_type": "network"},
}
JOB = {"job": {"type": "seg_rule_setup", "project_id": "p", "resource": {"project_id": "p"}}}

CALLS = [
    ("GET", "/v1.0/pods", None, "pods:list"),
    ("POST", "/v1.0/pods", POD, "pods:create"),
    ("GET", f"/v1.0/pods/{ID}", None, "pods:show"),
    ("PUT", f"/v1.0/pods/{ID}", {"pod": {"dc_name": "dc"}}, "pods:update"),
    ("DELETE", f"/v1.0/pods/{ID}", None, "pods:delete"),
    ("DELETE", f"/v1.0/pods/{ID}?force=true", None, "pods:delete"),
    ("GET", "/v1.0/routings", None, "routings:list"),
    ("POST", "/v1.0/routings", ROUTING, "routings:create"),
    ("GET", "/v1.0/routings/1", None, "routings:show"),
    ("PUT", "/v1.0/routings/1", {"routing": {"bottom_id": "b"}}, "routings:put"),
    ("DELETE", "/v1.0/routings/1", None, "routings:delete"),
    ("POST", "/v1.0/audits", {"audit": {}}, "audits:create"),
    ("GET", "/v1.0/drifts", None, "drifts:list"),
    ("GET", "/v1.0/jobs", None, "jobs:list"),
    ("GET", "/v1.0/jobs/detail", None, "jobs:list"),
    ("GET", f"/v1.0/jobs/{ID}", None, "jobs:list"),
    ("GET", "/v1.0/jobs/schemas", None, "jobs:schema_list"),
    ("POST", "/v1.0/jobs", JOB, "jobs:create"),
    ("PUT", f"/v1.0/jobs/{ID}", None, "jobs:redo"),
    ("DELETE", f"/v1.0/jobs/{ID}", None, "jobs:delete"),
]


def send(app: webtest.TestApp, method: str, path: str, json: object = None) -> webtest.TestResponse:
    arguments = {} if json is None else {"params": json}
    return getattr(app, f"{method.lower()}_json" if arguments else method.lower())(
        path, **arguments, expect_errors=True
    )


def test_links_to_the_collections(api: webtest.TestApp) -> None:
    for path in ("/v1.0", "/v1.0/"):
        for link in api.get(path).json["links"]:
            api.get(link["href"], status=200)


@pytest.mark.parametrize(("method", "path", "json", "rule"), CALLS)
def test_who_may(build: Build, method: str, path: str, json: object, rule: str) -> None:
    answer = send(build(token=None), method, path, json)
    assert_error(answer, 401)
    assert KEYSTONE in answer.headers["WWW-Authenticate"]
    assert_error(send(build(token="unknown"), method, path, json), 401)
    assert_error(send(build(token="member"), method, path, json), 403, f"admin_api:{rule}")
    assert send(build(), method, path, json).status_int in {200, 202, 400, 404}


@pytest.mark.parametrize(("method", "path", "json", "rule"), CALLS)
def test_each_rule_can_be_given_away(build: Build, method: str, path: str, json: object, rule: str) -> None:
    app = build(token="member", policy=f'"admin_api:{rule}": "role:member"\n')
    for other_method, other_path, other_json, other_rule in CALLS:
        allowed = send(app, other_method, other_path, other_json).status_int != 403
        assert allowed == (other_rule == rule)


def test_no_authentication_mode(build: Build) -> None:
    build(token=None, default="auth_strategy = noauth").get("/v1.0/pods", status=200)


def test_unknown_paths_and_methods(api: webtest.TestApp) -> None:
    for path in ("/v2.0", "/v1.0/nothing", "/v1.0/pods/a/b"):
        assert_error(send(api, "GET", path), 404, path)
    for method, path in (("PUT", "/v1.0/pods"), ("POST", "/"), ("DELETE", "/v1.0")):
        answer = send(api, method, path)
        assert_error(answer, 405)
        assert "GET" in answer.headers["Allow"]


def test_errors_of_middleware_have_the_shape(build: Build, keystone: requests_mock.Mocker) -> None:
    answer = build().post("/v1.0/pods", b"x" * 200_000, content_type="application/json", expect_errors=True)
    assert_error(answer, 413)


def test_keystone_out_of_reach(api: webtest.TestApp, keystone: requests_mock.Mocker) -> None:
    for failure in (requests.ConnectTimeout, requests.ConnectionError):
        keystone.get(f"{KEYSTONE}/v3/auth/tokens", exc=failure)
        assert_error(send(api, "GET", "/v1.0/pods"), 503)
    api.get("/", status=200)


def test_what_nobody_foresaw_is_not_told(
    api: webtest.TestApp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tricircle.db.pods.get", lambda *_: 1 / 0)
    answer = send(api, "GET", f"/v1.0/pods/{ID}")
    assert_error(answer, 500)
    assert "division" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_database_out_of_reach(build: Build, tmp_path: object) -> None:
    url = "mysql+pymysql://root@localhost/none?unix_socket=/nonexistent"
    app = build(default=f"tricircle_db_connection = {url}\ntricircle_db_max_retries = 0")
    assert_error(send(app, "GET", "/v1.0/pods"), 503, "database")
