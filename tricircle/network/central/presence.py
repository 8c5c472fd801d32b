"""That a region has objects, or is about to, recorded of what may be deleted at the same moment."""

from collections.abc import Iterable
from typing import Any

from tricircle.db.neutron import tombstones
from tricircle.domain.pods import Pod
from tricircle.network.central.records import Records


def record(records: Records, admin: Any, pod: Pod, objects: Iterable[tuple[str, str, str]]) -> set[str]:
    """Note that objects (type, id, project id) are in ``pod``, but for those that are deleted meanwhile.

    Answers the ids that were new there, the deleted among them.

    Who deletes one looks for its routings after that, and this for its tombstone after the routing: one of them finds
    what the other has written. Else a routing without object would stay for ever.
    """
    objects = list(objects)
    kinds = {id_: kind for kind, id_, _ in objects}
    new = records.record(pod, objects)
    for id_ in tombstones.of(admin, new):
        records.forget(kinds[id_], [id_], pod.pod_id)
    return new
