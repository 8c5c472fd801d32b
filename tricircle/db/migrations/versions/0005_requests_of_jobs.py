"""The ids of the requests that a job answers.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("jobs", "job_log"):
        with op.batch_alter_table(table) as altered:
            altered.add_column(sa.Column("request_ids", sa.String(410), nullable=False, server_default=""))
