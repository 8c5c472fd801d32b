"""What deleted things have left: in the regions' Neutrons, and in the switches and namespaces of their hosts."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from tests.lab import waiting
from tricircle_lab.instances import Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region

PATIENCE = 60
_ADDRESS_HALF = ",1/2)"
# By the same ids as at central.
_COPIED = ("networks", "subnets", "ports", "floatingips")
_BRIDGES = ("br-int", "br-tun", "br-vlan")


def flows(lab: Lab, region: Region, bridges: Sequence[str] = _BRIDGES) -> list[str]:
    """The flows of the region's bridges that agents have put there.

    What a bridge has learned from traffic (it expires by itself) does not count.
    """
    return [
        line
        for bridge in bridges
        for line in lab.hosts.run(region, "ovs-ofctl", "dump-flows", bridge).splitlines()
        if "hard_timeout" not in line
    ]


def naming(found: Collection[str], words: Collection[str]) -> list[str]:
    """Those flows that name one of the words; not parts of words: 10.0.2.1 is none of 10.0.2.11."""
    pattern = re.compile("|".join(rf"(?<![\w:.]){re.escape(word)}(?![\w:.])" for word in words))
    return [flow for flow in found if pattern.search(flow)]


def tunnels(lab: Lab, region: Region) -> set[str]:
    """The VTEPs to which the region's host has a tunnel."""
    said = lab.hosts.run(region, "ovs-vsctl", "--columns=options", "find", "Interface", "type=vxlan")
    return set(re.findall(r'remote_ip="([^"]+)"', said))


def of_network(lab: Lab, region: Region, network: dict[str, Any], instances: Collection[Instance]) -> list[str]:
    """Whatever the region still has of a network and of the instances that were on it."""
    client = lab.clients.network(region)
    left = [
        f"network {found['id']}" for found in client.get("/networks", params={"id": network["id"]}).json()["networks"]
    ]
    for collection in ("subnets", "ports"):
        listed = client.get(f"/{collection}", params={"network_id": network["id"]}).json()[collection]
        left += [f"{collection} {found['id']}" for found in listed]
    namespaces = lab.hosts.run(region, "ip", "netns", "list")
    left += [line for line in namespaces.splitlines() if network["id"] in line]
    left += [
        line
        for line in lab.hosts.run(region, "ovs-vsctl", "list-ports", "br-int").splitlines()
        if _is_of(line, instances)
    ]
    words = [word for instance in instances for word in (instance.mac, *instance.addresses)] + segment(network)
    # Neutron's own firewall driver keeps the address half of a conjunction when the last port of a group goes, of its
    # own region's members as of others; without a port's other half it matches nothing.
    return left + [flow for flow in naming(flows(lab, region), words) if _ADDRESS_HALF not in flow]


def orphans(lab: Lab) -> dict[str, list[str]]:
    """By region, what is there and at central no more: in its Neutron, and routers in its host."""
    central = {collection: _ids(lab, lab.layout.central, collection) for collection in (*_COPIED, "routers")}
    return {region.name: left for region in lab.layout.regions if (left := _orphans(lab, region, central))}


def _orphans(lab: Lab, region: Region, central: dict[str, set[str]]) -> list[str]:
    left = [f"{name} {found}" for name in _COPIED for found in _ids(lab, region, name) - central[name]]
    routers = lab.clients.network(region).get("/routers").json()["routers"]
    left += [f"routers {found['id']}" for found in routers if found["name"] not in central["routers"]]
    namespaces = re.findall(r"qrouter-(\S+)", lab.hosts.run(region, "ip", "netns", "list"))
    return left + [f"namespace of router {name}" for name in set(namespaces) - {found["id"] for found in routers}]


def _ids(lab: Lab, region: Region, collection: str) -> set[str]:
    return {found["id"] for found in lab.clients.network(region).get(f"/{collection}").json()[collection]}


def _is_of(port: str, instances: Collection[Instance]) -> bool:
    return any(port == f"tap{instance.port_id[:11]}" for instance in instances)


def segment(network: dict[str, Any]) -> list[str]:
    """How flows name the network's segment; a flat network has none."""
    number = network.get("provider:segmentation_id")
    if not number:
        return []
    if network["provider:network_type"] == "vxlan":
        return [f"tun_id={number:#x}", f"set_field:{number:#x}->tun_id", f"load:{number:#x}->NXM_NX_TUN_ID[]"]
    return [f"dl_vlan={number}", f"mod_vlan_vid:{number}"]


def delete(lab: Lab, path: str) -> None:
    """Delete something at central, as soon as central has heard that no instance uses it any more."""
    client = lab.clients.network(lab.layout.central, "admin", "demo")

    def refused() -> str:
        answer = client.delete(path, raise_exc=False)
        assert answer.status_code in (204, 404, 409), answer.text
        return answer.text if answer.status_code == 409 else ""

    waiting.until(refused, "", PATIENCE)


def wait_gone(
    lab: Lab,
    regions: Sequence[Region],
    network: dict[str, Any],
    instances: Collection[Instance],
    patience: float = PATIENCE,
) -> None:
    """Return when nothing is left of the network in any of the regions; fail when that takes too long."""
    waiting.until(
        lambda: {region.name: left for region in regions if (left := of_network(lab, region, network, instances))},
        {},
        patience,
    )
