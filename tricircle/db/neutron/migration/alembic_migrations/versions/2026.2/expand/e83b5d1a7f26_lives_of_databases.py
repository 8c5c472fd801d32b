"""Tombstones of central's objects, changes that were delivered, incarnations, and reports of more than ports.

Revision ID: e83b5d1a7f26
Revises: c41f7e2a9d06
"""

import sqlalchemy as sa
from alembic import op

revision = "e83b5d1a7f26"
down_revision = "c41f7e2a9d06"


def upgrade() -> None:
    """Create tables, and add columns to those that are there."""
    _central()
    _regional()


def _central() -> None:
    op.create_table(
        "tricircle_tombstones",
        sa.Column("resource_id", sa.String(36), primary_key=True),
        sa.Column("resource_type", sa.String(32), nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("deleted_at", sa.DateTime, nullable=False, index=True),
    )
    op.add_column("tricircle_changes", sa.Column("delivered_at", sa.DateTime, nullable=True))
    op.create_index("ix_tricircle_changes_delivered_at", "tricircle_changes", ["delivered_at"])
    op.add_column("tricircle_port_locations", sa.Column("incarnation", sa.String(36), nullable=True))
    op.add_column("tricircle_port_locations", sa.Column("status", sa.String(16), nullable=True))
    op.add_column("tricircle_port_locations", sa.Column("created_at", sa.DateTime, nullable=True))
    op.add_column("tricircle_bridge_networks", sa.Column("created_at", sa.DateTime, nullable=True))


def _regional() -> None:
    op.create_table(
        "tricircle_incarnations",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("incarnation", sa.String(36), nullable=False),
        sa.Column("audits", sa.BigInteger, nullable=False),
        sa.Column("audited_until", sa.DateTime, nullable=True),
    )
    op.add_column("tricircle_reports", sa.Column("resource_type", sa.String(32), nullable=False, server_default="port"))
    op.add_column("tricircle_reports", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
