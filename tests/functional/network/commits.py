"""Commits that fail, or that a process does not outlive, as a cluster's conflicts and crashes make them."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session


@contextlib.contextmanager
def failing_commits(number: int, error: BaseException) -> Iterator[list[int]]:
    """Have the ``number``-th commit of a session, counted from now, fail once; answers which did.

    Savepoints are no commits.
    """
    seen: list[int] = []
    failed: list[int] = []

    def before_commit(session: Session) -> None:
        if session.in_nested_transaction():
            return
        seen.append(1)
        if len(seen) == number and not failed:
            failed.append(number)
            raise error

    sa.event.listen(Session, "before_commit", before_commit)
    try:
        yield failed
    finally:
        sa.event.remove(Session, "before_commit", before_commit)
