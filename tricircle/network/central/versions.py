"""What of a table goes to a region: what may have changed since the version that the region has, if that is known.

A region says its version where it has refused a difference; else it is taken for what it was last sent.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tricircle.db.neutron import departures, locations
from tricircle.db.neutron import versions as versions_db
from tricircle.domain.endpoints import to_json
from tricircle.domain.jsons import Json
from tricircle.domain.versions import NONE
from tricircle.plans import remote_endpoints
from tricircle.plans import versions as plans

# Versions by subject id, as a region has said. None: the region asks for itself, and has nothing of what it asks for.
Named = Mapping[str, str] | None


class Versions:
    """The versions of one request's answers. What regions are sent is written down at the end, by ``keep``."""

    def __init__(self, admin: Any) -> None:
        """Nothing is read yet."""
        self._admin = admin
        self._new = ""
        self._sent: dict[tuple[str, str], str] = {}
        self._known: set[str] = set()
        self._changed: dict[tuple[str, str], str] = {}

    @property
    def new(self) -> str:
        """The version of what is read from now on, in this request."""
        self._new = self._new or versions_db.begin(self._admin)
        return self._new

    def bases(self, region_name: str, subject_ids: Iterable[str], named: Named) -> dict[str, str]:
        """By subject id, the version that a region has, as far as that is known."""
        ids = list(subject_ids)
        unknown = set(ids) - self._known
        self._sent |= versions_db.sent(self._admin, unknown)
        self._known |= unknown
        if named is None:
            return dict.fromkeys(ids, NONE)
        return {id_: named.get(id_, self._sent.get((region_name, id_), NONE)) for id_ in ids}

    def earliest(self) -> datetime.datetime | None:
        """From when on what changed may be missing in some region's version, of all that was asked for; None: in none.

        So that what is read once does for all regions of a request.
        """
        return min(filter(None, map(plans.since, self._sent.values())), default=None)

    def note(self, region_name: str, subject_id: str, version: str, *, only_first: bool) -> None:
        """A region is sent this version; ``only_first``: it takes it if it has none."""
        known = self._sent.get((region_name, subject_id))
        if version != known and not (only_first and known):
            self._changed[region_name, subject_id] = version

    def keep(self) -> None:
        """Write down what was noted."""
        there = {key: version for key, version in self._changed.items() if key in self._sent}
        absent = {key: version for key, version in self._changed.items() if key not in self._sent}
        versions_db.remember(self._admin, there, absent)
        self._changed.clear()


def endpoint_tables(
    admin: Any, network_ids: Collection[str], region_name: str, versions: Versions, named: Named
) -> dict[str, Json]:
    """By network id, the remote endpoints for a region: ``endpoints`` and a ``domain.versions.Part``."""
    if not network_ids:
        return {}
    new, bases = versions.new, versions.bases(region_name, network_ids, named)
    moments = {id_: moment for id_, base in bases.items() if (moment := plans.since(base)) is not None}
    gone = departures.since(admin, moments, min(moments.values())) if moments else {}
    tables: dict[str, Json] = {}
    for network_id, ports in locations.on_networks(admin, network_ids).items():
        changed = None
        if (moment := moments.get(network_id)) is not None:
            changed = {port.mac_address for port in ports if _is_young(port.changed_at, moment)}
            changed |= {name for left_at, name in gone.get(network_id, ()) if left_at >= moment}
        wanted = sorted(remote_endpoints.wanted(ports, region_name))
        part = plans.part(
            base=bases[network_id],
            new=new,
            changed=changed,
            size=len({endpoint.mac_address for endpoint in wanted}),
            digest=plans.digest(endpoint.text() for endpoint in wanted),
        )
        versions.note(region_name, network_id, part["version"], only_first=named is None)
        sent = [one for one in wanted if "names" not in part or one.mac_address in part["names"]]
        tables[network_id] = {"endpoints": [to_json(endpoint) for endpoint in sent], **part}
    return tables


def _is_young(changed_at: datetime.datetime | None, moment: datetime.datetime) -> bool:
    return changed_at is not None and changed_at >= moment
