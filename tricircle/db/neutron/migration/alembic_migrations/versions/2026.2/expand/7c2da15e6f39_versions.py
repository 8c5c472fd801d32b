"""Versions of what regions have of a network's endpoints and a group's members, and what changed since.

Revision ID: 7c2da15e6f39
Revises: 5d0f3b8a9c17
"""

import sqlalchemy as sa
from alembic import op

revision = "7c2da15e6f39"
down_revision = "5d0f3b8a9c17"


def upgrade() -> None:
    """Create tables, and add columns to those that are there."""
    op.add_column("tricircle_port_locations", sa.Column("changed_at", sa.DateTime, nullable=True))
    op.add_column("tricircle_copies", sa.Column("version", sa.String(64), nullable=True))
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "tricircle_departures",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("subject_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("left_at", sa.DateTime, nullable=False, index=True),
        sa.Index("ix_tricircle_departures_subject_id", "subject_id", "left_at"),
    )
    op.create_table(
        "tricircle_sent_versions",
        sa.Column("region_name", sa.String(255), primary_key=True),
        sa.Column("subject_id", sa.String(36), primary_key=True),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("sent_at", sa.DateTime, nullable=False, index=True),
        sa.Index("ix_tricircle_sent_versions_subject_id", "subject_id"),
    )
