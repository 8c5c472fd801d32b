"""Incarnations: lives of a region's database."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Incarnation:
    """One life of a region's database, as central knows it since ``since`` (UTC).

    A database that is made anew, or brought back from a backup, begins another: what central knew of the region before
    is no measure of it. ``audits`` is the number of its last audit.
    """

    incarnation: str
    since: datetime
    audits: int

    @property
    def is_new(self) -> bool:
        """Whether it has not been audited yet, so that central believes of the region what another life has told."""
        return self.audits == 0

    def is_restored(self, audit: int) -> bool:
        """Whether an audit of this number tells of a backup: its number has been seen, so its writer forgot it."""
        return audit <= self.audits
