"""What differs in regions, when they are audited, and which revision each has applied.

Revision ID: 0006
Revises: 0005
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    with op.batch_alter_table("routings") as routings:
        routings.add_column(sa.Column("revision_number", sa.BigInteger))
        routings.add_column(sa.Column("applied_at", _TIME))
    op.create_table(
        "drifts",
        sa.Column("id", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("pod_id", sa.String(36), nullable=False),
        sa.Column("resource_type", sa.String(64), nullable=False),
        sa.Column("resource_id", sa.String(255), nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("differences", sa.JSON, nullable=False),
        sa.Column("repair", sa.JSON(none_as_null=True)),
        sa.Column("found_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.Column("repaired_at", _TIME),
        sa.Column("mended_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_drifts"),
        sa.UniqueConstraint(
            "pod_id", "resource_type", "resource_id", name="uq_drifts_pod_id_resource_type_resource_id"
        ),
        sa.ForeignKeyConstraint(["pod_id"], ["pods.pod_id"], name="fk_drifts_pod_id_pods", ondelete="CASCADE"),
        sqlite_autoincrement=True,
        **_TABLE,
    )
    op.create_index("ix_drifts_mended_at", "drifts", ["mended_at"])
    op.create_table(
        "audit_turns",
        sa.Column("pod_id", sa.String(36), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("pod_id", name="pk_audit_turns"),
        sa.ForeignKeyConstraint(["pod_id"], ["pods.pod_id"], name="fk_audit_turns_pod_id_pods", ondelete="CASCADE"),
        **_TABLE,
    )
