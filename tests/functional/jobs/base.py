"""What tests of the job queue share."""

from typing import TypeVar

import sqlalchemy as sa

from tricircle.db import models
from tricircle.db.engine import Database
from tricircle.domain.jobs import JobRequest, JobType


def request(network: str) -> JobRequest:
    return JobRequest(JobType.SHADOW_PORT_SETUP, {"pod_id": "pod", "network_id": network}, "project")


Row = TypeVar("Row", bound=models.Base)


def rows(database: Database, model: type[Row]) -> list[Row]:
    with database.reader() as session:
        return list(session.scalars(sa.select(model)))
