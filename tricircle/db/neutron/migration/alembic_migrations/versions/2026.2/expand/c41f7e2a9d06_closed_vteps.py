"""VTEPs that a network's tunnels no longer lead to.

Revision ID: c41f7e2a9d06
Revises: 7b2d94c1e6a0
"""

import sqlalchemy as sa
from alembic import op

revision = "c41f7e2a9d06"
down_revision = "7b2d94c1e6a0"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "tricircle_closed_vteps",
        sa.Column("network_id", sa.String(36), sa.ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("vtep", sa.String(64), primary_key=True),
        sa.Column("closed_at", sa.DateTime, nullable=False, server_default=sa.func.current_timestamp()),
    )
    op.create_index("ix_tricircle_closed_vteps_closed_at", "tricircle_closed_vteps", ["closed_at"])
