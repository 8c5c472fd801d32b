"""Whose tokens a request to another Neutron carries, and when Tricircle's own is renewed."""

import functools
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests_mock
from keystoneauth1 import fixture as ks_fixture
from keystoneauth1 import session, token_endpoint
from keystoneauth1.identity.v3 import Password

from tricircle.regions import tokens as renewed_tokens
from tricircle.regions.errors import RegionError, RegionUnavailableError
from tricircle.regions.neutron import Neutron

URL = "http://central.example"
KEYSTONE = "http://keystone.test/v3"
REGIONS = {name: f"http://{name.lower()}.test" for name in ("Bad", "Good")}


@pytest.mark.parametrize(
    ("token", "vouch", "tokens"),
    [
        (None, True, {"X-Auth-Token": "ours"}),
        ("a user's", True, {"X-Auth-Token": "a user's", "X-Service-Token": "ours"}),
        ("a user's", False, {"X-Auth-Token": "a user's"}),
    ],
)
def test_a_user_s_request_carries_a_service_token_only_where_wanted(requests_mock, token, vouch, tokens):
    requests_mock.get(f"{URL}/v2.0/ports", json={})
    neutron = Neutron(session.Session(token_endpoint.Token(URL, "ours")), None, endpoint=URL)
    neutron.request("GET", "/ports", token=token, vouch=vouch)
    sent = requests_mock.last_request.headers
    assert {name: value for name, value in sent.items() if name.endswith("-Token")} == tokens


class Cloud:
    """A Keystone that gives out ``token1``, ``token2`` …, and two regions; ``accepted`` by each."""

    def __init__(self, mocker: requests_mock.Mocker) -> None:
        self.given = itertools.count(1)
        self.accepted: dict[str, set[str]] = {"Bad": set(), "Good": {f"token{number}" for number in range(99)}}
        self.wire = mocker
        mocker.get(KEYSTONE, json={"version": ks_fixture.V3Discovery(KEYSTONE)})
        mocker.post(f"{KEYSTONE}/auth/tokens", json=self.token)
        for name, url in REGIONS.items():
            mocker.get(f"{url}/v2.0/ports", json=functools.partial(self.answer, name))
        auth = Password(KEYSTONE, username="u", password="p", user_domain_id="d", project_id="p")
        self.session = session.Session(auth)

    def token(self, request: Any, context: Any) -> Any:
        made = ks_fixture.V3Token()
        made.set_project_scope()
        service = made.add_service("network")
        for name, url in REGIONS.items():
            service.add_standard_endpoints(public=url, region=name)
        context.headers["X-Subject-Token"] = f"token{next(self.given)}"
        return dict(made)

    def answer(self, name: str, request: Any, context: Any) -> Any:
        ours = request.headers.get("X-Service-Token") or request.headers["X-Auth-Token"]
        if ours not in self.accepted[name] or request.headers["X-Auth-Token"] == "bad":
            context.status_code = 401
            return {"error": "Unauthorized"}
        return {"ports": []}

    def ask(self, name: str, token: str | None = None) -> Any:
        return Neutron(self.session, name, interfaces=("public",)).request("GET", "/ports", token=token)

    @property
    def tokens(self) -> int:
        """How many Keystone was asked for."""
        return sum(request.path.endswith("/auth/tokens") for request in self.wire.request_history)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with requests_mock.Mocker() as mocker:
        yield Cloud(mocker)


def test_a_region_that_accepts_no_token_costs_the_others_none(cloud: Cloud) -> None:
    """It has the token renewed once a minute, and nobody else asks Keystone for it."""
    cloud.ask("Good")
    for _ in range(5):
        with pytest.raises(RegionUnavailableError, match="Bad does not accept"):
            cloud.ask("Bad")
        cloud.ask("Good")
    assert cloud.tokens == 2


def test_a_user_s_bad_tokens_cost_the_others_none(cloud: Cloud) -> None:
    for _ in range(5):
        with pytest.raises(RegionError) as caught:
            cloud.ask("Good", token="bad")
        assert caught.value.code == 401
        cloud.ask("Good")
    assert cloud.tokens == 2


def test_a_token_that_is_revoked_everywhere_is_renewed_at_the_next_request(cloud: Cloud) -> None:
    """However many threads find out at once, and whatever another region thinks of every token."""
    cloud.ask("Good")
    with pytest.raises(RegionUnavailableError):
        cloud.ask("Bad")
    cloud.accepted["Good"].remove("token2")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(cloud.ask, ["Good"] * 16))
    assert answers == [{"ports": []}] * 16
    assert cloud.tokens == 3
    cloud.accepted["Good"].remove("token3")  # at once again: it has helped the last time
    cloud.ask("Good")
    assert cloud.tokens == 4


def test_a_region_that_accepts_tokens_again_is_asked_with_a_new_one(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RegionUnavailableError):
        cloud.ask("Bad")
    cloud.accepted["Bad"] = {"token3"}
    monkeypatch.setattr(renewed_tokens, "AGAIN_SECONDS", 0.0)
    assert cloud.ask("Bad") == {"ports": []}


def test_a_token_that_keystone_does_not_renew_stays(cloud: Cloud) -> None:
    cloud.ask("Good")
    cloud.wire.post(f"{KEYSTONE}/auth/tokens", status_code=503)
    with pytest.raises(RegionUnavailableError, match="does not accept"):
        cloud.ask("Bad")
    assert cloud.ask("Good") == {"ports": []}
