"""A kind of objects that is declared, and for which nothing else is written: its copies live as all others do."""

import pytest
from neutron.db import models_v2
from neutron_lib.db import api as db_api

from tests.functional.network import declared_kind, neutron_database
from tests.functional.network.central_server import CentralServer
from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.lifecycle import LifecycleCase
from tricircle.db.neutron.models import Incarnation
from tricircle.domain.jobs import JobType
from tricircle.network.local import audit


class CentralWithKind(CentralServer):
    MODULE = "tests.functional.network.declared_kind"


@pytest.fixture(scope="module")
def central_with_kind(tmp_path_factory, mariadb):
    server = CentralWithKind(tmp_path_factory.mktemp("central"), neutron_database.create(mariadb))
    server.start()
    try:
        yield server
    finally:
        server.stop()
        server.tricircle.dispose()


class TestDeclaredKind(LifecycleCase):
    """Subnet pools, of which the product knows nothing, with central and a region."""

    @pytest.fixture(autouse=True)
    def _kind(self, central_with_kind, _servers):
        self.central = central_with_kind
        with declared_kind.declared():
            yield

    def pool(self, **attributes):
        body = {"name": "pool", "prefixes": ["10.0.0.0/8"], "default_prefixlen": 24, **attributes}
        return self.at_central("POST", "/subnetpools", {"subnetpool": body}, status=201)["subnetpool"]

    def is_here(self, pool):
        return pool["id"] in self.ids_here(models_v2.SubnetPool)

    def audit(self):
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.query(Incarnation).update({"audited_until": None})
        audit.run(self.admin, self.plugin._central, self.plugin._reporter)

    def test_a_look_by_id_makes_the_copy_with_one_request(self):
        pool = self.pool(description="as central has it")
        with self.central.seen() as requests:
            here = self.get("subnetpools", pool["id"])
        assert requests == ["POST /v2.0/regional-views"]
        for field in ("id", "name", "project_id", "prefixes", "default_prefixlen"):
            assert here[field] == pool[field], field
        assert self.routings(pool["id"]) == {"RegionOne"}

    def test_the_copy_follows_what_changes_and_who_may_use_it(self):
        pool = self.pool()
        self.get("subnetpools", pool["id"])
        self.at_central("PUT", f"/subnetpools/{pool['id']}", {"subnetpool": {"name": "new"}})
        share = {
            "object_type": "subnetpool",
            "object_id": pool["id"],
            "target_tenant": "*",
            "action": "access_as_shared",
        }
        self.at_central("POST", "/rbac-policies", {"rbac_policy": share}, caller=ADMIN, status=201)
        assert [job for job, _ in self.worker.run()] == [JobType.TRUNK_SYNC]
        here = self.get("subnetpools", pool["id"])
        assert (here["name"], here["shared"]) == ("new", True)

    def test_a_lost_change_is_found_and_a_lost_deletion_too(self):
        pool, other = self.pool(), self.pool()
        for one in (pool, other):
            self.get("subnetpools", one["id"])
        self.at_central("PUT", f"/subnetpools/{pool['id']}", {"subnetpool": {"name": "new"}})
        self.delete_at_central("subnetpools", other["id"])
        self.worker.forget()
        self.audit()
        self.work()
        assert self.get("subnetpools", pool["id"])["name"] == "new"
        assert not self.is_here(other)

    def test_what_is_deleted_at_central_goes_and_does_not_come_again(self):
        pool = self.pool()
        self.get("subnetpools", pool["id"])
        self.delete_at_central("subnetpools", pool["id"])
        self.work()
        assert not self.is_here(pool)
        assert self.gone("subnetpools", pool["id"])
        assert self.routings(pool["id"]) == set()

    def test_a_tenant_who_changes_it_in_the_region_is_sent_to_central(self):
        pool = self.pool()
        self.get("subnetpools", pool["id"])
        change = {"subnetpool": {"name": "mine"}}
        assert self.here("PUT", f"/subnetpools/{pool['id']}", change).status == 409
        assert self.here("DELETE", f"/subnetpools/{pool['id']}").status == 409
        assert self.is_here(pool)

    def test_another_s_stays_unseen(self):
        pool = self.pool()
        stranger = {"caller": type(self.owner)("0" * 32)}
        assert self.here("GET", f"/subnetpools/{pool['id']}", **stranger).status == 404
        assert not self.is_here(pool)

    def test_a_region_that_is_drained_gives_it_up(self):
        pool = self.pool()
        self.get("subnetpools", pool["id"])
        told = {"regional_copy": {"released_subnetpool_ids": [pool["id"]]}}
        answer = self.here("POST", "/regional-copies", told, caller=SERVICE).of(201)["regional_copy"]
        assert (answer["kept_ids"], answer["pending"]) == ([], [])
        assert not self.is_here(pool)
        self.get("subnetpools", pool["id"])  # it may come again
        assert self.is_here(pool)
