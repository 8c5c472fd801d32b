"""RBAC entries of what regions have copies of: what a region must know to let the same projects use them."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from neutron_lib.db import api as db_api

from tricircle.domain import copied_kinds
from tricircle.domain.jsons import Json
from tricircle.network import copied_models
from tricircle.network._real_plugin import RealPlugin
from tricircle.network.central.outbox import Outbox
from tricircle.network.copied_models import CopiedModel


class RbacChanges(RealPlugin):
    """ML2's writes of RBAC entries, each recorded for the regions in its own transaction.

    Neutron has no notification inside that.
    """

    _outbox: Outbox

    @db_api.retry_if_session_inactive()
    def create_rbac_policy(self, context: Any, rbac_policy: Json) -> Json:
        """As ML2."""
        with db_api.CONTEXT_WRITER.using(context):
            policy: Json = super().create_rbac_policy(context, rbac_policy)
            self._record(context, policy)
        return policy

    @db_api.retry_if_session_inactive()
    def update_rbac_policy(self, context: Any, id: str, rbac_policy: Json) -> Json:
        """As ML2."""
        with db_api.CONTEXT_WRITER.using(context):
            policy: Json = super().update_rbac_policy(context, id, rbac_policy)
            self._record(context, policy)
        return policy

    @db_api.retry_if_session_inactive()
    def delete_rbac_policy(self, context: Any, id: str) -> None:
        """As ML2."""
        with db_api.CONTEXT_WRITER.using(context):
            policy: Json = self.get_rbac_policy(context, id)
            super().delete_rbac_policy(context, id)
            self._record(context, policy)

    def _record(self, context: Any, policy: Json) -> None:
        shared = policy["object_type"]
        # Of anything else (subnet pools, address scopes) a region has nothing.
        if copied_kinds.is_declared(shared) and copied_models.get(shared).rbac is not None:
            project_id = _project_of(context, copied_models.get(shared), policy["object_id"])
            self._outbox.record(context, copied_kinds.get(shared).change(policy["object_id"], project_id))


def _project_of(context: Any, model: CopiedModel, id_: str) -> str:
    """Of a shared object, in the caller's transaction."""
    return str(context.session.scalar(sa.select(model.model.project_id).where(model.model.id == id_)) or "")


def entries(admin: Any, kind: str, object_ids: Collection[str]) -> dict[str, list[Json]]:
    """Entries by the id of what they share, with one query: ``id``, ``project_id``, ``action``, ``target_project``."""
    found: dict[str, list[Json]] = {object_id: [] for object_id in object_ids}
    if not found:
        return found
    for entry in copied_models.get(kind).rbac.get_objects(admin, object_id=sorted(found)):
        fields = ("id", "project_id", "action", "target_project")
        found[entry.object_id].append({name: entry[name] for name in fields})
    return found
