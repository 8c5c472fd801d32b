"""What the commands of several nouns share."""

import argparse
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from openstack import exceptions as sdk_exc
from osc_lib import exceptions

from tricircle.osc.options import add_option

LOG = logging.getLogger(__name__)

Table = tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]


def add_page_options(parser: argparse.ArgumentParser) -> None:
    """Add --limit and --marker."""
    add_option(parser, "limit", metavar="<number>", type=_positive, help="How many to show at most")
    add_option(parser, "marker", metavar="<id>", help="Show those that come after the one of this id")


def add_long_option(parser: argparse.ArgumentParser) -> None:
    """Add --long."""
    parser.add_argument("--long", action="store_true", help="Show every field")


def list_some(
    list_all: Callable[..., Iterator[Any]], parsed_args: argparse.Namespace, filters: Iterable[str]
) -> Iterator[Any]:
    """What the list options ask for. Pages are fetched as needed, so that a server's maximum cuts nothing off."""
    names = [*filters, "limit", "marker"]
    query = {name: getattr(parsed_args, name) for name in names if getattr(parsed_args, name) is not None}
    return itertools.islice(list_all(**query), parsed_args.limit)


def table(columns: tuple[str, ...], rows: Iterable[Any]) -> Table:
    """Columns of a list."""
    return columns, (tuple(row[name] for name in columns) for row in rows)


def delete_each(noun: str, names: list[str], delete: Callable[[str], None]) -> None:
    """Delete each for itself. Raises osc_lib.exceptions.CommandError, counting them, if some could not be."""
    failed = 0
    for name in names:
        try:
            delete(name)
        except (sdk_exc.SDKException, exceptions.CommandError) as error:
            LOG.error("%s %s could not be deleted: %s", noun.capitalize(), name, error)
            failed += 1
    if failed:
        raise exceptions.CommandError(f"{failed} of {len(names)} {noun}s failed to delete")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no positive number")
    return number
