"""Tombstones and revisions of copies; the region in which a changed object is known to be.

Revision ID: 7b2d94c1e6a0
Revises: 7b24e1d95c08
"""

import sqlalchemy as sa
from alembic import op

revision = "7b2d94c1e6a0"
down_revision = "7b24e1d95c08"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("tricircle_copies", sa.Column("deleted_at", sa.DateTime, nullable=True))
    op.add_column("tricircle_copies", sa.Column("revision", sa.BigInteger, nullable=True))
    op.create_index("ix_tricircle_copies_deleted_at", "tricircle_copies", ["deleted_at"])
    op.add_column("tricircle_changes", sa.Column("in_region", sa.String(255), nullable=True))
