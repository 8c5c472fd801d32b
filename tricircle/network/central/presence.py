"""That a region has objects, recorded where it says so itself."""

from collections.abc import Iterable
from typing import Any

from tricircle.db.neutron import tombstones
from tricircle.domain.pods import Pod
from tricircle.domain.routings import ResourceType
from tricircle.network.central.records import Records


def record(records: Records, admin: Any, pod: Pod, objects: Iterable[tuple[ResourceType, str, str]]) -> None:
    """Note that objects (type, id, project id) are in ``pod``, but for those that are deleted meanwhile.

    Who deletes one looks for its routings after that, and this for its tombstone after the routing: one of them finds
    what the other has written. Else a routing without object would stay for ever.
    """
    objects = list(objects)
    kinds = {id_: kind for kind, id_, _ in objects}
    for id_ in tombstones.of(admin, records.record(pod, objects)):
        records.forget(kinds[id_], [id_], pod.pod_id)
