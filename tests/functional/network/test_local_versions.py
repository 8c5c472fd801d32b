"""A region takes differences of its tables by the jobs' requests, whatever is lost, repeated, late or restored."""

from typing import Any
from unittest import mock

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from neutron.objects import address_group as ag_obj
from neutron.plugins.ml2.drivers.l2pop.rpc import L2populationAgentNotifyAPI
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.db import api as db_api

from benchmarks import crowds
from benchmarks.crowds import Crowd
from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.local import LocalCase
from tests.functional.network.worker import Worker
from tricircle.db.neutron.models import Copy, RemoteEndpoint
from tricircle.plans import group_members
from tricircle.regions import errors

VTEP = "172.30.0.22"
OF_CROWD = "172.30.0.99"
TABLE = "PUT /remote-endpoints/{}"
GROUPS = "PUT /security-group-copies/{}"


class VersionsCase(LocalCase):
    """The region has a network, and a default group whose rule names itself; ports of both come and go in RegionTwo."""

    def setUp(self):
        super().setUp()
        self.net = self.network()
        subnet = self.subnet(self.net, "10.0.0.0/16")
        self.ports = [self.port(self.net) for _ in range(3)]
        (self.group_id,) = self.ports[0]["security_groups"]
        crowd = Crowd(
            self.net["id"],
            subnet["id"],
            self.owner.project_id,
            subnet["cidr"],
            "RegionTwo",
            self.group_id,
            count=20,
            vtep=OF_CROWD,
        )
        self.fill(crowd)
        self.get("networks", self.net["id"])
        self.members_id = group_members.address_group_id(self.group_id, self.owner.project_id)
        self.revision = 0
        self.worker = Worker(self)
        self.sent = []
        noted = mock.patch.object(self.worker.region, "request", self.note(self.worker.region.request))
        noted.start()
        self.addCleanup(noted.stop)
        self.worker.run()
        self.sent.clear()

    def fill(self, crowd):
        """Ports that have long been there: what has just changed is little beside."""
        engine = sa.create_engine(self.central.database_url)
        with engine.begin() as connection:
            crowds.insert(connection, crowd)
        engine.dispose()

    def note(self, request):
        def noted(method, path, *, json=None, **kwargs):
            self.sent.append((f"{method} {path}", json))
            return request(method, path, json=json, **kwargs)

        return noted

    def report(self, port, status="ACTIVE", vtep=VTEP):
        """RegionTwo says it of a port."""
        self.revision += 1
        state = {"id": port["id"], "revision": self.revision, "status": status, "host": "host-9", "vif_type": "ovs"}
        state |= {"device_id": "instance", "device_owner": "compute:nova", "vtep": vtep}
        body = {"regional_report": {"region_name": "RegionTwo", "ports": [state]}}
        self.at_central("POST", "/regional-reports", body, caller=SERVICE, status=201)

    def run_jobs(self):
        """Bodies of the requests to the region, by what they are for; each job once, and well."""
        self.sent.clear()
        assert {error for _, error in self.worker.run()} <= {""}
        found = {
            "endpoints": [body for request, body in self.sent if request == TABLE.format(self.net["id"])],
            "groups": [body for request, body in self.sent if request == GROUPS.format(self.owner.project_id)],
        }
        assert self.endpoints() == self.endpoints_at_central()
        assert self.members() == self.members_at_central()
        return found

    def tables(self):
        """The tables that were sent when the jobs ran."""
        return [body["remote_endpoint"] for body in self.run_jobs()["endpoints"]]

    def groups(self):
        """The address groups of members that were sent when the jobs ran."""
        bodies = [body["security_group_copy"]["address_groups"] for body in self.run_jobs()["groups"]]
        return [group for groups in bodies for group in groups if group["id"] == self.members_id]

    def endpoints(self):
        answer = self.here("GET", f"/remote-endpoints/{self.net['id']}", caller=SERVICE)
        return answer.of(200)["remote_endpoint"]["endpoints"]

    def endpoints_at_central(self):
        path = f"/remote-endpoints?id={self.net['id']}&region_name=RegionOne"
        return self.at_central("GET", path, caller=SERVICE)["remote_endpoints"][0]["endpoints"]

    def members(self):
        group = ag_obj.AddressGroup.get_object(self.admin, id=self.members_id)
        return {str(association.address) for association in group.addresses}

    def members_at_central(self):
        ports = self.at_central("GET", f"/ports?network_id={self.net['id']}", caller=ADMIN)["ports"]
        return {
            f"{fixed['ip_address']}/32"
            for port in ports
            if port["tricircle:region_name"] not in ("", "RegionOne") and self.group_id in port["security_groups"]
            for fixed in port["fixed_ips"]
        }

    def set_version(self, id_, version):
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.execute(sa.update(Copy).where(Copy.resource_id == id_).values(version=version))

    def version(self, id_):
        with db_api.CONTEXT_READER.using(self.admin):
            return self.admin.session.scalar(sa.select(Copy.version).where(Copy.resource_id == id_))


class TestJobs(VersionsCase):
    def setUp(self):
        super().setUp()
        for port in self.ports[:2]:
            self.report(port)
        self.run_jobs()

    def test_one_more_port_is_one_entry_by_as_many_requests_as_ever(self):
        self.report(self.ports[2])
        with self.central.seen() as asked:
            found = self.run_jobs()
        assert len(found["endpoints"]) == len(found["groups"]) == 1
        assert asked.count("POST /v2.0/regional-views") == 2  # one a job
        (table,) = (body["remote_endpoint"] for body in found["endpoints"])
        assert "names" in table
        (groups,) = (body["security_group_copy"]["address_groups"] for body in found["groups"])
        assert all("names" in group for group in groups)

    def test_a_member_that_leaves_is_gone_and_nothing_else_is_told(self):
        told = mock.Mock(__qualname__="told")
        registry.subscribe(told, resources.ADDRESS_GROUP, events.AFTER_UPDATE)
        body = {"port": {"security_groups": []}}
        self.at_central("PUT", f"/ports/{self.ports[0]['id']}", body)
        (group,) = self.groups()
        assert group["addresses"] == [] or self.address(0) not in group["addresses"]
        assert self.address(0) in group["names"]
        assert self.address(0) not in self.members()
        assert told.call_count == 1

    def address(self, number):
        return f"{self.ports[number]['fixed_ips'][0]['ip_address']}/32"

    def test_agents_are_told_what_has_changed(self):
        with mock.patch.object(L2populationAgentNotifyAPI, "add_fdb_entries", autospec=True) as add:
            self.report(self.ports[2])
            self.run_jobs()
        ((message,),) = ([one[self.net["id"]]["ports"]] for call in add.call_args_list for one in [call.args[2]])
        assert [entry.mac_address for entry in message[VTEP][1:]] == [self.ports[2]["mac_address"]]

    def test_a_job_that_is_told_twice_changes_nothing(self):
        (table,) = self.tables_of(self.ports[2])
        answer = self.put(table)
        assert answer["version"] == table["version"]
        assert self.endpoints() == self.endpoints_at_central()

    def tables_of(self, port, **state):
        self.report(port, **state)
        return self.tables()

    def put(self, table):
        path, body = f"/remote-endpoints/{self.net['id']}", {"remote_endpoint": table}
        return self.here("PUT", path, body, caller=SERVICE).of(200)["remote_endpoint"]

    def test_one_that_comes_late_is_refused(self):
        (late,) = self.tables_of(self.ports[2])
        (latest,) = self.tables_of(self.ports[2], status="DOWN")
        assert self.put(late)["version"] == latest["version"]
        assert self.endpoints() == self.endpoints_at_central()

    def test_a_whole_that_comes_late_is_refused(self):
        self.set_version(self.net["id"], None)
        self.report(self.ports[2])
        *_, whole = self.tables()
        assert "names" not in whole
        (latest,) = self.tables_of(self.ports[2], status="DOWN")
        assert self.put(whole)["version"] == latest["version"]
        assert self.endpoints() == self.endpoints_at_central()

    def test_what_never_came_comes_with_the_next_against_what_the_region_says(self):
        self.report(self.ports[2])
        self.worker.region.away = True
        assert {error for _, error in self.worker.run()} - {""}
        self.worker.region.away = False
        found = self.run_jobs()
        assert ["names" in body["remote_endpoint"] for body in found["endpoints"]] == [True, True]
        assert len(found["groups"]) == 2

    def test_a_region_that_has_lost_its_tables_gets_all(self):
        for id_ in (self.net["id"], self.members_id):
            self.set_version(id_, None)
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.execute(sa.delete(RemoteEndpoint))
        self.report(self.ports[2])
        found = self.run_jobs()
        assert ["names" in body["remote_endpoint"] for body in found["endpoints"]] == [True, False]

    def test_what_somebody_has_changed_in_a_region_is_found_and_mended(self):
        with db_api.CONTEXT_WRITER.using(self.admin):
            self.admin.session.execute(sa.delete(RemoteEndpoint).where(RemoteEndpoint.vtep == OF_CROWD))
        group = ag_obj.AddressGroup.get_object(self.admin, id=self.members_id)
        with db_api.CONTEXT_WRITER.using(self.admin):
            for association in group.addresses:
                ag_obj.AddressAssociation.delete_objects(
                    self.admin, address=association.address, address_group_id=self.members_id
                )
        self.report(self.ports[2])
        found = self.run_jobs()
        assert ["names" in body["remote_endpoint"] for body in found["endpoints"]] == [True, False]
        assert self.version(self.net["id"])[0] != "0"
        assert len(found["groups"]) == 2

    def test_what_an_operator_puts_is_none_of_central_s(self):
        self.put({"endpoints": []})
        assert self.version(self.net["id"]).startswith("0-")
        self.report(self.ports[2])
        assert ["names" in table for table in self.tables()] == [True, False]

    def test_half_a_part_is_refused(self):
        body = {"remote_endpoint": {"endpoints": [], "version": "1-x"}}
        answer = self.here("PUT", f"/remote-endpoints/{self.net['id']}", body, caller=SERVICE)
        assert answer.status == 400
        assert "base" in answer.body["NeutronError"]["message"]


class Machine(RuleBasedStateMachine):
    """Changes, deliveries that are lost, repeated and late, a region that is restored: with the real servers."""

    case: VersionsCase

    @initialize()
    def begin(self) -> None:
        self.held = []
        self.backup: tuple[str, list[dict[str, Any]]] | None = None

    @rule(
        number=st.integers(0, 2),
        status=st.sampled_from(["ACTIVE", "DOWN"]),
        vtep=st.sampled_from([VTEP, "172.30.0.33"]),
    )
    def report(self, number, status, vtep):
        self.case.report(self.case.ports[number], status, vtep)

    @rule(number=st.integers(0, 2), joins=st.booleans())
    def change_groups(self, number, joins):
        body = {"port": {"security_groups": [self.case.group_id] if joins else []}}
        self.case.at_central("PUT", f"/ports/{self.case.ports[number]['id']}", body)

    @rule(arrives=st.booleans())
    def lose(self, arrives):
        """Jobs run, and nobody hears what came of it; if ``arrives``, the region did."""
        region = self.case.worker.region
        request = region.request

        def lost(method, path, **kwargs):
            self.held.append((method, path, kwargs.get("json")))
            if arrives:
                request(method, path, **kwargs)
            raise errors.RegionUnavailableError("away")

        with mock.patch.object(region, "request", lost):
            self.case.worker.run()

    @precondition(lambda self: self.held)
    @rule(number=st.integers(0, 20))
    def deliver(self, number):
        """What was lost comes, late or once more."""
        method, path, body = self.held[number % len(self.held)]
        self.case.here(method, path, body, caller=SERVICE)

    @rule()
    def back_up(self):
        with db_api.CONTEXT_READER.using(self.case.admin):
            rows = self.case.admin.session.execute(sa.select(RemoteEndpoint.__table__)).mappings().all()
        self.backup = self.case.version(self.case.net["id"]), [dict(row) for row in rows]

    @precondition(lambda self: self.backup)
    @rule()
    def restore(self):
        assert self.backup is not None
        version, rows = self.backup
        with db_api.CONTEXT_WRITER.using(self.case.admin):
            self.case.admin.session.execute(sa.delete(RemoteEndpoint))
            if rows:
                self.case.admin.session.execute(sa.insert(RemoteEndpoint), rows)
        self.case.set_version(self.case.net["id"], version)

    @rule()
    def run(self):
        """A job, if it is about nothing else: what the region has then is what central has."""
        self.case.report(self.case.ports[0], "DOWN")
        self.case.report(self.case.ports[0], "ACTIVE")
        self.case.run_jobs()


class TestInterleavings(VersionsCase):
    def test_after_one_delivery_the_region_has_what_central_has(self):
        case = self

        class Mine(Machine):
            pass

        Mine.case = case
        run_state_machine_as_test(
            Mine, settings=settings(max_examples=3, stateful_step_count=10, deadline=None, database=None)
        )
