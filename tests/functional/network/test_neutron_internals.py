"""What `tricircle.network.neutron_internals` relies on, shown of the installed Neutron: plain ML2, and its L3 plugin.

Where one of these fails with a new Neutron, the function of that name is what must change.
"""

import importlib
import inspect
import pkgutil
from typing import Any
from unittest import mock

import pytest
from neutron import policy
from neutron.api import api_common, extensions
from neutron.conf.plugins.ml2 import config as ml2_config
from neutron.conf.plugins.ml2.drivers import driver_type
from neutron.db import l3_extra_gws_db, models_v2
from neutron.ipam import utils as ipam_utils
from neutron.objects import address_group as ag_obj
from neutron.objects import router as l3_obj
from neutron.plugins.ml2 import plugin as ml2_plugin
from neutron.plugins.ml2.drivers.l2pop import mech_driver
from neutron.plugins.ml2.drivers.l2pop.rpc import L2populationAgentNotifyAPI
from neutron.quota import resource_registry
from neutron.services.l3_router.l3_router_plugin import L3RouterPlugin
from neutron.tests.common import helpers
from neutron.tests.common import test_db_base_plugin_v2 as base_tests
from neutron.tests.unit.extensions import test_l3
from neutron_lib import context as n_context
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exc
from neutron_lib.plugins import constants, directory
from oslo_config import cfg

import tricircle.network
from tricircle.network import central_l3_plugin, central_plugin, local_l3_plugin, local_plugin
from tricircle.network import neutron_internals as internals

# Overriding these is the protocol of the base class, whatever their names begin with.
PROTOCOLS = {("tricircle.network.extensions._controllers", "PecanCollection", "_lookup")}  # pecan's


class TestClasses:
    """Of classes alone: no Neutron is started."""

    def test_set_option(self, tmp_path):
        path = tmp_path / "neutron.conf"
        path.write_text("[ml2]\ntype_drivers = flat\n")
        conf = cfg.ConfigOpts()
        ml2_config.register_ml2_plugin_opts(conf)
        conf(["--config-file", str(path)])
        internals.set_option(conf, "type_drivers", ["vxlan"], "ml2")
        assert conf.ml2.type_drivers == ["vxlan"]
        conf.reload_config_files()
        conf.mutate_config_files()
        assert conf.ml2.type_drivers == ["vxlan"]

    def test_further_gateways(self):
        stock = l3_extra_gws_db.ExtraGatewaysDbOnlyMixin
        handler = stock._delete_router_remove_external_gateways
        known = registry._REGISTERED_CLASS_METHODS[handler]
        assert [(resource, event) for resource, event, _ in known] == [(resources.ROUTER, events.BEFORE_DELETE)]
        parameters = list(inspect.signature(stock._delete_extra_gw_port).parameters)
        assert parameters == ["self", "context", "router_id", "gw_port_id"]

    def test_nothing_else_of_neutron_s_is_overridden(self):
        """By a name of its own that Neutron has too, a method of ours would be called from there."""
        found = {
            (one.__module__, one.__name__, name)
            for one, bases in _classes()
            if one.__module__ != internals.__name__
            for name in vars(one)
            if name.startswith("_") and not name.startswith(("__", "_abc_"))
            if any(hasattr(base, name) for base in bases)
        }
        assert found == PROTOCOLS


def _classes():
    """Every class of ours, with those of others that are, or stand when it is used, behind it."""
    for found in pkgutil.walk_packages(tricircle.network.__path__, "tricircle.network."):
        module = importlib.import_module(found.name)
        for one in vars(module).values():
            if isinstance(one, type) and one.__module__ == module.__name__:
                yield one, list(filter(_is_neutron_s, one.__mro__))
    for plugin in (central_plugin.TricirclePlugin, local_plugin.TricirclePlugin):
        for one in filter(_is_ours, plugin.__mro__):
            yield one, [ml2_plugin.Ml2Plugin]
    for plugin in (central_l3_plugin.TricircleL3Plugin, local_l3_plugin.TricircleL3Plugin):
        for one in filter(_is_ours, plugin.__mro__):
            yield one, list(filter(_is_neutron_s, plugin.__mro__))


def _is_ours(one):
    return one.__module__.startswith("tricircle.")


def _is_neutron_s(one):
    return one.__module__.startswith(("neutron.", "neutron_lib.", "pecan."))


class NeutronCase(base_tests.NeutronDbPluginV2TestCase, test_l3.L3NatTestCaseMixin):
    """A Neutron without any plugin of ours."""

    api: Any

    def setup_config(self):
        super().setup_config()
        ml2_config.register_ml2_plugin_opts(cfg.CONF)
        driver_type.register_ml2_drivers_vxlan_opts(cfg.CONF)
        driver_type.register_ml2_drivers_flat_opts(cfg.CONF)
        cfg.CONF.set_override("mechanism_drivers", ["openvswitch", "l2population"], "ml2")
        cfg.CONF.set_override("type_drivers", ["vxlan", "flat"], "ml2")
        cfg.CONF.set_override("project_network_types", ["vxlan"], "ml2")
        cfg.CONF.set_override("vni_ranges", ["1:20"], "ml2_type_vxlan")

    def setUp(self):
        super().setUp(plugin="neutron.plugins.ml2.plugin.Ml2Plugin", service_plugins=["router", "flavors"])
        self.admin = n_context.get_admin_context()
        self.l3 = directory.get_plugin(constants.L3)
        manager = extensions.PluginAwareExtensionManager.get_instance()
        self.ext_api = self.api = extensions.ExtensionMiddleware(self.api, ext_mgr=manager)

    def keep(self, module, name):
        """Have what is replaced in a module be as it was at the end."""
        self.addCleanup(setattr, module, name, getattr(module, name))


class TestPlugins(NeutronCase):
    def test_native(self):
        @internals.native("bulk", "pagination", "sorting")
        class Plugin:
            pass

        class Further(Plugin):
            pass

        plugin, further = Plugin(), Further()
        assert api_common.is_native_pagination_supported(plugin)
        assert api_common.is_native_sorting_supported(plugin)
        assert internals.OpenController(plugin, "things", "thing", {})._native_bulk is True
        assert not api_common.is_native_pagination_supported(further)
        assert internals.OpenController(further, "things", "thing", {})._native_bulk is False

    def test_open_controller(self):
        class Plugin:
            def get_things(self):
                """Of the API."""

        controller = internals.OpenController(Plugin(), "things", "thing", {})
        assert controller.collection == "things"
        methods = {name: controller.method_of(name) for name in ("list", "show", "create", "update", "delete")}
        assert methods == {
            "list": "get_things",
            "show": "get_thing",
            "create": "create_thing",
            "update": "update_thing",
            "delete": "delete_thing",
        }
        assert controller.has_method("list")
        assert not controller.has_method("show")


class TestCorePlugin(NeutronCase):
    def test_mechanism_driver(self):
        driver = internals.mechanism_driver(self.plugin, "l2population")
        assert isinstance(driver, mech_driver.L2populationMechanismDriver)
        assert internals.mechanism_driver(self.plugin, "no_such_driver") is None

    def test_default_group(self):
        assert internals.default_group(self.plugin, self.admin, "p") is None
        made = internals.have_default_group(self.plugin, self.admin, "p")
        assert made is not None
        assert internals.default_group(self.plugin, self.admin, "p") == made
        assert internals.have_default_group(self.plugin, self.admin, "p") == made

    def test_default_groups(self):
        ensure = mock.patch.object(ml2_plugin.Ml2Plugin, "_ensure_default_security_group", autospec=True)
        with ensure as asked:
            asked.return_value = None
            port = self._make_port("json", self._make_network("json", "net", True)["network"]["id"])["port"]
            assert {call.args[2] for call in asked.call_args_list} == {port["project_id"]}
            for act in (
                lambda: self._update("ports", port["id"], {"port": {"name": "other"}}),
                lambda: self._list("security-groups"),
                lambda: self._list("security-group-rules"),
            ):
                asked.reset_mock()
                act()
                assert asked.called

    def test_shown_address_group(self):
        body = {"name": "hosts", "description": "", "addresses": ["192.0.2.1/32"], "project_id": "p", "tenant_id": "p"}
        made = self.plugin.create_address_group(self.admin, {"address_group": body})
        with db_api.CONTEXT_READER.using(self.admin):
            group = ag_obj.AddressGroup.get_object(self.admin, id=made["id"])
            shown = internals.shown_address_group(self.plugin, group)
        assert (shown["id"], shown["addresses"]) == (made["id"], ["192.0.2.1/32"])

    def test_mtu_limit(self):
        segment = {"network_type": "vxlan", "physical_network": None, "segmentation_id": 7}
        assert internals.mtu_limit(self.plugin, "id", segment) == 1450
        assert internals.mtu_limit(object(), "id", segment) is None

    def test_extend_agent_fdb(self):
        for host, address in (("host-1", "172.30.0.11"), ("host-2", "172.30.0.12")):
            helpers.register_ovs_agent(host=host, tunnel_types=["vxlan"], tunneling_ip=address)
        network_id, seen = self._make_network("json", "net", True)["network"]["id"], []

        def extend(context, agent, segment, id_, entries):
            seen.append((agent.host, segment["network_type"], id_))
            entries[id_]["ports"]["192.0.2.1"] = ["ours"]

        internals.extend_agent_fdb(internals.mechanism_driver(self.plugin, "l2population"), extend)
        with mock.patch.object(L2populationAgentNotifyAPI, "add_fdb_entries", autospec=True) as told:
            binding = {"binding:host_id": "host-1"}
            made = self._make_port("json", network_id, as_admin=True, arg_list=tuple(binding), **binding)["port"]
            self.plugin.update_port_status(self.admin, made["id"], "ACTIVE", "host-1")
        assert seen == [("host-1", "vxlan", network_id)]
        (whole,) = [call.args for call in told.call_args_list if call.args[3:] == ("host-1",)]
        assert whole[2][network_id]["ports"]["192.0.2.1"] == ["ours"]


class TestProcess(NeutronCase):
    def test_filter_reads(self):
        network_id = self._make_network("json", "net", True)["network"]["id"]
        for name in ("a", "b", "c"):
            self._make_port("json", network_id, name=name)
        internals.filter_reads(models_v2.Port, "test", _without_b)
        assert [
            port["name"] for port in self._list("ports", query_params="sort_key=name&sort_dir=asc&limit=2")["ports"]
        ] == [
            "a",
            "c",
        ]
        assert len(self.plugin.get_ports(self.admin)) == 2

    def test_count_as(self):
        class Counted:
            project_id = models_v2.Network.project_id

        internals.count_as("odd_thing", Counted)
        resource_registry.register_resource_by_name("odd_thing", "odd_things")
        assert resource_registry.get_resource("odd_thing")._model_class is Counted

    def test_wrap_policies(self):
        self.keep(policy, "check")
        self.keep(policy, "enforce")
        seen = []

        def noting(name):
            def wrap(decide):
                def decided(context, action, *args, **kwargs):
                    seen.append((name, context.project_id, action))
                    return decide(context, action, *args, **kwargs)

                return decided

            return wrap

        internals.wrap_policies(noting("check"), noting("enforce"))
        network = self._make_network("json", "net", True)["network"]
        assert ("enforce", network["project_id"], "create_network") in seen
        self._show("networks", network["id"])
        assert {action for _, project_id, action in seen if project_id == network["project_id"]} >= {"get_network"}

    def test_make_policy_rules(self):
        policy.reset()
        assert policy._ENFORCER is None
        internals.make_policy_rules()
        made = policy._ENFORCER
        assert made is not None
        internals.make_policy_rules()
        assert policy._ENFORCER is made

    def test_take_first_of_small_subnets(self):
        self.keep(ipam_utils, "check_subnet_ip")
        # Neutron's own: it may have been replaced for a region's plugin, in a test that this process has run before.
        ipam_utils.check_subnet_ip = internals._check_subnet_ip
        network = self._make_network("json", "net", True)
        subnet = self._make_subnet("json", network, None, "10.0.0.20/31", enable_dhcp=False)["subnet"]
        fixed_ips = [{"subnet_id": subnet["id"], "ip_address": "10.0.0.20"}]
        sent = {"network_id": network["network"]["id"], "fixed_ips": fixed_ips, "project_id": self._project_id}
        assert self.new_create_request("ports", {"port": sent}).get_response(self.api).status_int == 400
        internals.take_first_of_small_subnets()
        assert self.new_create_request("ports", {"port": sent}).get_response(self.api).status_int == 201

    def test_loaded_extensions(self):
        manager = extensions.PluginAwareExtensionManager.get_instance()
        served = {resource.collection for resource in manager.get_resources()}
        loaded = internals.loaded_extensions()
        assert "quotas" in served & loaded.keys()
        for alias in ("quotas", "quota_details"):
            loaded[alias].get_resources = list
        assert {resource.collection for resource in manager.get_resources()} == served - {"quotas"}


def _without_b(_context, model, query):
    return query.filter(model.name != "b")


class TestL3Plugin(NeutronCase):
    def setUp(self):
        super().setUp()
        self.router = self._make_router("json", self._project_id)["router"]["id"]

    def test_shown_floating_ip(self):
        network = self._make_network("json", "out", True)
        self._make_subnet("json", network, "203.0.113.1", "203.0.113.0/24")
        self._set_net_external(network["network"]["id"])
        made = self._make_floatingip("json", network["network"]["id"])["floatingip"]
        floating = l3_obj.FloatingIP.get_object(self.admin, id=made["id"])
        shown = internals.shown_floating_ip(self.l3, floating)
        assert {name: shown[name] for name in ("id", "floating_ip_address", "router_id", "status")} == {
            name: made[name] for name in ("id", "floating_ip_address", "router_id", "status")
        }

    def test_read_router(self):
        with db_api.CONTEXT_READER.using(self.admin):
            row, router = internals.read_router(self.l3, self.admin, self.router)
            assert (row.id, row.gw_port_id, row.enable_snat) == (self.router, None, True)
            assert {"id", "name", "project_id", "admin_state_up", "distributed", "ha", "routes"} <= router.keys()
            with pytest.raises(l3_exc.RouterNotFound):
                internals.read_router(self.l3, self.admin, "00000000-0000-0000-0000-000000000000")

    def test_read_routers(self):
        with db_api.CONTEXT_READER.using(self.admin):
            ((row, router),) = internals.read_routers(self.l3, self.admin, [self.router, "no-such-router"])
            assert row.id == router["id"] == self.router

    def test_sync_further_floating_ips(self):
        network = self._make_network("json", "out", True)
        self._make_subnet("json", network, "203.0.113.1", "203.0.113.0/24")
        self._set_net_external(network["network"]["id"])
        made = self._make_floatingip("json", network["network"]["id"])["floatingip"]
        floating = l3_obj.FloatingIP.get_object(self.admin, id=made["id"])
        floating.router_id = self.router
        internals.sync_further_floating_ips(self.l3, lambda context, router_ids: [floating])
        (synced,) = self.l3.get_sync_data(self.admin, [self.router])
        (told,) = synced["_floatingips"]
        assert told["floating_ip_address"] == made["floating_ip_address"]
        assert told["fixed_ip_address_scope"] is None

    def test_use_l3_notifier(self):
        notifier = mock.Mock()
        internals.use_l3_notifier(self.l3, notifier)
        assert self.l3.l3_rpc_notifier is notifier

    def test_address_gateways(self):
        network, subnet = {"id": "net"}, {"id": "sub", "ip_version": 6}
        with (
            mock.patch.object(L3RouterPlugin, "_update_router_gateway_ports", autospec=True) as addressed,
            mock.patch("neutron.db.l3_db.subnet_obj.Subnet.get_object"),
        ):
            self.l3.update_router_gw_ports(self.admin, network, subnet)
            internals.address_gateways(self.l3, self.admin, network, subnet)
        assert addressed.call_args_list == [mock.call(self.l3, self.admin, network, subnet)] * 2
