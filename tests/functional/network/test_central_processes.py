"""Several API processes of one central: they share a database, and no lock."""

from concurrent.futures import ThreadPoolExecutor

from neutron_lib import constants

from tests.functional.network.identity import SERVICE
from tests.functional.network.local import LocalCase

ROUNDS = 4
CLIENTS = 6


class TestReservations(LocalCase):
    def test_a_region_that_asks_two_processes_at_once_has_one_dhcp_port_and_one_gateway(self):
        with self.central.twin() as twin, ThreadPoolExecutor(CLIENTS) as pool:
            for _ in range(ROUNDS):
                network = self.network()
                self.subnet(network)
                desired = {"regional_view": {"region_name": "RegionTwo", "network_ids": [network["id"]]}}

                def ask(number, desired=desired):
                    server = (self.central, twin)[number % 2]
                    return server.call("POST", "/regional-views", desired, caller=SERVICE).of(201)["regional_view"]

                views = list(pool.map(ask, range(CLIENTS)))
                (port,) = self.ports_at_central(network)
                assert port["device_owner"] == constants.DEVICE_OWNER_DHCP
                assert {one["id"] for view in views for one in view["ports"]} == {port["id"]}
                assert len({view["subnets"][0]["gateway_ip"] for view in views}) == 1
