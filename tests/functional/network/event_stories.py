"""One story, twice: what a tenant does to a plain Neutron, and the same as it comes to a region from central.

Each step's events are recorded as a driver gets them that listens.
"""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any
from unittest import mock

from neutron.conf.plugins.ml2 import config as ml2_config
from neutron.conf.plugins.ml2.drivers import driver_type
from neutron.services.segments import db as segments_db
from neutron.tests.common import helpers
from neutron.tests.common import test_db_base_plugin_v2 as base_tests
from neutron_lib import context as n_context
from neutron_lib.callbacks import registry, resources
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.plugins import directory
from neutron_lib.plugins import utils as plugin_utils
from oslo_config import cfg

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.local_routers import RouterCase
from tests.functional.network.worker import Worker

CIDR, OUTSIDE = "10.0.1.0/24", "203.0.113.0/24"

# Step of the story → what it is about. What Neutron makes by the way (a project's default group, say) central makes at
# another moment.
STEPS: dict[str, tuple[str, ...]] = {
    "network": (resources.NETWORK, resources.SEGMENT),
    "subnet": (resources.SUBNET, resources.SEGMENT),
    "port": (resources.PORT,),
    "security group": (resources.SECURITY_GROUP, resources.SECURITY_GROUP_RULE),
    "rule": (resources.SECURITY_GROUP, resources.SECURITY_GROUP_RULE),
    "rule gone": (resources.SECURITY_GROUP, resources.SECURITY_GROUP_RULE),
    "security group renamed": (resources.SECURITY_GROUP, resources.SECURITY_GROUP_RULE),
    "address group": (resources.ADDRESS_GROUP,),
    "addresses": (resources.ADDRESS_GROUP,),
    "router and interface": (resources.ROUTER, resources.ROUTER_INTERFACE, resources.PORT),
    "gateway": (resources.ROUTER, resources.ROUTER_GATEWAY, resources.PORT),
    "floating IP": (resources.FLOATING_IP, resources.PORT),
    "floating IP gone": (resources.FLOATING_IP, resources.PORT),
    "gateway gone": (resources.ROUTER, resources.ROUTER_GATEWAY, resources.PORT),
    "router gone": (resources.ROUTER, resources.ROUTER_INTERFACE, resources.PORT),
    "security group gone": (resources.SECURITY_GROUP, resources.SECURITY_GROUP_RULE),
    "address group gone": (resources.ADDRESS_GROUP,),
    "port gone": (resources.PORT,),
    "subnet gone": (resources.SUBNET,),
    "network gone": (resources.NETWORK, resources.SEGMENT),
}


@dataclasses.dataclass(frozen=True)
class Seen:
    """An event: of what, which, and of which object; ``payload``: what else there is to read, by name."""

    resource: str
    event: str
    of: str | None
    payload: tuple[str, ...]


class Recorded:
    """Records what is published while a step runs."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._raw: dict[str, list[tuple[str, str, Any]]] = {}

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Record until the end of the block."""
        publish, seen = registry.publish, self._raw.setdefault(name, [])

        def listen(resource: str, event: str, trigger: Any, payload: Any = None) -> None:
            if resource in STEPS[name]:
                seen.append((resource, event, payload))
            publish(resource, event, trigger, payload=payload)

        with mock.patch.object(registry, "publish", listen):
            yield

    def steps(self) -> dict[str, list[Seen]]:
        """The events by step; ids as the story names them."""
        return {name: [self._seen(*one) for one in seen] for name, seen in self._raw.items()}

    def _seen(self, resource: str, event: str, payload: Any) -> Seen:
        read = {
            "request_body": payload.request_body is not None,
            "desired_state": payload.desired_state is not None,
            **{f"metadata {name}": True for name in payload.metadata},
            **{f"state {number}": True for number, _ in enumerate(payload.states)},
        }
        # What has an id of its own in each Neutron (a segment, say) is any of its kind.
        of = payload.resource_id and self.names.get(payload.resource_id, f"a {resource}")
        return Seen(resource, event, of, tuple(name for name, there in read.items() if there))


class Tenant(base_tests.NeutronDbPluginV2TestCase):
    """A tenant's way, by the calls of ML2 and of Neutron's L3 plugin that the API makes."""

    def setup_config(self):
        super().setup_config()
        ml2_config.register_ml2_plugin_opts(cfg.CONF)
        driver_type.register_ml2_drivers_vxlan_opts(cfg.CONF)
        driver_type.register_ml2_drivers_flat_opts(cfg.CONF)
        options = {
            "ml2": {
                "mechanism_drivers": ["openvswitch", "l2population"],
                "type_drivers": ["vxlan", "flat"],
                "project_network_types": ["vxlan"],
                "extension_drivers": ["port_security"],
            },
            "ml2_type_vxlan": {"vni_ranges": ["1:20"]},
            "ml2_type_flat": {"flat_networks": ["extern"]},
        }
        for group, values in options.items():
            for name, value in values.items():
                cfg.CONF.set_override(name, value, group)

    def setup_coreplugin(self, core_plugin=None, load_plugins=True):
        super().setup_coreplugin(core_plugin, load_plugins)
        segments_db.subscribe()  # see ``local.LocalMixin``

    def setUp(self):
        super().setUp(plugin="ml2", service_plugins=["revisions", "flavors", "router"])
        self.l3 = directory.get_plugin(plugin_constants.L3)
        self.admin = n_context.get_admin_context()
        helpers.register_l3_agent(host="host-1")
        self.recorded = Recorded()

    def story(self):
        self._l2()
        self._groups()
        self._routers()
        self._end()

    def _body(self, **fields):
        return {"project_id": "tenant", "tenant_id": "tenant", **fields}

    def _made(self, noun, name, /, **fields):
        make = getattr(plugin_utils, f"create_{noun}")
        with self.recorded.step(name) if name in STEPS else contextlib.nullcontext():
            made = make(self.plugin, self.admin, {noun: self._body(**fields)}, check_allow_post=False)
        self.recorded.names[made["id"]] = name
        return made

    def _l2(self):
        self.net = self._made("network", "network", name="net")
        self.subnet = self._made(
            "subnet", "subnet", network_id=self.net["id"], cidr=CIDR, ip_version=4, enable_dhcp=False, name=""
        )
        self.port = self._made("port", "port", network_id=self.net["id"], name="")

    def _groups(self):
        names, step, admin, plugin = self.recorded.names, self.recorded.step, self.admin, self.plugin
        with step("security group"):
            body = self._body(name="sg", description="", stateful=True)
            group = plugin.create_security_group(admin, {"security_group": body})
        self.group = group
        names[group["id"]] = "security group"
        rule = self._body(
            security_group_id=group["id"],
            direction="ingress",
            ethertype="IPv4",
            protocol="tcp",
            port_range_min=22,
            port_range_max=22,
            remote_ip_prefix=None,
            remote_group_id=None,
            remote_address_group_id=None,
            description="",
        )
        with step("rule"):
            made = plugin.create_security_group_rule(admin, {"security_group_rule": rule})
        names[made["id"]] = "rule"
        with step("rule gone"):
            plugin.delete_security_group_rule(admin, made["id"])
        with step("security group renamed"):
            plugin.update_security_group(admin, group["id"], {"security_group": {"name": "other"}})
        with step("address group"):
            body = self._body(name="ag", description="", addresses=["192.0.2.0/25"])
            self.address_group = plugin.create_address_group(admin, {"address_group": body})
        names[self.address_group["id"]] = "address group"
        with step("addresses"):
            plugin.add_addresses(admin, self.address_group["id"], {"addresses": ["192.0.2.128/25"]})

    def _routers(self):
        names, step, admin, l3 = self.recorded.names, self.recorded.step, self.admin, self.l3
        fields = {"router:external": True, "provider:network_type": "flat", "provider:physical_network": "extern"}
        outside = self._made("network", "outside", name="outside", **fields)
        self._made(
            "subnet", "outside subnet", network_id=outside["id"], cidr=OUTSIDE, ip_version=4, enable_dhcp=False, name=""
        )
        with step("router and interface"):
            self.router = l3.create_router(admin, {"router": self._body(name="r", admin_state_up=True)})
            interface = self._interface()
            l3.add_router_interface(admin, self.router["id"], {"port_id": interface["id"]})
        names |= {self.router["id"]: "router", interface["id"]: "interface"}
        with step("gateway"):
            info = {"external_gateway_info": {"network_id": outside["id"]}}
            l3.update_router(admin, self.router["id"], {"router": info})
        body = self._body(floating_network_id=outside["id"], port_id=self.port["id"], description="")
        with step("floating IP"):
            floating = l3.create_floatingip(admin, {"floatingip": body})
        names[floating["id"]] = "floating IP"
        with step("floating IP gone"):
            l3.delete_floatingip(admin, floating["id"])
        with step("gateway gone"):
            l3.update_router(admin, self.router["id"], {"router": {"external_gateway_info": {}}})
        with step("router gone"):
            l3.remove_router_interface(admin, self.router["id"], {"port_id": interface["id"]})
            l3.delete_router(admin, self.router["id"])

    def _interface(self):
        fixed_ips = [{"subnet_id": self.subnet["id"], "ip_address": self.subnet["gateway_ip"]}]
        body = self._body(network_id=self.net["id"], fixed_ips=fixed_ips, name="")
        return plugin_utils.create_port(self.plugin, self.admin, {"port": body}, check_allow_post=False)

    def _end(self):
        step, admin, plugin = self.recorded.step, self.admin, self.plugin
        with step("security group gone"):
            plugin.delete_security_group(admin, self.group["id"])
        with step("address group gone"):
            plugin.delete_address_group(admin, self.address_group["id"])
        with step("port gone"):
            plugin.delete_port(admin, self.port["id"])
        with step("subnet gone"):
            plugin.delete_subnet(admin, self.subnet["id"])
        with step("network gone"):
            plugin.delete_network(admin, self.net["id"])


class Copies(RouterCase):
    """The same at central; the region gets its copies by a request, or by a job."""

    def setUp(self):
        super().setUp()
        self.recorded = Recorded()
        self.worker = Worker(self)
        self.worker.forget()

    def story(self):
        self._l2()
        self._groups()
        self._routers()
        self._end()

    def _fetched(self, step, collection, made):
        self.recorded.names[made["id"]] = step
        with self.recorded.step(step):
            self.get(collection, made["id"])
        return made

    def _told(self, step, method, path, body=None, status=200):
        """A change at central, which a job brings."""
        answer = self.at_central(method, path, body, status=status)
        self._carried(step)
        return answer

    def _carried(self, step):
        with self.recorded.step(step):
            done = self.worker.run()
        assert not any(error for _, error in done), done

    def _l2(self):
        self.net = self._fetched("network", "networks", self.network())
        body = {"network_id": self.net["id"], "cidr": CIDR, "ip_version": 4, "enable_dhcp": False}
        subnet = self.at_central("POST", "/subnets", {"subnet": body}, status=201)["subnet"]
        self.joined = self._fetched("subnet", "subnets", subnet)
        self.vm = self._fetched("port", "ports", self.port(self.net))

    def _groups(self):
        body = {"security_group": {"name": "sg"}}
        group = self.at_central("POST", "/security-groups", body, status=201)["security_group"]
        self.group = self._fetched("security group", "security-groups", group)
        self.worker.forget()
        ssh = {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
        asked = {"security_group_rule": {"security_group_id": group["id"], **ssh}}
        rule = self.at_central("POST", "/security-group-rules", asked, status=201)["security_group_rule"]
        self.recorded.names[rule["id"]] = "rule"
        self._carried("rule")
        self._told("rule gone", "DELETE", f"/security-group-rules/{rule['id']}", status=204)
        body = {"security_group": {"name": "other"}}
        self._told("security group renamed", "PUT", f"/security-groups/{group['id']}", body)
        wanted = {"address_group": {"name": "ag", "addresses": ["192.0.2.0/25"]}}
        made = self.at_central("POST", "/address-groups", wanted, status=201)["address_group"]
        self.address_group = made
        self.recorded.names[made["id"]] = "address group"
        named = {"security_group_id": group["id"], "direction": "ingress", "remote_address_group_id": made["id"]}
        self._told("address group", "POST", "/security-group-rules", {"security_group_rule": named}, status=201)
        path = f"/address-groups/{made['id']}/add_addresses"
        self._told("addresses", "PUT", path, {"addresses": ["192.0.2.128/25"]})

    def _routers(self):
        outside = self.external("RegionOne", OUTSIDE)
        self.get("networks", outside["id"], caller=ADMIN)
        router_id = self.router_of(self.joined)
        part = self.part(router_id)
        (interface,) = part["router"]["interfaces"]
        self.recorded.names |= {part["id"]: "router", interface["port_id"]: "interface"}
        self._part("router and interface", router_id)
        gateway = {"external_gateway_info": {"network_id": outside["id"]}}
        self.at_central("PUT", f"/routers/{router_id}", {"router": gateway})
        self._part("gateway", router_id)
        body = {"floatingip": {"floating_network_id": outside["id"], "port_id": self.vm["id"]}}
        floating = self.at_central("POST", "/floatingips", body, status=201)["floatingip"]
        self.recorded.names[floating["id"]] = "floating IP"
        self._part("floating IP", router_id)
        self.at_central("DELETE", f"/floatingips/{floating['id']}", status=204)
        self._part("floating IP gone", router_id)
        self.at_central("PUT", f"/routers/{router_id}", {"router": {"external_gateway_info": {}}})
        self._part("gateway gone", router_id)
        leaving = {"subnet_id": self.joined["id"]}
        self.at_central("PUT", f"/routers/{router_id}/remove_router_interface", leaving)
        self._part("router gone", router_id)
        self.at_central("DELETE", f"/routers/{router_id}", status=204)
        self.worker.forget()

    def _part(self, step, router_id):
        part = self.part(router_id)
        body = {"router_copy": {"router": part["router"], "view": part["view"]}}
        with self.recorded.step(step):
            self.here("PUT", f"/router-copies/{part['id']}", body, caller=SERVICE).of(200)

    def _end(self):
        self._told("security group gone", "DELETE", f"/security-groups/{self.group['id']}", status=204)
        self._told("address group gone", "DELETE", f"/address-groups/{self.address_group['id']}", status=204)
        self._told("port gone", "DELETE", f"/ports/{self.vm['id']}", status=204)
        self._told("subnet gone", "DELETE", f"/subnets/{self.joined['id']}", status=204)
        self._told("network gone", "DELETE", f"/networks/{self.net['id']}", status=204)
