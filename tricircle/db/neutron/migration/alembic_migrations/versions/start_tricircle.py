"""Where the expand and contract branches start.

Revision ID: start_tricircle
"""

revision = "start_tricircle"
down_revision = None


def upgrade() -> None:
    """Nothing: the branches need one root."""
