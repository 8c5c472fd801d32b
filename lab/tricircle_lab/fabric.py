"""The wires between the hosts: network namespaces, and bridges that stand for the switches.

One namespace holds three bridges: `underlay` (between the hosts' VTEPs), `trunk` (the physical network `bridge`;
tagged frames pass a plain bridge unchanged) and `outside` (the physical network `extern`). Each region has one
namespace as its host, with a link to each (eth0, eth1, eth2). A last one, with links to `trunk` and `outside`, is a
host on external networks that does not belong to the cloud.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from pyroute2 import NetNS, netns

from tricircle_lab import commands
from tricircle_lab.layout import OUTSIDE, OUTSIDE_TOO, UNDERLAY_MTU, Layout

BRIDGES = {"eth0": "underlay", "eth1": "trunk", "eth2": "outside"}
_OUTSIDE = {"eth1": OUTSIDE_TOO, "eth2": OUTSIDE}
_NETNS_DIR = Path("/run/netns")
# Frames that pass a bridge are no business of a firewall in the same namespace.
_BRIDGE_FILTERS = ("arptables", "ip6tables", "iptables")


def namespaces(layout: Layout) -> list[str]:
    return [layout.fabric_namespace, layout.outside_namespace, *(region.namespace for region in layout.regions)]


def build(layout: Layout) -> set[str]:
    """Make what is missing; return the names of the namespaces that were made."""
    existing = set(netns.listnetns())
    made = {name for name in namespaces(layout) if name not in existing}
    for name in made:
        netns.create(name)
    with NetNS(layout.fabric_namespace) as links:
        present = {link.get("ifname") for link in links.get_links()}
    if not present.issuperset(BRIDGES.values()):
        _make_switches(layout.fabric_namespace, [name for name in BRIDGES.values() if name not in present])
    hosts = [(region.namespace, f"r{region.index}", tuple(BRIDGES)) for region in layout.regions]
    for host, short, devices in [*hosts, (layout.outside_namespace, "out", tuple(_OUTSIDE))]:
        missing = [device for device in devices if f"{short}-{device}" not in present]
        if missing:
            _connect(layout.fabric_namespace, host, short, missing)
    with NetNS(layout.outside_namespace) as links:
        for device, interface in _OUTSIDE.items():
            address = {"address": str(interface.ip), "prefixlen": interface.network.prefixlen}
            links.addr("replace", index=_index(links, device), **address)
    return made


def remove(prefix: str) -> None:
    """Remove every namespace of the lab with that name prefix; links and bridges go with them."""
    for name in netns.listnetns():
        if name.startswith(f"{prefix}-"):
            with contextlib.suppress(FileNotFoundError):
                netns.remove(name)


def namespace_paths(prefix: str) -> list[Path]:
    return list(_NETNS_DIR.glob(f"{prefix}-*"))


def in_namespace(name: str, command: Sequence[str]) -> list[str]:
    return ["nsenter", f"--net={_NETNS_DIR / name}", "--", *command]


def _make_switches(fabric: str, bridges: Sequence[str]) -> None:
    with NetNS(fabric) as links:
        for bridge in bridges:
            links.link("add", ifname=bridge, kind="bridge")
            links.link("set", index=_index(links, bridge), mtu=UNDERLAY_MTU, state="up")
    settings = [f"net.bridge.bridge-nf-call-{family}=0" for family in _BRIDGE_FILTERS]
    # Without the kernel's bridge filter there is nothing to switch off.
    commands.run(in_namespace(fabric, ["sysctl", "--quiet", "--ignore", "--write", *settings]))


def _connect(fabric: str, host: str, short: str, devices: Sequence[str]) -> None:
    with NetNS(fabric) as links:
        for device in devices:
            end = f"{short}-{device}"
            links.link("add", ifname=end, kind="veth", peer={"ifname": device, "net_ns_fd": host})
            bridge = _index(links, BRIDGES[device])
            links.link("set", index=_index(links, end), master=bridge, mtu=UNDERLAY_MTU, state="up")
    with NetNS(host) as links:
        links.link("set", index=_index(links, "lo"), state="up")
        for device in devices:
            links.link("set", index=_index(links, device), mtu=UNDERLAY_MTU, state="up")
    for device in devices:
        # Open vSwitch's userspace datapath takes frames as they are: a checksum left to the hardware stays wrong.
        commands.run(in_namespace(host, ["ethtool", "-K", device, "tx", "off"]))


def _index(links: NetNS, name: str) -> int:
    return int(links.link_lookup(ifname=name)[0])
