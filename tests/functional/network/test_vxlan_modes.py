"""The ways to join networks of tunnels, beside the direct one."""

from tests.functional.network.identity import SERVICE
from tests.functional.network.local import LocalCase

GATEWAY = "172.30.0.99"


class TestGateway(LocalCase):
    """Mode ``l2gw``: whatever the host, others reach the region's ports through its gateway."""

    def options(self):
        options = super().options()
        options["client"]["cross_pod_vxlan_mode"] = "l2gw"
        options["tricircle"]["l2gw_tunnel_ip"] = GATEWAY
        return options

    def test_every_port_of_the_region_sits_behind_its_gateway(self):
        self.agent()
        self.agent("host-2", "172.30.0.12")
        network = self.network()
        self.subnet(network)
        for host in ("host-1", "host-2"):
            port = self.boot(network["id"])
            self.bind(port["id"], host)
            self.up(port["id"], host)
        self.settle()
        path = f"/remote-endpoints?id={network['id']}&region_name=RegionTwo"
        (table,) = self.at_central("GET", path, caller=SERVICE)["remote_endpoints"]
        assert len(table["endpoints"]) == 2
        assert {endpoint["vtep"] for endpoint in table["endpoints"]} == {GATEWAY}
