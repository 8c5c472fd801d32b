"""Accounts and incarnations of regions, regions that are drained, and the changes that a job's answers must be as of.

Revision ID: 0003
Revises: 0002
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    with op.batch_alter_table("pods") as pods:
        pods.add_column(sa.Column("user_id", sa.String(255)))
        pods.add_column(sa.Column("draining", sa.Boolean, nullable=False, server_default=sa.false()))
        pods.create_unique_constraint("uq_pods_user_id", ["user_id"])
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("changes", sa.String(2000), nullable=False, server_default=""))
        jobs.add_column(sa.Column("changed_at", _TIME))
    op.create_table(
        "incarnations",
        sa.Column("number", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("incarnation", sa.String(36), nullable=False),
        sa.Column("pod_id", sa.String(36), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("audits", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_incarnations"),
        sa.UniqueConstraint("incarnation", name="uq_incarnations_incarnation"),
        sa.ForeignKeyConstraint(["pod_id"], ["pods.pod_id"], name="fk_incarnations_pod_id_pods", ondelete="CASCADE"),
        sqlite_autoincrement=True,
        **_TABLE,
    )
    op.create_index("ix_incarnations_pod_id", "incarnations", ["pod_id"])
