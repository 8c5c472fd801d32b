"""openstack multiregion networking pod create|list|show|set|delete"""

import argparse
from collections.abc import Iterable
from typing import Any

from keystoneauth1.exceptions.http import Forbidden
from osc_lib import exceptions, utils
from osc_lib.command import command

from tricircle.osc import common, waiting
from tricircle.osc.options import add_option

_STATE = ("state", "state_since", "last_heard_at", "last_error", "last_error_at")
_FIELDS = ("az_name", "dc_name", "pod_az_name", "pod_id", "region_name", "user_id", "draining", *_STATE)
_COLUMNS = ("pod_id", "region_name", "az_name", "pod_az_name", "dc_name")
_LONG_COLUMNS = (*_COLUMNS, "user_id", "draining", *_STATE)

Row = tuple[tuple[str, ...], tuple[Any, ...]]

# What may be said of a pod: the API's field by the option's name, what stands for the value, and what it is.
_OPTIONS = {
    "region-name": ("region_name", "<region>", "The region's name in Keystone"),
    "availability-zone": (
        "az_name",
        "<zone>",
        "Availability zone that the region belongs to in users' eyes; the central region alone has none",
    ),
    "pod-availability-zone": ("pod_az_name", "<zone>", "The zone's name inside the region, where it differs"),
    "data-center": ("dc_name", "<name>", "Data center, free text"),
    "user": (
        "user_id",
        "<user>",
        "Account (name or id) that alone speaks for the region; empty: any with the role service. First the central's",
    ),
}


def _add_options(parser: argparse.ArgumentParser, *required: str) -> None:
    for name, (_, metavar, text) in _OPTIONS.items():
        add_option(parser, name, metavar=metavar, required=name in required, help=text)


def _given(parsed_args: argparse.Namespace, manager: Any) -> dict[str, Any]:
    """The API's fields as the options have them."""
    values = {field: getattr(parsed_args, name.replace("-", "_")) for name, (field, _, _) in _OPTIONS.items()}
    fields = {field: value for field, value in values.items() if value is not None}
    if fields.get("user_id"):
        fields["user_id"] = _find_user(manager, fields["user_id"])
    return fields


def _find_user(manager: Any, name_or_id: str) -> str:
    """A user's id; what was given, where the caller may not look users up. Raises osc_lib's CommandError."""
    try:
        return str(utils.find_resource(manager.identity.users, name_or_id).id)
    except Forbidden:
        return name_or_id


def _shown(pod: Any) -> Row:
    return _FIELDS, tuple(pod[name] for name in _FIELDS)


class CreatePod(command.ShowOne):
    """Have Tricircle manage a region"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        _add_options(parser, "region-name")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Row:
        """Create it."""
        manager = self.app.client_manager
        return _shown(manager.multiregion.create_pod(**_given(parsed_args, manager)))


class ListPod(command.Lister):
    """List the regions that Tricircle manages"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        common.add_long_option(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]:
        """List them."""
        columns = _LONG_COLUMNS if parsed_args.long else _COLUMNS
        return common.table(columns, self.app.client_manager.multiregion.pods())


class ShowPod(command.ShowOne):
    """Show a region that Tricircle manages"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("pod", metavar="<pod>", help="Id or region name")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Row:
        """Show it."""
        return _shown(self.app.client_manager.multiregion.find_pod(parsed_args.pod))


class SetPod(command.Command):
    """Change what Tricircle knows of a region, or have the region drained"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("pod", metavar="<pod>", help="Id or region name")
        _add_options(parser)
        drain = parser.add_mutually_exclusive_group()
        drain.add_argument(
            "--drain",
            dest="draining",
            action="store_true",
            default=None,
            help="Have nothing new go there, and what is there removed by a job",
        )
        drain.add_argument(
            "--no-drain", "--no_drain", dest="draining", action="store_false", help="Use the region as before"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Change it."""
        manager = self.app.client_manager
        changes = _given(parsed_args, manager)
        if parsed_args.draining is not None:
            changes["draining"] = parsed_args.draining
        if not changes:
            names = ", ".join(f"--{name}" for name in (*_OPTIONS, "drain", "no-drain"))
            raise exceptions.CommandError(f"Nothing to change: give one of {names}")
        client = manager.multiregion
        client.update_pod(client.find_pod(parsed_args.pod), **changes)


class DeletePod(command.Command):
    """Have Tricircle manage regions no longer"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("pods", metavar="<pod>", nargs="+", help="Id or region name")
        parser.add_argument(
            "--force",
            action="store_true",
            help="The region is gone for ever: take all that is known of it away, by a job",
        )
        waiting.add_options(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Delete them, each for itself."""
        common.delete_each("pod", parsed_args.pods, lambda name: self._delete(name, parsed_args))

    def _delete(self, name: str, parsed_args: argparse.Namespace) -> None:
        client = self.app.client_manager.multiregion
        job = client.delete_pod(client.find_pod(name), force=parsed_args.force)
        if job is not None and parsed_args.wait:
            waiting.wait(client, job, parsed_args.timeout)
        elif job is not None:
            self.app.stdout.write(f"Pod {name} is being deleted by job {job.id}\n")
