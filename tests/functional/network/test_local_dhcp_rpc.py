"""What central says to a DHCP agent's request, Neutron's RPC handler knows by its class: the agent is told None."""

from unittest import mock

import oslo_messaging
from neutron.api.rpc.handlers import dhcp_rpc
from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from oslo_utils import uuidutils

from tests.functional.network.local import LocalCase
from tricircle.network.local.central_client import Central


class TestAgent(LocalCase):
    def setUp(self):
        super().setUp()
        self.handler = dhcp_rpc.DhcpRpcCallback()
        self.net = self.network()
        self.sub = self.subnet(self.net, enable_dhcp=False)
        self.get("networks", self.net["id"])

    def ask(self, subnet_id=None, **more):
        """As an agent asks for a port of its own."""
        subnet_id = subnet_id or self.sub["id"]
        port = {
            "network_id": self.net["id"],
            "tenant_id": self.net["project_id"],
            "device_id": f"dhcp-{uuidutils.generate_uuid()}",
            "device_owner": constants.DEVICE_OWNER_DHCP,
            "admin_state_up": True,
            "name": "",
            "fixed_ips": [{"subnet_id": subnet_id}],
            **more,
        }
        context = n_context.get_admin_context()
        return self.handler.create_dhcp_port(context, port={"port": port}, host="host-1")

    def test_of_what_is_gone_at_central(self):
        """The copies are still here."""
        other = self.subnet(self.net, "10.5.0.0/24", enable_dhcp=False)
        self.get("subnets", other["id"])
        assert self.ask() is not None
        self.at_central("DELETE", f"/subnets/{other['id']}", status=204)
        with self.assert_from_central("InvalidInput", "SubnetNotFound"):
            assert self.ask(other["id"]) is None

    def test_of_a_network_that_is_gone_at_central(self):
        self.at_central("DELETE", f"/networks/{self.net['id']}", status=204)
        with self.assert_from_central("NetworkNotFound"):
            assert self.ask() is None

    def test_of_a_subnet_that_is_full(self):
        """While the subnet is there Neutron's handler raises what its agent knows; once it is gone, nothing."""
        tiny = self.subnet(
            self.net, "10.6.0.0/24", enable_dhcp=False, allocation_pools=[{"start": "10.6.0.9", "end": "10.6.0.9"}]
        )
        self.get("subnets", tiny["id"])
        assert self.ask(tiny["id"]) is not None
        with self.assert_from_central("IpAddressGenerationFailure"):
            self.assertRaises(oslo_messaging.ExpectedException, self.ask, tiny["id"])
        gone = mock.patch.object(self.plugin, "get_subnet", side_effect=n_exc.SubnetNotFound(subnet_id=tiny["id"]))
        with gone:
            assert self.ask(tiny["id"]) is None

    def assert_from_central(self, *names):
        """That central was asked inside, and refused by one of these names for the error."""
        return _Refused(names)


class _Refused:
    def __init__(self, names):
        self._names = names
        self._seen = []

    def __enter__(self):
        real = Central.create_ports

        def create_ports(*args, **kwargs):
            try:
                return real(*args, **kwargs)
            except n_exc.NeutronException as error:
                self._seen.append(type(error).__name__)
                raise

        self._patch = mock.patch.object(Central, "create_ports", create_ports)
        self._patch.start()

    def __exit__(self, *_):
        self._patch.stop()
        assert self._seen
        assert set(self._seen) <= set(self._names), self._seen
