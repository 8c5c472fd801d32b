"""Changes at central of what needs nothing but itself, recorded for the regions that have copies.

Neutron has no event inside the transaction that is the same for all kinds of objects. The calls that change one are
those that ``network.copied_models`` declares.
"""

import functools
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tricircle.db.neutron import tombstones
from tricircle.network import copied_models
from tricircle.network.central.outbox import Outbox
from tricircle.network.copied_models import CopiedModel, Write


def record_all(plugin: Any, service: str, outbox: Outbox) -> None:
    """Have ``plugin``, which is the one of type ``service``, record changes of all that it serves, with the changes."""
    for model in [model for model in copied_models.standalone() if model.service == service]:
        for write in model.writes:
            setattr(plugin, write.method, _recording(plugin, model, write, outbox))


def _recording(plugin: Any, model: CopiedModel, write: Write, outbox: Outbox) -> Any:
    real = getattr(plugin, write.method)

    # Neutron's API begins again what a deadlock broke off.
    @functools.wraps(real)
    def call(context: Any, *args: Any, **kwargs: Any) -> Any:
        arguments = [*args, *kwargs.values()]
        with db_api.CONTEXT_WRITER.using(context):
            # Before the call: what it deletes has no project any more.
            changed = _projects(context, model, write.target(plugin, context, arguments))
            gone = write.removes(plugin, context, arguments) if write.removes else ()
            answer = real(context, *args, **kwargs)
            for id_ in gone:
                tombstones.record(context, model.kind.type, id_, changed.get(id_))
            for id_, project in changed.items():
                outbox.record(context, model.kind.change(id_, project))
        return answer

    return call


def _projects(context: Any, model: CopiedModel, ids: Any) -> dict[str, str]:
    query = sa.select(model.model.id, model.model.project_id).where(model.model.id.in_(list(ids)))
    return {row[0]: row[1] or "" for row in context.session.execute(query)}
