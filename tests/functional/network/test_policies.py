"""What a project's user may do is the same at central and at a region: each is tried at both, as member and as reader.

The requests go through Neutron's real API with its policies in force; what central answers is what must be answered.
"""

import dataclasses
from typing import Any

from oslo_utils import uuidutils

from tests.functional.network.identity import ADMIN, SERVICE, Caller
from tests.functional.network.local import LocalCase

MAC = "fa:16:3e:0a:0b:0c"


@dataclasses.dataclass(frozen=True, slots=True)
class Attempt:
    """Something that a user tries. ``{…}`` in path and body stand for ids of the world that the test has made."""

    what: str
    method: str
    path: str
    body: dict[str, Any]
    member: int
    reader: int = 403


def port(what: str, member: int, *, on: str = "own", reader: int = 403, **attributes: Any) -> Attempt:
    """Make a port on the network ``on``."""
    body = {"port": {"network_id": f"{{{on}}}", **attributes}}
    return Attempt(f"{what} on {on}", "POST", "/ports", body, member, reader)


def change(what: str, member: int, which: str, reader: int = 403, **attributes: Any) -> Attempt:
    """Change the port ``which``."""
    return Attempt(f"{what} of {which}", "PUT", f"/ports/{{{which}}}", {"port": attributes}, member, reader)


PAIRS = [{"ip_address": "10.66.0.0/24"}]
VNIC: dict[str, Any] = {"binding:vnic_type": "direct"}
HOST: dict[str, Any] = {"binding:host_id": "host-1"}
PROFILE: dict[str, Any] = {"binding:profile": {"pci_slot": "0000:00:00.0"}}

# ``own`` is the user's network, ``shared`` another project's that all may use, ``private`` another project's.
CREATE = (
    port("a port", 201),
    port("an owner of the infrastructure", 201, device_owner="network:dhcp"),
    port("a MAC", 201, mac_address=MAC),
    port("an address", 201, fixed_ips=[{"ip_address": "{address}"}]),
    port("no port security", 201, port_security_enabled=False),
    port("address pairs", 201, allowed_address_pairs=PAIRS),
    port("a vnic type", 201, **VNIC),
    port("a host", 403, **HOST),
    port("a binding profile", 403, **PROFILE),
    port("another project", 400, reader=400, project_id="{stranger}"),
    port("another project's group", 404, security_groups=["{group}"]),
    # Neutron lets readers make ports on shared networks.
    port("a port", 201, on="shared", reader=201),
    port("an owner of instances", 201, on="shared", reader=201, device_owner="compute:nova"),
    port("an owner of the infrastructure", 403, on="shared", device_owner="network:router_interface"),
    port("a MAC", 403, on="shared", mac_address=MAC),
    port("an address", 403, on="shared", fixed_ips=[{"ip_address": "{shared_address}"}]),
    port("a subnet", 201, on="shared", reader=201, fixed_ips=[{"subnet_id": "{shared_subnet}"}]),
    port("no port security", 403, on="shared", port_security_enabled=False),
    port("address pairs", 403, on="shared", allowed_address_pairs=PAIRS),
    port("a port", 404, on="private", reader=404),
)

# ``guest`` is the user's port on the shared network, ``foreign`` another project's there.
CHANGE = (
    change("the name", 200, "guest", name="renamed"),
    change("an owner of the infrastructure", 403, "guest", device_owner="network:dhcp"),
    change("a MAC", 403, "guest", mac_address=MAC),
    change("an address", 403, "guest", fixed_ips=[{"ip_address": "{shared_address}"}]),
    change("no port security", 403, "guest", port_security_enabled=False),
    change("address pairs", 403, "guest", allowed_address_pairs=PAIRS),
    change("a host", 403, "guest", **HOST),
    change("a binding profile", 403, "guest", **PROFILE),
    change("another project's group", 404, "guest", security_groups=["{group}"]),
    change("the name", 404, "foreign", reader=404, name="stolen"),
    change("the groups", 404, "foreign", reader=404, security_groups=[]),
    Attempt("delete a foreign port", "DELETE", "/ports/{foreign}", {}, 404, 404),
    change("the device", 200, "guest", device_id="something", device_owner="compute:nova"),
    Attempt("delete an instance's port", "DELETE", "/ports/{guest}", {}, 403),
    change("no device", 200, "guest", device_id="", device_owner=""),
    Attempt("delete the own port", "DELETE", "/ports/{guest}", {}, 204),
)


def network(what: str, **attributes: Any) -> Attempt:
    """Make a network with what is an administrator's to say."""
    return Attempt(what, "POST", "/networks", {"network": {"name": "n", **attributes}}, 403)


ADMINISTRATIVE = (
    network("shared", shared=True),
    network("external", **{"router:external": True}),
    network("a type", **{"provider:network_type": "vxlan"}),
    network("a segment id", **{"provider:segmentation_id": 1234}),
    network("a physical network", **{"provider:network_type": "flat", "provider:physical_network": "extern"}),
    Attempt("share with all", "PUT", "/networks/{own}", {"network": {"shared": True}}, 403),
    Attempt("quotas", "PUT", "/quotas/{project}", {"quota": {"port": 1000}}, 403),
    Attempt("another's quotas", "GET", "/quotas/{stranger}", {}, 403),
    Attempt("endpoints", "PUT", "/remote-endpoints/{own}", {"remote_endpoint": {"endpoints": []}}, 404, 404),
)


class TestSame(LocalCase):
    """Each side gets a world of its own, so that what is tried at one does not stand in the way at the other."""

    def world(self) -> dict[str, str]:
        lender = Caller(uuidutils.generate_uuid(dashed=False))
        own, shared = self.network(), self.network(shared=True, project_id=lender.project_id)
        private = self.network(caller=lender)
        for number, (net, caller) in enumerate(((own, self.owner), (shared, lender), (private, lender))):
            body = {"network_id": net["id"], "cidr": f"10.{number}.0.0/24", "ip_version": 4, "enable_dhcp": False}
            self.at_central("POST", "/subnets", {"subnet": body}, caller=caller, status=201)
        group = self.at_central(
            "POST", "/security-groups", {"security_group": {"name": "theirs"}}, caller=lender, status=201
        )
        return {
            "own": own["id"],
            "shared": shared["id"],
            "private": private["id"],
            "address": "10.0.0.177",
            "shared_address": "10.1.0.177",
            "shared_subnet": self.at_central("GET", f"/networks/{shared['id']}")["network"]["subnets"][0],
            "group": group["security_group"]["id"],
            "guest": self.port(shared)["id"],
            "foreign": self.port(shared, caller=lender)["id"],
            "project": self.owner.project_id,
            "stranger": lender.project_id,
        }

    def assert_same_answers(self, attempts: tuple[Attempt, ...]) -> None:
        there, here = self.world(), self.world()
        reader = Caller(self.owner.project_id, ("reader",))
        wrong = []
        for attempt in attempts:
            # The reader first: what it may not do must not be done already.
            for caller, expected in ((reader, attempt.reader), (self.owner, attempt.member)):
                central = self.central.call(
                    attempt.method, _filled(attempt.path, there), _body(attempt.body, there), caller=caller
                ).status
                region = self.here(
                    attempt.method, _filled(attempt.path, here), _body(attempt.body, here), caller=caller
                ).status
                # A side that serves no such method at all says that.
                if not (404 if central == 405 else central) == region == expected:
                    wrong.append(f"{attempt.what} as {caller.roles[0]}: {central=} {region=} {expected=}")
        assert not wrong, "\n".join(wrong)

    def test_making_ports(self):
        self.assert_same_answers(CREATE)

    def test_changing_ports(self):
        self.assert_same_answers(CHANGE)

    def test_what_is_an_administrator_s(self):
        self.assert_same_answers(ADMINISTRATIVE)


class TestReservedMark(LocalCase):
    """Neutron's DHCP agent takes a port that is marked as reserved for its own."""

    RESERVED = "reserved_dhcp_port"

    def setUp(self):
        super().setUp()
        self.net = self.network()
        self.subnet(self.net)

    def both(self, method, path, body, caller):
        """The answers of central and of the region."""
        return [ask(method, path, body, caller=caller) for ask in (self.central.call, self.here)]

    def test_nobody_but_services_and_administrators_marks_a_port_so(self):
        mark = {"device_id": self.RESERVED, "device_owner": "network:dhcp"}
        vm = self.boot(self.net["id"])
        for method, path, body in (
            ("POST", "/ports", {"port": {"network_id": self.net["id"], **mark}}),
            ("POST", "/ports", {"port": {"network_id": self.net["id"], "device_id": self.RESERVED}}),
            ("POST", "/ports", {"ports": [{"network_id": self.net["id"]}, {"network_id": self.net["id"], **mark}]}),
            ("PUT", f"/ports/{vm['id']}", {"port": {"device_id": self.RESERVED}}),
        ):
            for answer in self.both(method, path, body, self.owner):
                assert answer.status == 400, (method, body, answer)
                message = answer.body["NeutronError"]["message"]
                assert "device_id" in message, message
                assert self.RESERVED in message, message
        made = {port["id"] for port in self.ports_at_central(self.net) if port["name"] == ""}
        assert made == {vm["id"]}
        for caller in (ADMIN, SERVICE):
            for answer in self.both("POST", "/ports", {"port": {"network_id": self.net["id"], **mark}}, caller):
                assert answer.status == 201, answer


class TestErrors(LocalCase):
    def test_clients_know_errors_by_central_s_name_for_them(self):
        net = self.network()
        self.subnet(net, enable_dhcp=False, allocation_pools=[{"start": "10.0.0.9", "end": "10.0.0.9"}])
        taken = {"fixed_ips": [{"ip_address": "10.0.0.9"}]}
        self.boot(net["id"], **taken)
        for desired in (taken, {}, {"fixed_ips": [{"ip_address": "192.0.2.1"}]}):
            body = {"port": {"network_id": net["id"], **desired}}
            here, there = (
                self.here("POST", "/ports", body),
                self.central.call("POST", "/ports", body, caller=self.owner),
            )
            assert here.body["NeutronError"] == there.body["NeutronError"]
            assert here.status == there.status

    def test_of_a_token_that_central_does_not_take(self):
        """It has run out meanwhile, say. Where central is, is nobody's to know."""
        net = self.network()
        context = self.owner.context()
        context.auth_token = "none of Keystone's"
        for method, path, body in (
            ("GET", f"/networks/{net['id']}", None),
            ("POST", "/ports", {"port": {"network_id": net["id"]}}),
            ("GET", f"/quotas/{self.owner.project_id}", None),
        ):
            answer = self.here(method, path, body, context=context)
            assert answer.status == 403, answer
            assert "127.0.0.1" not in str(answer.body)


class TestCentralDecides(LocalCase):
    """What the region's own policies would allow is central's to allow."""

    def setUp(self):
        super().setUp()
        self.net = self.network()
        self.sub = self.subnet(self.net)

    def reserved_gateway(self):
        """The port that reserves the gateway of RegionOne, which is not the network's first region."""
        for region in ("RegionTwo", "RegionOne"):
            body = {"regional_view": {"region_name": region, "network_ids": [self.net["id"]]}}
            self.at_central("POST", "/regional-views", body, caller=SERVICE, status=201)
        (reserved,) = [p for p in self.ports_at_central(self.net) if p["device_owner"] == "network:tricircle_gateway"]
        return reserved

    def test_a_reserved_gateway_is_nobody_s_to_delete_or_change(self):
        reserved = self.reserved_gateway()
        path = f"/ports/{reserved['id']}"
        for method, body in (
            ("PUT", {"port": {"device_owner": ""}}),
            ("PUT", {"port": {"fixed_ips": []}}),
            ("PUT", {"port": {"name": "mine"}}),
            ("DELETE", None),
        ):
            assert self.here(method, path, body).status == 404, body
            assert self.central.call(method, path, body, caller=self.owner).status == 404, body
        self.settle()
        (after,) = [p for p in self.ports_at_central(self.net) if p["id"] == reserved["id"]]
        assert after["device_owner"] == reserved["device_owner"]
        assert after["fixed_ips"] == reserved["fixed_ips"]

    def test_a_user_who_asks_for_a_dhcp_port_does_not_get_the_region_s(self):
        self.get("networks", self.net["id"])
        (reserved,) = self.ports_at_central(self.net)
        made = self.boot(self.net["id"], device_owner="network:dhcp", device_id="mine")
        assert made["id"] != reserved["id"]
        assert self.get("ports", reserved["id"])["device_id"] == "reserved_dhcp_port"

    def test_a_device_that_a_user_names_is_changed_at_central_first(self):
        vm = self.boot(self.net["id"])
        with self.central.seen() as requests:
            self.here("PUT", f"/ports/{vm['id']}", {"port": {"device_id": "x", "device_owner": "mine"}}).of(200)
        assert f"PUT /v2.0/ports/{vm['id']}" in requests
        with self.central.away():
            answer = self.here("PUT", f"/ports/{vm['id']}", {"port": {"device_owner": "yours"}})
            assert answer.status == 503
        assert self.get("ports", vm["id"])["device_owner"] == "mine"

    def test_sharing_a_copy_is_central_s(self):
        self.get("networks", self.net["id"])
        policy = {
            "object_type": "network",
            "object_id": self.net["id"],
            "action": "access_as_shared",
            "target_tenant": uuidutils.generate_uuid(),
        }
        answer = self.here("POST", "/rbac-policies", {"rbac_policy": policy})
        assert answer.status == 409
        assert "central Neutron" in answer.body["NeutronError"]["message"]

    def test_an_address_group_s_addresses_are_central_s(self):
        body = {"address_group": {"name": "friends", "addresses": ["192.0.2.0/24"]}}
        friends = self.at_central("POST", "/address-groups", body, status=201)["address_group"]
        group = self.at_central("POST", "/security-groups", {"security_group": {"name": "web"}}, status=201)
        rule = {
            "security_group_id": group["security_group"]["id"],
            "direction": "ingress",
            "remote_address_group_id": friends["id"],
        }
        self.at_central("POST", "/security-group-rules", {"security_group_rule": rule}, status=201)
        self.get("security-groups", group["security_group"]["id"])
        path = f"/address-groups/{friends['id']}"
        addresses = {"addresses": ["0.0.0.0/0"]}
        requests: tuple[tuple[str, str, Any], ...] = (
            ("PUT", path, {"address_group": {"name": "all"}}),
            ("PUT", f"{path}/add_addresses", addresses),
            ("PUT", f"{path}/remove_addresses", {"addresses": ["192.0.2.0/24"]}),
            ("DELETE", path, None),
        )
        for method, where, sent in requests:
            assert self.here(method, where, sent).status == 409, where
        assert self.here("GET", path).of(200)["address_group"]["addresses"] == ["192.0.2.0/24"]


def _filled(value: Any, world: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**world)
    if isinstance(value, list):
        return [_filled(item, world) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, world) for key, item in value.items()}
    return value


def _body(body: dict[str, Any], world: dict[str, str]) -> dict[str, Any] | None:
    return _filled(body, world) if body else None
