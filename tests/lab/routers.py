"""Routers in the lab's tests: by central's API, by `openstack` commands, and the way that packets take."""

from __future__ import annotations

import re
import subprocess
import time
from typing import Any

from tricircle_lab import commands, configuration
from tricircle_lab.guest import Guest
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region

PATIENCE = 90


class Tenant:
    """A tenant at central's API by `openstack` commands, who removes at the end what was made."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._environment = configuration.client_environment(lab.layout, "admin", "demo")
        self._environment |= {"OS_REGION_NAME": "CentralRegion"}
        self._undo: list[str] = []

    def run(self, *lines: str) -> str:
        """Commands, one a line, in one process: starting the client takes longer than most of them."""
        done = subprocess.run(
            [commands.script("openstack")],
            env=commands.environment(self._environment),
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        # Its exit code says nothing: the end of its input is one too.
        assert not done.stderr, f"{lines}: {done.stderr}"
        return done.stdout

    def make(self, *pairs: tuple[str, str]) -> str:
        """Run the first of each pair; at the end, in the reverse order, the second."""
        self._undo += [undo for _, undo in pairs]
        return self.run(*(words for words, _ in pairs))

    def undo(self, words: str) -> None:
        """Do now what was to be done at the end."""
        self._undo.remove(words)
        self.run(words)

    def addresses(self, *words: str) -> list[str]:
        """The IPv4 addresses in what commands say."""
        return re.findall(r"(?:\d+\.){3}\d+(?!/)", self.run(*words))

    def floating_ip(self, network: str, port_id: str) -> str:
        (address,) = self.addresses(f"floating ip create --port {port_id} -f value -c floating_ip_address {network}")
        self._undo.append(f"floating ip delete {address}")
        return address

    def close(self) -> None:
        if self._undo:
            self.run(*reversed(self._undo))


def router(name: str, options: str = "") -> tuple[str, str]:
    return f"router create {options} {name}", f"router delete {name}"


def attached(router: str, subnet: str) -> tuple[str, str]:
    return f"router add subnet {router} {subnet}", f"router remove subnet {router} {subnet}"


def joined(router: str, port: str) -> tuple[str, str]:
    # The port goes with the interface.
    return f"router add port {router} {port}", f"router remove port {router} {port}"


def way_out(router: str, network: str) -> tuple[str, str]:
    return f"router set --external-gateway {network} {router}", f"router unset --external-gateway {router}"


def further_way_out(router: str, network: str) -> tuple[str, str]:
    return f"router add gateway {router} {network}", f"router remove gateway {router} {network}"


class Routers:
    """Routers by central's API, removed with all that hangs on them."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._central = lab.clients.network(lab.layout.central, "admin", "demo")
        self._made: list[str] = []
        self._ports: list[str] = []

    def create(self, **fields: Any) -> str:
        router = self._central.post("/routers", json={"router": {"name": "test", **fields}}).json()["router"]
        self._made.append(router["id"])
        return str(router["id"])

    def attach(self, router_id: str, *networks: dict[str, Any]) -> None:
        for network in networks:
            for subnet_id in self._central.get(f"/networks/{network['id']}").json()["network"]["subnets"]:
                self._central.put(f"/routers/{router_id}/add_router_interface", json={"subnet_id": subnet_id})

    def gateways(self, router_id: str, *names: str) -> None:
        """The router's ways out, as a whole."""
        found = [self._central.get("/networks", params={"name": name}).json()["networks"][0] for name in names]
        body = {"router": {"external_gateways": [{"network_id": network["id"]} for network in found]}}
        self._central.put(f"/routers/{router_id}/update_external_gateways", json=body)

    def port(self, network: dict[str, Any]) -> str:
        port = self._central.post("/ports", json={"port": {"network_id": network["id"]}}).json()["port"]
        self._ports.append(port["id"])
        return str(port["id"])

    def floating_ip(self, name: str, port_id: str) -> dict[str, Any]:
        (network,) = self._central.get("/networks", params={"name": name}).json()["networks"]
        body = {"floatingip": {"floating_network_id": network["id"], "port_id": port_id}}
        floating: dict[str, Any] = self._central.post("/floatingips", json=body).json()["floatingip"]
        return floating

    def move(self, floating: dict[str, Any], port_id: str | None) -> None:
        self._central.put(f"/floatingips/{floating['id']}", json={"floatingip": {"port_id": port_id}})

    def part(self, router_id: str, region: Region) -> dict[str, Any] | None:
        """The region's part of the router as the region has it."""
        part_id = self.part_id(router_id, region)
        if part_id is None:
            return None
        local = self._lab.clients.network(region, "tricircle", "service")
        part: dict[str, Any] = local.get(f"/router-copies/{part_id}").json()["router_copy"]["router"]
        return part

    def part_id(self, router_id: str, region: Region) -> str | None:
        """The id of the region's router."""
        local = self._lab.clients.network(region, "tricircle", "service")
        found = local.get("/routers", params={"name": router_id}).json()["routers"]
        return str(found[0]["id"]) if found else None

    def remove(self, router_id: str) -> None:
        query = {"router_id": router_id}
        for floating in self._central.get("/floatingips", params=query).json()["floatingips"]:
            self._central.delete(f"/floatingips/{floating['id']}")
        self.gateways(router_id)
        query = {"device_id": router_id, "device_owner": "network:router_interface"}
        for port in self._central.get("/ports", params=query).json()["ports"]:
            self._central.put(f"/routers/{router_id}/remove_router_interface", json={"port_id": port["id"]})
        self._central.delete(f"/routers/{router_id}")
        self._made.remove(router_id)

    def close(self) -> None:
        for router_id in list(self._made):
            self.remove(router_id)
        for port_id in self._ports:
            self._central.delete(f"/ports/{port_id}", raise_exc=False)


def way(source: Guest, address: str, length: int) -> list[str]:
    """The addresses that answer on the way, the last one among them, when they are as many as they shall be.

    Routers may still be on their way there, and a busy machine may lose a probe.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        said = source.run("traceroute", "-n", "-I", "-q", "1", "-w", "1", "-m", "6", address)
        hops = [line.split()[1] for line in said.splitlines()[1:]]
        if len(hops) == length and hops[-1] == address:
            return hops
        assert time.monotonic() < deadline, f"{length} hops to {address}: {said}"
