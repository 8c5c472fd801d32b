"""What every Neutron gives its users, central gives them: tags, revisions, timestamps, descriptions, MTU."""

import pytest

from tests.functional.network.central_server import CentralServer
from tests.functional.network.identity import ADMIN, Caller

OWNER = Caller("attributes-project")


class Objects:
    """A network with a subnet and a port, and what else carries standard attributes."""

    def __init__(self, central: CentralServer) -> None:
        self.central = central
        net = self.make("networks", name="n")
        subnet = self.make("subnets", network_id=net["id"], cidr="10.0.0.0/24", ip_version=4)
        self.all = {
            "networks": net,
            "subnets": subnet,
            "ports": self.make("ports", network_id=net["id"]),
            "security-groups": self.make("security-groups", name="g"),
            "subnetpools": self.make("subnetpools", name="p", prefixes=["10.1.0.0/16"]),
        }

    def make(self, collection, **attributes):
        noun = noun_of(collection)
        return self.call("POST", f"/{collection}", {noun: attributes}).of(201)[noun]

    def show(self, collection):
        return self.call("GET", f"/{collection}/{self.all[collection]['id']}").of(200)[noun_of(collection)]

    def call(self, method, path, body=None, caller=OWNER):
        return self.central.call(method, path, body, caller=caller)


def noun_of(collection):
    return collection.removesuffix("s").replace("-", "_")


COLLECTIONS = ("networks", "subnets", "ports", "security-groups", "subnetpools")


@pytest.fixture(scope="module")
def objects(central_server):
    return Objects(central_server)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_tags(objects, collection):
    path = f"/{collection}/{objects.all[collection]['id']}/tags"
    objects.call("PUT", path, {"tags": ["blue", "green"]}).of(200)
    assert sorted(objects.show(collection)["tags"]) == ["blue", "green"]
    objects.call("DELETE", f"{path}/green").of(204)
    found = objects.call("GET", f"/{collection}?tags=blue").of(200)[collection.replace("-", "_")]
    assert [item["id"] for item in found] == [objects.all[collection]["id"]]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_change_has_a_revision_and_a_time(objects, collection):
    before = objects.show(collection)
    path = f"/{collection}/{before['id']}"
    after = objects.call("PUT", path, {noun_of(collection): {"description": "changed"}}).of(200)[noun_of(collection)]
    assert after["description"] == "changed"
    assert after["revision_number"] > before["revision_number"]
    assert after["updated_at"] >= before["updated_at"] >= before["created_at"]


def test_mtu_is_what_the_type_leaves_and_may_be_lowered(objects):
    net = objects.make("networks", name="mtu")
    assert net["mtu"] == 1450  # vxlan on 1500
    lower = objects.call("PUT", f"/networks/{net['id']}", {"network": {"mtu": 1400}}).of(200)["network"]
    assert lower["mtu"] == 1400


def test_segments_are_unique_whatever_the_regions(objects):
    def made(hints):
        body = {"network": {"name": "n", "availability_zone_hints": hints, "provider:network_type": "vxlan"}}
        return objects.call("POST", "/networks", body, ADMIN).of(201)["network"]["provider:segmentation_id"]

    ids = [made(hints) for hints in ([], ["RegionOne"], ["RegionTwo"], ["az1", "az2"])]
    assert len(set(ids)) == len(ids)
    body = {"network": {"provider:network_type": "vxlan", "provider:segmentation_id": ids[0]}}
    body["network"]["availability_zone_hints"] = ["RegionTwo"]
    assert objects.call("POST", "/networks", body, ADMIN).status == 409


@pytest.mark.parametrize("attribute", ["vlan_transparent", "qinq"])
def test_what_no_network_can_have_is_no_attribute(objects, attribute):
    """Clients learn from the list of extensions what they may ask for."""
    listed = {extension["alias"] for extension in objects.call("GET", "/extensions").of(200)["extensions"]}
    assert not listed & {"vlan-transparent", "qinq"}
    answer = objects.call("POST", "/networks", {"network": {"name": "n", attribute: True}})
    assert (answer.status, attribute in answer.body["NeutronError"]["message"]) == (400, True)
