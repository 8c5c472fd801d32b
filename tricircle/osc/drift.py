"""openstack multiregion networking drift list"""

import argparse
from collections.abc import Iterable
from typing import Any

from osc_lib.command import command

from tricircle.osc import common
from tricircle.osc.options import add_option

_COLUMNS = ("region_name", "resource_type", "resource_id", "difference", "found_at", "repair")
_LONG_COLUMNS = ("id", *_COLUMNS, "state", "project_id", "seen_at", "repaired_at", "mended_at")

_OPTIONS = {
    "region": "Only in this region, by its name",
    "type": "Only objects of this type: network, port, router, ...",
    "resource": "Only of the object of this id",
    "project-id": "Only of this project's objects",
}
# What the API calls it, where that is longer.
_FIELDS = {"region": "region_name", "type": "resource_type", "resource": "resource_id"}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class ListDrift(command.Lister):
    """List what audits have found to differ in regions, youngest first"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        common.add_page_options(parser)
        for name, text in _OPTIONS.items():
            add_option(parser, name, metavar=f"<{name}>", help=text)
        parser.add_argument("--age", metavar="<age>", type=_age, help="Only what was found so long ago: 90, 5m, 2h, 1d")
        parser.add_argument(
            "--mended", action="store_const", const="true", help="What has been found gone, instead of what is there"
        )
        common.add_long_option(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> common.Table:
        """List them."""
        for name, field in _FIELDS.items():
            setattr(parsed_args, field, getattr(parsed_args, name))
        filters = (*_FIELDS.values(), "project_id", "age", "mended")
        found = common.list_some(self.app.client_manager.multiregion.drifts, parsed_args, filters)
        columns = _LONG_COLUMNS if parsed_args.long else _COLUMNS
        return columns, (tuple(_cell(drift, name) for name in columns) for drift in found)


def _cell(drift: Any, name: str) -> Any:
    if name == "difference":
        # What the object is, other columns say.
        return drift.description.partition(f"{drift.resource_id}: ")[2]
    if name == "repair":
        return _repair(drift.repair)
    return drift[name]


def _repair(repair: dict[str, Any] | None) -> str:
    """As the options of `job create`."""
    if repair is None:
        return ""
    resource: Iterable[tuple[str, str]] = sorted(repair["resource"].items())
    return " ".join([repair["type"], *(f"{name}={value}" for name, value in resource)])


def _age(text: str) -> int:
    """Seconds, of a number with a unit or none."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    if not (number.isascii() and number.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is no age: a number, and s, m, h or d")
    return int(number) * _UNITS[unit]
