"""How ports are reached from other regions: the encapsulation, and a port's own tunnel key.

Revision ID: 5d0f3b8a9c17
Revises: f1c27b9e5a34
"""

import sqlalchemy as sa
from alembic import op

revision = "5d0f3b8a9c17"
down_revision = "f1c27b9e5a34"


def upgrade() -> None:
    """Add the columns; what is there was reached through VXLAN, without keys of ports."""
    for table in ("tricircle_port_locations", "tricircle_remote_endpoints"):
        op.add_column(table, sa.Column("encapsulation", sa.String(16), nullable=False, server_default="vxlan"))
        op.add_column(table, sa.Column("tunnel_key", sa.BigInteger, nullable=True))
