"""Nothing that a caller sends is an unexpected error."""

from urllib.parse import quote_from_bytes

import pytest
import webtest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functional.api.central import Central
from tests.functional.api.conftest import Build

KEYS = st.sampled_from(["pod", "region_name", "az_name", "pod_az_name", "dc_name", "user_id", "draining"]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=8,
)
PODS = st.fixed_dictionaries({"pod": st.dictionaries(KEYS, JSON, max_size=5)}) | JSON
NAMES = st.sampled_from(["limit", "marker", "id", "region_name", "az_name", "status", "type", "top_id"])
QUERIES = st.lists(st.tuples(NAMES, st.binary(max_size=12) | st.integers().map(lambda number: str(number).encode())))

many = settings(
    max_examples=settings().max_examples * 3 // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def api(build: Build) -> webtest.TestApp:
    return build(default="validate_pod_region = false")


@many
@given(body=PODS)
def test_bodies(api: webtest.TestApp, body: object) -> None:
    assert api.post_json("/v1.0/pods", body, expect_errors=True).status_int in {200, 400, 409, 422}


@many
@given(body=PODS)
def test_bodies_of_changes(api: webtest.TestApp, central: Central, body: object) -> None:
    known = api.get("/v1.0/pods").json["pods"] or [
        api.post_json("/v1.0/pods", {"pod": {"region_name": name, "az_name": az}}).json["pod"]
        for name, az in (("CentralRegion", ""), ("RegionOne", "az1"))
    ]
    for pod in known:
        answer = api.put_json(f"/v1.0/pods/{pod['pod_id']}", body, expect_errors=True)
        assert answer.status_int in {200, 400, 409, 422}


@many
@given(path=st.sampled_from(["pods", "routings", "jobs"]), query=QUERIES)
def test_queries(api: webtest.TestApp, path: str, query: list[tuple[str, bytes]]) -> None:
    text = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in query)
    assert api.get(f"/v1.0/{path}?{text}", expect_errors=True).status_int in {200, 400}


@many
@given(path=st.sampled_from(["pods", "routings", "jobs", "", "x"]), name=st.binary(min_size=1, max_size=12))
def test_paths(api: webtest.TestApp, path: str, name: bytes) -> None:
    answer = api.get(f"/v1.0/{path}/{quote_from_bytes(name, safe='')}", expect_errors=True)
    assert answer.status_int in {200, 400, 404}


@pytest.mark.parametrize("limit", ["0", "000", "-7", "9" * 5000, "0" * 5000 + "1"])
def test_strange_limits(api: webtest.TestApp, limit: str) -> None:
    assert api.get(f"/v1.0/pods?limit={limit}", expect_errors=True).status_int == 200
    assert api.get(f"/v1.0/routings?marker={limit}", expect_errors=True).status_int == 400


def test_half_a_character(api: webtest.TestApp) -> None:
    body = b'{"pod": {"region_name": "\\ud800", "az_name": "a"}}'
    assert api.post("/v1.0/pods", body, content_type="application/json", expect_errors=True).status_int == 400
