"""Pods, routings, the job queue and its log.

Revision ID: 0001
Revises:
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out here, not imported: a migration stays what it was when the models move on.
_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    _create_pods()
    _create_routings()
    _create_jobs()
    _create_job_log()


def _create_pods() -> None:
    op.create_table(
        "pods",
        sa.Column("pod_id", sa.String(36), nullable=False),
        sa.Column("region_name", sa.String(255), nullable=False),
        sa.Column("az_name", sa.String(255), nullable=False),
        sa.Column("pod_az_name", sa.String(255), nullable=False),
        sa.Column("dc_name", sa.String(255), nullable=False),
        sa.Column("central", sa.SmallInteger),
        sa.PrimaryKeyConstraint("pod_id", name="pk_pods"),
        sa.UniqueConstraint("region_name", name="uq_pods_region_name"),
        sa.UniqueConstraint("central", name="uq_pods_central"),
        **_TABLE,
    )


def _create_routings() -> None:
    op.create_table(
        "routings",
        sa.Column("id", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("top_id", sa.String(255), nullable=False),
        sa.Column("bottom_id", sa.String(255), nullable=False),
        sa.Column("pod_id", sa.String(36), nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("resource_type", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_routings"),
        sa.ForeignKeyConstraint(["pod_id"], ["pods.pod_id"], name="fk_routings_pod_id_pods"),
        sa.UniqueConstraint("top_id", "pod_id", "resource_type", name="uq_routings_top_id_pod_id_resource_type"),
        sqlite_autoincrement=True,
        **_TABLE,
    )
    op.create_index("ix_routings_pod_id_resource_type", "routings", ["pod_id", "resource_type"])
    op.create_index("ix_routings_bottom_id", "routings", ["bottom_id"])
    op.create_index("ix_routings_project_id", "routings", ["project_id"])


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(36), nullable=False),
        sa.Column("resource_key", sa.String(512), nullable=False),
        sa.Column("slot", sa.String(8), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("resource", sa.JSON, nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("next_attempt_at", _TIME),
        sa.Column("worker", sa.String(255)),
        sa.Column("lease_until", _TIME),
        sa.Column("claim", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("type", "resource_key", "slot", name="uq_jobs_type_resource_key_slot"),
        **_TABLE,
    )
    op.create_index("ix_jobs_slot_next_attempt_at", "jobs", ["slot", "next_attempt_at"])
    op.create_index("ix_jobs_slot_lease_until", "jobs", ["slot", "lease_until"])
    op.create_index("ix_jobs_project_id", "jobs", ["project_id"])


def _create_job_log() -> None:
    op.create_table(
        "job_log",
        sa.Column("number", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(36), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("resource", sa.JSON, nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("worker", sa.String(255)),
        sa.PrimaryKeyConstraint("number", name="pk_job_log"),
        sqlite_autoincrement=True,
        **_TABLE,
    )
    for column in ("id", "project_id", "updated_at"):
        op.create_index(f"ix_job_log_{column}", "job_log", [column])
