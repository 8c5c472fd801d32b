"""Read-through: a region's Neutron that is asked for an object by id fetches it from central."""

import functools
import logging
from collections.abc import Callable, Collection
from typing import Any

from neutron_lib import context as n_context
from neutron_lib.db import api as db_api
from oslo_utils import uuidutils

from tricircle.domain.jsons import Json
from tricircle.network import call_info, exceptions, neutron_internals, seldom
from tricircle.network.copied_models import CopiedModel
from tricircle.network.local import askers
from tricircle.network.local.central_client import Central
from tricircle.network.local.copies import Copies
from tricircle.network.local.visibility import Hidden

LOG = logging.getLogger(__name__)

# The name of each project's own.
DEFAULT_GROUP = "default"


class ReadThrough(Hidden, neutron_internals.DefaultGroups):
    """The real plugin's reads by id, each after a fetch of what is missing. Any other list is what is here."""

    _central: Central | None
    _copies: Copies

    def _fetch(self, context: Any, resource_type: str, ids: Collection[str], *, needed: bool = False) -> None:
        """Have what of ``ids`` is central's, and the caller's to see.

        A region that is not joined to central yet shows what is here, but where it is ``needed``.

        Requests without a token, or inside a transaction, get what is here. What the policy engine looks up is asked
        for by the request that it judges.
        """
        asking = askers.asker(context)
        if not ids or not self._may_ask(asking) or _is_inside(context):
            return
        # Clients look for a name where an id is expected first; central has none such.
        missing = self._copies.missing(context, resource_type, [id_ for id_ in ids if uuidutils.is_uuid_like(id_)])
        if missing:
            self._bring(asking, {f"{resource_type}_ids": missing}, needed=needed or askers.is_judged())

    def _bring(self, asking: Any, question: Json, *, needed: bool) -> None:
        try:
            self._copies.bring(asking, **question)
        except exceptions.NotJoined:
            if needed:
                raise

    def _may_ask(self, context: Any) -> bool:
        return bool(self._central is not None and context.auth_token and not _is_inside(context))

    def _fetch_groups(self, context: Any, filters: Json | None) -> None:
        """Have the groups that a list of the caller's would show at central: Nova looks for a group by its name so."""
        like = groups_asked_for(context, filters)
        if not like or not self._may_ask(context):
            return
        here = super().get_security_groups(context, filters=like, fields=["id"], default_sg=True)
        if here and like.get("name") == [DEFAULT_GROUP] and "project_id" in like:
            return  # a project has but one of that name
        project_id = like.get("project_id", [context.project_id])[0]
        # With the caller's own default group, which Neutron is about to look for: central makes it if there is none.
        lacks_default = project_id == context.project_id and not neutron_internals.default_group(
            self, context, project_id
        )
        like["known_ids"] = [group["id"] for group in here]
        try:
            self._copies.bring(
                context, security_groups_like=like, project_ids=[project_id] if lacks_default and project_id else []
            )
        except exceptions.CentralUnavailable as error:
            if seldom.is_due("security groups"):
                LOG.warning("Security groups are listed as far as they are here: %s", error)

    def get_network(self, context: Any, id: str, fields: list[str] | None = None, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin, after a fetch."""
        self._fetch(context, "network", [id])
        return super().get_network(context, id, fields, *args, **kwargs)

    def get_networks(self, context: Any, filters: Json | None = None, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin; the networks that ``filters`` names by id are fetched."""
        self._fetch(context, "network", ids_of(filters))
        return super().get_networks(context, filters, *args, **kwargs)

    def get_subnet(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin, after a fetch."""
        self._fetch(context, "subnet", [id])
        return super().get_subnet(context, id, *args, **kwargs)

    def get_subnets(self, context: Any, filters: Json | None = None, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin; the subnets that ``filters`` names by id are fetched."""
        self._fetch(context, "subnet", ids_of(filters))
        return super().get_subnets(context, filters, *args, **kwargs)

    def get_port(self, context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        """As the real plugin, after a fetch."""
        self._fetch(context, "port", [id])
        return super().get_port(context, id, *args, **kwargs)

    def get_ports(self, context: Any, filters: Json | None = None, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin; the ports that ``filters`` names by id are fetched."""
        self._fetch(context, "port", ids_of(filters))
        return super().get_ports(context, filters, *args, **kwargs)

    def get_security_group(
        self, context: Any, id: str, fields: list[str] | None = None, *args: Any, **kwargs: Any
    ) -> Json:
        """As the real plugin, after a fetch."""
        self._fetch(context, "security_group", [id])
        return super().get_security_group(context, id, fields, *args, **kwargs)

    def get_security_groups(self, context: Any, filters: Json | None = None, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin; the groups that ``filters`` names by id, by project or by name, are fetched."""
        if ids_of(filters):
            self._fetch(context, "security_group", ids_of(filters))
        else:
            self._fetch_groups(context, filters)
        with call_info.on(context, lists_groups=True):
            return super().get_security_groups(context, filters, *args, **kwargs)

    def get_security_group_rules(self, context: Any, *args: Any, **kwargs: Any) -> list[Json]:
        """As the real plugin."""
        with call_info.on(context, lists_groups=True):
            return super().get_security_group_rules(context, *args, **kwargs)

    def ensure_default_group(self, context: Any, project_id: str) -> str | None:
        """A project's default group is central's: the same id everywhere.

        A list makes none for a project that it merely names: the name may be any string.
        """
        if self._central is None or not project_id:
            return super().ensure_default_group(context, project_id)
        known = neutron_internals.default_group(self, context, project_id)
        if known or db_api.is_session_active(context.session) or not _makes_default(context, project_id):
            return known
        # By the region's own credentials: an administrator or an agent may be the first who needs another project's
        # group.
        service = n_context.get_admin_context()
        service.global_request_id = context.global_id
        try:
            self._copies.bring(service, project_ids=[project_id])
        except exceptions.CentralUnavailable:
            # What needs no group goes on; what needs central says so itself.
            return None
        return neutron_internals.default_group(self, context, project_id)


def read_through(plugin: Any, model: CopiedModel, fetch: Callable[..., None]) -> None:
    """Have a plugin's reads by id of a kind that needs nothing but itself fetch first what is missing."""
    get, get_all = getattr(plugin, f"get_{model.singular}"), getattr(plugin, f"get_{model.plural}")

    @functools.wraps(get)
    def get_one(context: Any, id: str, *args: Any, **kwargs: Any) -> Json:
        fetch(context, model.kind.type, [id])
        found: Json = get(context, id, *args, **kwargs)
        return found

    @functools.wraps(get_all)
    def get_list(context: Any, filters: Json | None = None, *args: Any, **kwargs: Any) -> list[Json]:
        fetch(context, model.kind.type, ids_of(filters))
        found: list[Json] = get_all(context, filters, *args, **kwargs)
        return found

    setattr(plugin, f"get_{model.singular}", get_one)
    setattr(plugin, f"get_{model.plural}", get_list)


def _makes_default(context: Any, project_id: str) -> bool:
    """Whether a project's default group shall be had, if need be made."""
    return project_id == context.project_id or not call_info.of(context).lists_groups


def _is_inside(context: Any) -> bool:
    """Whether a transaction is going on, from which nobody is asked anything."""
    return bool(db_api.is_session_active(context.session))


def groups_asked_for(context: Any, filters: Json | None) -> Json:
    """The part of a list's filters (``project_id``, ``name``) by which central may have groups that are not here.

    Empty where it can have none for the caller, and for lists of all groups: those are what is here.
    """
    known = filters or {}
    like = {"project_id": list(known.get("project_id") or known.get("tenant_id") or ()), "name": known.get("name")}
    if not like["project_id"] and context.is_admin:
        return {}
    if like["project_id"] and not context.is_admin and context.project_id not in like["project_id"]:
        return {}
    return {name: list(values) for name, values in like.items() if values}


def ids_of(filters: Json | None) -> list[str]:
    """The ids that a list's filters name."""
    return list((filters or {}).get("id") or [])
