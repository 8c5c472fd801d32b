"""Rules with a remote group cover its members in other regions: what central tells, and what a region makes of it."""

from unittest import mock

from neutron.objects import address_group as ag_obj
from neutron_lib import exceptions as n_exc
from neutron_lib.callbacks import events, registry, resources

from tests.functional.network.central import CentralCase, state
from tests.functional.network.identity import ADMIN, SERVICE, Caller
from tests.functional.network.local import LocalCase
from tests.functional.network.served import TRICIRCLE
from tricircle.domain.jobs import JobType
from tricircle.plans import group_members


class TestMembersAtCentral(CentralCase):
    """A port in its project's default group, which lets in what has the same group."""

    def setUp(self):
        super().setUp()
        self.net = self.network_of()
        self.subnet_of(self.net)
        self.port = self.port_of(self.net)
        (self.group_id,) = self.port["security_groups"]
        # A schema made from the models has no default rules; elsewhere this is one of them.
        self.rule(remote_group_id=self.group_id)
        self.job = (JobType.SEG_RULE_SETUP, {"project_id": self.net["project_id"]})
        for region in ("RegionOne", "RegionTwo"):
            self.view(region, network_ids=[self.net["id"]])
        self.jobs()

    def rule(self, **remote):
        nothing = ("protocol", "port_range_min", "port_range_max", "remote_ip_prefix")
        remotes = {"remote_group_id": None, "remote_address_group_id": None} | remote
        body = {
            **dict.fromkeys(nothing),
            **remotes,
            "security_group_id": self.group_id,
            "direction": "ingress",
            "ethertype": "IPv4",
            "project_id": self.net["project_id"],
            "description": "",
        }
        return self.plugin.create_security_group_rule(self.admin, {"security_group_rule": body})["id"]

    def group_jobs(self):
        return [job for job in self.jobs() if job[0] == JobType.SEG_RULE_SETUP]

    def elsewhere(self, region):
        """What the region is told of members in other regions."""
        view = self.view(region, security_group_ids=[self.group_id])
        (ours,) = (group for group in view["address_groups"] if group_members.is_ours(group["id"]))
        return ours["addresses"]

    def address(self, number=0):
        shown = self._show("ports", self.port["id"], as_admin=True)["port"]
        return shown["fixed_ips"][number]["ip_address"] + "/32"

    def update(self, **changes):
        self.plugin.update_port(self.admin, self.port["id"], {"port": changes})

    def test_the_other_regions_hear_of_a_member_once_and_its_own_region_does_not(self):
        self.report("RegionOne", [state(self.port)])
        self.report("RegionOne", [state(self.port, revision=8, status="DOWN")])
        assert self.group_jobs() == [self.job]
        assert self.elsewhere("RegionTwo") == [self.address()]
        assert self.elsewhere("RegionOne") == []

    def test_addresses_that_neutron_gives_and_takes_by_itself_are_told(self):
        """A subnet with SLAAC comes to a network, and goes: no update of a port shows a difference then."""
        self.report("RegionOne", [state(self.port)])
        self.jobs()
        slaac = {"ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        subnet = self.subnet_of(self.net, "2001:db8:1::/64", gateway="2001:db8:1::1", **slaac)
        done = self.jobs()
        assert self.job in done
        assert (JobType.SHADOW_PORT_SETUP, self.in_pod("RegionTwo")) in done
        assert any(":" in address for address in self.elsewhere("RegionTwo"))
        self.jobs()
        self._delete("subnets", subnet["id"], as_admin=True)
        done = self.jobs()
        assert self.job in done
        assert (JobType.SHADOW_PORT_SETUP, self.in_pod("RegionTwo")) in done
        assert not any(":" in address for address in self.elsewhere("RegionTwo"))

    def in_pod(self, region):
        return {"pod_id": self.pods[region].pod_id, "network_id": self.net["id"]}

    def test_a_port_that_is_in_no_region_is_no_member_there(self):
        self.update(fixed_ips=[{"ip_address": "10.0.0.177"}])
        assert self.group_jobs() == []
        assert self.elsewhere("RegionTwo") == []

    def test_a_project_in_one_region_only_costs_nothing(self):
        alone = self.network_of(project_id="alone")
        self.subnet_of(alone, project_id="alone")
        self.view("RegionOne", network_ids=[alone["id"]])
        self.jobs()
        port = self.port_of(alone, project_id="alone")
        self.report("RegionOne", [state(port)])
        assert self.group_jobs() == []

    def test_all_regions_hear_of_a_member_that_moved(self):
        self.report("RegionOne", [state(self.port)])
        self.jobs()
        self.report("RegionTwo", [state(self.port)])
        assert self.group_jobs() == [self.job]
        assert self.elsewhere("RegionOne") == [self.address()]
        assert self.elsewhere("RegionTwo") == []

    def test_groups_addresses_and_pairs_changed_are_told_and_names_are_not(self):
        self.report("RegionOne", [state(self.port)])
        self.jobs()
        self.update(fixed_ips=[{"ip_address": "10.0.0.177"}])
        assert (self.group_jobs(), self.elsewhere("RegionTwo")) == ([self.job], ["10.0.0.177/32"])
        self.update(allowed_address_pairs=[{"ip_address": "192.0.2.0/28"}])
        assert (self.group_jobs(), self.elsewhere("RegionTwo")) == ([self.job], ["10.0.0.177/32", "192.0.2.0/28"])
        self.update(name="renamed")
        assert self.group_jobs() == []
        self.update(security_groups=[])
        assert (self.group_jobs(), self.elsewhere("RegionTwo")) == ([self.job], [])

    def test_a_member_that_is_gone_is_told(self):
        self.report("RegionOne", [state(self.port)])
        self.jobs()
        self.report("RegionOne", deleted=[self.port["id"]])
        assert (self.group_jobs(), self.elsewhere("RegionTwo")) == ([self.job], [])

    def test_address_groups_follow_and_go(self):
        body = {"name": "friends", "description": "", "project_id": self.net["project_id"], "addresses": ["192.0.2.1"]}
        friends = self.plugin.create_address_group(self.admin, {"address_group": body})["id"]
        rule_id = self.rule(remote_address_group_id=friends)
        self.view("RegionTwo", security_group_ids=[self.group_id])
        self.jobs()
        self.plugin.add_addresses(self.admin, friends, {"addresses": ["192.0.2.2"]})
        assert self.group_jobs() == [self.job]
        self.plugin.delete_security_group_rule(self.admin, rule_id)
        assert self.group_jobs() == [self.job]
        view = self.view("RegionTwo", address_group_ids=[friends])
        assert [group["id"] for group in view["address_groups"]] == [friends]
        self.plugin.delete_address_group(self.admin, friends)
        assert self.group_jobs() == [self.job]
        assert self.view("RegionTwo", address_group_ids=[friends])["address_groups"] == []


class TestMembersInARegion(LocalCase):
    """A group whose rule names another one, and that one's members in other regions."""

    def setUp(self):
        super().setUp()
        web, self.database = (self.made("security-groups", {"security_group": {"name": n}}) for n in ("web", "db"))
        self.web = web["id"]
        rule = {"security_group_id": self.database["id"], "direction": "ingress", "remote_group_id": self.web}
        self.made("security-group-rules", {"security_group_rule": rule})
        self.here("GET", f"/security-groups/{self.database['id']}").of(200)
        self.members_id = group_members.address_group_id(self.web, self.owner.project_id)

    def made(self, collection, body):
        (made,) = self.at_central("POST", f"/{collection}", body, status=201).values()
        return made

    def follow(self, addresses, deleted=()):
        self.put_groups(addresses, deleted).of(200)

    def put_groups(self, addresses, deleted=()):
        """What the job does: central's view, into the region. ``addresses`` stands for members elsewhere."""
        ids = [self.database["id"], self.web]
        desired = {"regional_view": {"region_name": "RegionOne", "security_group_ids": ids}}
        view = self.at_central("POST", "/regional-views", desired, caller=SERVICE, status=201)["regional_view"]
        plain = ("id", "name", "description", "project_id", "rbac_policies")
        view["address_groups"] = [
            {name: group[name] for name in plain if name in group} | {"addresses": addresses}
            for group in view["address_groups"]
        ]
        copies = {name: view[name] for name in ("security_groups", "address_groups")}
        body = {"security_group_copy": {**copies, "deleted_ids": list(deleted)}}
        return self.here("PUT", f"/security-group-copies/{self.owner.project_id}", body, caller=SERVICE)

    def members(self):
        group = ag_obj.AddressGroup.get_object(self.admin, id=self.members_id)
        return {str(association.address) for association in group.addresses}

    def test_one_message_for_many_members_and_none_for_none(self):
        told = mock.Mock(__qualname__="told")
        registry.subscribe(told, resources.ADDRESS_GROUP, events.AFTER_UPDATE)
        many = [f"10.0.{number}.1/32" for number in range(50)] + ["fd00::1/128"]
        self.follow(many)
        self.follow(many)
        assert self.members() == set(many)
        assert told.call_count == 1
        before = ag_obj.AddressGroup.get_object(self.admin, id=self.members_id).revision_number
        self.follow(many[1:])
        assert self.members() == set(many[1:])
        assert told.call_count == 2
        # Agents throw away what is older than what they have.
        assert ag_obj.AddressGroup.get_object(self.admin, id=self.members_id).revision_number > before

    def test_with_a_token_one_sees_what_central_shows_and_without_all(self):
        there = {rule["id"] for rule in self.shown_at_central()}
        assert len(there) == 3
        here = self.here("GET", f"/security-groups/{self.database['id']}", with_token=False).of(200)
        (companion,) = {rule["id"] for rule in here["security_group"]["security_group_rules"]} - there
        of_group = f"security_group_id={self.database['id']}"
        for caller in (self.owner, ADMIN, TRICIRCLE):
            assert {rule["id"] for rule in self.shown(caller=caller)} == there
            listed = self.here("GET", f"/security-groups?id={self.database['id']}", caller=caller).of(200)
            (group,) = listed["security_groups"]
            assert {rule["id"] for rule in group["security_group_rules"]} == there
            assert {rule["id"] for rule in self.rules(of_group, caller=caller)} == there
            for method in ("GET", "DELETE"):
                assert self.here(method, f"/security-group-rules/{companion}", caller=caller).status == 404
                assert self.here(method, f"/address-groups/{self.members_id}", caller=caller).status == 404
            assert self.here("GET", "/address-groups", caller=caller).of(200)["address_groups"] == []
            listed = self.here("GET", f"/address-groups?id={self.members_id}", caller=caller).of(200)
            assert listed["address_groups"] == []
        assert companion in {rule["id"] for rule in self.rules(of_group, with_token=False)}
        groups = self.here("GET", "/address-groups", caller=ADMIN, with_token=False).of(200)["address_groups"]
        assert self.members_id in {group["id"] for group in groups}

    def test_pages_of_rules_are_full(self):
        """Clients take a page that is short for the last one."""
        of_group = f"security_group_id={self.database['id']}&sort_key=id&sort_dir=asc"
        all_, seen, marker = [rule["id"] for rule in self.rules(of_group)], [], ""
        while page := self.rules(f"{of_group}&limit=1{marker}"):
            seen += [rule["id"] for rule in page]
            marker = f"&marker={page[-1]['id']}"
        assert seen == all_
        assert len(all_) == 3

    def shown_at_central(self):
        return self.at_central("GET", f"/security-groups/{self.database['id']}")["security_group"][
            "security_group_rules"
        ]

    def shown(self, caller=None):
        return self.get("security-groups", self.database["id"], caller=caller)["security_group_rules"]

    def rules(self, query="", **who):
        return self.here("GET", f"/security-group-rules?{query}", **who).of(200)["security_group_rules"]

    def test_a_tenant_s_address_group_follows_central_alone(self):
        friends = self.made("address-groups", {"address_group": {"name": "friends", "addresses": ["192.0.2.1/32"]}})
        rule = {"security_group_id": self.web, "direction": "ingress", "remote_address_group_id": friends["id"]}
        self.made("security-group-rules", {"security_group_rule": rule})
        self.follow(["192.0.2.9/32"])
        path = f"/address-groups/{friends['id']}"
        shown = self.here("GET", path).of(200)["address_group"]
        assert (shown["name"], shown["addresses"]) == ("friends", ["192.0.2.9/32"])
        for method, where, body in (
            ("PUT", path, {"address_group": {"name": "x"}}),
            ("PUT", f"{path}/add_addresses", {"addresses": ["192.0.2.3/32"]}),
            ("PUT", f"{path}/remove_addresses", {"addresses": ["192.0.2.9/32"]}),
            ("DELETE", path, None),
        ):
            answer = self.here(method, where, body)
            assert answer.status == 409, (method, where)
            assert "central Neutron" in answer.body["NeutronError"]["message"]

    def test_a_group_that_is_gone_at_central_goes_with_what_was_made_for_it(self):
        for rule in self.shown_at_central():
            if rule["remote_group_id"]:
                self.at_central("DELETE", f"/security-group-rules/{rule['id']}", status=204)
        self.at_central("DELETE", f"/security-groups/{self.web}", status=204)
        self.follow([], deleted=[self.web])
        assert self.here("GET", f"/security-groups/{self.web}").status == 404
        assert ag_obj.AddressGroup.get_object(self.admin, id=self.members_id) is None
        assert len(self.shown(caller=ADMIN)) == len(self.shown_at_central()) == 2
        assert self.here("GET", f"/security-groups/{self.web}", caller=Caller("stranger")).status == 404

    def test_a_group_that_this_region_refuses_keeps_back_no_other(self):
        """What may pass is told rather than what cannot: the job is tried again as long as that helps any of them."""
        groups = sorted([self.web, self.database["id"]])
        self.here("GET", f"/security-groups/{self.web}").of(200)
        for group in groups:
            self.at_central("PUT", f"/security-groups/{group}", {"security_group": {"description": "new"}})

        def description(group):
            return self.here("GET", f"/security-groups/{group}").of(200)["security_group"]["description"]

        real = self.plugin.update_security_group

        def refuse(refused):
            def update(context, id, security_group):
                if id in refused:
                    raise refused[id]
                return real(context, id, security_group)

            return mock.patch.object(self.plugin, "update_security_group", update)

        invalid = n_exc.InvalidInput(error_message="no such name here")
        with refuse({groups[0]: invalid}):
            assert self.put_groups([]).status == 400
        assert [description(group) for group in groups] == ["", "new"]
        with refuse({groups[0]: invalid, groups[1]: n_exc.Conflict()}):
            self.at_central("PUT", f"/security-groups/{groups[1]}", {"security_group": {"description": "newer"}})
            assert self.put_groups([]).status == 409
        self.follow([])
        assert [description(group) for group in groups] == ["new", "newer"]
