"""Keystone: its server, and the accounts and catalogue of the cloud."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keystoneauth1.adapter import Adapter

from tricircle_lab import probes, wsgi
from tricircle_lab.clients import Clients
from tricircle_lab.layout import CENTRAL, PASSWORD, Layout
from tricircle_lab.mariadb import DATABASES
from tricircle_lab.units import Service, Task, Unit

SERVICE = "keystone"
CATALOGUE = "catalogue"
# user: (project, roles) …
Accounts = dict[str, tuple[tuple[str, tuple[str, ...]], ...]]
_SERVICE = (("service", ("admin", "service")),)


def accounts(layout: Layout) -> Accounts:
    """Every user; Tricircle has one for itself and one for each region."""
    return {
        "admin": (("admin", ("admin",)), ("demo", ("admin",))),
        "demo": (("demo", ("member",)),),
        "neutron": _SERVICE,
        "nova": _SERVICE,
        **{region.account: _SERVICE for region in layout.all_regions},
    }


def units(layout: Layout, clients: Clients) -> list[Unit]:
    server = Service(
        name=SERVICE,
        command=wsgi.uwsgi("keystone.wsgi.api:application", layout.keystone_port, threads=4),
        environment={"OS_KEYSTONE_CONFIG_FILES": str(layout.etc / "keystone" / "keystone.conf")},
        probe=probes.http_answers(layout.keystone_port, "/v3"),
        after=(DATABASES,),
        port=layout.keystone_port,
    )
    return [server, Task(CATALOGUE, lambda: seed(layout, clients), after=(SERVICE,))]


def seed(layout: Layout, clients: Clients) -> None:
    """Make what is missing of projects, users, roles, regions, services and endpoints."""
    seeder = _Seeder(clients.identity())
    seeder.accounts(accounts(layout))
    # In each region, so that `openstack --os-region-name R` finds it whichever region that is.
    seeder.endpoints(
        "identity", "keystone", {region.name: f"{layout.keystone_url}/v3" for region in layout.all_regions}
    )
    seeder.endpoints("network", "neutron", {region.name: region.neutron_url for region in layout.all_regions})
    seeder.endpoints("tricircle", "tricircle", {CENTRAL: layout.tricircle_url})


class _Seeder:
    """Makes what is not there, by the names of things."""

    def __init__(self, identity: Adapter) -> None:
        self._identity = identity
        self._regions = {region["id"] for region in self._list("regions")}
        self._endpoints = self._list("endpoints")

    def accounts(self, wanted_accounts: Accounts) -> None:
        domain = {"domain_id": "default"}
        projects = {name for grants in wanted_accounts.values() for name, _roles in grants}
        project_ids = self._ensure("projects", projects, domain)
        roles = {role for grants in wanted_accounts.values() for _project, names in grants for role in names}
        role_ids = self._ensure("roles", roles, {})
        user_ids = self._ensure("users", wanted_accounts, {**domain, "password": PASSWORD})
        granted = {
            (grant["scope"]["project"]["id"], grant["user"]["id"], grant["role"]["id"])
            for grant in self._list("role_assignments")
            if "project" in grant["scope"] and "user" in grant
        }
        wanted = {
            (project_ids[project], user_ids[user], role_ids[role])
            for user, grants in wanted_accounts.items()
            for project, names in grants
            for role in names
        }
        for project, user, role in wanted - granted:
            self._identity.put(f"/projects/{project}/users/{user}/roles/{role}")

    def endpoints(self, type: str, name: str, urls: dict[str, str]) -> None:
        services = {service["type"]: service["id"] for service in self._list("services")}
        service = services.get(type) or self._create("services", {"type": type, "name": name})["id"]
        known = {
            (endpoint["region_id"], endpoint["interface"])
            for endpoint in self._endpoints
            if endpoint["service_id"] == service
        }
        for region, url in urls.items():
            if region not in self._regions:
                self._create("regions", {"id": region})
                self._regions.add(region)
            for interface in ("public", "internal", "admin"):
                if (region, interface) not in known:
                    endpoint = {"service_id": service, "interface": interface, "region_id": region, "url": url}
                    self._create("endpoints", endpoint)

    def _ensure(self, collection: str, names: Iterable[str], fields: dict[str, str]) -> dict[str, str]:
        ids = {item["name"]: item["id"] for item in self._list(collection)}
        for name in names:
            if name not in ids:
                ids[name] = self._create(collection, {"name": name, **fields})["id"]
        return ids

    def _list(self, collection: str) -> list[dict[str, Any]]:
        return list(self._identity.get(f"/{collection}").json()[collection])

    def _create(self, collection: str, fields: dict[str, str]) -> dict[str, Any]:
        noun = collection.removesuffix("s")
        return dict(self._identity.post(f"/{collection}", json={noun: fields}).json()[noun])
