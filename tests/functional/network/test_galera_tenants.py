"""Tenants at work while each of their requests meets another node of the cluster than the one before."""

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from tests.functional.network import tenants
from tests.functional.network.galera_cloud import Cloud, cloud
from tests.functional.network.identity import ADMIN, Caller
from tests.functional.network.neutron_server import NeutronServer
from tests.functional.network.tenants import Client, Model, known
from tests.functional.waiting import eventually
from tricircle.db import models
from tricircle.db.engine import Database
from tricircle.domain.jsons import Json
from tricircle.plans import group_members

__all__ = ["cloud"]

CLIENTS, OPERATIONS = 4, 500
# How often a node lags, and for how long: longer than any request needs to come to another.
PAUSE_SECONDS, LAG_SECONDS = 0.5, 1.0
QUIET_SECONDS = 120
# The rest of a list are Neutron's, Tricircle's and other projects'.
OWNERS = ("", "compute:nova")


def clients_of(cloud: Cloud) -> list[Client]:
    """Two in each project, who have a network and a group in common."""
    found = []
    for pair in range(CLIENTS // 2):
        caller = Caller(uuid.uuid4().hex)
        two = [Client(cloud.centrals, cloud.region, caller, 2 * pair + number, fellows=2) for number in range(2)]
        first = two[0]
        network = first.make("network", name="common")
        group = first.make("security_group", name="common")
        assert network and group
        subnet = first.make("subnet", network_id=network["id"], ip_version=4, cidr="192.168.0.0/16")
        assert subnet
        for client in two:
            client.common |= {network["id"], subnet["id"], group["id"]}
            for kind, one in (("network", network), ("subnet", subnet), ("security_group", group)):
                client.model.know(kind, one)
        found += two
    return found


def count(url: str, statement: str) -> int:
    database = Database(url)
    try:
        with database.reader() as session:
            return session.scalar(sa.text(statement)) or 0
    finally:
        database.dispose()


def is_quiet(cloud: Cloud) -> bool:
    """Whether nothing waits for anything: reports of the region, changes of central, jobs."""
    return (
        count(cloud.region.database_url, "SELECT count(*) FROM tricircle_reports") == 0
        and count(cloud.neutron_urls[0], "SELECT count(*) FROM tricircle_changes WHERE delivered_at IS NULL") == 0
        and count(cloud.tricircle_urls[0], "SELECT count(*) FROM jobs") == 0
    )


def all_of(server: NeutronServer, kind: str) -> dict[str, Json]:
    """By id, everything of a kind, as an administrator's list shows it: a list like this fetches nothing."""
    path = tenants.PATHS[kind]
    return {one["id"]: one for one in server.call("GET", f"/{path}", caller=ADMIN).of(200)[path.replace("-", "_")]}


def whole(models: Sequence[Model]) -> Model:
    """What all of them know."""
    result = Model()
    for model in models:
        for kind, objects in model.objects.items():
            result.objects[kind] |= objects
        result.deleted |= model.deleted
        result.here |= model.here
        result.bound |= model.bound
    return result


def assert_at_central(central: NeutronServer, model: Model, projects: set[str]) -> None:
    for kind, objects in model.objects.items():
        there = all_of(central, kind)
        assert {id_: known(kind, there[id_]) for id_ in objects if id_ in there} == objects, kind
        assert not model.deleted & there.keys(), kind
    mine = {id_ for id_, port in all_of(central, "port").items() if port["project_id"] in projects}
    assert mine == model.objects["port"].keys()


def assert_in_region(region: NeutronServer, central: NeutronServer, model: Model) -> None:
    for kind in ("network", "subnet", "port", "security_group"):
        here, objects = all_of(region, kind), model.objects[kind]
        assert model.wanted(kind) <= here.keys(), kind
        assert not model.deleted & here.keys(), kind
        copies = [id_ for id_ in objects if id_ in here]
        assert [known(kind, here[id_]) for id_ in copies] == [objects[id_] for id_ in copies], kind
    rules, groups = all_of(central, "security_group_rule"), all_of(region, "security_group")
    for id_, group in groups.items():
        there = {rule for rule, one in rules.items() if one["security_group_id"] == id_}
        assert {one["id"] for one in group["security_group_rules"] if not group_members.is_ours(one["id"])} == there


def assert_bound(servers: Sequence[NeutronServer], model: Model) -> None:
    for server in servers:
        ports = all_of(server, "port")
        assert {id_: ports[id_]["binding:host_id"] for id_ in model.bound if id_ in ports} == model.bound


def test_five_hundred_operations(cloud: Cloud) -> None:
    clients = clients_of(cloud)
    uneven = cloud.galera.uneven(PAUSE_SECONDS, LAG_SECONDS)
    with cloud.workers(), uneven, ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(client.run, tenants.OPERATIONS, OPERATIONS // CLIENTS) for client in clients]
        for future in running:
            future.result()
        refused = [line for client in clients for line in client.refused]
        assert not refused, "\n".join(refused)
        eventually(lambda: is_quiet(cloud), QUIET_SECONDS)
    model = whole([client.model for client in clients])
    for central in cloud.centrals:
        assert_at_central(central, model, {client.caller.project_id for client in clients})
    assert_in_region(cloud.region, cloud.centrals[0], model)
    assert_bound([*cloud.centrals, cloud.region], model)
    with Database(cloud.tricircle_urls[0]).reader() as session:
        left = set(session.scalars(sa.select(models.Routing.top_id)))
    assert not left & model.deleted
