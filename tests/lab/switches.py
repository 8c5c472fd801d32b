"""What the regions' switches know of one another: shown with a failure, since the next command may mend it."""

from __future__ import annotations

from tricircle_lab.errors import LabError
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region


def describe(lab: Lab) -> str:
    """For each region: its VTEP's address, the routes and neighbours of its tunnels, their flows, and its ports."""
    return "\n".join(f"== {region.name}\n{_describe(lab, region)}" for region in lab.layout.regions)


def _describe(lab: Lab, region: Region) -> str:
    control = f"--target={region.run}/openvswitch/ovs-vswitchd.ctl"
    commands = (
        ("ip", "-brief", "address", "show", "dev", "br-phy"),
        ("ovs-appctl", control, "ovs/route/show"),
        ("ovs-appctl", control, "tnl/neigh/show"),
        ("ovs-ofctl", "--no-stats", "dump-flows", "br-tun"),
        ("ovs-vsctl", "--columns=name,tag", "list", "port"),
        ("ip", "netns", "list"),
    )
    return "\n".join(f"$ {' '.join(words)}\n{_run(lab, region, words)}" for words in commands)


def _run(lab: Lab, region: Region, words: tuple[str, ...]) -> str:
    try:
        return lab.hosts.run(region, *words, timeout=10)
    except LabError as error:
        return f"{error}\n"
