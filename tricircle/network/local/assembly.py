"""A region's object graph: everything that its two plugins work with, and who gets whom.

Neutron makes the core plugin first, which makes this; then the L3 plugin, which takes its components of it. A region
that is not to be joined to central has remote endpoints alone, and else nothing of this.
"""

import dataclasses
from typing import Any

from neutron_lib import context as n_context
from oslo_config import cfg

from tricircle.network.local import audit
from tricircle.network.local.backends.base import Backend
from tricircle.network.local.central_client import Central
from tricircle.network.local.copies import Copies
from tricircle.network.local.endpoints import Endpoints
from tricircle.network.local.follow import Follower
from tricircle.network.local.leftovers import Leftovers
from tricircle.network.local.observed import Observer
from tricircle.network.local.ports import RegionalPorts
from tricircle.network.local.quotas import QuotaMemory
from tricircle.network.local.real_core import RealCore
from tricircle.network.local.releases import Releases
from tricircle.network.local.reports import Reporter
from tricircle.network.local.routers import RouterCopies
from tricircle.network.periodic import Periodic

# Seconds between two looks for reports that no thread has sent, and between two repetitions of the remote endpoints or
# looks for what is there in spite of its tombstone.
SWEEP_INTERVAL = 10
RESEND_INTERVAL = 60


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CoreComponents:
    """What the core plugin works with."""

    central: Central
    real: RealCore
    backend: Backend
    endpoints: Endpoints
    reporter: Reporter
    quota_memory: QuotaMemory
    copies: Copies
    ports: RegionalPorts
    follower: Follower
    releases: Releases
    leftovers: Leftovers
    observer: Observer

    def workers(self) -> list[Periodic]:
        """What is done now and then, in one process of each server."""

        def resend() -> None:
            self.endpoints.resend(n_context.get_admin_context())

        def remove_stale() -> None:
            self.follower.remove_stale(n_context.get_admin_context())
            self.leftovers.sweep(n_context.get_admin_context())

        def run_audit() -> None:
            # It looks whether it is time: by the database's clock, for all servers of the region together.
            audit.run(n_context.get_admin_context(), self.central, self.reporter)

        return [
            Periodic(name, act, interval)
            for name, act, interval in (
                ("reports", self.reporter.sweep, SWEEP_INTERVAL),
                ("remote endpoints", resend, RESEND_INTERVAL),
                ("tombstones", remove_stale, RESEND_INTERVAL),
                ("audit", run_audit, RESEND_INTERVAL),
            )
            if not (name == "remote endpoints" and self.backend.capabilities.repeats)
        ]


def assemble(
    core: Any, central: Central, endpoints: Endpoints, backend: Backend, conf: cfg.ConfigOpts
) -> CoreComponents:
    """The components of ``core``, the region's core plugin. Nothing is sent or read yet."""
    real, quota_memory = RealCore(core), QuotaMemory()
    reporter = Reporter(core, central, backend, l2gw_tunnel_ip(conf))
    copies = Copies(core, real, central, endpoints, quota_memory)
    ports = RegionalPorts(core, central, copies, reporter)
    follower = Follower(core, real, copies, ports)
    return CoreComponents(
        central=central,
        real=real,
        backend=backend,
        endpoints=endpoints,
        reporter=reporter,
        quota_memory=quota_memory,
        copies=copies,
        ports=ports,
        follower=follower,
        releases=Releases(core, real, copies),
        leftovers=Leftovers(core),
        observer=Observer(core, follower.mtu_limit),
    )


def assemble_routers(core: Any, l3_plugin: Any, components: CoreComponents) -> RouterCopies:
    """What ``l3_plugin`` works with, beside those of the core plugin ``core``."""
    return RouterCopies(core, l3_plugin, components.copies, components.real, components.backend)


def l2gw_tunnel_ip(conf: cfg.ConfigOpts) -> str | None:
    """The VTEP behind which all ports of this region sit, where it joins networks by a gateway."""
    return conf.tricircle.l2gw_tunnel_ip if conf.client.cross_pod_vxlan_mode == "l2gw" else None
