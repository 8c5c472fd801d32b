"""Boot, remember, and remove instances."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tricircle_lab.clients import Clients
from tricircle_lab.errors import LabError
from tricircle_lab.guest import Guest
from tricircle_lab.hosts import Hosts
from tricircle_lab.layout import Layout, Region
from tricircle_lab.nova import NovaNetworking, told

# The first port of a host takes long on a busy machine: its agents start a dozen helpers for it.
_ACTIVE_SECONDS = 120
_POLL_SECONDS = 0.3


@dataclass(frozen=True)
class Instance:
    """The record of an instance; `port_id` is empty until it has a port, `owns_port` false for a given one."""

    name: str
    id: str
    region: str
    user: str
    project: str
    port_id: str = ""
    network_id: str = ""
    mac: str = ""
    addresses: tuple[str, ...] = ()
    owns_port: bool = True


@dataclass(frozen=True)
class BootRequest:
    """`network` or `port` is given, as name or id."""

    name: str
    region: Region
    network: str | None = None
    port: str | None = None
    host: str | None = None
    security_groups: tuple[str, ...] = ("default",)
    user: str = "demo"
    project: str = "demo"


class Instances:
    """The instances of a lab; their records are files."""

    def __init__(self, layout: Layout, hosts: Hosts, clients: Clients) -> None:
        self._layout = layout
        self._hosts = hosts
        self._clients = clients

    def all(self) -> list[Instance]:
        return [self._read(path) for path in sorted(self._layout.instances.glob("*.json"))]

    def get(self, name: str) -> Instance:
        """:raises LabError: there is none of that name."""
        try:
            return self._read(self._path(name))
        except FileNotFoundError as error:
            raise LabError(f"no instance {name}") from error

    def guest(self, instance: Instance) -> Guest:
        return Guest(self._hosts, self._layout.region(instance.region), instance.name)

    def boot(self, request: BootRequest) -> Instance:
        """Do what Nova does for a new instance; return when it has its address.

        :raises LabError: it could not be booted; what was made for it is removed again.
        """
        if request.region.is_hollow:
            raise LabError(f"{request.region.name} is hollow: it has no host for instances")
        if request.host not in (None, request.region.host):
            raise LabError(f"{request.region.name} has no host {request.host}; it has {request.region.host}")
        instance = Instance(request.name, str(uuid.uuid4()), request.region.name, request.user, request.project)
        self._claim(instance)
        try:
            nova = self._nova(instance)
            instance = self._attach(request, instance, nova)
            nova.bind(instance.port_id, instance.id, request.region.host)
            self._plug(instance, nova)
        except BaseException as error:
            self._undo(instance.name, error)
            raise
        return instance

    def _undo(self, name: str, reason: BaseException) -> None:
        try:
            self.delete(name)
        except LabError as error:
            later = f"`tricircle-lab delete {name}` removes what is left of it"
            raise LabError(f"{reason}\nIt could not be undone, {later}: {error}") from reason

    def _attach(self, request: BootRequest, instance: Instance, nova: NovaNetworking) -> Instance:
        """The instance with a port."""
        if request.port:
            port = nova.given_port(self._id_of("port", request.port, request))
            instance = replace(instance, owns_port=False)
        else:
            network_id = self._id_of("network", request.network or "", request)
            nova.check_network(network_id)
            groups = nova.security_groups(request.security_groups)
            port = nova.create_port(network_id, instance.id, groups)
        addresses = tuple(fixed["ip_address"] for fixed in port["fixed_ips"])
        instance = replace(
            instance, port_id=port["id"], network_id=port["network_id"], mac=port["mac_address"], addresses=addresses
        )
        self._write(instance)
        return instance

    def _plug(self, instance: Instance, nova: NovaNetworking) -> None:
        """Connect the instance to its bound port, and wait for its address."""
        network = self._network(instance, service=True)
        with told("reading the port"):
            port = network.get(f"/ports/{instance.port_id}").json()["port"]
            mtu = network.get(f"/networks/{instance.network_id}").json()["network"]["mtu"]
        subnets = nova.describe(port, instance.id)
        guest = self.guest(instance)
        guest.plug(instance.port_id, instance.mac, instance.id)
        deadline = time.monotonic() + _ACTIVE_SECONDS
        while (status := nova.status(instance.port_id)) != "ACTIVE":
            if time.monotonic() > deadline:
                raise LabError(f"port {instance.port_id} is {status} after {_ACTIVE_SECONDS} s")
            time.sleep(_POLL_SECONDS)
        guest.configure(port["fixed_ips"], subnets, mtu)

    def delete(self, name: str) -> None:
        """Remove an instance as Nova does: a port that was made for it is deleted, a given one is given back."""
        instance = self.get(name)
        if instance.port_id:
            self._release(instance, self._nova(instance))
        self._path(name).unlink(missing_ok=True)

    def restore(self, region: Region) -> None:
        """Plug in again what a restart of the region's host or switch has unplugged."""
        for instance in self.all():
            if instance.region == region.name and instance.port_id and not self.guest(instance).is_plugged():
                self._plug(instance, self._nova(instance))

    def _release(self, instance: Instance, nova: NovaNetworking) -> None:
        self.guest(instance).unplug(instance.port_id)
        if instance.owns_port:
            nova.delete_port(instance.port_id)
        else:
            nova.unbind(instance.port_id)

    def _nova(self, instance: Instance) -> NovaNetworking:
        with told("signing in"):
            project_id = self._clients.session(instance.user, instance.project).get_project_id()
        tenant, service = self._network(instance), self._network(instance, service=True)
        return NovaNetworking(tenant, service, str(project_id))

    def _network(self, instance: Instance, *, service: bool = False) -> Any:
        account = ("nova", "service") if service else (instance.user, instance.project)
        return self._clients.network(self._layout.region(instance.region), *account)

    def _id_of(self, kind: str, name: str, request: BootRequest) -> str:
        """A name is central's, where networks and ports are made; the region may not know it yet."""
        with suppress(ValueError):
            return str(uuid.UUID(name))
        central = self._clients.network(self._layout.central, request.user, request.project)
        with told(f"looking for the {kind}"):
            found = central.get(f"/{kind}s", params={"name": name}).json()[f"{kind}s"]
        if len(found) != 1:
            raise LabError(f"{len(found)} {kind}s are called {name}")
        return str(found[0]["id"])

    def _claim(self, instance: Instance) -> None:
        try:
            self._path(instance.name).touch(exist_ok=False)
        except FileExistsError as error:
            raise LabError(f"there is an instance {instance.name} already") from error
        self._write(instance)

    def _path(self, name: str) -> Path:
        return self._layout.instances / f"{name}.json"

    def _write(self, instance: Instance) -> None:
        self._path(instance.name).write_text(json.dumps(asdict(instance), indent=1))

    @staticmethod
    def _read(path: Path) -> Instance:
        fields = json.loads(path.read_text())
        return Instance(**{**fields, "addresses": tuple(fields["addresses"])})
