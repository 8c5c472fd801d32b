"""The pod of a job in a column of its own, so that a worker can leave a region's jobs alone.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_JOBS = sa.table("jobs", sa.column("id", sa.String), sa.column("pod_id", sa.String), sa.column("resource", sa.JSON))


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("pod_id", sa.String(255), nullable=False, server_default=""))
    connection = op.get_bind()
    for job_id, resource in connection.execute(sa.select(_JOBS.c.id, _JOBS.c.resource)).all():
        pod_id = resource.get("pod_id", "")
        connection.execute(sa.update(_JOBS).where(_JOBS.c.id == job_id).values(pod_id=pod_id))
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("pod_id", existing_type=sa.String(255), existing_nullable=False, server_default=None)
