"""What regions have told that they can do.

Revision ID: 6a1c9e7f4b28
Revises: 8e3fb26d7a40
"""

import sqlalchemy as sa
from alembic import op

revision = "6a1c9e7f4b28"
down_revision = "8e3fb26d7a40"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "tricircle_region_capabilities",
        sa.Column("pod_id", sa.String(36), primary_key=True),
        sa.Column("names", sa.Text, nullable=False),
    )
