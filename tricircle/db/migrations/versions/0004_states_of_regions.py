"""Whether regions answer, as workers see it.

Revision ID: 0004
Revises: 0003
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_TABLE: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    op.create_table(
        "region_states",
        sa.Column("pod_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", _TIME),
        sa.Column("last_heard_at", _TIME),
        sa.Column("last_error", sa.Text),
        sa.Column("last_error_at", _TIME),
        sa.Column("checked_at", _TIME, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("pod_id", name="pk_region_states"),
        sa.ForeignKeyConstraint(["pod_id"], ["pods.pod_id"], name="fk_region_states_pod_id_pods", ondelete="CASCADE"),
        **_TABLE,
    )
