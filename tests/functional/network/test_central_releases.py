"""What a region that is being drained is asked to give up, and what counts as use of it."""

import pytest
from neutron_lib import context as n_context

from tests.functional.network.central import state
from tests.functional.network.central_routers import REGIONS, RouterCase
from tricircle.db import pods as pods_db
from tricircle.db import routings as routings_db
from tricircle.domain.jobs import JobType
from tricircle.domain.routings import LEAVING_NETWORK
from tricircle.network import exceptions
from tricircle.network.extensions import _base, regional_release

ATTRIBUTES = regional_release.Regional_release.attributes()["regional_releases"]


class ReleaseCase(RouterCase):
    def drain(self, region="RegionTwo", draining=True):
        with self.database.writer() as session:
            pods_db.update(session, self.pods[region].pod_id, {"draining": draining})

    def release(self, region="RegionTwo", context=None, **told):
        body = _base.filled(ATTRIBUTES, region_name=region, **told)
        answer = self.plugin.create_regional_release(context or self.admin, {"regional_release": body})
        return {network["id"] for network in answer["networks"]}, {
            use["network_id"]: use["ports"] for use in answer["in_use"]
        }

    def kinds(self, network_id, region="RegionTwo"):
        with self.database.reader() as session:
            found = routings_db.find(session, top_ids=[network_id], pod_id=self.pods[region].pod_id)
        return [routing.resource_type for routing in found]


class TestLook(ReleaseCase):
    def test_only_tricircle_itself_asks_and_of_regions_that_there_are(self):
        with self.database.writer() as session:
            pods_db.update(session, self.pods["CentralRegion"].pod_id, {"user_id": "tricircle"})
            pods_db.update(session, self.pods["RegionTwo"].pod_id, {"user_id": "two"})
        self.release(context=n_context.Context("tricircle", "p", roles=["service"]))
        with pytest.raises(exceptions.NotItsRegion):
            self.release(context=n_context.Context("two", "p", roles=["service"]))
        with pytest.raises(exceptions.UnknownRegion):
            self.release("Nowhere", context=n_context.Context("tricircle", "p", roles=["service"]))

    def test_of_a_region_that_is_not_drained_nothing(self):
        subnet = self.subnet_in("RegionTwo")
        assert self.release() == (set(), {})
        assert self.kinds(subnet["network_id"]) == ["network"]

    def test_a_network_is_leaving_until_the_region_has_given_it_up(self):
        subnet = self.subnet_in(*REGIONS)
        network_id = subnet["network_id"]
        router_id = self.router_of(subnet)
        assert self.regions(router_id) == list(REGIONS)
        self.drain()
        for _ in range(2):
            assert self.release() == ({network_id}, {})
            assert self.kinds(network_id) == [LEAVING_NETWORK]
        assert self.regions(router_id) == ["RegionOne"]
        self.jobs()
        self.release(waiting_network_ids=[network_id])
        assert self.jobs() == [(JobType.CONFIGURE_ROUTE, {"router_id": router_id})]
        self.release(released_network_ids=[network_id])
        assert self.kinds(network_id) == []
        assert self.release() == (set(), {})
        assert {p["name"] for p in self.plugin.get_ports(self.admin) if "RegionTwo" in p["name"]} == set()
        assert {p["name"] for p in self.plugin.get_ports(self.admin) if "dhcp_port_RegionOne" in p["name"]} != set()
        assert self.kinds(network_id, "RegionOne") == ["network"]

    def test_one_that_the_region_has_kept_is_present_again(self):
        subnet = self.subnet_in(*REGIONS)
        router_id = self.router_of(subnet)
        self.drain()
        self.release()
        self.jobs()
        self.release(kept_network_ids=[subnet["network_id"]])
        assert self.kinds(subnet["network_id"]) == ["network"]
        assert self.regions(router_id) == list(REGIONS)
        resource = {"pod_id": self.pods["RegionTwo"].pod_id, "network_id": subnet["network_id"]}
        wanted = [(JobType.CONFIGURE_ROUTE, {"router_id": router_id}), (JobType.UPDATE_NETWORK, resource)]
        assert sorted(self.jobs()) == sorted(wanted)

    def test_what_is_present_again_meanwhile_keeps_what_is_reserved_for_it(self):
        subnet = self.subnet_in("RegionTwo")
        self.drain()
        self.release()
        self.drain(draining=False)
        self.present(subnet, "RegionTwo")
        self.release(released_network_ids=[subnet["network_id"]])
        assert self.kinds(subnet["network_id"]) == ["network"]
        assert any("dhcp_port_RegionTwo" in port["name"] for port in self.plugin.get_ports(self.admin))

    def test_a_region_that_is_taken_back_into_use_keeps_what_was_leaving(self):
        """Its job has been taken out of the queue meanwhile."""
        subnet = self.subnet_in(*REGIONS)
        router_id = self.router_of(subnet)
        for known in (True, False):
            self.drain()
            self.release()
            self.plugin.sweep()
            assert self.kinds(subnet["network_id"]) == [LEAVING_NETWORK]
            self.drain(draining=False)
            if not known:  # by a process that has just begun
                self.plugin._releases._drained = None
            self.jobs()
            self.plugin.sweep()
            assert self.kinds(subnet["network_id"]) == ["network"]
            assert (JobType.CONFIGURE_ROUTE, {"router_id": router_id}) in self.jobs()

    def test_networks_of_which_a_routing_was_lost_go_too(self):
        subnet = self.subnet_in("RegionTwo")
        self.plugin._records.forget("network", [subnet["network_id"]])
        self.drain()
        assert self.release() == ({subnet["network_id"]}, {})


class TestUse(ReleaseCase):
    def setUp(self):
        super().setUp()
        self.subnet = self.subnet_in(*REGIONS)
        self.id = self.subnet["network_id"]
        self.drain()

    def located(self, region="RegionTwo", **changes):
        port = self.port_of({"id": self.id})
        self.report(region, [state(port, **changes)])
        return port

    def test_ports_that_live_there_bound_or_not(self):
        self.located()
        self.located(host="", status="DOWN", device_id="", device_owner="")
        self.located("RegionOne")
        assert self.release() == (set(), {self.id: 2})
        assert self.kinds(self.id) == ["network"]

    def test_not_ports_of_dhcp_servers_and_of_routers(self):
        self.located(device_owner="network:dhcp")
        (interface,) = [self.router_of(self.subnet)]
        ports = self.plugin.get_ports(self.admin, filters={"device_id": [interface]})
        self.report("RegionTwo", [state(port, device_owner=port["device_owner"]) for port in ports])
        assert self.release() == ({self.id}, {})
        self.release(released_network_ids=[self.id])
        owners = {port["device_owner"] for port in self.plugin.get_ports(self.admin)}
        assert "network:router_interface" in owners
        with self.database.reader() as session:
            assert routings_db.count(session, self.pods["RegionTwo"].pod_id).keys() <= {"security_group"}
        assert self.plugin.get_regional_pod(self.admin, "RegionTwo")["port_locations"] == 0

    def test_a_port_that_was_seen_there_and_lives_nowhere_is_named(self):
        port = self.port_of({"id": self.id})
        self.view("RegionTwo", port_ids=[port["id"]])
        body = _base.filled(ATTRIBUTES, region_name="RegionTwo")
        answer = self.plugin.create_regional_release(self.admin, {"regional_release": body})
        (network,) = answer["networks"]
        assert port["id"] in network["port_ids"]

    def test_a_router_s_way_out_whether_the_region_has_told_of_it_or_not(self):
        outside = self.external("RegionTwo")
        router_id = self.router_of()
        self.gateway(router_id, outside)
        self.drain(draining=False)
        self.present(outside, "RegionTwo")
        self.drain()
        free, used = self.release()
        assert (free, used) == ({self.id}, {outside["network_id"]: 1})
        (port,) = self.plugin.get_ports(self.admin, filters={"device_id": [router_id]})
        self.report("RegionTwo", [state(port, device_owner="network:router_gateway")])
        assert self.release()[1] == {outside["network_id"]: 1}

    def test_a_bridge_as_long_as_a_part_of_a_router_is_on_it_and_none_is_refused_to_one(self):
        other = self.subnet_in("RegionOne", cidr="10.0.2.0/24")
        self.located()
        router_id = self.router_of(self.subnet, other)
        for region in REGIONS:
            view = self.part(router_id, region)["view"]
            assert [network["project_id"] for network in view["networks"]] == [""]
        (bridge,) = self.bridges()
        assert self.release()[1] == {self.id: 1, bridge["id"]: 1}


class TestAudit(ReleaseCase):
    def audited(self, *copies):
        body = {"region_name": "RegionTwo", "copies": list(copies)}
        self.plugin.create_regional_audit(
            self.admin, {"regional_audit": {"incarnation": "", "number": 0, "after": "", "until": "", **body}}
        )

    def test_what_comes_to_light_in_a_region_that_is_drained_is_drained_too(self):
        network_id = self.subnet_in("RegionTwo")["network_id"]
        copy = {"id": network_id, "resource_type": "network", "revision": 99}
        drain = (JobType.POD_DRAIN, {"pod_id": self.pods["RegionTwo"].pod_id})
        self.jobs()
        self.audited(copy)
        assert self.jobs() == []
        self.drain()
        self.plugin._records.forget("network", [network_id])
        self.audited(copy)
        assert self.jobs() == [drain]
        assert self.kinds(network_id) == ["network"]
        self.release()
        self.audited(copy)
        assert self.kinds(network_id) == [LEAVING_NETWORK]
        self.jobs()
        self.audited()
        assert self.jobs() == []
