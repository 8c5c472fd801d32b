"""Requests at the same time end in one copy, as if they had come one after the other."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from unittest import mock

import pytest
import sqlalchemy as sa
from neutron.db import models_v2
from neutron.db.models import securitygroup as sg_models
from neutron_lib.db import api as db_api

from tests.functional.network.identity import ADMIN
from tests.functional.network.local import LocalCase
from tricircle.db.neutron.models import Copy

SECONDS = 100


class _DeathError(BaseException):
    """What nobody catches: as if the process were gone."""


def at_once(*calls):
    """Results of the calls, all started together, each in a thread."""
    barrier = Barrier(len(calls))

    def run(call):
        barrier.wait(SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(SECONDS) for future in [pool.submit(run, call) for call in calls]]


class TestAtOnce(LocalCase):
    def assert_one_of_each(self, network, instances=()):
        """Here are the network, its subnet, one DHCP port and the instances; at central the same ports."""
        assert self.ids_here() == {network["id"]}
        assert self.ids_here(models_v2.Subnet) == {self.sub["id"]}
        ports = self.here("GET", f"/ports?network_id={network['id']}", caller=ADMIN).of(200)["ports"]
        assert len([port for port in ports if port["device_owner"] == "network:dhcp"]) == 1
        assert {port["id"] for port in ports if port["device_owner"] != "network:dhcp"} == set(instances)
        there = {port["id"]: port["fixed_ips"] for port in self.ports_at_central(network)}
        assert there == {port["id"]: port["fixed_ips"] for port in ports}

    def prepared(self):
        network = self.network()
        self.sub = self.subnet(network)
        return network

    def test_two_that_ask_for_a_network(self):
        network = self.prepared()
        copies = at_once(*[lambda: self.get("networks", network["id"])] * 2)
        assert [copy["subnets"] for copy in copies] == [[self.sub["id"]]] * 2
        self.assert_one_of_each(network)

    def test_eight_that_ask_for_a_network_or_its_parts(self):
        network = self.prepared()
        port = self.port(network)
        calls = [
            lambda: self.get("networks", network["id"]),
            lambda: self.get("subnets", self.sub["id"]),
            lambda: self.get("ports", port["id"]),
            lambda: self.here("GET", f"/networks?id={network['id']}").of(200)["networks"][0],
        ]
        found = at_once(*calls, *calls)
        assert [one["id"] for one in found] == [network["id"], self.sub["id"], port["id"], network["id"]] * 2
        assert all(one["subnets"] == [self.sub["id"]] for one in found if "subnets" in one)
        self.assert_one_of_each(network, [port["id"]])

    def test_two_instances_that_are_the_first_on_their_network(self):
        network = self.prepared()
        one, two = at_once(*[lambda: self.boot(network["id"])] * 2)
        assert one["fixed_ips"] != two["fixed_ips"]
        self.assert_one_of_each(network, [one["id"], two["id"]])

    def test_eight_that_ask_for_a_group_that_names_another(self):
        groups = [
            self.at_central("POST", "/security-groups", {"security_group": {"name": name}}, status=201)[
                "security_group"
            ]
            for name in ("web", "db")
        ]
        rule = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
        for group, other in (groups, reversed(groups)):
            body = {"security_group_rule": {**rule, "security_group_id": group["id"], "remote_group_id": other["id"]}}
            self.at_central("POST", "/security-group-rules", body, status=201)
        wanted = [group["id"] for group in groups] * 4
        found = at_once(*[lambda id_=id_: self.get("security-groups", id_) for id_ in wanted])
        assert [group["id"] for group in found] == wanted
        assert all(len(group["security_group_rules"]) == 3 for group in found)
        assert set(wanted) <= self.ids_here(sg_models.SecurityGroup)

    def test_a_copy_whose_maker_died_is_finished_by_the_next_request(self):
        network = self.prepared()
        with (
            mock.patch.object(self.plugin._copies, "_create_subnet", side_effect=_DeathError),
            pytest.raises(_DeathError),
        ):
            self.plugin.get_network(self.owner.context(), network["id"])
        assert self.ids_here() == {network["id"]}
        with db_api.CONTEXT_WRITER.using(self.admin):  # two minutes later
            leases = sa.update(Copy).where(Copy.claimed_until.is_not(None))
            self.admin.session.execute(leases.values(claimed_until=datetime.datetime(2020, 1, 1)))
        assert self.get("networks", network["id"])["subnets"] == [self.sub["id"]]
        self.assert_one_of_each(network)
