"""A region's parts of central routers: real central says what they are, the region's own L3 plugin carries them out."""

from unittest import mock

import pytest
from neutron.api.rpc.agentnotifiers.l3_rpc_agent_api import L3AgentNotifyAPI
from neutron.objects import router as l3_obj
from neutron.objects.ports import Port
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api

from tests.functional.network.identity import ADMIN, SERVICE, TRICIRCLE, Caller
from tests.functional.network.lifecycle import after
from tests.functional.network.local_routers import RouterCase
from tricircle.db.neutron import ports
from tricircle.db.neutron.models import Incarnation
from tricircle.domain import routers
from tricircle.network.local import audit, leftovers
from tricircle.network.local.routers import RouterCopies


def part_of(router_id):
    """A part without anything, as central sends it."""
    return routers.to_json(routers.RegionalRouter(id=router_id, name="theirs", project_id="p"))


class TestParts(RouterCase):
    def test_a_part_grows_and_shrinks_with_central_s_word(self):
        subnets = [self.subnet_in("RegionOne", "10.0.1.0/24"), self.subnet_in("RegionTwo", "10.0.2.0/24")]
        router_id = self.router_of(subnets[0])
        alone, _ = self.carry_out(router_id)
        assert [port["fixed_ips"][0]["ip_address"] for port in alone["interfaces"]] == ["10.0.1.1"]
        self.attach(router_id, subnets[1])
        joined, asked = self.carry_out(router_id)
        assert len(joined["interfaces"]) == 2
        assert [route["destination"] for route in joined["routes"]] == ["10.0.2.0/24"]
        assert asked == []
        self.at_central("PUT", f"/routers/{router_id}/remove_router_interface", {"subnet_id": subnets[1]["id"]})
        assert self.carry_out(router_id)[0] == alone

    def test_networks_that_central_thinks_are_here_are_asked_for(self):
        """They were on their way when a request failed."""
        subnets = [self.subnet_in("RegionOne", "10.0.1.0/24"), self.subnet_in("RegionTwo", "10.0.2.0/24")]
        router_id = self.router_of(*subnets)
        assert self.part(router_id)["view"] is not None
        part = self.part(router_id)
        assert part["view"] is None
        with self.central.seen() as requests:
            body = {"router_copy": {"router": part["router"]}}
            self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).of(200)
        assert [line for line in requests if "regional-reports" not in line] == ["POST /v2.0/regional-views"]

    def test_a_gateway_and_floating_ips_have_central_s_ids_and_addresses(self):
        outside = self.external("RegionOne")
        subnet = self.subnet_in("RegionTwo", "10.0.2.0/24")
        router_id = self.router_of(subnet)
        body = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
        router = self.at_central("PUT", f"/routers/{router_id}", body)["router"]
        port = self.port({"id": subnet["network_id"]})
        body = {"floatingip": {"floating_network_id": outside["id"], "port_id": port["id"]}}
        floating = self.at_central("POST", "/floatingips", body, status=201)["floatingip"]
        part, _ = self.carry_out(router_id)
        address = router["external_gateway_info"]["external_fixed_ips"][0]["ip_address"]
        assert part["gateway"]["interface"]["fixed_ips"][0]["ip_address"] == address
        here = self.get("floatingips", floating["id"])
        assert here["floating_ip_address"] == floating["floating_ip_address"]
        assert (here["port_id"], here["fixed_ip_address"]) == (None, port["fixed_ips"][0]["ip_address"])
        (told,) = self.l3._get_sync_floating_ips(self.admin, [part["id"]])
        assert told["floating_ip_address"] == floating["floating_ip_address"]
        self.at_central("PUT", f"/floatingips/{floating['id']}", {"floatingip": {"port_id": None}})
        assert self.carry_out(router_id)[0]["floating_ips"] == []
        assert self.here("GET", f"/floatingips/{floating['id']}").status == 404

    def test_central_knows_the_state_of_a_floating_ip(self):
        outside = self.external("RegionOne")
        subnet = self.subnet_in("RegionTwo", "10.0.2.0/24")
        router_id = self.router_of(subnet)
        body = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
        self.at_central("PUT", f"/routers/{router_id}", body)
        port = self.port({"id": subnet["network_id"]})
        body = {"floatingip": {"floating_network_id": outside["id"], "port_id": port["id"]}}
        floating = self.at_central("POST", "/floatingips", body, status=201)["floatingip"]
        assert floating["status"] == "DOWN"
        self.carry_out(router_id)
        agent = n_context.get_admin_context()
        self.l3.update_floatingip_status(agent, floating["id"], "ACTIVE")
        self.settle()
        assert self.at_central("GET", f"/floatingips/{floating['id']}")["floatingip"]["status"] == "ACTIVE"

    def test_a_router_of_the_region_s_own_is_not_central_s_to_change_or_delete(self):
        body = {"router": {"name": "mine", "project_id": self.owner.project_id}}
        mine = self.here("POST", "/routers", body, caller=ADMIN).of(201)["router"]
        for router in (None, {**part_of(mine["id"])}):
            copy = {"router_copy": {"router": router}}
            answer = self.here("PUT", f"/router-copies/{mine['id']}", copy, caller=SERVICE)
            assert (answer.status, answer.body["NeutronError"]["type"]) == (409, "NotCentrals")
        assert self.get("routers", mine["id"], caller=ADMIN)["name"] == "mine"

    def test_an_interface_that_the_region_refuses_leaves_no_port(self):
        router_id = self.router_of(self.subnet_in("RegionOne", "10.0.1.0/24"))
        part = self.part(router_id)
        body = {"router_copy": {"router": part["router"], "view": part["view"]}}
        before = self.ids_here(Port.db_model)
        refusal = n_exc.BadRequest(resource="router", msg="overlaps")
        with mock.patch.object(self.l3, "add_router_interface", side_effect=refusal):
            assert self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).status == 400
        left = self.ids_here(Port.db_model) - before
        assert {self.plugin.get_port(self.admin, id_)["device_owner"] for id_ in left} <= {"network:dhcp"}

    def test_what_a_crash_left_of_an_interface_is_swept_up(self):
        router_id = self.router_of(self.subnet_in("RegionOne", "10.0.1.0/24"))
        part = self.part(router_id)
        body = {"router_copy": {"router": part["router"], "view": part["view"]}}
        with (
            mock.patch.object(self.l3, "add_router_interface", side_effect=SystemExit),
            mock.patch.object(self.plugin, "delete_port", side_effect=SystemExit),
            pytest.raises(SystemExit),
        ):
            self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE)
        (port_id,) = ports.half_joined(self.admin)
        sweep = leftovers.Leftovers(self.plugin)
        sweep.sweep(self.admin)
        assert ports.half_joined(self.admin) == {port_id}, "somebody may just be making it"
        with mock.patch.object(leftovers, "_YOUNG", 0):
            sweep.sweep(self.admin)
        assert ports.half_joined(self.admin) == set()
        assert port_id not in self.ids_here(Port.db_model)
        self.carry_out(router_id)

    def test_a_floating_ip_whose_instance_goes_at_this_moment(self):
        """It is there for its address alone, until central says that it is of nothing."""
        outside, subnet = self.external("RegionOne"), self.subnet_in("RegionOne", "10.0.1.0/24")
        router_id = self.router_of(subnet)
        body = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
        self.at_central("PUT", f"/routers/{router_id}", body)
        vm = self.boot(subnet["network_id"])
        body = {"floatingip": {"floating_network_id": outside["id"], "port_id": vm["id"]}}
        floating = self.at_central("POST", "/floatingips", body, status=201)["floatingip"]
        part = self.part(router_id)

        def delete():
            self.plugin.delete_port(n_context.get_admin_context(), vm["id"], l3_port_check=False)

        body = {"router_copy": {"router": part["router"], "view": part["view"]}}
        with after(RouterCopies, "_as_here", delete):
            answer = self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).of(200)
        (made,) = answer["router_copy"]["router"]["floating_ips"]
        assert (made["id"], made["fixed_port_id"]) == (floating["id"], "")
        self.settle()
        self.at_central("PUT", f"/floatingips/{floating['id']}", {"floatingip": {"port_id": None}})
        assert self.carry_out(router_id)[0]["floating_ips"] == []

    def test_a_part_is_seen_as_of_one_moment(self):
        """A floating IP is deleted by deleting its port, which may happen between two looks."""
        outside = self.external("RegionOne")
        subnet = self.subnet_in("RegionTwo", "10.0.2.0/24")
        router_id = self.router_of(subnet)
        body = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
        self.at_central("PUT", f"/routers/{router_id}", body)
        body = {
            "floatingip": {
                "floating_network_id": outside["id"],
                "port_id": self.port({"id": subnet["network_id"]})["id"],
            }
        }
        floating = self.at_central("POST", "/floatingips", body, status=201)["floatingip"]
        part, _ = self.carry_out(router_id)

        def delete():
            self.l3.delete_floatingip(n_context.get_admin_context(), floating["id"])

        with after(l3_obj.FloatingIP, "get_objects", delete):
            shown = self.here("GET", f"/router-copies/{part['id']}", caller=SERVICE).of(200)["router_copy"]["router"]
        assert shown == part
        shown = self.here("GET", f"/router-copies/{part['id']}", caller=SERVICE).of(200)["router_copy"]["router"]
        assert shown == {**part, "floating_ips": []}

    def test_a_floating_ip_goes_after_its_instance(self):
        """Neutron takes it off the router with the instance's port, and it would hold its address for ever."""
        outside, subnet = self.external("RegionOne"), self.subnet_in("RegionOne", "10.0.1.0/24")
        router_id = self.router_of(subnet)
        body = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
        self.at_central("PUT", f"/routers/{router_id}", body)
        port = self.boot(subnet["network_id"])
        body = {"floatingip": {"floating_network_id": outside["id"], "port_id": port["id"]}}
        floating = self.at_central("POST", "/floatingips", body, status=201)["floatingip"]
        part = self.part(router_id)
        body = {"router_copy": {"router": part["router"], "view": part["view"]}}
        self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).of(200)
        assert self.get("floatingips", floating["id"])["port_id"] == port["id"]
        self.here("DELETE", f"/ports/{port['id']}").of(204)
        self.settle()
        assert self.get("floatingips", floating["id"])["router_id"] is None
        assert self.carry_out(router_id)[0]["floating_ips"] == []
        assert self.here("GET", f"/floatingips/{floating['id']}").status == 404
        owners = {"device_owner": ["network:floatingip"]}
        assert self.plugin.get_ports(self.admin, filters=owners) == []

    def test_removing_leaves_nothing(self):
        subnets = [self.subnet_in("RegionOne", "10.0.1.0/24"), self.subnet_in("RegionTwo", "10.0.2.0/24")]
        router_id = self.router_of(*subnets)
        self.carry_out(router_id)
        for subnet in subnets:
            self.at_central("PUT", f"/routers/{router_id}/remove_router_interface", {"subnet_id": subnet["id"]})
        self.at_central("DELETE", f"/routers/{router_id}", status=204)
        assert self.carry_out(router_id)[0] is None
        assert self.l3.get_routers(self.admin) == []
        owners = {"device_owner": ["network:router_interface"]}
        assert self.plugin.get_ports(self.admin, filters=owners) == []

    def test_agents_are_told_once_of_each_change_however_many_steps_it_takes(self):
        said = []
        for name in ("_agent_notification", "_notification_fanout"):
            watched = mock.patch.object(
                L3AgentNotifyAPI, name, lambda _, context, method, *rest, **__: said.append(method)
            )
            watched.start()
            self.addCleanup(watched.stop)
        subnets = [self.subnet_in("RegionOne", "10.0.1.0/24"), self.subnet_in("RegionTwo", "10.0.2.0/24")]
        router_id = self.router_of(*subnets)
        part, _ = self.carry_out(router_id)
        assert len(part["interfaces"]) == 2
        assert said == ["routers_updated"]
        self.carry_out(router_id)
        assert said == ["routers_updated"]
        for subnet in subnets:
            self.at_central("PUT", f"/routers/{router_id}/remove_router_interface", {"subnet_id": subnet["id"]})
        self.at_central("DELETE", f"/routers/{router_id}", status=204)
        self.carry_out(router_id)
        assert said == ["routers_updated", "router_deleted"]

    def test_agents_are_told_of_what_was_done_before_a_failure(self):
        router_id = self.router_of(self.subnet_in("RegionOne", "10.0.1.0/24"))
        part = self.part(router_id)
        body = {"router_copy": {"router": part["router"]}}
        with (
            mock.patch.object(L3AgentNotifyAPI, "routers_updated") as said,
            mock.patch.object(self.l3, "add_router_interface", side_effect=n_exc.Conflict()),
        ):
            assert self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).status == 409
            assert not said.called, "nothing of an agent's concern was done"
            self.l3.update_router(self.admin, part["id"], {"router": {"name": "other"}})
            assert [call.args[1] for call in said.call_args_list] == [[part["id"]]]
            assert self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).status == 409
            assert [call.args[1] for call in said.call_args_list][-1] == [part["id"]]
            assert said.call_count == 3

    def test_what_was_left_half_way_is_carried_on(self):
        router_id = self.router_of(self.subnet_in("RegionOne", "10.0.1.0/24"))
        part = self.part(router_id)
        (port,) = part["router"]["interfaces"]
        self.here("GET", f"/networks/{port['network_id']}").of(200)
        body = {
            "id": port["port_id"],
            "network_id": port["network_id"],
            "mac_address": port["mac_address"],
            "fixed_ips": [{"subnet_id": port["fixed_ips"][0]["subnet_id"], "ip_address": "10.0.1.1"}],
            "device_id": part["id"],
            "device_owner": "network:router_interface",
            "project_id": port["project_id"],
            "admin_state_up": True,
            "name": "",
        }
        self.plugin.components.real.create_port(self.admin, body)
        assert len(self.carry_out(router_id)[0]["interfaces"]) == 1

    def test_a_part_becomes_another_kind(self):
        router_id = self.router_of(self.subnet_in("RegionOne", "10.0.1.0/24"))
        part = self.part(router_id)
        for ha, distributed in ((True, False), (False, True), (False, False)):
            body = {"router_copy": {"router": {**part["router"], "ha": ha, "distributed": distributed}}}
            answer = self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).of(200)
            assert answer["router_copy"]["router"] == body["router_copy"]["router"]
            self.settle()
            (port,) = part["router"]["interfaces"]
            there = self.at_central("GET", f"/ports/{port['port_id']}")["port"]
            assert there["device_owner"] == "network:router_interface"
        self.at_central("PUT", f"/routers/{router_id}", {"router": {"admin_state_up": False}})
        down, _ = self.carry_out(router_id)
        assert down["admin_state_up"] is False

    def test_a_port_that_gets_other_addresses_is_not_made_anew(self):
        """Agents take no notice of a port that was deleted and comes back by the same id."""
        outside, subnet = self.external("RegionOne"), self.subnet_in("RegionOne", "2001:db8:1::/64")
        router_id = self.router_of(subnet)
        self._leave_by(router_id, outside, "203.0.113.50")
        self.carry_out(router_id)
        before = self._rows(router_id)
        body = {"subnet": {"network_id": subnet["network_id"], "ip_version": 6, "cidr": "2001:db8:2::/64"}}
        self.attach(router_id, self.at_central("POST", "/subnets", body, status=201)["subnet"])
        self._leave_by(router_id, outside, "203.0.113.151")
        part, _ = self.carry_out(router_id)
        ((port,), gateway) = part["interfaces"], part["gateway"]["interface"]
        assert {fixed["cidr"] for fixed in port["fixed_ips"]} == {"2001:db8:1::/64", "2001:db8:2::/64"}
        assert [fixed["ip_address"] for fixed in gateway["fixed_ips"]] == ["203.0.113.151"]
        assert self._rows(router_id) == before

    def _leave_by(self, router_id, outside, address):
        info = {"network_id": outside["id"], "external_fixed_ips": [{"ip_address": address}]}
        self.at_central("PUT", f"/routers/{router_id}", {"router": {"external_gateway_info": info}}, caller=ADMIN)

    def _rows(self, router_id):
        """What the database calls the region's ports of the router: another row, another number."""
        part = self.part(router_id)
        ports = Port.get_objects(self.admin, device_id=part["id"])
        return {port.id: port.db_obj.standard_attr_id for port in ports}


class TestTenants(RouterCase):
    def test_a_part_is_central_s_to_change(self):
        router_id = self.router_of(self.subnet_in("RegionOne", "10.0.1.0/24"))
        part, _ = self.carry_out(router_id)
        (shown,) = self.here("GET", f"/routers?name={router_id}").of(200)["routers"]
        assert shown["id"] == part["id"]
        for method, path, body in (
            ("PUT", f"/routers/{part['id']}", {"router": {"admin_state_up": False}}),
            ("DELETE", f"/routers/{part['id']}", None),
        ):
            answer = self.here(method, path, body)
            assert answer.status == 409
            assert "central" in answer.body["NeutronError"]["message"]

    def test_nobody_but_tricircle_sets_a_part(self):
        router_id = self.router_of(self.subnet_in("RegionOne", "10.0.1.0/24"))
        part = self.part(router_id)
        body = {"router_copy": {"router": part["router"]}}
        for caller in (self.owner, Caller("another")):
            assert self.here("PUT", f"/router-copies/{part['id']}", body, caller=caller).status in (403, 404)


class TestCapabilities(RouterCase):
    """What this region's plugins can do is at central after its audit, and decides there what a router may be."""

    def audit(self):
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.query(Incarnation).update({"audited_until": None})
        audit.run(n_context.get_admin_context(), self.plugin._central, self.plugin._reporter)

    def create(self, **kind):
        body = {"router": {"name": "r", "availability_zone_hints": ["RegionOne"], **kind}}
        return self.central.call("POST", "/routers", body, caller=ADMIN)

    def test_a_region_tells_with_each_audit_what_routers_it_has(self):
        self.audit()
        assert self.create(ha=True).of(201)["router"]["ha"] is True
        with mock.patch.object(self.l3, "_aliases", ["router", "dvr"]):  # its operator has configured it anew
            self.audit()
        answer = self.create(ha=True)
        assert (answer.status, "RegionOne" in answer.body["NeutronError"]["message"]) == (400, True)
        assert self.create(distributed=True).of(201)["router"]["distributed"] is True

    def test_what_workers_ask_to_see_its_state_every_neutron_answers(self):
        for ask in (self.here, self.central.call):
            assert "resources" in ask("GET", "/", caller=TRICIRCLE).of(200)
