"""Ports of routers' parts, and bridge networks.

Revision ID: 7b24e1d95c08
Revises: 3c5e7a90d2f1
"""

import sqlalchemy as sa
from alembic import op

revision = "7b24e1d95c08"
down_revision = "3c5e7a90d2f1"

UUID = sa.String(36)


def upgrade() -> None:
    """Create the tables of layer 3."""
    op.create_table(
        "tricircle_router_ports",
        sa.Column("interface_id", UUID, primary_key=True),
        sa.Column("region_name", sa.String(255), primary_key=True),
        sa.Column("port_id", UUID, sa.ForeignKey("ports.id", ondelete="CASCADE"), nullable=False, unique=True),
    )
    op.create_table(
        "tricircle_bridge_networks",
        sa.Column("project_id", sa.String(255), primary_key=True),
        sa.Column("network_id", UUID, sa.ForeignKey("networks.id", ondelete="CASCADE"), nullable=False, unique=True),
        sa.Column("number", sa.Integer, nullable=False, unique=True),
    )
