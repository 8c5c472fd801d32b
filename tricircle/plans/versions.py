"""Tables that go from central to regions as differences: what is sent, and what a region makes of it.

Pure. A table is a set of entries, each with a name. A difference has all entries of the names that may have changed
since the version that it is against, so that it is safe to repeat and may say too much. Whether it says too little, a
region sees by the digest: then it keeps what it has, gives that a version of its own, and gets the whole.
"""

import datetime
import hashlib
from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from tricircle.domain.versions import Part, read_at

T = TypeVar("T")

# A transaction is seen after the time that it has written. What takes longer to commit, or on another node of a cluster
# whose clock is further behind, is found by the digest.
OVERLAP = datetime.timedelta(seconds=10)
_MODULUS = 2**128


def digest(entries: Iterable[str]) -> str:
    """Of distinct entries, in whatever order."""
    return total(sum(map(hashed, entries)))


def hashed(entry: str) -> int:
    """What one entry adds to the digest."""
    return int.from_bytes(hashlib.blake2b(entry.encode(), digest_size=16).digest())


def total(hashes: int) -> str:
    """The digest of entries whose hashes have this sum."""
    return f"{hashes % _MODULUS:032x}"


def since(version: str) -> datetime.datetime | None:
    """From when on what changed may be missing in a version; None: nobody knows what that has."""
    read = read_at(version)
    return None if read is None else read - OVERLAP


def part(*, base: str, new: str, changed: Collection[str] | None, size: int, digest: str) -> Part:
    """How a table goes to a region that has version ``base``.

    ``new``: the version for what differs from that; ``changed``: names that may have changed since it (None: nobody
    knows); ``size``: how many names there are; ``digest``: of the table. The whole goes where it is no more than the
    difference.
    """
    if changed is None or (changed and len(changed) >= size):
        return Part(base=base, version=new, digest=digest)
    return Part(base=base, version=new if changed else base, digest=digest, names=sorted(changed))


def fits(own: str, sent: Part) -> bool:
    """Whether a region with version ``own`` may take what is sent. What it has already it may take again."""
    return own in (sent["base"], sent["version"])


def is_off(sent: Part, digest: str) -> bool:
    """Whether a table, of this digest with what is sent, lacks something: a whole is as it is."""
    return "names" in sent and sent["digest"] != digest


def applied(known: Iterable[T], sent: Part, entries: Iterable[T], name: Callable[[T], str]) -> frozenset[T]:
    """The table that a region with the table ``known`` has with what is sent."""
    if "names" not in sent:
        return frozenset(entries)
    names = frozenset(sent["names"])
    return frozenset(one for one in known if name(one) not in names) | frozenset(entries)
