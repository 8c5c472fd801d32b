"""Tricircle's own services."""

from __future__ import annotations

from tricircle_lab import memcached, probes
from tricircle_lab.commands import script
from tricircle_lab.keystone import CATALOGUE
from tricircle_lab.layout import Layout
from tricircle_lab.mariadb import DATABASES
from tricircle_lab.rabbitmq import VHOSTS
from tricircle_lab.units import Service, Unit

API = "tricircle-api"
XJOB = "tricircle-xjob"


def units(layout: Layout) -> list[Unit]:
    api = Service(
        name=API,
        command=(script(API), f"--config-file={layout.etc}/api.conf"),
        probe=probes.http_answers(layout.tricircle_port, "/healthcheck"),
        after=(DATABASES, VHOSTS, memcached.service_name(layout.central)),
        port=layout.tricircle_port,
    )
    xjob = Service(
        name=XJOB,
        command=(script(XJOB), f"--config-file={layout.etc}/xjob.conf"),
        probe=probes.has_worker,
        after=(DATABASES, VHOSTS, CATALOGUE),
    )
    return [api, xjob]
