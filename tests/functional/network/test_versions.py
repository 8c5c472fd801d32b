"""Endpoints and members of groups go to a region as differences: what central tells, and what it costs in bytes."""

import datetime
import json
from unittest import mock

import sqlalchemy as sa
from neutron_lib import constants
from neutron_lib.db import api as db_api
from oslo_config import cfg

from benchmarks import crowds
from tests.functional.network.central import CentralCase, state
from tricircle.db.neutron import departures, versions
from tricircle.db.neutron.models import PortLocation
from tricircle.domain.endpoints import remote_from_json
from tricircle.network.central import views
from tricircle.network.extensions.port_region import REGION_NAME
from tricircle.plans import memberships
from tricircle.plans import versions as plans

# A version has as many digits as the time, and a difference as many letters as its addresses.
SPREAD = 16


class VersionsCase(CentralCase):
    """RegionTwo has the network, and the groups of its project; what happens, happens in RegionOne."""

    def setUp(self):
        super().setUp()
        cfg.CONF.set_override("quota_port", -1, group="QUOTAS")
        self.net = self.network_of()
        self.subnet = self.subnet_of(self.net, "10.0.0.0/16")
        first = self.port_of(self.net)
        (self.group_id,) = first["security_groups"]
        body = dict.fromkeys(("protocol", "port_range_min", "port_range_max", "remote_ip_prefix"))
        body |= {"remote_group_id": self.group_id, "remote_address_group_id": None, "description": ""}
        body |= {"security_group_id": self.group_id, "direction": "ingress", "ethertype": "IPv4"}
        body |= {"project_id": self.net["project_id"]}
        self.plugin.create_security_group_rule(self.admin, {"security_group_rule": body})
        for region in ("RegionOne", "RegionTwo"):
            self.view(region, network_ids=[self.net["id"]])

    def endpoints(self, region="RegionTwo", versions=None):
        """The network's table as a job is answered; by default against what the region was last sent."""
        view = self.view(region, endpoint_network_ids=[self.net["id"]], versions=versions or {})
        (table,) = view["endpoint_tables"]
        return table

    def members(self, region="RegionTwo", versions=None):
        """The same for the address group of the members elsewhere."""
        view = self.view(region, security_group_ids=[self.group_id], versions=versions or {})
        (group,) = (group for group in view["address_groups"] if "version" in group)
        return group

    def crowd(self, count, first=1000):
        crowd = crowds.Crowd(
            self.net["id"],
            self.subnet["id"],
            self.net["project_id"],
            "10.0.0.0/16",
            "RegionOne",
            self.group_id,
            count,
            first,
        )
        with db_api.CONTEXT_WRITER.using(self.admin):
            return crowds.insert(self.admin.session.connection(), crowd)

    def later(self):
        """What has happened is over: a version that is read now does not overlap it."""
        return mock.patch.object(plans, "OVERLAP", -plans.OVERLAP / 10)


class TestBytes(VersionsCase):
    """One more port: what is sent does not depend on how many there are."""

    def cost(self):
        """Bytes of central's answers and of a region's requests for one port that comes up."""
        with db_api.CONTEXT_WRITER.using(self.admin):  # long ago is what was until now
            self.admin.session.execute(sa.update(PortLocation.__table__).values(changed_at=None))
        self.endpoints()
        self.members()
        self.report("RegionOne", [state(self.port_of(self.net))])
        table, group = self.endpoints(), self.members()
        assert len(table["endpoints"]) == len(group["addresses"]) == 1
        view = self.view("RegionTwo", security_group_ids=[self.group_id], versions={})
        return [len(json.dumps(sent)) for sent in (table, group, view)]

    def test_they_are_the_same_for_many_ports_as_for_few(self):
        self.crowd(50)
        few = self.cost()
        self.crowd(450, first=2000)
        self.endpoints(versions={self.net["id"]: ""})
        self.members(versions={self.members()["id"]: ""})
        many = self.cost()
        assert [abs(more - less) <= SPREAD for more, less in zip(many, few, strict=True)] == [True] * 3, (many, few)
        assert many[0] < 500


class TestDifferences(VersionsCase):
    """Whatever happens to a port: a region that applies the difference has what central has, and no more is sent."""

    def setUp(self):
        super().setUp()
        self.crowd(20)
        self.port = self.port_of(self.net)
        self.report("RegionOne", [state(self.port, revision=1)])
        anew = {"endpoints": {self.net["id"]: ""}, "members": {self.members()["id"]: ""}}
        self.known = {
            kind: self.take(kind, getattr(self, kind)(versions=named), frozenset()) for kind, named in anew.items()
        }

    def take(self, kind, part, known):
        """What a region has of it, as it has ``known``."""
        if kind == "endpoints":
            sent, name = [remote_from_json(one) for one in part["endpoints"]], lambda one: one.mac_address
        else:
            sent, name = part["addresses"], str
        return plans.applied(known, part, sent, name)

    def follows(self, *, whole=False):
        """Both tables follow by what is sent; ``whole``: as a whole."""
        for kind, known in self.known.items():
            part = getattr(self, kind)()
            assert ("names" not in part) == whole, (kind, part)
            assert len(part.get("names", ())) <= 3, (kind, part)
            self.known[kind] = self.take(kind, part, known)
            assert self.known[kind] == self.at_central(kind), kind
            digest = memberships.digest(self.known[kind]) if kind == "members" else self.digest(self.known[kind])
            assert part["digest"] == digest, kind

    def digest(self, endpoints):
        return plans.digest(one.text() for one in endpoints)

    def at_central(self, kind):
        if kind == "endpoints":
            found = views.remote_endpoints_of(self.admin, [self.net["id"]], "RegionTwo")[self.net["id"]]
            return {remote_from_json(one) for one in found}
        whole = self.members(versions={self.members()["id"]: ""})
        return set(whole["addresses"])

    def update(self, **changes):
        self.plugin.update_port(self.admin, self.port["id"], {"port": changes})

    def test_a_port_comes_up_and_goes_down_and_is_deleted(self):
        self.follows()
        other = self.port_of(self.net)
        self.report("RegionOne", [state(other, revision=1)])
        self.follows()
        assert self.mac(other) in {one.mac_address for one in self.known["endpoints"]}
        self.report("RegionOne", [state(other, revision=2, status=constants.PORT_STATUS_DOWN)])
        self.follows()
        assert self.mac(other) not in {one.mac_address for one in self.known["endpoints"]}
        self.report("RegionOne", [state(other, revision=3)])
        self.plugin.delete_port(self.admin, other["id"])
        self.follows()
        self.report("RegionOne", deleted=[self.port["id"]])
        self.follows()
        assert len(self.known["endpoints"]) == len(self.known["members"]) == 20

    def mac(self, port):
        return port["mac_address"]

    def test_a_port_that_a_region_is_about_to_have_is_a_member(self):
        body = {"port": {"network_id": self.net["id"], REGION_NAME: "RegionOne", "project_id": self.net["project_id"]}}
        assert self.call("POST", "ports", body=body, caller="service").status_int == 201
        self.follows()

    def test_addresses_change(self):
        self.update(fixed_ips=[{"ip_address": "10.0.0.177"}])
        self.follows()
        self.update(allowed_address_pairs=[{"ip_address": "192.0.2.0/28"}])
        self.follows()
        self.report("RegionOne", [state(self.port, revision=2, host="", vif_type="unbound")])
        self.update(mac_address="fa:16:3e:00:00:77")
        self.follows()
        self.update(allowed_address_pairs=[])
        self.follows()
        self.update(security_groups=[])
        self.follows()
        assert len(self.known["members"]) == 20

    def test_a_port_moves(self):
        self.report("RegionTwo", [state(self.port, revision=1, vtep="172.30.0.22")])
        self.follows()
        assert len(self.known["endpoints"]) == 20
        self.report("RegionOne", [state(self.port, revision=1)])
        self.follows()

    def test_a_region_does_not_have_a_port_any_more(self):
        self.plugin._regional_pods._remains.forget_places(self.admin, [self.port["id"]])
        self.follows()
        assert len(self.known["endpoints"]) == len(self.known["members"]) == 20

    def test_neutron_gives_all_ports_an_address(self):
        slaac = {"ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        self.subnet_of(self.net, "2001:db8:1::/64", gateway="2001:db8:1::1", **slaac)
        self.follows(whole=True)

    def test_nothing_happens_and_the_version_stays(self):
        with self.later():
            for read in (self.endpoints, self.members):
                part = read()
                assert part["names"] == []
                assert part["version"] == part["base"]

    def test_a_region_that_says_what_it_has_gets_the_difference_from_that(self):
        for kind, id_ in (("endpoints", self.net["id"]), ("members", self.members()["id"])):
            read = getattr(self, kind)
            old = read()["version"]
            self.report("RegionOne", [state(self.port, revision=7)])
            read()  # its answer is lost
            part = read(versions={id_: old})
            assert part["base"] == old
            assert "names" in part
            for unknown in ("", "0-its-own", "nonsense"):
                part = read(versions={id_: unknown})
                assert "names" not in part
                assert part["base"] == unknown

    def test_what_is_no_version_is_refused(self):
        body = {"regional_view": {"region_name": "RegionTwo", "versions": {self.net["id"]: 7}}}
        assert self.call("POST", "regional-views", body=body, caller="service").status_int == 400

    def test_what_a_region_asks_for_itself_is_whole_and_changes_nothing_that_is_known(self):
        before = self.endpoints()["version"]
        view = self.view("RegionTwo", network_ids=[self.net["id"]])
        (network,) = view["networks"]
        assert len(network["remote_endpoints"]) == 21
        assert network["endpoints_version"]
        with self.later():
            assert self.endpoints()["base"] == before

    def test_departures_and_what_was_sent_are_not_kept_for_ever(self):
        self.update(security_groups=[])
        for module in (departures, versions):
            with mock.patch.object(module, "KEEP_SECONDS", -10):
                module.purge(self.admin)
        assert "names" not in self.endpoints()
        assert departures.since(self.admin, [self.group_id], datetime.datetime(2000, 1, 1)) == {}
