"""Locations, changes, regional addresses, copies, reports and remote endpoints.

Revision ID: 3c5e7a90d2f1
Revises: start_tricircle
"""

import sqlalchemy as sa
from alembic import op
from neutron.db.migration import cli

revision = "3c5e7a90d2f1"
down_revision = "start_tricircle"
branch_labels = (cli.EXPAND_BRANCH,)

UUID = sa.String(36)
BIG_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables of layer 2."""
    _central_tables()
    _regional_tables()


def _central_tables() -> None:
    op.create_table(
        "tricircle_port_locations",
        sa.Column("port_id", UUID, sa.ForeignKey("ports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("region_name", sa.String(255), nullable=False, index=True),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("vtep", sa.String(64), nullable=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tricircle_changes",
        sa.Column("id", BIG_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("job_type", sa.String(36), nullable=False),
        sa.Column("subject_type", sa.String(36), nullable=False),
        sa.Column("subject_id", UUID, nullable=False),
        sa.Column("field", sa.String(36), nullable=False),
        sa.Column("resource_id", sa.String(255), nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("except_region", sa.String(255), nullable=True),
    )
    op.create_table(
        "tricircle_regional_addresses",
        sa.Column("region_name", sa.String(255), primary_key=True),
        sa.Column("subnet_id", UUID, sa.ForeignKey("subnets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("purpose", sa.String(16), primary_key=True),
        sa.Column("ip_address", sa.String(64), nullable=False),
        sa.Column("port_id", UUID, sa.ForeignKey("ports.id", ondelete="CASCADE"), nullable=True),
        sa.UniqueConstraint("subnet_id", "ip_address", name="uniq_tricircle_regional_addresses0subnet0ip"),
    )


def _regional_tables() -> None:
    op.create_table(
        "tricircle_copies",
        sa.Column("resource_id", UUID, primary_key=True),
        sa.Column("resource_type", sa.String(32), nullable=False),
        sa.Column("claimant", UUID, nullable=True),
        sa.Column("claimed_until", sa.DateTime, nullable=True),
    )
    op.create_table(
        "tricircle_reports",
        sa.Column("id", BIG_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("port_id", UUID, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("claimant", UUID, nullable=True),
        sa.Column("claimed_until", sa.DateTime, nullable=True),
    )
    op.create_table(
        "tricircle_remote_endpoints",
        sa.Column("network_id", UUID, sa.ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("mac_address", sa.String(32), primary_key=True),
        sa.Column("ip_address", sa.String(64), primary_key=True),
        sa.Column("vtep", sa.String(64), nullable=False),
    )
