"""Takes over test classes of Neutron: the same cases, on a plugin of ours."""

import inspect
import os
import unittest
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Skips = Mapping[str, Mapping[str, str]]

# Of Neutron's cases every thirty-sixth is run, always the same ones; by ``TRICIRCLE_CONFORMITY=all`` every one.
_EVERY = 1 if os.environ.get("TRICIRCLE_CONFORMITY") == "all" else 36


def is_run(class_name: str, case: str) -> bool:
    """Whether a case of an adopted class is among those that are run this time."""
    return zlib.crc32(f"{class_name}.{case}".encode()) % _EVERY == 0


def adopt(module: str, mixin: type, classes: Iterable[type], differences: Skips) -> dict[str, type]:
    """Subclasses of ``classes`` with ``mixin`` before them, by name, for the namespace of the test module.

    ``differences``: by class, the cases not to be run and why; every name must be one of the class's.

    :raises LookupError: a difference is of no class, or of no case that the class has.
    """
    by_name = {cls.__name__: cls for cls in classes}
    unknown = differences.keys() - by_name.keys()
    if unknown:
        raise LookupError(f"no such class is taken over: {sorted(unknown)}")
    return {
        f"{mixin.__name__}{name}": type(
            f"{mixin.__name__}{name}",
            (mixin, cls),
            {"__module__": module, **_skips(cls, differences.get(name, {}))},
        )
        for name, cls in by_name.items()
    }


def only(cls: type, keep: Callable[[str], bool]) -> type:
    """``cls`` with those of its cases alone whose name ``keep`` says yes to."""
    others = [name for name in dir(cls) if name.startswith("test") and not keep(name)]
    return type(cls)(cls.__name__, (cls,), {"__module__": cls.__module__, **dict.fromkeys(others)})


def added(cls: type, base: type) -> type:
    """``cls`` without the cases that it has of ``base`` as they are: there they run alike."""
    return only(cls, lambda name: _function(cls, name) is not _function(base, name))


def _function(cls: type, name: str) -> object:
    # Each class of Neutron's wraps what it inherits.
    function: Any = getattr(cls, name, None)
    return inspect.unwrap(function)


def _skips(cls: type, reasons: Mapping[str, str]) -> dict[str, Callable[..., None]]:
    missing = [name for name in reasons if not hasattr(cls, name)]
    if missing:
        raise LookupError(f"{cls.__name__} has no {missing}")
    return {name: unittest.skip(reason)(_never_run) for name, reason in reasons.items()}


def _never_run(_: unittest.TestCase) -> None:
    """Stands for a case that is skipped."""
