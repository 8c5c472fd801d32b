"""Security groups as the tests make them."""

from __future__ import annotations

import itertools
from typing import Any

from keystoneauth1.adapter import Adapter


class Groups:
    """Security groups made at central by a tenant; `ids` are those that were made."""

    def __init__(self, central: Adapter) -> None:
        self._central = central
        self._numbers = itertools.count(1)
        self.ids: list[str] = []

    def make(self, **fields: Any) -> str:
        body = {"security_group": {"name": f"group{next(self._numbers)}", **fields}}
        group_id = str(self._central.post("/security-groups", json=body).json()["security_group"]["id"])
        self.ids.append(group_id)
        return group_id

    def allow(self, group_id: str, **rule: Any) -> None:
        """Let something in, over IPv4 and IPv6."""
        rules = [
            {"security_group_id": group_id, "direction": "ingress", "ethertype": ethertype, **rule}
            for ethertype in ("IPv4", "IPv6")
        ]
        self._central.post("/security-group-rules", json={"security_group_rules": rules})

    def set(self, port_id: str, *group_ids: str) -> None:
        self._central.put(f"/ports/{port_id}", json={"port": {"security_groups": list(group_ids)}})
