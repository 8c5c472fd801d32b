"""Members of security groups, as rules in other regions must know them."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class GroupMember:
    """One address (an IP, or the CIDR of an allowed address pair) of a port in ``region_name`` that has the group."""

    group_id: str
    region_name: str
    address: str
