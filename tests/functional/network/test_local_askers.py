"""Who asks central is who sent the request that is served, whatever contexts Neutron's own code makes meanwhile.

Neutron's notifier hook copies the request's context without its token before the policies are looked at, and the copy
becomes the thread's current context; the policy engine looks parents up with contexts of its own.
"""

import uuid

from tests.functional.network.identity import Caller
from tests.functional.network.local import LocalCase


class TestFirstRequest(LocalCase):
    """A port is the very first that the region hears of a network."""

    def test_on_the_own_network(self):
        network = self.network()
        self.subnet(network)
        assert self.boot(network["id"])["network_id"] == network["id"]

    def test_on_another_project_s_shared_network(self):
        network = self.network(shared=True)
        self.subnet(network)
        guest = Caller(uuid.uuid4().hex)
        assert self.boot(network["id"], caller=guest)["project_id"] == guest.project_id

    def test_in_a_bulk(self):
        networks = [self.network(), self.network(shared=True)]
        for number, network in enumerate(networks):
            self.subnet(network, cidr=f"10.{number}.0.0/24")
        body = {"ports": [{"network_id": network["id"]} for network in (*networks, *networks)]}
        made = self.here("POST", "/ports", body).of(201)["ports"]
        assert [port["network_id"] for port in made] == [network["id"] for network in (*networks, *networks)]

    def test_on_a_stranger_s_network_nothing_comes(self):
        network = self.network()
        stranger = Caller(uuid.uuid4().hex)
        assert self.here("POST", "/ports", {"port": {"network_id": network["id"]}}, caller=stranger).status == 404
        assert self.ids_here() == set()

    def test_a_rule_of_a_group_that_is_not_here_is_central_s_to_add(self):
        group = self.at_central("POST", "/security-groups", {"security_group": {"name": "web"}}, status=201)
        rule = {"security_group_id": group["security_group"]["id"], "direction": "ingress", "protocol": "tcp"}
        answer = self.here("POST", "/security-group-rules", {"security_group_rule": rule})
        assert answer.status == 409, answer
        assert "central Neutron" in answer.body["NeutronError"]["message"]
