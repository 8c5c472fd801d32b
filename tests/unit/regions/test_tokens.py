"""Whose tokens a request to another Neutron carries."""

import pytest
from keystoneauth1 import session, token_endpoint

from tricircle.regions.neutron import Neutron

URL = "http://central.example"


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
