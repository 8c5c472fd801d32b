"""Bytes of what is told when one port more comes up on a network, and one member more into a group, that have many.

Asked and told as the jobs `shadow_port_setup` and `seg_rule_sync` do it. The many are written into central's database.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import crowds
from benchmarks.cloud import Cloud
from benchmarks.crowds import Crowd
from benchmarks.results import Figure, at_most

FEW, MANY = 50, 5000
# As many as two addresses differ in their letters.
SPREAD = 16


@dataclass(frozen=True, slots=True)
class Told:
    """Bytes of central's answer, and of the request to the region."""

    answer: int
    request: int


class Subject:
    """A network with many ports in one region, and a group with these for members, as another region knows them."""

    def __init__(self, cloud: Cloud, count: int, cidr: str) -> None:
        self._cloud = cloud
        self._central = cloud.lab.layout.central
        self._here, self._there = cloud.lab.layout.regions[:2]
        self._database = cloud.central_database()
        network = cloud.make_network(f"sizes{count}", cidr)
        self._network_id, self._project_id = network["id"], network["project_id"]
        tenant = cloud.tenant(self._central)
        body = {"security_group": {"name": f"sizes{count}"}}
        self._group_id = tenant.post("/security-groups", json=body).json()["security_group"]["id"]
        rule = {"security_group_id": self._group_id, "direction": "ingress", "remote_group_id": self._group_id}
        tenant.post("/security-group-rules", json={"security_group_rule": rule})
        for region in (self._here, self._there):
            cloud.tenant(region).get(f"/networks/{self._network_id}")
            cloud.tenant(region).get(f"/security-groups/{self._group_id}")
        subnets = cloud.admin(self._central).get("/subnets", params={"network_id": self._network_id}).json()["subnets"]
        self._crowd = Crowd(
            self._network_id, subnets[0]["id"], self._project_id, cidr, self._here.name, self._group_id, count
        )
        self._ports: list[str] = []

    def fill(self) -> None:
        """Let the ports be there, and the region know them."""
        self._insert(self._crowd)
        self.endpoints()
        self.members()

    def add_one(self) -> None:
        """One port more comes up."""
        self._insert(replace(self._crowd, first=self._crowd.first + self._crowd.count, count=1), young=True)

    def _insert(self, crowd: Crowd, *, young: bool = False) -> None:
        with self._database.writer() as session:
            self._ports += crowds.insert(session.connection(), crowd, young=young)

    def remove(self) -> None:
        """Take all away."""
        with self._database.writer() as session:
            crowds.remove(session.connection(), self._ports)
        admin = self._cloud.admin(self._central)
        for path in (f"/networks/{self._network_id}", f"/security-groups/{self._group_id}"):
            admin.delete(path, raise_exc=False)

    def endpoints(self) -> Told:
        """The job `shadow_port_setup`, until the region has what central has."""
        versions: dict[str, str] = {}
        while True:
            answer, size = self._ask({"endpoint_network_ids": [self._network_id], "versions": versions})
            (table,) = answer["endpoint_tables"]
            del table["network_id"]
            path, version = f"/remote-endpoints/{self._network_id}", table["version"]
            taken, sent = self._tell(path, {"remote_endpoint": table})
            if taken["remote_endpoint"]["version"] == version:
                return Told(size, sent)
            versions = {self._network_id: taken["remote_endpoint"]["version"]}

    def members(self) -> Told:
        """The job `seg_rule_sync`, of this group alone."""
        versions: dict[str, str] = {}
        while True:
            answer, size = self._ask({"security_group_ids": [self._group_id], "versions": versions})
            copies = {name: answer[name] for name in ("security_groups", "address_groups")} | {"deleted_ids": []}
            taken, sent = self._tell(f"/security-group-copies/{self._project_id}", {"security_group_copy": copies})
            others = taken["security_group_copy"]["other_versions"]
            if not others:
                return Told(size, sent)
            versions |= {one["id"]: one["version"] for one in others}

    def _ask(self, desired: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """Central's view, and how many bytes it has."""
        body = {"regional_view": {"region_name": self._there.name, "nonce": uuid.uuid4().hex, **desired}}
        answer = self._cloud.worker(self._central).post("/regional-views", json=body)
        return answer.json()["regional_view"], len(answer.content)

    def _tell(self, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """The region's answer, and how many bytes it was asked with."""
        answer = self._cloud.worker(self._there).put(path, json=body)
        return answer.json(), len(answer.request.body)


def measure(cloud: Cloud, say: Callable[[str], None], *, keep: bool) -> list[Figure]:
    """The figures for few and for many; remove what was made, unless it may ``keep`` it."""
    told: dict[int, dict[str, Told]] = {}
    for count, cidr in ((FEW, "10.160.0.0/16"), (MANY, "10.161.0.0/16")):
        say(f"one more of {count}")
        subject = Subject(cloud, count, cidr)
        try:
            subject.fill()
            subject.add_one()
            told[count] = {"port on a network": subject.endpoints(), "member of a group": subject.members()}
        finally:
            if not keep:
                subject.remove()
    return [figure for what in told[FEW] for figure in _figures(what, told[FEW][what], told[MANY][what])]


def _figures(what: str, few: Told, many: Told) -> list[Figure]:
    names = {"answer": "central's answer", "request": "the region's request"}
    found = []
    for field, name in names.items():
        less, more = getattr(few, field), getattr(many, field)
        why = "" if more <= less + SPREAD else "what is told depends on how many there are"
        found.append(Figure(f"one more {what} of {FEW}: {name}", less, "bytes"))
        found.append(at_most(f"one more {what} of {MANY}: {name}", more, "bytes", less + SPREAD, why))
    return found
