"""What is deleted at either side is gone at both, whatever happens at the same moment, and stays so."""

import datetime
from unittest import mock

import pytest
import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import securitygroup as sg_models
from neutron.extensions.securitygroup import SecurityGroupInUse
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.lifecycle import LifecycleCase, after
from tricircle.db.neutron import copies
from tricircle.db.neutron.models import Copy
from tricircle.domain.jobs import JobType


class _DeathError(BaseException):
    """What nobody catches: as if the process were gone."""


class TestLateFetches(LifecycleCase):
    """Central deletes an object while the region is about to make it."""

    def assert_not_made(self, collection, id_):
        """The object is asked for here; central has answered with its view, then deletes it."""

        def delete():
            self.delete_at_central(collection, id_)
            self.work()

        with after(self.plugin._central, "view", delete):
            assert self.here("GET", f"/{collection}/{id_}").status == 404
        assert self.routings(id_) == set()

    def assert_nothing_is_left(self, network):
        self.work()
        assert self.gone("networks", network["id"])
        assert self.ids_here() == self.ids_here(models_v2.Subnet) == self.ids_here(models_v2.Port) == set()
        assert self.routings(network["id"]) == set()

    def test_a_network_whose_view_was_answered_before_its_deletion(self):
        network = self.network()
        self.subnet(network)
        self.assert_not_made("networks", network["id"])
        self.assert_nothing_is_left(network)

    def test_a_network_deleted_while_it_is_made(self):
        network = self.network()
        self.subnet(network)
        errors = []

        def delete():
            self.delete_at_central("networks", network["id"])
            errors.extend(error for _, error in self.worker.run() if error)

        with after(self.plugin._copies, "_create_network", delete):
            assert self.here("GET", f"/networks/{network['id']}").status == 404
        assert any("is making it" in error for error in errors)
        self.assert_nothing_is_left(network)

    def test_a_part_that_somebody_else_removes_at_the_same_moment_is_no_sign_that_all_is_gone(self):
        network, subnet = self.networked()
        real, answers = self.plugin._copies._real.delete, []

        def delete(admin, resource_type, id_):
            if resource_type == "network" and len(answers) < misses:
                answers.append(id_)
                raise n_exc.SubnetNotFound(subnet_id=subnet["id"])
            return real(admin, resource_type, id_)

        self.delete_at_central("networks", network["id"])
        with mock.patch.object(self.plugin._copies._real, "delete", delete):
            misses = 3
            (error,) = [error for _, error in self.worker.run() if error]
            assert network["id"] in error
            assert self.ids_here() == {network["id"]}
            misses = 4
            self.assert_nothing_is_left(network)

    def test_what_a_dead_maker_left_of_a_deleted_network_goes_later(self):
        network = self.network()
        self.subnet(network)
        with (
            mock.patch.object(self.plugin._copies, "_create_subnet", side_effect=_DeathError),
            pytest.raises(_DeathError),
        ):
            self.plugin.get_network(self.owner.context(), network["id"])
        copies.set_tombstones(self.admin, {network["id"]: "network"})  # and the job has not seen it
        with db_api.CONTEXT_WRITER.using(self.admin):  # two minutes later
            leases = sa.update(Copy).where(Copy.claimed_until.is_not(None))
            self.admin.session.execute(leases.values(claimed_until=datetime.datetime(2020, 1, 1)))
        assert self.ids_here() == {network["id"]}
        self.plugin._follower.remove_stale(self.admin)
        assert self.ids_here() == set()

    def test_a_subnet_whose_view_was_answered_before_its_deletion(self):
        network, first = self.networked()
        second = self.subnet(network, cidr="10.9.0.0/24", enable_dhcp=False)
        self.assert_not_made("subnets", second["id"])
        assert self.ids_here(models_v2.Subnet) == {first["id"]}

    def test_a_port_whose_view_was_answered_before_its_deletion(self):
        network, _ = self.networked()
        port = self.port(network)
        self.assert_not_made("ports", port["id"])
        assert port["id"] not in self.ids_here(models_v2.Port)

    def test_a_port_deleted_between_its_creation_at_central_and_here(self):
        network, _ = self.networked()
        before = self.ids_here(models_v2.Port)

        def delete():
            (port,) = (p for p in self.ports_at_central(network) if p["id"] not in before)
            self.delete_at_central("ports", port["id"])
            self.work()

        for body in ({"port": {"network_id": network["id"]}}, {"ports": [{"network_id": network["id"]}] * 1}):
            with after(self.plugin._central, "create_ports", delete):
                assert self.here("POST", "/ports", body).status == 404
        assert self.ids_here(models_v2.Port) == before

    def test_a_security_group_whose_view_was_answered_before_its_deletion(self):
        body = {"security_group": {"name": "web"}}
        group = self.at_central("POST", "/security-groups", body, status=201)["security_group"]
        self.assert_not_made("security-groups", group["id"])
        assert group["id"] not in self.ids_here(sg_models.SecurityGroup)

    def test_a_group_that_could_not_be_removed_for_days_is_not_the_region_s_own(self):
        group = self.group_here()
        with mock.patch.object(self.plugin, "delete_security_group", side_effect=SecurityGroupInUse(id=group["id"])):
            self.delete_at_central("security-groups", group["id"])
            failed = [type_ for type_, error in self.worker.run() if error]
            assert failed == [JobType.SEG_RULE_SYNC]
            self.pass_days()
            self.plugin._follower.remove_stale(self.admin)
        assert group["id"] in self.ids_here(sg_models.SecurityGroup)
        assert copies.states(self.admin, [group["id"]]) == {group["id"]: copies.State.DELETED}
        assert [error for _, error in self.worker.run()] == [""]
        assert group["id"] not in self.ids_here(sg_models.SecurityGroup)

    def test_a_group_that_a_late_request_made_goes_later(self):
        group = self.group_here()
        copies.set_tombstones(self.admin, {group["id"]: "security_group"})  # and the job has not seen it
        self.plugin._follower.remove_stale(self.admin)
        assert group["id"] not in self.ids_here(sg_models.SecurityGroup)
        self.pass_days()
        self.plugin._follower.remove_stale(self.admin)
        assert copies.states(self.admin, [group["id"]]) == {}

    def group_here(self):
        body = {"security_group": {"name": "web"}}
        group = self.at_central("POST", "/security-groups", body, status=201)["security_group"]
        self.get("security-groups", group["id"])
        self.worker.forget()
        return group

    def pass_days(self):
        with db_api.CONTEXT_WRITER.using(self.admin):
            tombstones = sa.update(Copy).where(Copy.deleted_at.is_not(None))
            self.admin.session.execute(tombstones.values(deleted_at=datetime.datetime(2020, 1, 1)))

    def test_a_change_between_a_view_and_its_record_is_not_missed(self):
        """Told to a region whose need is known, or already in what it was answered."""
        network = self.network()
        (seen,) = self.view_of("RegionOne", network_ids=[network["id"]])["networks"]
        assert seen["name"] == "net"
        assert self.routings(network["id"]) == {"RegionOne"}
        self.worker.forget()
        self.at_central("PUT", f"/networks/{network['id']}", {"network": {"name": "new"}})
        assert [job_type for job_type, _ in self.worker.run()] == [JobType.UPDATE_NETWORK]


class TestPorts(LifecycleCase):
    def test_a_port_deleted_at_central_before_this_region_s_first_report(self):
        network, _ = self.networked()
        with mock.patch.object(self.plugin._reporter, "wake"):
            port = self.boot(network["id"])
            self.delete_at_central("ports", port["id"])
            assert (JobType.PORT_DELETE, "") in self.worker.run()
            assert port["id"] not in self.ids_here(models_v2.Port)
            assert self.gone("ports", port["id"])
            assert self.reports() == []

    def test_a_port_deleted_here_does_not_come_back_before_central_knows(self):
        network, _ = self.networked()
        port = self.boot(network["id"])
        self.settle()
        with mock.patch.object(self.plugin._reporter, "wake"), mock.patch.object(self.plugin._reporter, "tell"):
            self.here("DELETE", f"/ports/{port['id']}").of(204)
            assert self.gone("ports", port["id"])
        assert port["id"] in {p["id"] for p in self.ports_at_central(network)}
        self.settle()
        assert port["id"] not in {p["id"] for p in self.ports_at_central(network)}
        assert self.worker.run() == []  # the region itself said so

    def test_a_pre_created_port_deleted_at_central_while_an_instance_boots_with_it(self):
        self.agent()
        network, _ = self.networked()
        port = self.port(network)
        self.get("ports", port["id"], caller=SERVICE)  # Nova looks at it
        self.delete_at_central("ports", port["id"])
        body = {"port": {"binding:host_id": "host-1", "device_id": "instance"}}
        self.here("PUT", f"/ports/{port['id']}", body, caller=SERVICE).of(200)  # the job has not run yet
        self.work()
        assert self.here("PUT", f"/ports/{port['id']}", body, caller=SERVICE).status == 404
        self.settle()
        assert port["id"] not in self.ids_here(models_v2.Port)

    def test_central_knows_the_region_of_a_port_at_once_and_shows_it_to_administrators(self):
        network, _ = self.networked()
        port = self.boot(network["id"])
        path = f"/ports/{port['id']}"
        assert self.at_central("GET", path, caller=ADMIN)["port"]["tricircle:region_name"] == "RegionOne"
        assert "tricircle:region_name" not in self.at_central("GET", path)["port"]
        # A region asks in its user's name, and shows by its service token that it is a region: the user may not say so.
        body = {"port": {"network_id": network["id"], "tricircle:region_name": "RegionOne"}}
        self.at_central("POST", "/ports", body, status=403)


class TestOutage(LifecycleCase):
    def test_what_is_deleted_while_the_region_is_away_goes_when_it_is_back(self):
        network, subnet = self.networked()
        second = self.subnet(network, cidr="10.9.0.0/24")
        self.work()
        port = self.boot(network["id"])
        self.settle()
        self.worker.region.away = True
        for collection, id_ in (("ports", port["id"]), ("subnets", second["id"]), ("networks", network["id"])):
            self.delete_at_central(collection, id_)
            assert self.at_central("GET", f"/{collection}?id={id_}", caller=ADMIN)[collection] == []
        assert all(error for _, error in self.worker.run())
        assert {port["id"]} < self.ids_here(models_v2.Port)
        self.worker.region.away = False
        self.worker.run()
        self.work()  # what came too early, like the network before its port
        assert self.ids_here() == self.ids_here(models_v2.Subnet) == self.ids_here(models_v2.Port) == set()
        for id_ in (network["id"], subnet["id"], second["id"], port["id"]):
            assert self.routings(id_) == set()

    def test_what_a_port_here_uses_is_not_deleted_at_central(self):
        network, subnet = self.networked()
        with mock.patch.object(self.plugin._reporter, "wake"):  # not even reported yet
            port = self.boot(network["id"])
        (group,) = port["security_groups"]
        for path in (f"/networks/{network['id']}", f"/subnets/{subnet['id']}", f"/security-groups/{group}"):
            assert self.central.call("DELETE", path, caller=ADMIN).status == 409, path
