"""What is shared at central is shared in the regions: security groups, address groups, what subnet pools give."""

import uuid

from neutron.objects.address_group import AddressGroup

from tests.functional.network.identity import ADMIN, Caller
from tests.functional.network.lifecycle import LifecycleCase


class SharingCase(LifecycleCase):
    def setUp(self):
        super().setUp()
        self.guest, self.stranger = (Caller(uuid.uuid4().hex) for _ in range(2))

    def share(self, object_type, object_id, target):
        body = {
            "object_type": object_type,
            "object_id": object_id,
            "action": "access_as_shared",
            "target_tenant": target.project_id,
        }
        return self.at_central("POST", "/rbac-policies", {"rbac_policy": body}, status=201)["rbac_policy"]

    def unshare(self, entry):
        self.at_central("DELETE", f"/rbac-policies/{entry['id']}", status=204)
        self.work()

    def made(self, collection, *, caller=None, **attributes):
        name = collection.removesuffix("s").replace("-", "_")
        return self.at_central("POST", f"/{collection}", {name: attributes}, caller=caller, status=201)[name]

    def sees(self, caller, collection, id_):
        return self.here("GET", f"/{collection}/{id_}", caller=caller).status == 200


class TestGroups(SharingCase):
    def setUp(self):
        super().setUp()
        self.net = self.made("networks", caller=self.guest, name="n")
        body = {"subnet": {"network_id": self.net["id"], "cidr": "10.0.0.0/24", "ip_version": 4, "enable_dhcp": False}}
        self.at_central("POST", "/subnets", body, caller=self.guest, status=201)
        self.group = self.made("security-groups", name="lent")

    def test_a_shared_group_is_for_the_ports_of_whom_it_is_shared_with(self):
        group_id = self.group["id"]
        desired = {"port": {"network_id": self.net["id"], "security_groups": [group_id]}}
        assert self.here("POST", "/ports", desired, caller=self.guest).status == 404
        entry = self.share("security_group", group_id, self.guest)
        port = self.here("POST", "/ports", desired, caller=self.guest).of(201)["port"]
        assert port["security_groups"] == [group_id]
        # Nova asks for the groups of an instance by id, in the user's name.
        assert self.sees(self.guest, "security-groups", group_id)
        assert not self.sees(self.stranger, "security-groups", group_id)
        entries = self.here("GET", f"/rbac-policies?object_id={group_id}", caller=ADMIN).of(200)["rbac_policies"]
        assert [one["id"] for one in entries] == [entry["id"]]

        path = f"/ports/{port['id']}"
        for groups in ([], [group_id]):
            changed = self.here("PUT", path, {"port": {"security_groups": groups}}, caller=self.guest).of(200)["port"]
            assert changed["security_groups"] == groups
        self.at_central("DELETE", f"/rbac-policies/{entry['id']}", status=409)  # a port uses it
        self.here("PUT", path, {"port": {"security_groups": []}}, caller=self.guest).of(200)
        self.unshare(entry)
        assert not self.sees(self.guest, "security-groups", group_id)
        refused = self.here("PUT", path, {"port": {"security_groups": [group_id]}}, caller=self.guest)
        assert refused.status == 404

    def test_a_group_that_is_here_already_becomes_shared(self):
        assert self.sees(self.owner, "security-groups", self.group["id"])
        assert not self.sees(self.guest, "security-groups", self.group["id"])
        entry = self.share("security_group", self.group["id"], self.guest)
        self.work()
        assert self.sees(self.guest, "security-groups", self.group["id"])
        self.unshare(entry)
        assert not self.sees(self.guest, "security-groups", self.group["id"])

    def test_a_shared_address_group_comes_with_the_rules_that_name_it(self):
        addresses = self.made("address-groups", name="lent", addresses=["192.0.2.0/24"])
        entry = self.share("address_group", addresses["id"], self.guest)
        for caller, status in ((self.stranger, 404), (self.guest, 201)):
            group = self.made("security-groups", caller=caller, name="g")
            rule = {
                "security_group_id": group["id"],
                "direction": "ingress",
                "ethertype": "IPv4",
                "remote_address_group_id": addresses["id"],
            }
            body = {"security_group_rule": rule}
            self.at_central("POST", "/security-group-rules", body, caller=caller, status=status)
        assert self.sees(self.guest, "security-groups", rule["security_group_id"])
        for caller, sees in ((self.owner, True), (self.guest, True), (self.stranger, False)):
            assert self.sees(caller, "address-groups", addresses["id"]) is sees
        self.at_central("DELETE", f"/rbac-policies/{entry['id']}", status=409)
        more = {"addresses": ["198.51.100.1/32"]}
        self.at_central("PUT", f"/address-groups/{addresses['id']}/add_addresses", more)
        self.work()
        (here,) = AddressGroup.get_objects(self.admin, id=addresses["id"])
        assert {str(one.address) for one in here.addresses} == {"192.0.2.0/24", "198.51.100.1/32"}


class TestPools(SharingCase):
    """Pools and scopes are where subnets are made: at central alone. What they give is in the region like any other."""

    def test_a_shared_pool_gives_subnets_to_whom_it_is_shared_with(self):
        scope = self.made("address-scopes", name="lent", ip_version=4)
        pool = self.made("subnetpools", name="lent", prefixes=["10.64.0.0/16"], address_scope_id=scope["id"])
        nets = {
            caller: self.at_central("POST", "/networks", {"network": {"name": "n"}}, caller=caller, status=201)[
                "network"
            ]
            for caller in (self.guest, self.stranger)
        }
        self.share("address_scope", scope["id"], self.guest)
        self.share("subnetpool", pool["id"], self.guest)
        assert self.worker.run() == []  # nothing of them is in any region

        def subnet(caller, status):
            body = {"network_id": nets[caller]["id"], "subnetpool_id": pool["id"], "prefixlen": 24, "ip_version": 4}
            return self.at_central("POST", "/subnets", {"subnet": body}, caller=caller, status=status)

        subnet(self.stranger, 404)
        made = subnet(self.guest, 201)["subnet"]
        copy = self.get("subnets", made["id"], caller=self.guest)
        assert (copy["cidr"], copy["gateway_ip"]) == (made["cidr"], made["gateway_ip"])
        port = self.boot(nets[self.guest]["id"], caller=self.guest)
        assert port["fixed_ips"][0]["subnet_id"] == made["id"]
