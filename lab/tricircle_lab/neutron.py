"""Neutron: central's server, and the server and agents of each region."""

from __future__ import annotations

from datetime import UTC, datetime

import psutil
from keystoneauth1.exceptions import ClientException

from tricircle_lab import memcached, openvswitch, probes, wsgi
from tricircle_lab.clients import Clients
from tricircle_lab.commands import script
from tricircle_lab.configuration import OVERRIDES
from tricircle_lab.hosts import service_name as host_service
from tricircle_lab.keystone import CATALOGUE
from tricircle_lab.keystone import SERVICE as KEYSTONE
from tricircle_lab.layout import Layout, Region
from tricircle_lab.mariadb import DATABASES
from tricircle_lab.rabbitmq import VHOSTS
from tricircle_lab.units import Service, Unit

# What one more API may add to the time until the last is ready, on one busy core.
_START_SECONDS = 10
_OVS_AGENT = "neutron-openvswitch-agent"
# Each agent with its configuration file.
_AGENTS = {
    _OVS_AGENT: "openvswitch_agent.ini",
    "neutron-dhcp-agent": "dhcp_agent.ini",
    "neutron-l3-agent": "l3_agent.ini",
}


def api_service(region: Region) -> str:
    return f"neutron-api@{region.name}"


def agent_service(region: Region, binary: str) -> str:
    return f"{binary}@{region.name}"


def server_units(layout: Layout, region: Region) -> list[Unit]:
    """The server's processes: API and periodic workers, and for a region with agents the RPC server.

    A hollow region has the API alone.
    """
    files = ["neutron.conf", OVERRIDES] if region.is_central else ["neutron.conf", "ml2_conf.ini", OVERRIDES]
    options = tuple(f"--config-file={region.etc}/{name}" for name in files)
    api = Service(
        name=api_service(region),
        command=wsgi.uwsgi("neutron.wsgi.api:application", region.neutron_port, threads=8),
        environment={"OS_NEUTRON_CONFIG_DIR": str(region.etc), "OS_NEUTRON_CONFIG_FILES": ";".join(files)},
        probe=probes.http_answers(region.neutron_port),
        after=(DATABASES, VHOSTS, memcached.service_name(region)),
        port=region.neutron_port,
        # They start all at once, on whatever cores there are.
        timeout=180 + _START_SECONDS * layout.hollow_count,
    )
    workers = ["neutron-periodic-workers"] if region.is_central else ["neutron-rpc-server", "neutron-periodic-workers"]
    if region.is_hollow:
        workers = []
    return [
        api,
        *(
            Service(
                name=f"{binary}@{region.name}",
                command=(script(binary), *options),
                probe=probes.has_connected_worker(layout.broker.amqp)
                if binary == "neutron-rpc-server"
                else probes.has_worker,
                after=(DATABASES, VHOSTS),
            )
            for binary in workers
        ),
    ]


def agent_units(clients: Clients, region: Region) -> list[Unit]:
    """The agents of the region's host."""
    host = host_service(region)
    needed = (f"relay@{region.name}", f"neutron-rpc-server@{region.name}", openvswitch.bridges_task(region))
    # Whom the probe asks.
    asked = (KEYSTONE, CATALOGUE, api_service(region))
    switch = openvswitch.switch_service(region)
    return [
        Service(
            name=agent_service(region, binary),
            command=(script(binary), f"--config-file={region.etc}/neutron.conf", f"--config-file={region.etc}/{file}"),
            probe=_Reports(clients, region, binary),
            after=(*needed, *asked),
            # A new switch makes the agents' devices anew, outside of the namespaces where they were. And the agent of
            # Open vSwitch itself may forget the inbound flows of its tunnels: see docs/operations.md.
            restarts_with=(host, switch),
            region=region,
        )
        for binary, file in _AGENTS.items()
    ]


class _Reports:
    """Ready when the agent has reported to its server since it was started."""

    def __init__(self, clients: Clients, region: Region, binary: str) -> None:
        self._clients = clients
        self._region = region
        self._query = {"binary": binary, "host": region.host}

    def __call__(self, process: psutil.Process) -> str | None:
        try:
            network = self._clients.network(self._region)
            agents = network.get("/agents", params=self._query).json()["agents"]
            # The server writes down a start with whole seconds.
            started = int(process.create_time())
        except ClientException as error:
            return f"its server does not say: {error}"
        except psutil.NoSuchProcess:
            return "has ended"
        if not agents or _seconds(agents[0]["started_at"]) < started:
            return "has not reported yet"
        return None if agents[0]["alive"] else f"has not reported since {agents[0]['heartbeat_timestamp']} UTC"


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).replace(tzinfo=UTC).timestamp()
