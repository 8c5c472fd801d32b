"""Write the configuration files of all services."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from tricircle_lab.errors import LabError
from tricircle_lab.layout import OVSDB, PASSWORD, Layout, Region


@dataclass(frozen=True)
class SegmentRanges:
    """The segments that central hands out, and those out of which a region may make networks of its own."""

    vlan: str = "bridge:2001:3000,extern:3001:4000"
    vni: str = "1001:2000"
    flat: str = "bridge,extern"
    physical: str = "bridge,extern"
    own_vni: str = "50001:51000"


# Each Neutron's file for settings that are tried out: read last, and never written by the lab.
OVERRIDES = "override.conf"

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("tricircle_lab"),
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # INI files, not HTML
)
_TEMPLATES.globals.update(password=PASSWORD, ranges=SegmentRanges(), ovsdb=OVSDB)
_REGION_FILES = {
    "neutron.conf": "neutron-region.conf.j2",
    "ml2_conf.ini": "ml2_conf.ini.j2",
    "openvswitch_agent.ini": "openvswitch_agent.ini.j2",
    "dhcp_agent.ini": "dhcp_agent.ini.j2",
    "dnsmasq.conf": "dnsmasq.conf.j2",
    "l3_agent.ini": "l3_agent.ini.j2",
    "haproxy.cfg": "haproxy.cfg.j2",
}


_HOLLOW_FILES = {name: _REGION_FILES[name] for name in ("neutron.conf", "ml2_conf.ini")}


def render(template: str, **values: Any) -> str:
    return _TEMPLATES.get_template(template).render(**values)


def write(layout: Layout) -> None:
    """Write every file that the services of this lab read."""
    for folder in (layout.etc, layout.run, layout.log, layout.instances):
        folder.mkdir(parents=True, exist_ok=True)
    for name in ("my.cnf", "api.conf", "xjob.conf"):
        (layout.etc / name).write_text(render(f"{name}.j2", lab=layout))
    _write_keystone(layout)
    _write_rabbitmq(layout)
    _write_neutron(layout, layout.central, {"neutron.conf": "neutron-central.conf.j2"})
    for region in layout.regions:
        _write_neutron(layout, region, _REGION_FILES)
        for script in (region.dhcp_script, region.dhcp6_script):
            shutil.copy(str(resources.files("tricircle_lab") / "scripts" / script.name), script)
            # An installed package keeps no file's permission to be run.
            script.chmod(0o755)
    for region in layout.hollow_regions:
        _write_neutron(layout, region, _HOLLOW_FILES)


def client_environment(layout: Layout, user: str, project: str) -> dict[str, str]:
    """The variables of the openstack client for an account; the region is left to each command."""
    return {
        "OS_IDENTITY_API_VERSION": "3",
        "OS_AUTH_URL": f"{layout.keystone_url}/v3",
        "OS_USERNAME": user,
        "OS_PASSWORD": PASSWORD,
        "OS_PROJECT_NAME": project,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }


def _write_keystone(layout: Layout) -> None:
    folder = layout.etc / "keystone"
    for repository in ("fernet-keys", "credential-keys"):
        (folder / repository).mkdir(mode=0o700, parents=True, exist_ok=True)
        # Number 0 is the next key, the highest one the present key.
        for key in (folder / repository / "0", folder / repository / "1"):
            if not key.exists():
                key.touch(mode=0o600)
                key.write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
    (folder / "keystone.conf").write_text(render("keystone.conf.j2", lab=layout))


def _write_rabbitmq(layout: Layout) -> None:
    folder = layout.etc / "rabbitmq"
    folder.mkdir(exist_ok=True)
    (folder / "rabbitmq.conf").write_text(render("rabbitmq.conf.j2", lab=layout))
    vhosts = [region.vhost for region in layout.all_regions]
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    definitions = {
        "users": [{"name": "lab", "password": PASSWORD, "tags": "administrator"}],
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "permissions": [{"user": "lab", "vhost": vhost, **everything} for vhost in vhosts],
    }
    (folder / "definitions.json").write_text(json.dumps(definitions, indent=1))


def _write_neutron(layout: Layout, region: Region, files: dict[str, str]) -> None:
    for folder in (region.etc, region.run / "neutron", region.run / "lock"):
        folder.mkdir(parents=True, exist_ok=True)
    for name, template in files.items():
        (region.etc / name).write_text(render(template, lab=layout, region=region))
    (region.etc / OVERRIDES).touch()
    shutil.copy(_api_paste(), region.etc / "api-paste.ini")


def _api_paste() -> Path:
    for folder in (Path(sys.prefix) / "etc" / "neutron", Path("/etc/neutron")):
        if (folder / "api-paste.ini").exists():
            return folder / "api-paste.ini"
    raise LabError("Neutron's api-paste.ini is not where its package installs it; is neutron installed?")
