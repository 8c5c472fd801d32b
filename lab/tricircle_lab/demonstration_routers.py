"""The part of the manual's walk that is about layer 3: a router over both regions, a way out, floating IPs."""

from __future__ import annotations

from typing import Any

from tricircle_lab import traffic
from tricircle_lab.instances import Instance
from tricircle_lab.layout import CENTRAL, OUTSIDE, Region
from tricircle_lab.manual import Manual

# How long routers may take, on a machine that has much else to do.
PATIENCE = 120


class RouterWalk(Manual):
    """Steps 9 to 14; with two regions only. The network outside is `extern`, on which `OUTSIDE` is a host."""

    @property
    def _alone(self) -> list[Instance]:
        """The instances on the networks that live in one region each; none with one region."""
        return [self._lab.instances.get(f"vm{i}") for i in (1, 2)] if len(self._regions) == 2 else []

    @property
    def _gateways_region(self) -> Region:
        return self._regions[-1]

    def external_network(self) -> None:
        """Step 9: the external network, which lives in one region."""
        hint = f"--availability-zone-hint {self._gateways_region.name}"
        kind = "--external --provider-network-type flat --provider-physical-network extern"
        if not self._central("networks", name="ext-net"):
            self._openstack(f"--os-region-name {CENTRAL} network create {kind} {hint} ext-net")
        if not self._central("subnets", name="ext-subnet"):
            pool = "start=203.0.113.10,end=203.0.113.200"
            self._openstack(
                f"--os-region-name {CENTRAL} subnet create --network ext-net --no-dhcp --subnet-range {OUTSIDE.network}"
                f" --gateway {OUTSIDE.ip} --allocation-pool {pool} ext-subnet"
            )
        self.built.append(("ext-net", f"{OUTSIDE.network}, {self._gateways_region.name}"))

    def router(self) -> None:
        """Step 10: a router, and the subnets attached to it."""
        if not self._central("routers", name="router"):
            self._openstack(f"--os-region-name {CENTRAL} router create router")
        router = self._central("routers", name="router")[0]
        attached = self._central("ports", device_id=router["id"], device_owner="network:router_interface")
        there = {fixed["subnet_id"] for port in attached for fixed in port["fixed_ips"]}
        names = [f"subnet{i}" for i, _ in enumerate(self._regions, 1)]
        for name in names:
            if self._central("subnets", name=name)[0]["id"] not in there:
                self._openstack(f"--os-region-name {CENTRAL} router add subnet router {name}")
        self.built.append(("router", ", ".join(names)))

    def gateway(self) -> None:
        """Step 11: the router's way out, for instances of both regions."""
        if not self._central("routers", name="router")[0]["external_gateway_info"]:
            self._openstack(f"--os-region-name {CENTRAL} router set --external-gateway ext-net router")
        for instance in self._alone:
            self._show(f"tricircle-lab ping {instance.name} {OUTSIDE.ip}")
            times = traffic.ping(self._lab.instances.guest(instance), str(OUTSIDE.ip), patience=PATIENCE)
            self.passed.append((f"ping {instance.name} ({instance.region}) → a host outside", times))

    def east_west(self) -> None:
        """Step 12: instances of different networks in different regions reach each other."""
        ends = self._alone
        for source, target in (ends, ends[::-1]) if ends else ():
            self._show(f"tricircle-lab ping {source.name} {target.name}")
            times = traffic.ping(self._lab.instances.guest(source), target.addresses[0], patience=PATIENCE)
            self.passed.append((f"ping {source.name} → {target.name} (over the router)", times))

    def floating_ips(self) -> None:
        """Steps 13 and 14: floating IPs for an instance in each region, and a web page fetched from outside."""
        for instance in self._alone:
            address = self._floating_ip(instance)
            self._show(f"curl http://{address}:8000/  # on a host outside")
            traffic.fetch_from_outside(self._lab.layout, self._lab.instances.guest(instance), address, PATIENCE)
            self.built.append((f"floating IP of {instance.name}", address))
            self.passed.append((f"curl {address} from outside", f"{instance.name} ({instance.region}) answers"))

    def _floating_ip(self, instance: Instance) -> str:
        known = self._central("floatingips", port_id=instance.port_id)
        if not known:
            free = self._free_floating_ips()
            if not free:
                self._openstack(f"--os-region-name {CENTRAL} floating ip create ext-net")
                free = self._free_floating_ips()
            address = free[0]["floating_ip_address"]
            self._openstack(f"--os-region-name {CENTRAL} floating ip set --port {instance.port_id} {address}")
            known = free
        return str(known[0]["floating_ip_address"])

    def _free_floating_ips(self) -> list[dict[str, Any]]:
        network_id = self._central("networks", name="ext-net")[0]["id"]
        found = self._central("floatingips", floating_network_id=network_id)
        return [floating for floating in found if not floating["port_id"]]
