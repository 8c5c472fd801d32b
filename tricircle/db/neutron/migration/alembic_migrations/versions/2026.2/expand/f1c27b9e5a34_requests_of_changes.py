"""The id of the request that made a change.

Revision ID: f1c27b9e5a34
Revises: 6a1c9e7f4b28
"""

import sqlalchemy as sa
from alembic import op

revision = "f1c27b9e5a34"
down_revision = "6a1c9e7f4b28"


def upgrade() -> None:
    """Add the column."""
    op.add_column("tricircle_changes", sa.Column("request_id", sa.String(40), nullable=True))
