"""Copies of central's objects follow central alone, but for ports.

A tenant who changes one in a region is sent to central. Administrators and services may: that is how Tricircle itself
keeps the copies equal. What is guarded are the calls that ``network.copied_models`` declares, of whatever plugin.
"""

import functools
from collections.abc import Sequence
from typing import Any

from neutron_lib.db import api as db_api

from tricircle.db.neutron import copies
from tricircle.db.neutron.copies import State
from tricircle.network import exceptions
from tricircle.network.copied_models import CopiedModel, Write


def _shared_object(plugin: Any, context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    return [plugin.get_rbac_policy(context, arguments[0])["object_id"]]


def _object_to_share(_plugin: Any, _context: Any, arguments: Sequence[Any]) -> Sequence[str]:
    return [arguments[0]["rbac_policy"]["object_id"]]


# Who may use an object, of whatever kind.
SHARING = (
    Write("create_rbac_policy", "share", _object_to_share),
    Write("update_rbac_policy", "share", _shared_object),
    Write("delete_rbac_policy", "stop sharing", _shared_object),
)


def guard(plugin: Any, models: Sequence[CopiedModel]) -> None:
    """Have ``plugin``, of a region that is joined to central, refuse tenants what is central's.

    Its calls raise ``ManagedByCentral`` then. A copy that an administrator deletes may be fetched again.
    """
    for model in models:
        for write in model.writes:
            setattr(plugin, write.method, _guarding(plugin, model.kind.label, write))


def guard_sharing(core: Any) -> None:
    """The same for who may use an object, which the core plugin writes down whoever serves the object."""
    for write in SHARING:
        setattr(core, write.method, _guarding(core, "Object", write))


def _guarding(plugin: Any, label: str, write: Write) -> Any:
    real = getattr(plugin, write.method)

    @functools.wraps(real)
    def call(context: Any, *args: Any, **kwargs: Any) -> Any:
        arguments = [*args, *kwargs.values()]
        if not (context.is_admin or context.is_service_role):
            refuse_copies(context, label, write.action, write.target(plugin, context, arguments))
        going = write.removes(plugin, context, arguments) if write.removes else ()
        answer = real(context, *args, **kwargs)
        if going and not db_api.is_session_active(context.session):
            copies.forget(context, going)  # they may be fetched again, unless there is a tombstone
        return answer

    return call


def refuse_copies(context: Any, label: str, action: str, ids: Sequence[str]) -> None:
    """Let none of the objects be a copy.

    :raises ManagedByCentral: one is.
    """
    states = copies.states(context, ids)
    for id_ in ids:
        if states.get(id_, State.DELETED) is not State.DELETED:
            raise exceptions.ManagedByCentral(resource=label, id=id_, action=action)
