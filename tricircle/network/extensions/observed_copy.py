"""Observed copy: what a region has of central's objects, as it is; asked by audits."""

from typing import Any, ClassVar

from tricircle.network.extensions import _base

# Copies in one answer, at most.
PAGE = 500

# Sent: a type, and either the id ``after`` which to begin and how many at most, or ``ids``. Answered: ``copies``, by
# id: {"id", "state" (whole, parked, half), "revision" (central's, of what was last written into it, or null), "content"
# (the object in Neutron's shape, a part of a router in that of ``tricircle.domain.routers.to_json``, or null: there is
# none)}; and ``until``, the id after which to go on, empty where these are the last.
ATTRIBUTES = {
    "observed_copies": {
        "id": _base.field(post=False),
        "nonce": _base.nonce(),
        "resource_type": _base.field(required=True, validate={"type:not_empty_string": 64}),
        "after": _base.field(default="", validate={"type:string": 36}),
        "limit": _base.field(default=PAGE, validate={"type:range": [1, PAGE]}),
        "ids": _base.field(default=[], validate={"type:uuid_list": None}),
        "copies": _base.field(post=False),
        "until": _base.field(post=False),
    }
}


def question(resource_type: str, **asked: Any) -> dict[str, Any]:
    """A question as a plugin gets it: what is not said is as in a request that leaves it out."""
    return _base.filled(ATTRIBUTES["observed_copies"], resource_type=resource_type, **asked)


class Observed_copy(_base.InternalExtension):  # noqa: N801 - Neutron derives the class name from the file name
    """``POST /v2.0/observed-copies``."""

    NAME: ClassVar[str] = "Observed copy"
    ALIAS: ClassVar[str] = "tricircle-observed-copy"
    DESCRIPTION: ClassVar[str] = "What a region has of central's objects"
    ATTRIBUTES = ATTRIBUTES
    OPERATIONS = frozenset({_base.CREATE})
