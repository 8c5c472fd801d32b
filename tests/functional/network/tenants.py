"""Clients that do what tenants do, drawn by chance, and know what must have come of it."""

import dataclasses
import itertools
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.functional.network.identity import SERVICE, Caller
from tests.functional.network.neutron_server import NeutronServer
from tricircle.domain.jsons import Json

# How often, and after how many seconds, what was refused is asked for again: not to hide it, but to tell what it was.
REPETITIONS, REPETITION_SECONDS = 5, 1.0
STATUS = {"GET": 200, "POST": 201, "PUT": 200, "DELETE": 204}
PATHS = {
    "network": "networks",
    "subnet": "subnets",
    "port": "ports",
    "security_group": "security-groups",
    "security_group_rule": "security-group-rules",
}
# What is known of each kind, and compared afterwards.
FIELDS = {
    "network": ("name", "admin_state_up"),
    "subnet": ("name", "cidr", "network_id", "dns_nameservers"),
    "port": ("name", "network_id", "fixed_ips", "mac_address", "security_groups"),
    "security_group": ("name", "description"),
    "security_group_rule": ("security_group_id", "direction", "protocol", "port_range_min"),
}


def known(kind: str, shown: Json) -> Json:
    """What of an answer is compared, in an order of its own."""
    fields = {field: shown[field] for field in ("id", *FIELDS[kind])}
    return {name: sorted(value, key=str) if isinstance(value, list) else value for name, value in fields.items()}


@dataclasses.dataclass
class Model:
    """What one client knows. Objects by kind and id, as the last answer showed them.

    ``here``: ids of what the region has been asked for; ``bound``: hosts of ports by id.
    """

    objects: dict[str, dict[str, Json]] = dataclasses.field(default_factory=lambda: {kind: {} for kind in PATHS})
    deleted: set[str] = dataclasses.field(default_factory=set)
    here: set[str] = dataclasses.field(default_factory=set)
    bound: dict[str, str] = dataclasses.field(default_factory=dict)

    def know(self, kind: str, shown: Json) -> Json:
        """Note what an answer shows of an object."""
        self.objects[kind][shown["id"]] = known(kind, shown)
        return self.objects[kind][shown["id"]]

    def forget(self, kind: str, id_: str) -> None:
        """Note that an object was deleted, and with it what is nothing without it."""
        del self.objects[kind][id_]
        self.deleted.add(id_)
        self.bound.pop(id_, None)
        parts = {"network": "subnet", "security_group": "security_group_rule"}.get(kind)
        if parts:
            for part in [one for one in self.objects[parts].values() if one[f"{kind}_id"] == id_]:
                self.forget(parts, part["id"])

    def come(self, one: Json) -> None:
        """Note that the region has been asked for an object; what this stands on is there then, too."""
        self.here.add(one["id"])
        if "network_id" in one:
            self.here.add(one["network_id"])

    def wanted(self, kind: str) -> set[str]:
        """Ids of what the region must have: what it was asked for, and what belongs to that."""
        ports = [port for id_, port in self.objects["port"].items() if id_ in self.here]
        belongs = {
            "subnet": {id_ for id_, one in self.objects["subnet"].items() if one["network_id"] in self.here},
            "security_group": {id_ for port in ports for id_ in port["security_groups"]},
        }
        return self.objects[kind].keys() & (self.here | belongs.get(kind, set()))


class Client:
    """One of a project's users. Every request to central goes to another of its servers than the one before."""

    def __init__(
        self, centrals: Sequence[NeutronServer], region: NeutronServer, caller: Caller, seed: int, fellows: int = 1
    ) -> None:
        """The same ``seed`` draws the same operations; ``fellows``: of how many in the project it is one."""
        self._centrals = itertools.cycle(centrals)
        self._region = region
        self._numbers = itertools.count(1 + seed % fellows, fellows)
        self.caller = caller
        self.chance = random.Random(seed)
        self.model = Model()
        # Networks and groups that a fellow of the same project uses too, so that nobody changes them.
        self.common: set[str] = set()
        self.refused: list[str] = []

    def run(self, operations: Mapping[Callable[["Client"], bool], int], count: int) -> None:
        """Do ``count`` of the operations, drawn by their weights; one that says False had nothing to be done with."""
        names, weights = list(operations), list(operations.values())
        while count:
            (operation,) = self.chance.choices(names, weights)
            count -= operation(self)

    def number(self) -> int:
        """One that no fellow of the project has used yet."""
        return next(self._numbers)

    def any(self, kind: str, fits: Callable[[Json], bool] = lambda one: True) -> Json | None:
        """One of what is known, by chance; every second time the youngest: who made something goes on with it."""
        found = [one for one in self.model.objects[kind].values() if fits(one)]
        if not found:
            return None
        return found[-1] if self.chance.random() < 0.5 else self.chance.choice(found)

    def own(self, kind: str, fits: Callable[[Json], bool] = lambda one: True) -> Json | None:
        """The same, of what no fellow uses."""
        return self.any(kind, lambda one: one["id"] not in self.common and fits(one))

    def make(self, kind: str, **attributes: Any) -> Json | None:
        """At central; answers what was made."""
        return self._write(next(self._centrals), "POST", kind, "", attributes)

    def change(self, kind: str, one: Json, **changes: Any) -> None:
        """At central."""
        self._write(next(self._centrals), "PUT", kind, one["id"], changes)

    def delete(self, kind: str, one: Json) -> None:
        """At central; a port of an instance by Nova's service user, as nobody else may."""
        self._delete(next(self._centrals), kind, one)

    def check(self, kind: str, one: Json) -> None:
        """Whether central shows what it has answered this client before."""
        answer = self._send(next(self._centrals), "GET", f"/{PATHS[kind]}/{one['id']}")
        if answer is not None and known(kind, answer[kind]) != known(kind, one):
            self.refused.append(f"GET {kind} shows {answer[kind]}, and not {one}")

    def look(self, kind: str, one: Json) -> None:
        """At the region."""
        if self._send(self._region, "GET", f"/{PATHS[kind]}/{one['id']}") is not None:
            self.model.come(one)

    def boot(self, **attributes: Any) -> None:
        """A port as Nova makes it: at the region, unbound."""
        port = self._write(self._region, "POST", "port", "", {"admin_state_up": True, **attributes})
        if port is not None:
            self.model.come(port)

    def bind(self, port: Json, host: str) -> None:
        """What Nova's PUT with the host does at the region, by its service user."""
        changes = {"binding:host_id": host, "device_id": "instance", "device_owner": "compute:nova"}
        path = f"/{PATHS['port']}/{port['id']}"
        if self._send(self._region, "PUT", path, {"port": changes}, SERVICE) is not None:
            self.model.come(port)
            self.model.bound[port["id"]] = host

    def change_here(self, port: Json, **changes: Any) -> None:
        """A port, at the region."""
        if self._write(self._region, "PUT", "port", port["id"], changes) is not None:
            self.model.come(port)

    def delete_here(self, port: Json) -> None:
        """A port, at the region, as ``delete``."""
        self._delete(self._region, "port", port)

    def _write(self, server: NeutronServer, method: str, kind: str, id_: str, body: Json) -> Json | None:
        path = f"/{PATHS[kind]}" + (f"/{id_}" if id_ else "")
        answer = self._send(server, method, path, {kind: body})
        return None if answer is None else self.model.know(kind, answer[kind])

    def _delete(self, server: NeutronServer, kind: str, one: Json) -> None:
        caller = SERVICE if one["id"] in self.model.bound else None
        if self._send(server, "DELETE", f"/{PATHS[kind]}/{one['id']}", caller=caller) is not None:
            self.model.forget(kind, one["id"])

    def _send(
        self, server: NeutronServer, method: str, path: str, body: Json | None = None, caller: Caller | None = None
    ) -> Json | None:
        """The answer's body; None, and noted, if it is a refusal."""
        answer = server.call(method, path, body, caller=caller or self.caller)
        if answer.status == STATUS[method]:
            return answer.body
        refusal, later = f"{method} {path} {body}: {answer.status} {answer.body}", 0
        for _ in range(REPETITIONS):
            time.sleep(REPETITION_SECONDS)
            later = server.call(method, path, body, caller=caller or self.caller).status
            if later == STATUS[method]:
                break
        self.refused.append(f"{refusal}, a repetition: {later}")
        return None


def make_network(client: Client) -> bool:
    return bool(client.make("network", name=f"network-{client.number()}") or True)


def change_network(client: Client) -> bool:
    network = client.own("network")
    if network:
        client.change("network", network, name=f"network-{client.number()}")
    return bool(network)


def _unused(client: Client, field: str) -> Callable[[Json], bool]:
    """What no port of the client has."""
    ports = client.model.objects["port"].values()
    if field == "subnet_id":
        used = {fixed["subnet_id"] for port in ports for fixed in port["fixed_ips"]}
    elif field == "security_groups":
        used = {id_ for port in ports for id_ in port["security_groups"]}
    else:
        used = {port[field] for port in ports}
    return lambda one: one["id"] not in used


def delete_network(client: Client) -> bool:
    network = client.own("network", _unused(client, "network_id"))
    if network:
        client.delete("network", network)
    return bool(network)


def make_subnet(client: Client) -> bool:
    network, number = client.own("network"), client.number()
    if network:
        cidr = f"10.{number // 250}.{number % 250}.0/24"
        client.make("subnet", network_id=network["id"], ip_version=4, cidr=cidr, name=f"subnet-{number}")
    return bool(network)


def change_subnet(client: Client) -> bool:
    subnet, number = client.own("subnet"), client.number()
    if subnet:
        client.change("subnet", subnet, name=f"subnet-{number}", dns_nameservers=[f"192.0.2.{number % 250 + 1}"])
    return bool(subnet)


def delete_subnet(client: Client) -> bool:
    subnet = client.own("subnet", _unused(client, "subnet_id"))
    if subnet:
        client.delete("subnet", subnet)
    return bool(subnet)


def make_port(client: Client) -> bool:
    network, group = client.any("network"), client.any("security_group")
    if network and group:
        client.make("port", network_id=network["id"], name=f"port-{client.number()}", security_groups=[group["id"]])
    return bool(network and group)


def change_port(client: Client) -> bool:
    port, group = client.any("port"), client.any("security_group")
    if port and group:
        client.change("port", port, name=f"port-{client.number()}", security_groups=[group["id"]])
    return bool(port and group)


def delete_port(client: Client) -> bool:
    port = client.any("port")
    if port:
        client.delete("port", port)
    return bool(port)


def make_group(client: Client) -> bool:
    return bool(client.make("security_group", name=f"group-{client.number()}") or True)


def change_group(client: Client) -> bool:
    group = client.own("security_group")
    if group:
        client.change("security_group", group, description=f"description-{client.number()}")
    return bool(group)


def delete_group(client: Client) -> bool:
    group = client.own("security_group", _unused(client, "security_groups"))
    if group:
        client.delete("security_group", group)
    return bool(group)


def make_rule(client: Client) -> bool:
    group, number = client.any("security_group"), 1000 + client.number()
    if group:
        ports = {"protocol": "tcp", "port_range_min": number, "port_range_max": number}
        client.make("security_group_rule", security_group_id=group["id"], direction="ingress", **ports)
    return bool(group)


def delete_rule(client: Client) -> bool:
    rule = client.any("security_group_rule")
    if rule:
        client.delete("security_group_rule", rule)
    return bool(rule)


def check(client: Client) -> bool:
    kind = client.chance.choice(list(PATHS))
    one = client.any(kind)
    if one:
        client.check(kind, one)
    return bool(one)


def look(client: Client) -> bool:
    kind = client.chance.choice(("network", "subnet", "port", "security_group"))
    one = client.any(kind)
    if one:
        client.look(kind, one)
    return bool(one)


def boot(client: Client) -> bool:
    network = client.any("network")
    if network:
        client.boot(network_id=network["id"], name=f"vm-{client.number()}")
    return bool(network)


def bind(client: Client) -> bool:
    port = client.any("port", lambda one: one["id"] not in client.model.bound)
    if port:
        client.bind(port, "host-1")
    return bool(port)


def change_port_here(client: Client) -> bool:
    port = client.any("port")
    if port:
        client.change_here(port, name=f"port-{client.number()}")
    return bool(port)


def delete_port_here(client: Client) -> bool:
    port = client.any("port", lambda one: one["id"] in client.model.here)
    if port:
        client.delete_here(port)
    return bool(port)


OPERATIONS: Mapping[Callable[[Client], bool], int] = {
    make_network: 4,
    change_network: 6,
    delete_network: 2,
    make_subnet: 6,
    change_subnet: 6,
    delete_subnet: 3,
    make_port: 6,
    change_port: 4,
    delete_port: 4,
    make_group: 3,
    change_group: 5,
    delete_group: 2,
    make_rule: 8,
    delete_rule: 4,
    check: 10,
    look: 12,
    boot: 5,
    bind: 5,
    change_port_here: 2,
    delete_port_here: 4,
}
