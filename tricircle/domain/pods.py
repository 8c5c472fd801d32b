"""Pods: the regions that Tricircle manages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pod:
    """One managed region.

    `region_name` is its name in Keystone. `az_name` is the availability zone it belongs to in users' eyes, empty for
    the central pod; `pod_az_name` the zone's name inside the region where that differs; `dc_name` free text.
    `user_id` is the account that speaks for the region (of the central pod: for Tricircle itself); empty: any with role
    `service`. `draining`: nothing new goes there.
    """

    pod_id: str
    region_name: str
    az_name: str = ""
    pod_az_name: str = ""
    dc_name: str = ""
    user_id: str = ""
    draining: bool = False

    @property
    def is_central(self) -> bool:
        """Whether this is the region of central Neutron."""
        return not self.az_name
