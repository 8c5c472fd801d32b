"""openstack multiregion networking pod create|list|show|delete"""

import argparse
from collections.abc import Iterable
from typing import Any

from osc_lib.command import command

from tricircle.osc import common
from tricircle.osc.options import add_option

_FIELDS = ("az_name", "dc_name", "pod_az_name", "pod_id", "region_name")
_COLUMNS = ("pod_id", "region_name", "az_name", "pod_az_name", "dc_name")


def _shown(pod: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return _FIELDS, tuple(pod[name] for name in _FIELDS)


class CreatePod(command.ShowOne):
    """Have Tricircle manage a region"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        add_option(parser, "region-name", metavar="<region>", required=True, help="The region's name in Keystone")
        add_option(
            parser,
            "availability-zone",
            metavar="<zone>",
            default="",
            help="Availability zone that the region belongs to in users' eyes; without it this is the central region",
        )
        add_option(
            parser,
            "pod-availability-zone",
            metavar="<zone>",
            default="",
            help="The zone's name inside the region, where it differs",
        )
        add_option(parser, "data-center", metavar="<name>", default="", help="Data center, free text")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Create it."""
        return _shown(
            self.app.client_manager.multiregion.create_pod(
                region_name=parsed_args.region_name,
                az_name=parsed_args.availability_zone,
                pod_az_name=parsed_args.pod_availability_zone,
                dc_name=parsed_args.data_center,
            )
        )


class ListPod(command.Lister):
    """List the regions that Tricircle manages"""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], Iterable[tuple[str, ...]]]:
        """List them."""
        pods = self.app.client_manager.multiregion.pods()
        return _COLUMNS, [tuple(pod[name] for name in _COLUMNS) for pod in pods]


class ShowPod(command.ShowOne):
    """Show a region that Tricircle manages"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("pod", metavar="<pod>", help="Id or region name")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Show it."""
        return _shown(self.app.client_manager.multiregion.find_pod(parsed_args.pod))


class DeletePod(command.Command):
    """Have Tricircle manage regions no longer"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("pods", metavar="<pod>", nargs="+", help="Id or region name")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Delete them, each for itself."""
        client = self.app.client_manager.multiregion
        common.delete_each("pod", parsed_args.pods, lambda name: client.delete_pod(client.find_pod(name)))
