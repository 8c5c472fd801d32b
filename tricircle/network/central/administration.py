"""The extensions of central's plugin for whole regions, and for what administrators say of deleted objects."""

from collections.abc import Mapping
from typing import Any

from tricircle.domain.jsons import Json
from tricircle.network.central.regional_pods import RegionalPods
from tricircle.network.central.releases import RegionalReleases
from tricircle.network.central.tombstones import Tombstones
from tricircle.network.extensions import regional_pod, regional_release, tombstone

ALIASES = (
    tombstone.Tombstone.ALIAS,
    regional_pod.Regional_pod.ALIAS,
    regional_release.Regional_release.ALIAS,
)


class Administration:
    """Methods by which Neutron's API finds the extensions."""

    _tombstones: Tombstones
    _regional_pods: RegionalPods
    _releases: RegionalReleases

    # Tombstones.

    def get_tombstone(self, context: Any, id: str, fields: list[str] | None = None) -> Json:
        """What is known of a deletion."""
        return self._tombstones.show(context, id)

    def get_tombstones(
        self, context: Any, filters: Mapping[str, list[str]] | None = None, fields: list[str] | None = None, **_: Any
    ) -> list[Json]:
        """Of several, or the youngest."""
        return self._tombstones.list(context, filters or {})

    def create_tombstone(self, context: Any, tombstone: Json) -> Json:
        """Have an object known to be deleted: see the extension."""
        return self._tombstones.create(context, tombstone["tombstone"])

    # Regions by their names.

    def get_regional_pod(self, context: Any, id: str, fields: list[str] | None = None) -> Json:
        """What is kept of a region, by its name."""
        return self._regional_pods.show(context, _as_sent(id))

    def get_regional_pods(
        self, context: Any, filters: Json | None = None, fields: list[str] | None = None, **_: Any
    ) -> list[Json]:
        """The same of all."""
        return self._regional_pods.list(context)

    def update_regional_pod(self, context: Any, id: str, regional_pod: Json) -> Json:
        """Give a region another name."""
        body = regional_pod["regional_pod"]
        name = _as_sent(id)
        renamed = self._regional_pods.rename(context, name, body.get("region_name") or name)
        return {**renamed, "nonce": body.get("nonce", "")}

    def delete_regional_pod(self, context: Any, id: str) -> None:
        """Forget a region that is gone for ever."""
        self._regional_pods.forget(context, _as_sent(id))

    # What regions give up that are being drained.

    def create_regional_release(self, context: Any, regional_release: Json) -> Json:
        """Say what a region shall give up, or hear what has become of it: see the extension."""
        return self._releases.answer(context, regional_release["regional_release"])


def _as_sent(name: str) -> str:
    """A name out of a URL. Neutron reads each of its bytes as a character, behind some servers, and so breaks others
    than ASCII.
    """
    try:
        return name.encode("latin-1").decode()
    except UnicodeError:
        return name
