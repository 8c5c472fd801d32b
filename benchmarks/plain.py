"""A region's Neutron once more, with plain ML2 instead of ours: same release, configuration, machine and MariaDB."""

from collections.abc import Iterator
from contextlib import contextmanager

import pymysql
from keystoneauth1.adapter import Adapter

from benchmarks.cloud import Cloud, wait_until
from tests.functional.ports import free_port
from tricircle_lab import mariadb, probes, schemas, wsgi
from tricircle_lab.commands import script
from tricircle_lab.layout import LOOPBACK, Region

NAME = "neutron-plain"
_DATABASE = "neutron_plain"
_OVERRIDES = """\
[DEFAULT]
core_plugin = ml2
service_plugins = router
transport_url = {transport_url}
[database]
connection = {connection}
[quotas]
quota_network = -1
quota_subnet = -1
quota_security_group = -1
"""


class Plain:
    """The server; `adapter` makes clients of it."""

    def __init__(self, cloud: Cloud, port: int) -> None:
        self._cloud = cloud
        self._url = f"http://{LOOPBACK}:{port}/v2.0"

    def adapter(self, user: str, project: str) -> Adapter:
        """A client of that account."""
        return Adapter(self._cloud.lab.clients.session(user, project), endpoint_override=self._url)


@contextmanager
def running(cloud: Cloud, region: Region) -> Iterator[Plain]:
    """Start it beside `region`'s own, with a database of its own that knows the same agents; end it after the block."""
    layout = cloud.lab.layout
    overrides = layout.state_dir / "plain.conf"
    # Central's virtual host has no agents: those of the region must not hear of ports that are not theirs.
    transport_url = layout.transport_url(layout.central.vhost)
    overrides.write_text(_OVERRIDES.format(transport_url=transport_url, connection=layout.database_url(_DATABASE)))
    files = tuple(f"--config-file={path}" for path in (region.etc / "neutron.conf", overrides))
    upgrade = (script("neutron-db-manage"), *files, "upgrade", "heads")
    mariadb.Databases(layout, print).ensure([schemas.Database(_DATABASE, schemas.NEUTRON, (upgrade,))])
    _know_agents(layout.mysql_socket, region.database)
    port = free_port()
    environment = {
        "OS_NEUTRON_CONFIG_DIR": str(region.etc),
        "OS_NEUTRON_CONFIG_FILES": f"neutron.conf;ml2_conf.ini;{overrides}",
    }
    command = wsgi.uwsgi("neutron.wsgi.api:application", port, threads=8)
    process = cloud.lab.processes.start(NAME, command, environment, layout.log / f"{NAME}.log")
    try:
        probe = probes.http_answers(port)
        wait_until(lambda: probe(process) is None, f"{NAME} answers")
        yield Plain(cloud, port)
    finally:
        cloud.lab.processes.stop(NAME)


def _know_agents(socket: object, of: str) -> None:
    """Copy the agents of a region's database, alive for as long as the benchmark may take."""
    with (
        pymysql.connect(unix_socket=str(socket), user="root", autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {_DATABASE}.agents")  # noqa: S608 - names of our own
        cursor.execute(f"INSERT INTO {_DATABASE}.agents SELECT * FROM {of}.agents")  # noqa: S608
        cursor.execute(f"UPDATE {_DATABASE}.agents SET heartbeat_timestamp = NOW() + INTERVAL 1 DAY")  # noqa: S608
