"""A region's plugins over a backend, and an L3 plugin, that they have never heard of."""

import contextlib
import typing
from unittest import mock

from neutron.db import extraroute_db, l3_gwmode_db
from neutron_lib.api.definitions import extraroute, l3, l3_ext_gw_mode
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.services import base as service_base

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.local import HOST
from tests.functional.network.local_routers import RouterCase
from tricircle.domain.endpoints import RemoteEndpoint, TunnelEndpoint
from tricircle.network.local.backends import none, registry
from tricircle.network.local.backends.base import Capabilities, Known, LocalPort, Segment, TableChange

REACHED = TunnelEndpoint("172.30.7.1", "geneve", 7)
GENEVE: dict[str, typing.Any] = {
    "mac_address": "fa:16:3e:00:00:05",
    "ip_address": "10.0.0.5",
    "vtep": "172.30.0.22",
    "encapsulation": "geneve",
    "tunnel_key": 12,
}
VXLAN = {"mac_address": "fa:16:3e:00:00:06", "ip_address": "10.0.0.6", "vtep": "172.30.0.33"}
AGENTLESS = f"{__name__}.AgentlessL3Plugin"


class AgentlessL3Plugin(
    service_base.ServicePluginBase, extraroute_db.ExtraRoute_dbonly_mixin, l3_gwmode_db.L3_NAT_dbonly_mixin
):
    """As of a backend that has no L3 agents: Neutron's tables of routers, and nobody to call."""

    supported_extension_aliases = [l3.ALIAS, extraroute.ALIAS, l3_ext_gw_mode.ALIAS]  # noqa: RUF012 - Neutron's way

    @classmethod
    def get_plugin_type(cls):
        return plugin_constants.L3

    def get_plugin_description(self):
        return "for tests"


class Remembering:
    """A backend that notes what it is called with."""

    name = "remembering"
    capabilities = Capabilities(network_types=frozenset({"vxlan"}), encapsulations=frozenset({"geneve"}), repeats=True)

    def __init__(self, plugin):
        self.plugin, self.tables, self.l3 = plugin, None, None
        self.asked, self.applied, self.resent, self.groups, self.routers = [], [], [], [], []

    def attach(self, tables):
        self.tables = tables

    def attach_routers(self, l3_plugin):
        self.l3 = l3_plugin

    def tunnel_endpoints(self, context, ports):
        self.asked += ports
        return {port.id: REACHED for port in ports if port.host}

    def apply(self, context, change):
        self.applied.append(change)

    def resend(self, context, tables):
        self.resent.append(tables)

    @contextlib.contextmanager
    def quiet(self, context, router_id, *, changes_kind):
        self.routers.append(("quiet", router_id, changes_kind))
        yield
        self.routers.append(("loud", router_id))

    def router_changed(self, context, router_id):
        self.routers.append(("changed", router_id))

    def groups_made(self, context, security_group_ids, address_group_ids):
        self.groups.append((set(security_group_ids), set(address_group_ids)))


class BackendCase(RouterCase):
    BACKENDS = {"remembering": registry.Declaration(frozenset({"openvswitch"}), Remembering)}  # noqa: RUF012

    def setUp(self):
        patch = mock.patch.dict(registry.BACKENDS, self.BACKENDS, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        super().setUp()

    def options(self):
        options = super().options()
        options["tricircle"]["real_l3_plugin"] = AGENTLESS
        return options

    def endpoints(self, method, network, *endpoints):
        body = {"remote_endpoint": {"endpoints": list(endpoints)}} if method == "PUT" else None
        answer = self.here(method, f"/remote-endpoints/{network['id']}", body, caller=SERVICE)
        if method == "PUT":  # which says only of what version the table is
            answer.of(200)
            return self.endpoints("GET", network)
        return answer.of(200)["remote_endpoint"]["endpoints"]

    def endpoints_elsewhere(self, network):
        path = f"/remote-endpoints?id={network['id']}&region_name=RegionTwo"
        (table,) = self.at_central("GET", path, caller=SERVICE)["remote_endpoints"]
        return table["endpoints"]

    def vm_up(self, network):
        self.agent()
        vm = self.boot(network["id"])
        self.bind(vm["id"])
        self.up(vm["id"])
        self.settle()
        return vm

    def way_out(self):
        """A part of a router with a gateway and a floating IP."""
        outside, subnet = self.external("RegionOne"), self.subnet_in("RegionOne", "10.0.1.0/24")
        router_id = self.router_of(subnet)
        body = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
        self.at_central("PUT", f"/routers/{router_id}", body)
        port = self.port({"id": subnet["network_id"]})
        body = {"floatingip": {"floating_network_id": outside["id"], "port_id": port["id"]}}
        self.at_central("POST", "/floatingips", body, status=201)
        return self.carry_out(router_id)[0]


class TestBackend(BackendCase):
    def test_it_says_where_ports_are_reached_and_hears_of_groups(self):
        network = self.network()
        self.subnet(network)
        vm = self.vm_up(network)
        backend = self.plugin.backend
        assert LocalPort(vm["id"], network["id"], HOST, "compute:nova", "instance") in backend.asked
        (endpoint,) = self.endpoints_elsewhere(network)
        assert endpoint == {
            "mac_address": vm["mac_address"],
            "ip_address": vm["fixed_ips"][0]["ip_address"],
            "vtep": REACHED.vtep,
            "encapsulation": "geneve",
            "tunnel_key": 7,
        }
        assert set(vm["security_groups"]) <= set().union(*(made for made, _ in backend.groups))

    def test_it_is_handed_remote_endpoints_as_far_as_it_can_reach_them(self):
        network = self.network()
        self.subnet(network)
        self.get("networks", network["id"])
        vni = self.plugin.get_network(self.admin, network["id"])["provider:segmentation_id"]
        backend, segment = self.plugin.backend, Segment(network["id"], "vxlan", vni)
        assert self.endpoints("PUT", network, GENEVE, VXLAN) == self.endpoints("GET", network) == [GENEVE, VXLAN]
        reachable = frozenset({RemoteEndpoint(**GENEVE)})
        assert backend.applied == [TableChange(segment, frozenset(), reachable)]
        assert backend.tables.known(self.admin, network["id"]) == Known(reachable, frozenset())
        backend.tables.resend(self.admin)
        assert backend.resent == [[(segment, Known(reachable, frozenset()))]]
        self.endpoints("PUT", network)
        assert backend.applied[1:] == [TableChange(segment, reachable, frozenset())]
        assert backend.tables.known(self.admin, network["id"]).closed == {"172.30.0.22", "172.30.0.33"}

    def test_it_keeps_quiet_about_a_router_of_whatever_l3_plugin(self):
        backend = self.plugin.backend
        assert isinstance(backend.l3, AgentlessL3Plugin)
        assert "tricircle-router-copy" in self.l3.supported_extension_aliases
        part = self.way_out()
        assert len(part["floating_ips"]) == 1
        assert backend.routers == [("quiet", part["id"], False), ("changed", part["id"]), ("loud", part["id"])]


class TestNoBackend(BackendCase):
    BACKENDS = {}  # noqa: RUF012

    def test_all_but_tunnels_works(self):
        assert isinstance(self.plugin.backend, none.NoBackend)
        network = self.network()
        self.subnet(network)
        vm = self.vm_up(network)
        shown = self.at_central("GET", f"/ports/{vm['id']}", caller=ADMIN)["port"]
        assert (shown["binding:host_id"], shown["status"]) == (HOST, "ACTIVE")
        assert self.endpoints_elsewhere(network) == []
        assert self.endpoints("PUT", network, VXLAN) == self.endpoints("GET", network) == [VXLAN]
        self.plugin._endpoints.resend(self.admin)
        assert self.way_out()["gateway"]
