"""What tenants and regions do, one request each, on what has been made before."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.functional.network.faults.tenant import RULE, Tenant
from tests.functional.network.identity import ADMIN
from tests.functional.network.neutron_server import Answer


def _nothing(tenant: Tenant) -> None:
    """There is nothing to prepare."""


@dataclass(frozen=True, slots=True)
class Operation:
    """``prepare`` is done honestly and undisturbed; ``act`` is the request; ``deletes``: whether the port goes."""

    name: str
    act: Callable[[Tenant], Answer]
    prepare: Callable[[Tenant], None] = _nothing
    deletes: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def _port_here(tenant: Tenant) -> None:
    tenant.have_network_here()
    tenant.port = tenant.make("ports", network_id=tenant.network["id"])
    tenant.bring(f"/ports/{tenant.port['id']}")


def _joined(tenant: Tenant) -> None:
    tenant.have_router()
    tenant.attach().of(200)
    tenant.cloud.worker.run()


def _with_gateway(tenant: Tenant) -> None:
    _joined(tenant)
    tenant.set_gateway(tenant.outside["id"]).of(200)
    tenant.cloud.worker.run()


def _with_instance(tenant: Tenant) -> None:
    _with_gateway(tenant)
    tenant.port = tenant.boot().of(201)["port"]
    tenant.bind().of(200)


def _with_floating_ip(tenant: Tenant) -> None:
    _with_instance(tenant)
    tenant.floating_ip = _create_floating_ip(tenant).of(201)["floatingip"]
    tenant.cloud.worker.run()


def _create_floating_ip(tenant: Tenant) -> Answer:
    body = {"floating_network_id": tenant.outside["id"], "port_id": tenant.port["id"]}
    return tenant.there("POST", "/floatingips", {"floatingip": body})


def _group_here(tenant: Tenant) -> None:
    tenant.group = tenant.make("security-groups", name="web")
    tenant.bring(f"/security-groups/{tenant.group['id']}")


def _rule_here(tenant: Tenant) -> None:
    tenant.group = tenant.make("security-groups", name="web")
    tenant.rule = _create_rule(tenant).of(201)["security_group_rule"]
    tenant.bring(f"/security-groups/{tenant.group['id']}")


def _create_rule(tenant: Tenant) -> Answer:
    body = {**RULE, "security_group_id": tenant.group["id"]}
    return tenant.there("POST", "/security-group-rules", {"security_group_rule": body})


def _create_subnet(tenant: Tenant) -> Answer:
    body = {"network_id": tenant.network["id"], "cidr": "10.0.1.0/24", "ip_version": 4}
    return tenant.there("POST", "/subnets", {"subnet": body})


def _create_port(tenant: Tenant) -> Answer:
    return tenant.there("POST", "/ports", {"port": {"network_id": tenant.network["id"]}})


AT_CENTRAL = (
    Operation("create network", lambda tenant: tenant.there("POST", "/networks", {"network": {"name": "net"}})),
    Operation(
        "delete network",
        lambda tenant: tenant.there("DELETE", f"/networks/{tenant.network['id']}"),
        Tenant.have_network_here,
    ),
    Operation("create subnet", _create_subnet, Tenant.have_network_here),
    Operation(
        "delete subnet",
        lambda tenant: tenant.there("DELETE", f"/subnets/{tenant.subnet['id']}"),
        Tenant.have_network_here,
    ),
    Operation("create port", _create_port, Tenant.have_network_here),
    Operation("delete port", lambda tenant: tenant.there("DELETE", f"/ports/{tenant.port['id']}"), _port_here),
    Operation("delete an instance's port", Tenant.delete_instance_port, Tenant.have_instance),
    Operation("add router interface", Tenant.attach, Tenant.have_router),
    Operation("remove router interface", Tenant.detach, _joined),
    Operation("set gateway", lambda tenant: tenant.set_gateway(tenant.outside["id"]), _joined),
    Operation("clear gateway", lambda tenant: tenant.set_gateway(None), _with_gateway),
    Operation("create floating IP", _create_floating_ip, _with_instance),
    Operation(
        "delete floating IP",
        lambda tenant: tenant.there("DELETE", f"/floatingips/{tenant.floating_ip['id']}"),
        _with_floating_ip,
    ),
    Operation("create group rule", _create_rule, _group_here),
    Operation(
        "delete group rule",
        lambda tenant: tenant.there("DELETE", f"/security-group-rules/{tenant.rule['id']}"),
        _rule_here,
    ),
)


def _port_there(tenant: Tenant) -> None:
    tenant.have_network()
    tenant.port = tenant.make("ports", network_id=tenant.network["id"])


def _unbound_port(tenant: Tenant) -> None:
    tenant.have_network_here()
    tenant.port = tenant.boot().of(201)["port"]


IN_REGION = (
    Operation(
        "fetch network", lambda tenant: tenant.here("GET", f"/networks/{tenant.network['id']}"), Tenant.have_network
    ),
    Operation("fetch port", lambda tenant: tenant.here("GET", f"/ports/{tenant.port['id']}"), _port_there),
    Operation("create the first port", Tenant.boot, Tenant.have_network),
    Operation("create a further port", Tenant.boot, Tenant.have_instance),
    Operation("bind port", Tenant.bind, _unbound_port),
    Operation(
        "delete port there",
        lambda tenant: tenant.here("DELETE", f"/ports/{tenant.port['id']}", caller=ADMIN),
        Tenant.have_instance,
        deletes=True,
    ),
)
