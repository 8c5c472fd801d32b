"""What is done while somebody lies: every job, after a change and after a deletion, and a region's questions."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.functional.network.faults.cloud import REGION
from tests.functional.network.faults.operations import IN_REGION, Operation
from tests.functional.network.faults.tenant import RULE, Tenant
from tests.functional.network.identity import SERVICE
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import JobRequest, JobType

ELSEWHERE = "RegionTwo"

Step = Callable[[Tenant], None]


@dataclass(frozen=True, slots=True)
class Change:
    """``make`` is done honestly, and the job of this ``type`` carries it to the region.

    ``prepare``: for each time anew, what it is made of.
    """

    name: str
    type: JobType
    make: Step
    prepare: Step | None = None

    def __str__(self) -> str:
        return f"{self.type}-{self.name}"

    def request(self, tenant: Tenant) -> JobRequest:
        """The job, as an operator asks for it."""
        known = {
            "pod_id": tenant.cloud.central.pods[REGION].pod_id,
            "network_id": tenant.network["id"],
            "subnet_id": tenant.subnet["id"],
            "port_id": tenant.port["id"],
            "router_id": tenant.router["id"],
            "project_id": tenant.caller.project_id,
        }
        resource = {name: known[name] for name in KINDS[self.type].fields}
        return JobRequest(self.type, resource, tenant.caller.project_id)


def have_everything(tenant: Tenant) -> None:
    """A network with an instance, a group with a rule, a router with a gateway and a floating IP, all in the region."""
    tenant.have_router()
    tenant.attach().of(200)
    tenant.set_gateway(tenant.outside["id"]).of(200)
    tenant.group = tenant.make("security-groups", name="web")
    _add_rule(tenant)
    tenant.port = tenant.boot(security_groups=[tenant.group["id"]]).of(201)["port"]
    tenant.bind().of(200)
    body = {"floating_network_id": tenant.outside["id"], "port_id": tenant.port["id"]}
    tenant.floating_ip = tenant.make("floatingips", **body)
    assert not [error for _, error in tenant.cloud.worker.run() if error]


def _update(tenant: Tenant, collection: str, id_: str) -> None:
    tenant.number += 1
    name = collection.removesuffix("s")
    body = {name: {"description": f"change {tenant.number}"}}
    tenant.there("PUT", f"/{collection}/{id_}", body).of(200)


def _add_rule(tenant: Tenant) -> None:
    tenant.number += 1
    ports = {"port_range_min": tenant.number, "port_range_max": tenant.number}
    tenant.rule = tenant.make("security-group-rules", **{**RULE, **ports}, security_group_id=tenant.group["id"])


def _appear_elsewhere(tenant: Tenant) -> None:
    """An instance of another region comes up."""
    desired = {"regional_view": {"region_name": ELSEWHERE, "network_ids": [tenant.network["id"]]}}
    tenant.cloud.central.call("POST", "/regional-views", desired, caller=SERVICE).of(201)
    tenant.number += 1
    port = {
        "id": tenant.make("ports", network_id=tenant.network["id"])["id"],
        "revision": 1,
        "vif_type": "ovs",
        "device_id": "vm",
        "device_owner": "compute:x",
        "host": f"host-{tenant.number}",
        "vtep": f"172.30.1.{tenant.number}",
        "status": "ACTIVE",
    }
    tenant.elsewhere = port["id"]
    report = {"regional_report": {"region_name": ELSEWHERE, "ports": [port]}}
    tenant.cloud.central.call("POST", "/regional-reports", report, caller=SERVICE).of(201)


def _appear_and_be_known(tenant: Tenant) -> None:
    _appear_elsewhere(tenant)
    tenant.cloud.worker.run()


def _further_network(tenant: Tenant) -> None:
    network, subnet = tenant.network, tenant.subnet
    tenant.have_network_here("10.0.9.0/24")
    tenant.further = (tenant.network["id"], tenant.subnet["id"])
    tenant.network, tenant.subnet = network, subnet


def _further_port(tenant: Tenant) -> None:
    port = tenant.port
    tenant.port = tenant.boot().of(201)["port"]
    tenant.bind().of(200)
    tenant.further = (tenant.port["id"],)
    tenant.port = port


def _further_router(tenant: Tenant) -> None:
    """A router of its own, joined to a network of its own."""
    _further_network(tenant)
    router = tenant.make("routers", name="further")["id"]
    path = f"/routers/{router}/add_router_interface"
    tenant.there("PUT", path, {"subnet_id": tenant.further[1]}).of(200)
    tenant.cloud.worker.run()
    tenant.further = (router, *tenant.further)


def _delete_router(tenant: Tenant) -> None:
    router, _, subnet = tenant.further
    tenant.there("PUT", f"/routers/{router}/remove_router_interface", {"subnet_id": subnet}).of(200)
    tenant.there("DELETE", f"/routers/{router}").of(204)


def _switch_gateway(tenant: Tenant) -> None:
    """Take the address away by which a floating IP works, or bring it back."""
    tenant.number += 1
    port_id = tenant.port["id"] if tenant.number % 2 else None
    tenant.there("PUT", f"/floatingips/{tenant.floating_ip['id']}", {"floatingip": {"port_id": port_id}}).of(200)


def _delete(collection: str, which: Callable[[Tenant], str]) -> Step:
    def delete(tenant: Tenant) -> None:
        tenant.there("DELETE", f"/{collection}/{which(tenant)}").of(204)

    return delete


def _delete_instance_port(which: Callable[[Tenant], str]) -> Step:
    def delete(tenant: Tenant) -> None:
        tenant.delete_instance_port(which(tenant)).of(204)

    return delete


def _change(collection: str, which: Callable[[Tenant], str]) -> Step:
    return lambda tenant: _update(tenant, collection, which(tenant))


CHANGES = (
    Change("changed", JobType.UPDATE_NETWORK, _change("networks", lambda tenant: tenant.network["id"])),
    Change("deleted", JobType.UPDATE_NETWORK, _delete("networks", lambda tenant: tenant.further[0]), _further_network),
    Change("changed", JobType.SUBNET_UPDATE, _change("subnets", lambda tenant: tenant.subnet["id"])),
    Change("deleted", JobType.SUBNET_UPDATE, _delete("subnets", lambda tenant: tenant.further[1]), _further_network),
    Change("changed", JobType.PORT_UPDATE, _change("ports", lambda tenant: tenant.port["id"])),
    Change("deleted", JobType.PORT_DELETE, _delete_instance_port(lambda tenant: tenant.further[0]), _further_port),
    Change("changed", JobType.SEG_RULE_SETUP, _add_rule),
    Change(
        "deleted", JobType.SEG_RULE_SETUP, _delete("security-group-rules", lambda tenant: tenant.rule["id"]), _add_rule
    ),
    Change("changed", JobType.CONFIGURE_ROUTE, _switch_gateway),
    Change("deleted", JobType.CONFIGURE_ROUTE, _delete_router, _further_router),
    Change("changed", JobType.ROUTER_SETUP, _switch_gateway),
    Change("appeared", JobType.SHADOW_PORT_SETUP, _appear_elsewhere),
    Change(
        "gone", JobType.SHADOW_PORT_SETUP, _delete_instance_port(lambda tenant: tenant.elsewhere), _appear_and_be_known
    ),
)


def _group_there(tenant: Tenant) -> None:
    tenant.group = tenant.make("security-groups", name="web")


def _two_ports(tenant: Tenant) -> dict[str, list[dict[str, str]]]:
    return {"ports": [{"network_id": tenant.network["id"], "name": name} for name in ("one", "two")]}


QUESTIONS = (
    *IN_REGION,
    Operation(
        "fetch subnet", lambda tenant: tenant.here("GET", f"/subnets/{tenant.subnet['id']}"), Tenant.have_network
    ),
    Operation(
        "list by id", lambda tenant: tenant.here("GET", f"/networks?id={tenant.network['id']}"), Tenant.have_network
    ),
    Operation("fetch group", lambda tenant: tenant.here("GET", f"/security-groups/{tenant.group['id']}"), _group_there),
    Operation(
        "create two ports", lambda tenant: tenant.here("POST", "/ports", _two_ports(tenant)), Tenant.have_network
    ),
    Operation(
        "change port there",
        lambda tenant: tenant.here("PUT", f"/ports/{tenant.port['id']}", {"port": {"name": "renamed"}}),
        Tenant.have_instance,
    ),
    Operation("show quotas", lambda tenant: tenant.here("GET", f"/quotas/{tenant.caller.project_id}")),
)
