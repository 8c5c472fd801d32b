"""Regions by their names at central: what is kept of one, another name for it, and its end."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from neutron_lib.db import api as db_api
from neutron_lib.db import constants as db_const
from oslo_serialization import jsonutils

from tricircle.db.neutron import addresses, locations, regions, router_ports
from tricircle.domain.jsons import Json
from tricircle.domain.pods import Pod
from tricircle.network import exceptions
from tricircle.network.central import speakers
from tricircle.network.central.records import Records
from tricircle.network.central.remains import Remains

# How much is forgotten in one transaction, or read at a time; and seconds after which a request ends that still has
# something to forget: whoever asked asks again.
BATCH_SIZE = 200
LONGEST = 20.0


class RegionalPods:
    """The extension ``tricircle-regional-pod``. For Tricircle's own account: it speaks for no single region."""

    def __init__(self, records: Records, remains: Remains, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is read yet."""
        self._records = records
        self._remains = remains
        self._clock = clock

    def show(self, context: Any, name: str) -> Json:
        """How many rows there are of a region; zeros for one of which nothing is known.

        :raises NotItsRegion: the caller is another's account.
        """
        self._pods_for(context)
        return _shown(context.elevated(), name)

    def list(self, context: Any) -> "list[Json]":
        """The same of every region of which there is something, and of every pod's."""
        pods, admin = self._pods_for(context), context.elevated()
        names = {pod.region_name for pod in pods if not pod.is_central} | regions.names(admin)
        return [_shown(admin, name) for name in sorted(names)]

    def rename(self, context: Any, name: str, new_name: str) -> Json:
        """Have all that is known of a region known under another name. Done twice, it is as if done once.

        :raises NotItsRegion: the caller is another's account.
        :raises RegionNameTaken: another pod has that name: of two regions one would become.
        :raises HintsTooLong: a network's or router's availability zone hints do not take the new name.
        """
        pods, admin = self._pods_for(context), context.elevated()
        if name != new_name:
            known = {pod.region_name for pod in pods}
            if new_name in known and (name in known or any(regions.count(admin, name).values())):
                raise exceptions.RegionNameTaken(region=new_name, name=name)
            self._give_back_twofold(admin, name, new_name)
            self._rename(admin, name, new_name, hints=name not in {pod.az_name for pod in pods})
        return _shown(admin, new_name)

    def _give_back_twofold(self, admin: Any, name: str, new_name: str) -> None:
        """What the region has reserved once more since a renaming that came to no end."""
        twofold_addresses, twofold_ports = regions.clashing(admin, name, new_name)
        self._remains.give_back_ports(admin, twofold_ports)
        if twofold_addresses:
            self._remains.give_back_addresses(admin, twofold_addresses)

    @db_api.retry_if_session_inactive(context_var_name="admin")
    def _rename(self, admin: Any, name: str, new_name: str, *, hints: bool) -> None:
        """``hints``: whether availability zone hints of this name mean the region."""
        with db_api.CONTEXT_WRITER.using(admin):
            regions.rename(admin, name, new_name)
            for id_column, id_, named in regions.hinted(admin, name) if hints else ():
                renamed = list(dict.fromkeys(new_name if hint == name else hint for hint in named))
                if len(jsonutils.dumps(renamed)) > db_const.AZ_HINTS_DB_LEN:
                    raise exceptions.HintsTooLong(region=new_name, id=id_, limit=db_const.AZ_HINTS_DB_LEN)
                regions.set_hints(admin, id_column, id_, renamed)

    def forget(self, context: Any, name: str) -> None:
        """Forget a region that is gone for ever, or as much of it as can be forgotten in some seconds.

        Its ports live nowhere then, and are their tenants' to delete. Safe to repeat; ``show`` says what is left.

        :raises NotItsRegion: the caller is another's account.
        """
        self._pods_for(context)
        admin, deadline = context.elevated(), self._clock() + LONGEST
        for step in (self._forget_places, self._give_back_ports, self._give_back_addresses):
            while self._clock() < deadline and step(admin, name):
                continue

    def _forget_places(self, admin: Any, name: str) -> bool:
        """Whether there may be more."""
        port_ids = locations.in_region(admin, name, BATCH_SIZE)
        self._remains.forget_places(admin, port_ids)
        return bool(port_ids)

    def _give_back_ports(self, admin: Any, name: str) -> bool:
        rows = router_ports.in_region(admin, name, BATCH_SIZE // 10)
        self._remains.give_back_ports(admin, rows)
        return bool(rows)

    def _give_back_addresses(self, admin: Any, name: str) -> bool:
        rows = addresses.in_region(admin, name, BATCH_SIZE // 10)
        if rows:
            self._remains.give_back_addresses(admin, rows)
        return bool(rows)

    def _pods_for(self, context: Any) -> Sequence[Pod]:
        pods = self._records.pods()
        speakers.require_tricircle(context, pods)
        return pods


def _shown(admin: Any, name: str) -> Json:
    return {"id": name, "region_name": name, **regions.count(admin, name)}
