"""A region's host: a network namespace, and a mount namespace that a process of its own keeps."""

from __future__ import annotations

from importlib import resources

from tricircle_lab import commands, fabric, probes
from tricircle_lab.errors import LabError
from tricircle_lab.layout import Region
from tricircle_lab.processes import ProcessTable
from tricircle_lab.units import Service


def service_name(region: Region) -> str:
    return f"host@{region.name}"


def service(region: Region) -> Service:
    """The process that keeps the host's namespaces."""
    ready = region.run / "host.ready"
    script = resources.files("tricircle_lab") / "scripts" / "host.sh"
    unshare = ["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", str(script), str(ready)]

    def prepare() -> None:
        ready.unlink(missing_ok=True)

    return Service(
        name=service_name(region),
        command=tuple(fabric.in_namespace(region.namespace, unshare)),
        probe=probes.exists(ready),
        prepare=prepare,
        timeout=30,
    )


class Hosts:
    """The way into the regions' hosts."""

    def __init__(self, processes: ProcessTable) -> None:
        self._processes = processes

    def enter(self, region: Region) -> list[str]:
        """The command prefix that leads into a region's host.

        :raises LabError: the host is not there.
        """
        holder = self._processes.main(service_name(region))
        if holder is None:
            raise LabError(f"the host of {region.name} is not running; `tricircle-lab up` starts it")
        return ["nsenter", "--target", str(holder.pid), "--mount", "--net", "--"]

    def run(self, region: Region, *command: str, timeout: float = 60) -> str:
        """Run a program on a region's host to its end; see :func:`commands.run`."""
        return commands.run([*self.enter(region), *command], timeout=timeout)
