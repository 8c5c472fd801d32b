"""Members of security groups, as rules in other regions must know them."""

import dataclasses
import datetime


@dataclasses.dataclass(frozen=True, slots=True)
class GroupMember:
    """One address (an IP, or the CIDR of an allowed address pair) of a port in ``region_name`` that has the group.

    ``changed_at``: when the port became so, or later (naive, UTC); None: before anybody wrote it down.
    """

    group_id: str
    region_name: str
    address: str
    changed_at: datetime.datetime | None = None
