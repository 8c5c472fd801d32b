"""Remote endpoints on the wire."""

import pytest

from tricircle.domain.endpoints import RemoteEndpoint, TunnelEndpoint, reached_at, remote_from_json, to_json

USUAL = {"mac_address": "m", "ip_address": "10.0.0.5", "vtep": "172.30.0.12"}


def test_what_is_as_usual_is_left_out() -> None:
    assert to_json(RemoteEndpoint("m", "10.0.0.5", "172.30.0.12")) == USUAL


@pytest.mark.parametrize(
    "endpoint",
    [
        RemoteEndpoint("m", "10.0.0.5", "172.30.0.12"),
        RemoteEndpoint("m", "10.0.0.5", "172.30.0.12", "geneve", 7),
        RemoteEndpoint("m", "10.0.0.5", "172.30.0.12", tunnel_key=0),
    ],
)
def test_it_comes_back_as_it_went(endpoint: RemoteEndpoint) -> None:
    assert remote_from_json(to_json(endpoint)) == endpoint


def test_a_region_that_says_nothing_of_it_speaks_vxlan() -> None:
    assert reached_at({"vtep": "172.30.0.12", "encapsulation": None}) == TunnelEndpoint("172.30.0.12", "vxlan", None)
