"""openstack multiregion networking job create|list|show|redo|delete"""

import argparse
from typing import Any

from osc_lib.cli import format_columns
from osc_lib.command import command

from tricircle.domain.job_types import KINDS
from tricircle.domain.jobs import JobType
from tricircle.osc import common, waiting
from tricircle.osc.options import add_option

_COLUMNS = ("id", "type", "status", "attempts", "resource", "last_error")
_LONG_COLUMNS = (*_COLUMNS, "project_id", "created_at", "updated_at", "next_attempt_at", "worker")
_FIELDS = (*sorted((*_LONG_COLUMNS, "request_ids")), "timestamp")
_FORMATS = {"resource": format_columns.DictColumn, "request_ids": format_columns.ListColumn}

_TYPES = [kind.type.value for kind in KINDS.values()]
_KINDS_TO_CREATE = [kind for kind in KINDS.values() if kind.made_by is None]
_TYPES_TO_CREATE = [kind.type.value for kind in _KINDS_TO_CREATE]
# A project is always named, and is the resource itself where a job is about one.
_RESOURCE_FIELDS = sorted({name for kind in _KINDS_TO_CREATE for name in kind.fields} - {"project_id"})


def _shown(job: Any) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    return _FIELDS, tuple(_cell(job, name) for name in _FIELDS)


def _cell(job: Any, name: str) -> Any:
    return _FORMATS[name](job[name]) if name in _FORMATS else job[name]


class CreateJob(command.ShowOne):
    """Ask for a job to be run; one that waits for the same already is joined"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        types = _TYPES_TO_CREATE
        add_option(parser, "type", metavar="<type>", required=True, choices=types, help=f"One of {', '.join(types)}")
        add_option(parser, "project-id", metavar="<id>", required=True, help="Project that the resource belongs to")
        for name in _RESOURCE_FIELDS:
            needing = ", ".join(kind.type.value for kind in _KINDS_TO_CREATE if name in kind.fields)
            add_option(parser, name.replace("_", "-"), metavar="<id>", help=f"Part of the resource of {needing}")
        waiting.add_options(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Create it."""
        names = [name for name in _RESOURCE_FIELDS if getattr(parsed_args, name) is not None]
        resource = {name: getattr(parsed_args, name) for name in names}
        if KINDS[JobType(parsed_args.type)].fields == ("project_id",):
            resource["project_id"] = parsed_args.project_id
        client = self.app.client_manager.multiregion
        job = client.create_job(type=parsed_args.type, project_id=parsed_args.project_id, resource=resource)
        return _shown(waiting.wait(client, job, parsed_args.timeout) if parsed_args.wait else job)


class ListJob(command.Lister):
    """List jobs: first those in the queue, then those that are over, each newest first"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        common.add_page_options(parser)
        add_option(parser, "type", metavar="<type>", choices=_TYPES, help="Only jobs of this type")
        add_option(parser, "status", metavar="<status>", help="Only jobs that are NEW, RUNNING, SUCCESS or FAIL")
        add_option(parser, "project-id", metavar="<id>", help="Only this project's jobs")
        common.add_long_option(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> common.Table:
        """List them."""
        found = common.list_some(
            self.app.client_manager.multiregion.jobs, parsed_args, ("type", "status", "project_id")
        )
        columns = _LONG_COLUMNS if parsed_args.long else _COLUMNS
        return columns, (tuple(_cell(job, name) for name in columns) for job in found)


class ShowJob(command.ShowOne):
    """Show a job"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("job", metavar="<job>", help="Id of the job")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Show it."""
        return _shown(self.app.client_manager.multiregion.get_job(parsed_args.job))


class RedoJob(command.Command):
    """Run a job at once that waits, or once more one that runs"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("job", metavar="<job>", help="Id of the job")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Run it."""
        self.app.client_manager.multiregion.redo_job(parsed_args.job)


class DeleteJob(command.Command):
    """Delete jobs that wait"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("jobs", metavar="<job>", nargs="+", help="Id of the job")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Delete them, each for itself."""
        common.delete_each("job", parsed_args.jobs, self.app.client_manager.multiregion.delete_job)
