"""openstack multiregion networking routing create|list|show|set|update|delete"""

import argparse
from typing import Any

from osc_lib import exceptions
from osc_lib.command import command

from tricircle.osc import common
from tricircle.osc.options import add_option

_COLUMNS = ("id", "resource_type", "pod_id", "top_id", "bottom_id")
_LONG_COLUMNS = (*_COLUMNS, "project_id", "revision_number", "applied_at", "created_at", "updated_at")
_FIELDS = tuple(sorted(_LONG_COLUMNS))

_HELP = {
    "top-id": "Id of the object at central",
    "bottom-id": "Id of the object in the region",
    "pod-id": "Id of the pod",
    "project-id": "Id of the project that the object belongs to",
    "resource-type": "Type of the object: network, subnet, port, router, ...",
}
_NAMES = tuple(name.replace("-", "_") for name in _HELP)


def _add_field_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    for name, text in _HELP.items():
        add_option(parser, name, metavar=f"<{name}>", required=required, help=text)


def _given(parsed_args: argparse.Namespace) -> dict[str, str]:
    return {name: getattr(parsed_args, name) for name in _NAMES if getattr(parsed_args, name) is not None}


def _shown(routing: Any) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    return _FIELDS, tuple(routing[name] for name in _FIELDS)


class CreateRouting(command.ShowOne):
    """Record that a central object is in a region (for repair: Tricircle records by itself what it makes)"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        _add_field_options(parser, required=True)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Create it."""
        return _shown(self.app.client_manager.multiregion.create_routing(**_given(parsed_args)))


class ListRouting(command.Lister):
    """List where central objects are, newest first"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        common.add_page_options(parser)
        add_option(parser, "id", metavar="<id>", help="Id of the routing")
        _add_field_options(parser, required=False)
        common.add_long_option(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> common.Table:
        """List them."""
        client = self.app.client_manager.multiregion
        found = common.list_some(client.routings, parsed_args, ("id", *_NAMES))
        return common.table(_LONG_COLUMNS if parsed_args.long else _COLUMNS, found)


class ShowRouting(command.ShowOne):
    """Show where a central object is"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("routing", metavar="<routing>", help="Id of the routing")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Show it."""
        return _shown(self.app.client_manager.multiregion.get_routing(parsed_args.routing))


class SetRouting(command.Command):
    """Change a routing (for repair only)"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("routing", metavar="<routing>", help="Id of the routing")
        _add_field_options(parser, required=False)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Change it."""
        changes = _given(parsed_args)
        if not changes:
            raise exceptions.CommandError(f"Nothing to change: give one of {', '.join(f'--{name}' for name in _HELP)}")
        self.app.client_manager.multiregion.update_routing(parsed_args.routing, **changes)


class DeleteRouting(command.Command):
    """Delete routings (for repair only)"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("routings", metavar="<routing>", nargs="+", help="Id of the routing")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Delete them, each for itself."""
        common.delete_each("routing", parsed_args.routings, self.app.client_manager.multiregion.delete_routing)
