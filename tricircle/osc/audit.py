"""openstack multiregion networking audit run"""

import argparse

from osc_lib.command import command

from tricircle.domain import copied_kinds
from tricircle.osc import common, waiting
from tricircle.osc.options import add_option

_COLUMNS = ("job_id", "pod_id", "resource_type", "mode", "status")


class RunAudit(command.Lister):
    """Have regions' copies compared with what central says, and, if wanted, repaired; what differs is in drift list"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Options."""
        parser = super().get_parser(prog_name)
        kinds = ", ".join(kind.type for kind in copied_kinds.all_kinds())
        add_option(parser, "region", metavar="<region>", help="Only this region, by its name; else all")
        add_option(parser, "type", metavar="<type>", help=f"Only copies of this type; else of all: {kinds}")
        parser.add_argument("--repair", action="store_true", help="Ask for the jobs that mend what is found")
        waiting.add_options(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> common.Table:
        """Ask for it: a job for each region."""
        client = self.app.client_manager.multiregion
        jobs = client.run_audit(
            region_name=parsed_args.region, resource_type=parsed_args.type, repair=parsed_args.repair
        )
        if parsed_args.wait:
            jobs = [waiting.wait(client, job, parsed_args.timeout) for job in jobs]
        rows = [(job.id, job.resource["pod_id"], job.resource["resource_type"], job.resource["mode"]) for job in jobs]
        return _COLUMNS, [(*row, job.status) for row, job in zip(rows, jobs, strict=True)]
