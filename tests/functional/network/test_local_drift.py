"""Audits of content: nothing is found where nobody meddled; what somebody did to a region's copies is, and mended."""

import typing
from unittest import mock

import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import address_group as ag_models
from neutron.db.models import l3 as l3_models
from neutron.db.models import securitygroup as sg_models
from neutron_lib.db import api as db_api

from tests.functional.network import declared_kind
from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.lifecycle import LifecycleCase
from tests.functional.network.local_routers import RouterCase
from tricircle.db import drifts as drifts_db
from tricircle.db import jobs as jobs_db
from tricircle.db import routings as routings_db
from tricircle.db.models import Drift as DriftRow
from tricircle.db.models import Routing as RoutingRow
from tricircle.db.neutron import copies
from tricircle.db.neutron.models import Incarnation
from tricircle.domain import audits, copied_kinds
from tricircle.domain.drifts import REVISION, DriftQuery, DriftState, StoredDrift
from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import JobType
from tricircle.domain.payloads import ALL_KINDS
from tricircle.jobs.handlers import audits as audit_handlers
from tricircle.network.local import audit

ELSEWHERE = {
    "revision": 5,
    "status": "ACTIVE",
    "host": "host-2",
    "vif_type": "ovs",
    "device_id": "instance",
    "device_owner": "compute:nova",
}


class AuditCase(LifecycleCase):
    def setUp(self):
        super().setUp()
        with self.central.tricircle.writer() as session:
            # Other tests leave theirs: this region's database has nothing of it.
            session.execute(sa.delete(DriftRow))
            session.execute(sa.delete(RoutingRow))

    def audit(self, kind: str = ALL_KINDS, *, repairs: bool = False) -> list[StoredDrift]:
        """One audit, and the jobs that it asks for; answers what it has found."""
        request = audits.request(self.central.pods["RegionOne"].pod_id, "p", resource_type=kind, repairs=repairs)
        self.central.tricircle.write(lambda session: jobs_db.enqueue(session, [request]))
        self.work()
        return self.drifts()

    def drifts(self, *, mended: bool = False) -> list[StoredDrift]:
        with self.central.tricircle.reader() as session:
            return drifts_db.list_page(session, DriftQuery(mended=mended), 100, None)

    def found(self) -> dict[str, typing.Any]:
        """What an audit finds: by id, the fields that differ, or the state of what is not there."""
        return {
            one.drift.resource_id: [difference.field for difference in one.drift.differences] or one.drift.state
            for one in self.audit()
        }

    def mend(self) -> None:
        """See that all that was found is repaired, and found gone then."""
        before = self.drifts()
        assert all(one.repaired_at is not None for one in self.audit(repairs=True))
        assert self.audit() == []
        assert {one.drift.resource_id for one in self.drifts(mended=True)} == {one.drift.resource_id for one in before}

    def delete_by_hand(self, model: typing.Any, id_: str) -> None:
        """In the region's database, past Neutron."""
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.execute(sa.delete(model).where(model.id == id_))

    def change_here(self, collection: str, id_: str, **changes: typing.Any) -> None:
        """As an administrator of the region does."""
        self.here(
            "PUT", f"/{collection}/{id_}", {collection.removesuffix("s").replace("-", "_"): changes}, caller=ADMIN
        ).of(200)

    def grouped(self):
        """A group with rules of every kind: with members elsewhere, with an address group, with a prefix; and here."""
        body = {"address_group": {"name": "ag", "addresses": ["10.5.0.0/16", "2001:db8:5::1/128"]}}
        addresses = self.at_central("POST", "/address-groups", body, status=201)["address_group"]
        body = {"security_group": {"name": "g"}}
        group = self.at_central("POST", "/security-groups", body, status=201)["security_group"]
        for more in (
            {"remote_group_id": group["id"]},
            {"remote_address_group_id": addresses["id"]},
            {"protocol": "tcp", "port_range_min": 80, "port_range_max": 90, "remote_ip_prefix": "10.0.0.0/8"},
        ):
            rule = {"security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv4", **more}
            self.at_central("POST", "/security-group-rules", {"security_group_rule": rule}, status=201)
        self.get("security-groups", group["id"])
        return group["id"], addresses["id"]

    def located_elsewhere(self, port_id):
        body = {"regional_report": {"region_name": "RegionTwo", "ports": [{"id": port_id, **ELSEWHERE}]}}
        self.at_central("POST", "/regional-reports", body, caller=SERVICE, status=201)


class TestUntouched(AuditCase):
    def test_nothing_is_found_whatever_there_is(self):
        network, (group_id, _) = self.network(), self.grouped()
        self.variety_of_subnets(network)
        self.variety_of_ports(network, group_id)
        self.change_at_central("networks", network["id"], name="newer")
        self.settle()
        self.work()
        self.worker.region.requests.clear()
        with self.central.seen() as requests:
            assert self.found() == {}
        # One request a page: there are five kinds of copies here.
        assert [line for line in requests if "regional-reports" not in line] == ["POST /v2.0/desired-copies"] * 5
        assert self.worker.region.requests == ["POST /observed-copies"] * len(copied_kinds.all_kinds())
        with mock.patch.object(audit_handlers, "PAGE", 1):
            assert self.found() == {}

    def variety_of_subnets(self, network):
        self.subnet(network)
        self.subnet(
            network, "10.0.1.0/24", gateway_ip=None, enable_dhcp=False, dns_nameservers=["10.9.9.9", "10.9.9.8"]
        )
        routes = [{"destination": f"10.{number}.0.0/16", "nexthop": "10.0.2.9"} for number in (7, 6)]
        pools = [{"start": f"10.0.2.{start}", "end": f"10.0.2.{start + 9}"} for start in (50, 10)]
        self.subnet(network, "10.0.2.0/24", host_routes=routes, allocation_pools=pools)
        self.subnet(network, "2001:db8::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
        self.view_of("RegionTwo", network_ids=[network["id"]])  # so that this region has gateways of its own
        self.get("networks", network["id"])

    def variety_of_ports(self, network, group_id):
        self.agent()
        self.located_elsewhere(self.port(network, security_groups=[group_id])["id"])
        self.bind(self.boot(network["id"], security_groups=[group_id])["id"])
        pairs = [{"ip_address": f"10.0.0.{number}"} for number in (78, 77)]
        self.boot(network["id"], allowed_address_pairs=pairs)
        self.get("ports", self.port(network, name="made at central")["id"])
        parked = self.port(network)
        self.get("ports", parked["id"])
        self.settle()
        self.work()
        self.located_elsewhere(parked["id"])
        self.work()

    def test_what_a_region_has_confirmed_is_in_its_routings(self):
        network, subnet = self.networked()
        self.audit()
        for object_ in (network, subnet):
            with self.central.tricircle.reader() as session:
                (routing,) = (r for r in routings_db.find(session, top_ids=[object_["id"]]) if r.applied_at)
            collection = f"{routing.resource_type}s"
            shown = self.at_central("GET", f"/{collection}/{object_['id']}")[routing.resource_type]
            assert routing.revision_number == shown["revision_number"]


class TestMeddling(AuditCase):
    def test_an_administrator_s_changes(self):
        network, subnet = self.networked()
        port = self.boot(network["id"])
        group_id, address_group_id = self.grouped()
        self.change_here("networks", network["id"], name="other", port_security_enabled=False)
        self.change_here("subnets", subnet["id"], dns_nameservers=["10.0.0.99"])
        self.change_here("security-groups", group_id, description="other")
        self.change_here("address-groups", address_group_id, name="other")
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.get(models_v2.Port, port["id"]).name = "other"
        assert self.found() == {
            network["id"]: ["name", "port_security_enabled"],
            subnet["id"]: ["dns_nameservers"],
            port["id"]: ["name"],
            group_id: ["description"],
            address_group_id: ["name"],
        }
        self.mend()

    def test_who_may_use_a_copy(self):
        network = self.network(shared=True)
        self.get("networks", network["id"])
        with db_api.CONTEXT_WRITER.using(self.admin):
            entries = self.admin.session.get(models_v2.Network, network["id"]).rbac_entries
            self.admin.session.delete(entries[0])
        assert self.found() == {network["id"]: ["rbac_policies"]}
        self.mend()

    def test_a_rule_is_missing_and_another_is_too_much(self):
        group_id, _ = self.grouped()
        rules = self.get("security-groups", group_id)["security_group_rules"]
        (web,) = (rule for rule in rules if rule["protocol"] == "tcp")
        self.here("DELETE", f"/security-group-rules/{web['id']}", caller=ADMIN).of(204)
        more = {"security_group_id": group_id, "direction": "ingress", "ethertype": "IPv6", "protocol": "udp"}
        self.here("POST", "/security-group-rules", {"security_group_rule": more}, caller=ADMIN).of(201)
        (stored,) = self.audit()
        (difference,) = stored.drift.differences
        assert [rule["id"] for rule in difference.desired] == [web["id"]]
        assert [rule["protocol"] for rule in difference.observed] == ["udp"]
        self.mend()

    def test_addresses_of_members_elsewhere(self):
        network, _ = self.networked()
        group_id, _ = self.grouped()
        self.located_elsewhere(self.port(network, security_groups=[group_id])["id"])
        self.work()
        with db_api.CONTEXT_WRITER.using(self.admin):
            table = ag_models.AddressAssociation
            self.admin.session.execute(
                sa.delete(table).where(table.address.not_in(["10.5.0.0/16", "2001:db8:5::1/128"]))
            )
        assert self.found() == {group_id: ["members"]}
        self.mend()

    def test_copies_deleted_by_hand(self):
        network, _ = self.networked()
        alone, bare = self.network(), self.subnet(network, "10.0.1.0/24", enable_dhcp=False)
        self.get("networks", alone["id"])
        self.get("subnets", bare["id"])
        bound = self.bind(self.boot(network["id"])["id"])
        self.settle()
        self.work()
        group_id, address_group_id = self.grouped()
        with db_api.CONTEXT_WRITER.using(self.admin):
            table = ag_models.AddressAssociation
            self.admin.session.execute(sa.delete(table).where(table.address_group_id == address_group_id))
        rows = {
            alone["id"]: models_v2.Network,
            bare["id"]: models_v2.Subnet,
            bound["id"]: models_v2.Port,
            group_id: sg_models.SecurityGroup,
            address_group_id: ag_models.AddressGroup,
        }
        for id_, model in rows.items():
            self.delete_by_hand(model, id_)
        assert self.found() == dict.fromkeys(rows, DriftState.MISSING)
        self.mend()
        for id_, model in rows.items():
            assert id_ in self.ids_here(model), model

    def test_what_is_lost_is_no_hindrance_to_what_is_found(self):
        """A deletion of central's that no job carried out; and a copy of which central knows nothing."""
        network, _ = self.networked()
        port = self.boot(network["id"])
        self.settle()
        self.delete_at_central("ports", port["id"])
        self.worker.forget()
        young = self.here("POST", "/networks", {"network": {"name": "young"}}).of(201)["network"]
        with db_api.CONTEXT_WRITER.using(self.admin):
            copies.add(self.admin, young["id"], "network", 3)
        assert self.found() == {port["id"]: DriftState.STRAY, young["id"]: DriftState.UNKNOWN}
        self.audit(repairs=True)
        assert port["id"] not in self.ids_here(models_v2.Port)
        assert self.found() == {young["id"]: DriftState.UNKNOWN}

    def test_what_the_audit_by_revision_finds_is_stored_too(self):
        network, _ = self.networked()
        self.at_central("PUT", f"/networks/{network['id']}", {"network": {"name": "new"}})
        self.worker.forget()  # as if a table had been lost
        self.audit_by_revision()
        (stored,) = self.drifts()
        assert [difference.field for difference in stored.drift.differences] == [REVISION]
        assert stored.repaired_at is not None
        self.work()
        self.audit_by_revision()
        assert self.drifts() == []
        assert [one.drift.resource_id for one in self.drifts(mended=True)] == [network["id"]]

    def audit_by_revision(self):
        """As if it were time."""
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.query(Incarnation).update({"audited_until": None})
        audit.run(self.admin, self.plugin._central, self.plugin._reporter)

    def test_what_is_on_its_way_is_no_drift(self):
        network, _ = self.networked()
        self.at_central("PUT", f"/networks/{network['id']}", {"network": {"name": "new"}})
        request = audits.request(self.central.pods["RegionOne"].pod_id, "p")
        handler, compare = self.worker._handlers[JobType.AUDIT], audit_handlers.AuditHandler._compare

        def late(auditor, look, seen):
            found = compare(auditor, look, seen)
            if found:
                self.work()
            return found

        with mock.patch.object(audit_handlers.AuditHandler, "_compare", late):
            handler(KINDS[JobType.AUDIT].make_payload(request.resource))
        assert self.drifts() == []


class TestDeclared(AuditCase):
    """A kind that is declared later is shown without another line."""

    def test_is_shown(self):
        body = {"subnetpool": {"name": "pool", "prefixes": ["10.0.0.0/16"]}}
        pool = self.here("POST", "/subnetpools", body).of(201)["subnetpool"]
        with db_api.CONTEXT_WRITER.using(self.admin):
            copies.add(self.admin, pool["id"], "subnetpool", 1)
        question = {"observed_copy": {"resource_type": "subnetpool"}}
        assert self.here("POST", "/observed-copies", question, caller=SERVICE).status == 400
        with declared_kind.declared():
            answer = self.here("POST", "/observed-copies", question, caller=SERVICE).of(201)["observed_copy"]
        (copy,) = answer["copies"]
        assert (copy["state"], copy["content"]["prefixes"]) == ("whole", ["10.0.0.0/16"])


class TestRouters(AuditCase, RouterCase):
    def setUp(self):
        super().setUp()
        outside = self.external("RegionOne")
        subnets = [self.subnet_in("RegionOne", "10.0.1.0/24"), self.subnet_in("RegionTwo", "10.0.2.0/24")]
        self.router_id = self.router_of(*subnets)
        body = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
        self.at_central("PUT", f"/routers/{self.router_id}", body)
        for subnet in subnets:
            body = {"floating_network_id": outside["id"], "port_id": self.port({"id": subnet["network_id"]})["id"]}
            self.at_central("POST", "/floatingips", {"floatingip": body}, status=201)
        self.worker.forget()
        for region in ("RegionTwo", "RegionOne"):
            self.part(self.router_id, region)
        self.carry_out(self.router_id)
        self.part_id = self.part(self.router_id)["id"]

    def test_nothing_is_found(self):
        assert self.found() == {}

    def test_a_wrong_route(self):
        self.l3.update_router(self.admin, self.part_id, {"router": {"routes": []}})
        (stored,) = self.audit()
        assert stored.drift.resource_id == self.router_id
        (difference,) = stored.drift.differences
        assert (difference.field, difference.observed) == ("routes", [])
        assert [route["destination"] for route in difference.desired] == ["10.0.2.0/24"]
        self.mend()

    def test_a_part_deleted_by_hand(self):
        with db_api.CONTEXT_WRITER.using(self.admin):
            for model in (l3_models.FloatingIP, l3_models.RouterPort, l3_models.RouterRoute):
                self.admin.session.execute(sa.delete(model).where(model.router_id == self.part_id))
        self.delete_by_hand(l3_models.Router, self.part_id)
        assert self.found() == {self.router_id: DriftState.MISSING}
        self.mend()
