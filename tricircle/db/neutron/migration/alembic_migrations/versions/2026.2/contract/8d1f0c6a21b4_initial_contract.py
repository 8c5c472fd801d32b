"""First revision of the contract branch.

Revision ID: 8d1f0c6a21b4
Revises: start_tricircle
"""

from neutron.db.migration import cli

revision = "8d1f0c6a21b4"
down_revision = "start_tricircle"
branch_labels = (cli.CONTRACT_BRANCH,)


def upgrade() -> None:
    """Nothing to take away yet."""
