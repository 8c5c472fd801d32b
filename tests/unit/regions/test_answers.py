"""What counts as a Neutron's own answer, and what is an outage."""

from typing import Any

import pytest
import requests
import requests_mock
from keystoneauth1 import session, token_endpoint

from tricircle.regions import questions
from tricircle.regions.errors import RegionError, RegionUnavailableError
from tricircle.regions.neutron import Neutron

URL = "http://central.example"
NOT_FOUND = {"NeutronError": {"type": "PortNotFound", "message": "Port P could not be found.", "detail": ""}}


class Tokens(token_endpoint.Token):
    """A token that is another one after it was given up."""

    number = 0

    def get_token(self, session: Any) -> str:
        return f"token{self.number}"

    def invalidate(self) -> bool:
        self.number += 1
        return True


@pytest.fixture
def neutron() -> Neutron:
    return Neutron(session.Session(Tokens(URL, "")), "CentralRegion", endpoint=URL, attempts=2)


def test_neutron_s_own_404_is_its_word(neutron: Neutron, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v2.0/ports/P", status_code=404, json=NOT_FOUND)
    with pytest.raises(RegionError) as caught:
        neutron.request("GET", "/ports/P")
    assert (caught.value.code, caught.value.kind) == (404, "PortNotFound")


@pytest.mark.parametrize(
    "answer",
    [
        {"status_code": 404, "text": "default backend - 404"},
        {"status_code": 404, "text": "<html><body>404 Not Found</body></html>"},
        {"status_code": 404, "json": {"error": {"code": 404, "message": "not here"}}},
        {"status_code": 404},
        {"status_code": 409, "text": "nginx"},
        {"status_code": 502, "json": NOT_FOUND},
        {"status_code": 503, "text": ""},
        {"status_code": 200, "text": '{"port": {"id": "P", "na'},
        {"status_code": 200, "text": "<html>sign in</html>"},
        {"status_code": 200, "json": ["P"]},
        {"status_code": 304, "text": ""},
        {"exc": requests.ConnectionError},
        {"exc": requests.exceptions.ChunkedEncodingError},
        {"exc": requests.exceptions.ReadTimeout},
    ],
    ids=str,
)
def test_anything_else_is_an_outage(
    neutron: Neutron, requests_mock: requests_mock.Mocker, answer: dict[str, Any]
) -> None:
    requests_mock.get(f"{URL}/v2.0/ports/P", **answer)
    with pytest.raises(RegionUnavailableError):
        neutron.request("GET", "/ports/P")
    assert requests_mock.call_count == 2


def test_posts_are_repeated_only_where_that_does_no_harm(neutron: Neutron, requests_mock: requests_mock.Mocker) -> None:
    answers: list[dict[str, Any]] = [{"status_code": 502}, {"json": {"port": {}}}]
    requests_mock.post(f"{URL}/v2.0/ports", answers)
    with pytest.raises(RegionUnavailableError):
        neutron.request("POST", "/ports", json={"port": {}})
    requests_mock.post(f"{URL}/v2.0/ports", answers)
    assert neutron.request("POST", "/ports", json={"port": {}}, repeatable=True) == {"port": {}}


@pytest.mark.parametrize("token", [None, "a user's"])
def test_a_revoked_token_of_ours_is_renewed_and_the_request_repeated(
    neutron: Neutron, requests_mock: requests_mock.Mocker, token: str | None
) -> None:
    requests_mock.post(f"{URL}/v2.0/ports", [{"status_code": 401}, {"json": {"port": {}}}])
    assert neutron.request("POST", "/ports", json={"port": {}}, token=token) == {"port": {}}
    ours = "X-Auth-Token" if token is None else "X-Service-Token"
    assert [request.headers[ours] for request in requests_mock.request_history] == ["token0", "token1"]


def test_a_user_s_own_token_is_the_user_s_to_renew(neutron: Neutron, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v2.0/ports", status_code=401)
    with pytest.raises(RegionError) as caught:
        neutron.request("GET", "/ports", token="a user's", vouch=False)
    assert caught.value.code == 401
    assert requests_mock.call_count == 1


def view(request: Any, _context: Any) -> Any:
    body = request.json()
    if isinstance(body["views"], list):
        return {"views": [{**one, "seen": True} for one in body["views"]]}
    return {"views": {**body["views"], "seen": True}}


def test_the_answer_to_a_question_is_known_by_its_nonce(neutron: Neutron, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.post(f"{URL}/v2.0/views", json=view)
    assert questions.ask(neutron, "POST", "/views", "views", {"a": 1})["seen"]
    assert [one["a"] for one in questions.ask_all(neutron, "/views", "views", [{"a": 1}, {"a": 2}])] == [1, 2]


@pytest.mark.parametrize("old", [{"a": 1, "nonce": "another"}, {"a": 1}, None, "text"])
def test_an_answer_to_something_else_is_none(neutron: Neutron, requests_mock: requests_mock.Mocker, old: Any) -> None:
    requests_mock.post(f"{URL}/v2.0/views", json={"views": old})
    with pytest.raises(RegionUnavailableError):
        questions.ask(neutron, "POST", "/views", "views", {"a": 1})
    requests_mock.post(f"{URL}/v2.0/views", json={"views": [old]})
    with pytest.raises(RegionUnavailableError):
        questions.ask_all(neutron, "/views", "views", [{"a": 1}])


def test_a_region_that_is_down_does_not_cost_the_others_their_token(requests_mock: requests_mock.Mocker) -> None:
    """The catalogue is read again once a minute, whoever fails."""
    shared = session.Session(Tokens(URL, ""))
    requests_mock.get(f"{URL}/v2.0/networks", exc=requests.ConnectionError)
    for _ in range(5):
        with pytest.raises(RegionUnavailableError):
            Neutron(shared, "RegionOne", interfaces=("public",)).request("GET", "/networks")
    assert shared.auth.number == 0
