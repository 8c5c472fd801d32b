"""Regions by their names at central: counted, renamed, and forgotten when they are gone for ever."""

from unittest import mock

import pytest
import sqlalchemy as sa
from neutron.objects import securitygroup as sg_obj
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api

from tests.functional.network.central import region_of, state
from tests.functional.network.central_routers import REGIONS, RouterCase
from tricircle.db import jobs as jobs_db
from tricircle.db import pod_jobs
from tricircle.db import pods as pods_db
from tricircle.db.neutron import changes, regions, router_ports
from tricircle.db.neutron import models as tables
from tricircle.domain.changes import Change
from tricircle.domain.jobs import JobType
from tricircle.domain.routings import ResourceType
from tricircle.network import exceptions
from tricircle.network.central import regional_pods


class RegionalPodCase(RouterCase):
    def rename(self, name, new_name, caller="service"):
        body = {"regional_pod": {"region_name": new_name}}
        return self.call("PUT", "regional-pods", name, body, caller=caller)

    def counts(self, name):
        shown = self.call("GET", "regional-pods", name, caller="service").json["regional_pod"]
        return tuple(shown[table] for table in ("port_locations", "regional_addresses", "router_ports"))

    def named(self, name):
        """Keys of everything that is kept by a region's name."""
        with db_api.CONTEXT_READER.using(self.admin):
            return {
                (table, *(getattr(row, column.name) for column in row.__table__.primary_key))
                for table, model in regions.KEYED.items()
                for row in self.admin.session.query(model).filter_by(region_name=name)
            }

    def stretched(self):
        """A network in both regions with a router, another one in RegionTwo, and an instance in each region."""
        self.shared, self.other = self.subnet_in(*REGIONS), self.subnet_in("RegionTwo", cidr="10.0.2.0/24")
        self.router = self.router_of(self.shared, self.other)
        for region in REGIONS:
            self.part(self.router, region)
        self.instances = [self.port_of({"id": self.shared["network_id"]}) for _ in REGIONS]
        for number, region in enumerate(REGIONS):
            self.report(region, [state(self.instances[number], vtep=f"172.30.0.{number}")])
        self.jobs()

    def being_deleted(self, region):
        """As the Admin API does it."""
        pod_id = self.pods[region].pod_id
        with self.database.writer() as session:
            pods_db.update(session, pod_id, {"draining": True})
            jobs_db.enqueue(session, [pod_jobs.request(JobType.POD_DELETE, pod_id, "-")])

    def port(self, id_):
        return self.plugin.get_port(self.admin, id_)

    def rule_for_members(self, group):
        with db_api.CONTEXT_WRITER.using(self.admin):
            sg_obj.SecurityGroupRule(
                self.admin,
                security_group_id=group["id"],
                remote_group_id=group["id"],
                direction="ingress",
                ethertype="IPv4",
                project_id=group["project_id"],
            ).create()


class TestAccess(RegionalPodCase):
    def test_only_tricircle_itself_asks(self):
        assert self.call("GET", "regional-pods", "RegionOne", caller="member").status_int == 404
        assert self.call("GET", "regional-pods", "RegionOne", caller="admin").status_int == 404
        for caller in ("member", "admin"):
            assert self.rename("RegionOne", "Nord", caller).status_int in (403, 404)
            assert self.call("DELETE", "regional-pods", "RegionOne", caller=caller).status_int in (403, 404)
        assert self.rename("RegionOne", "RegionOne").status_int == 200

    def test_accounts_of_regions_do_not_and_none_but_central_s_where_that_has_one(self):
        def speak(user_id):
            self.plugin.get_regional_pod(n_context.Context(user_id, "p", roles=["service"]), "RegionOne")

        with self.database.writer() as session:
            pods_db.update(session, self.pods["RegionOne"].pod_id, {"user_id": "one"})
        speak("nova")
        with pytest.raises(exceptions.NotItsRegion):
            speak("one")
        with self.database.writer() as session:
            pods_db.update(session, self.pods["CentralRegion"].pod_id, {"user_id": "tricircle"})
        speak("tricircle")
        for other in ("one", "nova"):
            with pytest.raises(exceptions.NotItsRegion):
                speak(other)

    def test_nothing_else_is_offered(self):
        assert self.call("POST", "regional-pods", body={"regional_pod": {}}, caller="service").status_int == 405

    def test_what_is_kept_is_counted(self):
        assert self.counts("RegionOne") == self.counts("Nowhere") == (0, 0, 0)
        self.stretched()
        assert self.counts("RegionOne") == (1, 2, 1)
        assert self.counts("RegionTwo") == (1, 4, 1)
        listed = self.call("GET", "regional-pods", caller="service").json["regional_pods"]
        assert [one["id"] for one in listed] == ["RegionOne", "RegionTwo"]


class TestRename(RegionalPodCase):
    def test_everything_goes_by_the_new_name_and_twice_is_as_once(self):
        self.stretched()
        told = Change(
            job_type=JobType.UPDATE_NETWORK,
            subject_type=ResourceType.NETWORK,
            subject_id="n",
            field="network_id",
            resource_id="n",
            project_id="p",
            except_region="RegionOne",
            in_region="RegionOne",
        )
        with db_api.CONTEXT_WRITER.using(self.admin):
            number = changes.record(self.admin, told)
        before, other = self.named("RegionOne"), self.named("RegionTwo")
        for _ in range(2):
            answer = self.rename("RegionOne", "Nord.1 ü")
            assert answer.status_int == 200
            assert answer.json["regional_pod"]["region_name"] == "Nord.1 ü"
        renamed = {tuple("Nord.1 ü" if part == "RegionOne" else part for part in key) for key in before}
        assert (self.named("Nord.1 ü"), self.named("RegionOne"), self.named("RegionTwo")) == (renamed, set(), other)
        with db_api.CONTEXT_READER.using(self.admin):
            row = self.admin.session.get(tables.Change, number)
            assert (row.in_region, row.except_region) == ("Nord.1 ü", "Nord.1 ü")
        assert region_of(self.admin, self.instances[0]["id"]) == "Nord.1 ü"

    def test_another_pod_s_name_is_refused(self):
        self.stretched()
        for taken in ("RegionTwo", "CentralRegion"):
            answer = self.rename("RegionOne", taken)
            assert answer.status_int == 409
            assert taken in answer.text
        assert self.counts("RegionOne") == (1, 2, 1)

    def test_a_blank_name_is_refused(self):
        for blank in ("", " "):
            assert self.rename("RegionOne", blank).status_int == 400

    def test_names_of_all_sorts_are_found(self):
        self.stretched()
        self.rename("RegionOne", "eu.west 1 ü")
        assert self.counts("eu.west%201%20%C3%BC") == (1, 2, 1)

    def test_all_or_nothing(self):
        self.stretched()
        with mock.patch.object(regions, "hinted", side_effect=RuntimeError), pytest.raises(RuntimeError):
            self.plugin._regional_pods.rename(self.admin, "RegionOne", "Nord")
        assert self.counts("RegionOne") == (1, 2, 1)
        assert self.counts("Nord") == (0, 0, 0)

    def test_one_that_came_to_no_end_is_brought_to_one_though_the_region_went_on_under_its_old_name(self):
        subnet = self.subnet_of(self.network_of())
        self.present(subnet, *REGIONS)
        port = self.port_of({"id": subnet["network_id"]})
        self.report("RegionOne", [state(port)])
        self.rename("RegionOne", "Nord")  # and the pod's row is not changed
        kept = self.named("Nord")
        self.present(subnet, "RegionOne")
        more = self.port_of({"id": subnet["network_id"]})
        self.report("RegionOne", [state(more)])
        assert self.counts("RegionOne") == (1, 2, 0)
        twofold = {row[-1] for row in self.reserved("RegionOne")}
        assert len(twofold) == 2
        assert self.rename("RegionOne", "Nord").status_int == 200
        assert self.named("Nord") == kept | {("port_locations", more["id"])}
        assert self.counts("RegionOne") == (0, 0, 0)
        assert self.plugin.get_ports(self.admin, filters={"id": list(twofold)}) == []

    def reserved(self, region):
        with db_api.CONTEXT_READER.using(self.admin):
            row = tables.RegionalAddress
            return self.admin.session.execute(
                sa.select(row.purpose, row.port_id).where(row.region_name == region)
            ).all()

    def test_hints_that_name_the_region_follow(self):
        local, zoned = self.network_of(["RegionOne"]), self.network_of(["az1", "RegionTwo"])
        router_id = self.router_of(hints=["RegionTwo", "RegionOne"])
        self.rename("RegionOne", "Nord")
        with self.database.writer() as session:
            pods_db.update(session, self.pods["RegionOne"].pod_id, {"region_name": "Nord"})
        hints = [
            self._show("networks", n["id"], as_admin=True)["network"]["availability_zone_hints"] for n in (local, zoned)
        ]
        assert hints == [["Nord"], ["RegionTwo", "az1"]]
        shown = self._show("routers", router_id, as_admin=True)["router"]
        assert sorted(shown["availability_zone_hints"]) == ["Nord", "RegionTwo"]
        assert [n["id"] for n in self.view("Nord", network_ids=[local["id"]])["networks"]] == [local["id"]]

    def test_a_name_that_is_a_zone_s_too_stays_a_hint(self):
        with self.database.writer() as session:
            pods_db.update(session, self.pods["RegionTwo"].pod_id, {"az_name": "RegionOne"})
        network = self.network_of(["RegionOne"])
        self.rename("RegionOne", "Nord")
        assert self._show("networks", network["id"], as_admin=True)["network"]["availability_zone_hints"] == [
            "RegionOne"
        ]

    def test_a_name_too_long_for_a_hint_is_refused(self):
        network = self.network_of(["RegionOne"])
        answer = self.rename("RegionOne", "N" * 252)
        assert answer.status_int == 409
        assert network["id"] in answer.text


class TestForget(RegionalPodCase):
    def forget(self, name="RegionTwo"):
        assert self.call("DELETE", "regional-pods", name, caller="service").status_int == 204

    def test_ports_live_nowhere_any_more_and_the_others_hear_of_it(self):
        self.stretched()
        group = self.plugin.get_security_groups(self.admin, filters={"id": self.instances[1]["security_groups"]})[0]
        self.rule_for_members(group)
        self.jobs()
        self.being_deleted("RegionTwo")
        self.forget()
        shown = self.port(self.instances[1]["id"])
        assert (shown["status"], shown["binding:host_id"], shown["binding:vif_type"]) == ("DOWN", "", "unbound")
        assert shown["tricircle:region_name"] == ""
        assert self.port(self.instances[0]["id"])["status"] == "ACTIVE"
        one = self.pods["RegionOne"].pod_id
        jobs = self.jobs()
        assert (JobType.SHADOW_PORT_SETUP, {"pod_id": one, "network_id": self.shared["network_id"]}) in jobs
        assert (JobType.SEG_RULE_SETUP, {"project_id": group["project_id"]}) in jobs
        gone = self.pods["RegionTwo"].pod_id
        assert [kind for kind, resource in jobs if resource.get("pod_id") == gone] == [JobType.POD_DELETE]
        assert region_of(self.admin, self.instances[0]["id"]) == "RegionOne"

    def test_its_reservations_go_with_their_ports_and_leave_the_others_alone(self):
        self.stretched()
        before = self.named("RegionOne")
        reserved = {p["id"] for p in self.plugin.get_ports(self.admin) if "RegionTwo" in p["name"]}
        assert reserved
        for _ in range(2):
            self.forget()
            assert self.named("RegionTwo") == set()
        assert self.plugin.get_ports(self.admin, filters={"id": list(reserved)}) == []
        assert self.named("RegionOne") == before

    def test_a_bridge_network_without_ports_goes(self):
        self.stretched()
        assert len(self.bridges()) == 1
        self.forget()
        assert len(self.bridges()) == 1, "the other region's part is on it"
        self.forget("RegionOne")
        assert self.bridges() == []

    def test_central_s_own_interface_stays(self):
        subnet = self.subnet_in("RegionOne", "RegionTwo")
        attachment = self.port_of({"id": subnet["network_id"]})
        router_id = self.router_of()
        self._router_interface_action("add", router_id, None, attachment["id"], as_admin=True)
        for region in REGIONS:
            self.part(router_id, region)
        assert (
            router_ports.of_interfaces(self.admin, [attachment["id"]])[attachment["id"], "RegionOne"]
            == attachment["id"]
        )
        self.forget("RegionOne")
        assert self.port(attachment["id"])["device_id"] == router_id
        assert [key[1] for key in router_ports.of_interfaces(self.admin, [attachment["id"]])] == ["RegionTwo"]

    def test_the_subnet_s_own_gateway_is_free_for_the_next_region(self):
        subnet = self.subnet_of(self.network_of(), gateway="10.0.0.1")
        gateway = {name: self.gateway_in(name, subnet) for name in REGIONS}
        assert gateway["RegionOne"] == "10.0.0.1" != gateway["RegionTwo"]
        self.forget("RegionOne")
        assert self.gateway_in("RegionTwo", subnet) == gateway["RegionTwo"]
        with self.database.writer() as session:
            pods_db.create(session, region_name="RegionThree", az_name="az3")
        assert self.gateway_in("RegionThree", subnet) == "10.0.0.1"

    def gateway_in(self, region, subnet):
        (copy,) = self.view(region, network_ids=[subnet["network_id"]])["subnets"]
        return copy["gateway_ip"]

    def test_after_a_failure_half_way_it_goes_on(self):
        self.stretched()
        real, done = self.plugin.delete_port, []

        def delete(*args, **kwargs):
            if len(done) == 2:
                raise RuntimeError
            done.append(args)
            return real(*args, **kwargs)

        with mock.patch.object(self.plugin, "delete_port", delete), pytest.raises(RuntimeError):
            self.plugin.delete_regional_pod(self.admin, "RegionTwo")
        assert self.named("RegionTwo")
        self.forget()
        assert self.named("RegionTwo") == set()
        assert {p["name"] for p in self.plugin.get_ports(self.admin) if "RegionTwo" in p["name"]} == set()

    def test_it_ends_in_time_and_says_what_is_left(self):
        self.stretched()
        with mock.patch.object(regional_pods, "LONGEST", 0.0):
            self.forget()
        assert self.counts("RegionTwo") == (1, 4, 1)

    def test_interfaces_are_up_that_only_waited_for_it(self):
        self.stretched()
        (interface,) = self.plugin.get_ports(self.admin, filters={"fixed_ips": {"ip_address": ["10.0.1.1"]}})
        self.report("RegionOne", [state(interface, vtep=None, device_owner="network:router_interface")])
        assert self.port(interface["id"])["status"] == "DOWN"
        self.being_deleted("RegionTwo")
        self.forget()
        assert self.port(interface["id"])["status"] == "ACTIVE"


class TestBeingDeleted(RegionalPodCase):
    def test_a_region_that_is_gone_for_ever_counts_no_more(self):
        self.stretched()
        self.being_deleted("RegionTwo")
        assert self.regions(self.router) == ["RegionOne"]
        with pytest.raises(exceptions.UnknownRegion):
            self.view("RegionTwo", network_ids=[self.shared["network_id"]])
        with pytest.raises(exceptions.UnknownRegion):
            self.report("RegionTwo", [state(self.instances[1], revision=99)])
