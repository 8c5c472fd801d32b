"""What Nova says to a region's Neutron for an instance: the same requests, in the same order, by the same accounts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ClientException, NotFound

from tricircle_lab.errors import LabError

AVAILABILITY_ZONE = "nova"
Port = dict[str, Any]


class NovaNetworking:
    """One project's instances in one region.

    :param tenant: the region's Neutron with the token of the user who boots.
    :param service: the same with Nova's own account, which alone may bind ports.
    """

    def __init__(self, tenant: Adapter, service: Adapter, project_id: str) -> None:
        self._tenant = tenant
        self._service = service
        self._project = project_id

    def check_network(self, network_id: str) -> None:
        """What the compute API asks before it accepts the request.

        :raises LabError: the network is not for this project, or its quota of ports is used up.
        """
        with told("looking at the network"):
            found = self._tenant.get("/networks", params={"id": network_id}).json()["networks"]
            if not found:
                raise LabError(f"network {network_id} could not be found")
            quota = self._tenant.get(f"/quotas/{self._project}").json()["quota"]["port"]
            query = {"tenant_id": self._project, "fields": "id"}
            used = len(self._tenant.get("/ports", params=query).json()["ports"])
        if 0 <= quota <= used:
            raise LabError(f"the project has used up its quota of {quota} ports")

    def security_groups(self, names: Sequence[str]) -> list[str]:
        """The ids of the project's groups of these names or ids; none for the default alone, which Neutron chooses.

        :raises LabError: there is none of that name, or more than one.
        """
        if list(names) in ([], ["default"]):
            return []
        with told("looking at the security groups"):
            # The compute API first looks for each by itself, as an id: so the region comes to know it.
            for name in names:
                if _is_id(name):
                    self._tenant.get("/security-groups", params={"id": name, "fields": "id"})
            query = {"tenant_id": self._project}
            groups = self._tenant.get("/security-groups", params=query).json()["security_groups"]
        ids: list[str] = []
        for name in names:
            matching = {group["id"] for group in groups if name in (group["id"], group["name"])}
            if len(matching) != 1:
                raise LabError(f"{len(matching)} security groups are called {name}")
            ids.extend(matching)
        return ids

    def create_port(self, network_id: str, instance_id: str, security_groups: Sequence[str]) -> Port:
        """A new port, not bound yet."""
        body: dict[str, Any] = {
            "network_id": network_id,
            "device_id": instance_id,
            "admin_state_up": True,
            "tenant_id": self._project,
        }
        if security_groups:
            body["security_groups"] = list(security_groups)
        with told("creating a port"):
            return dict(self._tenant.post("/ports", json={"port": body}).json()["port"])

    def given_port(self, port_id: str) -> Port:
        """The port that the user made for this instance.

        :raises LabError: it is not there, or another instance has it.
        """
        with told("looking at the port"):
            port = dict(self._tenant.get(f"/ports/{port_id}").json()["port"])
        if port.get("device_id"):
            raise LabError(f"port {port_id} is in use by {port['device_id']}")
        return port

    def bind(self, port_id: str, instance_id: str, host: str) -> Port:
        """Bind the port to the instance's host.

        :raises LabError: no driver of the region's Neutron could.
        """
        body = {
            "device_id": instance_id,
            "device_owner": f"compute:{AVAILABILITY_ZONE}",
            "binding:host_id": host,
            "binding:profile": {},
        }
        with told("binding the port"):
            port = dict(self._service.put(f"/ports/{port_id}", json={"port": body}).json()["port"])
        if port["binding:vif_type"] in ("binding_failed", "unbound"):
            raise LabError(f"port {port_id} could not be bound to {host}: {port['binding:vif_type']}")
        return port

    def describe(self, port: Port, instance_id: str) -> list[dict[str, Any]]:
        """What Nova keeps about the instance's network for its own answers; the subnets of the port."""
        with told("reading what the port is connected to"):
            mine = {"tenant_id": self._project, "device_id": instance_id}
            self._service.get("/ports", params=mine)
            self._service.get("/networks", params={"id": port["network_id"]})
            for fixed in port["fixed_ips"]:
                floating = {"fixed_ip_address": fixed["ip_address"], "port_id": port["id"]}
                self._service.get("/floatingips", params=floating)
            ids = [fixed["subnet_id"] for fixed in port["fixed_ips"]]
            subnets = self._service.get("/subnets", params={"id": ids}).json()["subnets"] if ids else []
            servers = {"network_id": port["network_id"], "device_owner": "network:dhcp"}
            self._service.get("/ports", params=servers)
        return list(subnets)

    def status(self, port_id: str) -> str:
        with told("reading the port's status"):
            return str(self._service.get(f"/ports/{port_id}", params={"fields": "status"}).json()["port"]["status"])

    def delete_port(self, port_id: str) -> None:
        """Delete a port that was made for the instance; one that is gone is as good."""
        with told("deleting the port"):
            try:
                self._service.delete(f"/ports/{port_id}")
            except NotFound:
                return

    def unbind(self, port_id: str) -> None:
        """Give a port back to the user who made it."""
        body: dict[str, Any] = {"device_id": "", "device_owner": "", "binding:host_id": None, "binding:profile": {}}
        with told("unbinding the port"):
            try:
                self._service.put(f"/ports/{port_id}", json={"port": body})
            except NotFound:
                return


def _is_id(name: str) -> bool:
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn a failed request into an error that says what was being done and what the server said."""
    try:
        yield
    except ClientException as error:
        raise LabError(f"{doing}: {_words(error)}") from error


def _words(error: ClientException) -> str:
    """What the server said; keystoneauth does not know the shape of Neutron's errors."""
    try:
        said = error.response.json()["NeutronError"]["message"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return str(error)
    return f"{said} (HTTP {error.http_status}, {error.request_id})"
