"""The lab's own RabbitMQ: the broker, the port mapper it needs, and each host's way to it."""

from __future__ import annotations

import psutil

from tricircle_lab import commands, probes
from tricircle_lab.errors import LabError
from tricircle_lab.hosts import Hosts
from tricircle_lab.hosts import service_name as host_service
from tricircle_lab.layout import LOOPBACK, Layout, Region
from tricircle_lab.units import Service, Task, Unit

SERVICE = "rabbitmq"
VHOSTS = "virtual-hosts"
_LIBRARY = "/usr/lib/rabbitmq/bin"


def units(layout: Layout) -> list[Unit]:
    # Erlang starts its port mapper by itself as a daemon that outlives it: better a service of ours.
    epmd = Service(
        name="epmd",
        command=("epmd", "-port", str(layout.broker.epmd), "-address", LOOPBACK),
        probe=probes.listens(layout.broker.epmd),
        port=layout.broker.epmd,
        timeout=30,
    )
    broker = Service(
        name=SERVICE,
        command=("/bin/sh", "-c", f"ulimit -n $(ulimit -Hn); exec {_LIBRARY}/rabbitmq-server"),
        environment=_environment(layout),
        probe=probes.listens(layout.broker.amqp),
        prepare=lambda: (layout.state_dir / "rabbitmq" / "home").mkdir(parents=True, exist_ok=True),
        after=(epmd.name,),
        port=layout.broker.amqp,
        timeout=90,
    )
    return [epmd, broker, Task(VHOSTS, lambda: _add_vhosts(layout), after=(SERVICE,))]


def relay(layout: Layout, hosts: Hosts, region: Region) -> Service:
    """The broker's address inside a region's host: one relay that listens there and connects here."""

    def probe(_process: psutil.Process) -> str | None:
        try:
            hosts.run(region, "bash", "-c", f"exec 3<>/dev/tcp/{LOOPBACK}/{layout.broker.amqp}", timeout=5)
        except LabError as error:
            return str(error)
        return None

    return Service(
        name=f"relay@{region.name}",
        command=("haproxy", "-db", "-f", f"{region.etc}/haproxy.cfg"),
        probe=probe,
        after=(SERVICE, host_service(region)),
        socket=f"{LOOPBACK}:{layout.broker.amqp} in {region.namespace}",
        timeout=30,
    )


def _environment(layout: Layout) -> dict[str, str]:
    folder = layout.state_dir / "rabbitmq"
    etc = layout.etc / "rabbitmq"
    quiet = "+sbwt none +sbwtdcpu none +sbwtdio none -start_epmd false"
    return {
        "HOME": str(folder / "home"),
        "RABBITMQ_NODENAME": f"{layout.prefix}@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(etc / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(etc / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(etc / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_PID_FILE": str(layout.run / "rabbitmq.pid"),
        "RABBITMQ_DIST_PORT": str(layout.broker.distribution),
        "RABBITMQ_IO_THREAD_POOL_SIZE": "16",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{quiet} -kernel inet_dist_use_interface {{127,0,0,1}}",
        "ERL_EPMD_PORT": str(layout.broker.epmd),
        "ERL_EPMD_ADDRESS": LOOPBACK,
    }


def _add_vhosts(layout: Layout) -> None:
    """Give a broker that was started with fewer regions the virtual hosts that it lacks."""
    definitions = layout.etc / "rabbitmq" / "definitions.json"
    known = layout.run / "rabbitmq.vhosts"
    text = definitions.read_text()
    if known.exists() and known.read_text() != text:
        command = [f"{_LIBRARY}/rabbitmqctl", "import_definitions", str(definitions)]
        commands.run(command, env=_environment(layout))
    known.write_text(text)
