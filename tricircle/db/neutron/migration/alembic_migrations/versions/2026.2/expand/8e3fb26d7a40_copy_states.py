"""What there is of a copy is said by a column of its own.

Revision ID: 8e3fb26d7a40
Revises: e83b5d1a7f26
"""

import datetime

import sqlalchemy as sa
from alembic import op

revision = "8e3fb26d7a40"
down_revision = "e83b5d1a7f26"

# How a parked copy was written before: by a claim of nobody's that had ended then.
_RESTED = datetime.datetime(2000, 1, 1)


def upgrade() -> None:
    """Add the column, and write into it what other columns said."""
    op.add_column("tricircle_copies", sa.Column("state", sa.String(16), nullable=False, server_default="whole"))
    copies = sa.table(
        "tricircle_copies",
        sa.column("state", sa.String),
        sa.column("claimant", sa.String),
        sa.column("claimed_until", sa.DateTime),
        sa.column("deleted_at", sa.DateTime),
    )
    claimed = copies.c.claimed_until.is_not(None)
    nobodys = claimed & copies.c.claimant.is_(None)
    for state, is_so in (
        ("making", claimed & copies.c.claimant.is_not(None)),
        ("half_made", nobodys),
        ("parked", nobodys & (copies.c.claimed_until == _RESTED)),
        ("deleted", copies.c.deleted_at.is_not(None)),
    ):
        op.execute(copies.update().where(is_so).values(state=state))
    op.execute(copies.update().where(nobodys).values(claimed_until=None))
