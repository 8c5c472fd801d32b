"""Central Neutron as far as the Admin API asks it, answered on the wire."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests_mock

URL = "http://CentralRegion/v2.0"  # as Keystone's catalogue has it


class Central:
    """What it has, and what it was asked to do. `code`: it answers nothing but this."""

    def __init__(self, wire: requests_mock.Mocker) -> None:
        self.objects: dict[str, set[str]] = {"tombstones": set()}
        self.renamed: list[tuple[str, str]] = []
        self.code = 0
        self.refusal = ""
        self._wire = wire
        wire.put(re.compile(f"^{URL}/regional-pods/", re.IGNORECASE), json=self._rename)
        self.add("tombstones")

    def add(self, collection: str, *ids: str) -> None:
        """Have these in a collection."""
        self.objects.setdefault(collection, set()).update(ids)
        self._wire.get(f"{URL}/{collection}", json=lambda request, context: self._list(collection, request, context))

    def _list(self, collection: str, request: Any, context: Any) -> dict[str, Any]:
        if self.code:
            return self._refuse(context)
        query = parse_qs(urlsplit(request.url).query)
        found = self.objects[collection] & set(query["id"])
        return {collection.rpartition("/")[2]: [{"id": one} for one in sorted(found)]}

    def _rename(self, request: Any, context: Any) -> dict[str, Any]:
        if self.code:
            return self._refuse(context)
        new_name = request.json()["regional_pod"]["region_name"]
        self.renamed.append((urlsplit(request.url).path.removeprefix("/v2.0/regional-pods/"), new_name))
        return {"regional_pod": {"region_name": new_name}}

    def _refuse(self, context: Any) -> dict[str, Any]:
        context.status_code = self.code
        return {"NeutronError": {"type": "Refused", "message": self.refusal, "detail": ""}} if self.refusal else {}
