"""Tables of Tricircle's own database. Only the modules of this package see these classes."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tricircle.db.types import BigId, UtcDateTime, utc_now

# utf8mb4_bin: ids and names are compared byte for byte, as SQLite does.
_TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=_NAMES)


class Pod(Base):
    __tablename__ = "pods"

    pod_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    region_name: Mapped[str] = mapped_column(sa.String(255), unique=True)
    az_name: Mapped[str] = mapped_column(sa.String(255))
    pod_az_name: Mapped[str] = mapped_column(sa.String(255))
    dc_name: Mapped[str] = mapped_column(sa.String(255))
    # 1 for the central pod, NULL for others: unique, so that there is never a second central pod.
    central: Mapped[int | None] = mapped_column(sa.SmallInteger, unique=True)
    # NULL: any service account. Unique, so that an account speaks for one region only.
    user_id: Mapped[str | None] = mapped_column(sa.String(255), unique=True)
    draining: Mapped[bool] = mapped_column(sa.Boolean, default=False)

    __table_args__ = (_TABLE,)


class Incarnation(Base):
    """One life of a region's database. The one with the highest number is the region's present one."""

    __tablename__ = "incarnations"

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    incarnation: Mapped[str] = mapped_column(sa.String(36), unique=True)
    pod_id: Mapped[str] = mapped_column(sa.ForeignKey("pods.pod_id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now())
    # Number of its last audit that came to its end: one that is not beyond it tells of a database from a backup.
    audits: Mapped[int] = mapped_column(sa.BigInteger, default=0)

    __table_args__ = ({**_TABLE, "sqlite_autoincrement": True},)


class RegionState(Base):
    """Whether a pod's region answers, as workers saw it last; fields as in `domain.region_states`.

    `number` counts the writes: a row is changed only as it was read. A pod without a row was never asked.
    """

    __tablename__ = "region_states"

    pod_id: Mapped[str] = mapped_column(sa.ForeignKey("pods.pod_id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(sa.String(16))
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    last_error_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (_TABLE,)


class Routing(Base):
    __tablename__ = "routings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    top_id: Mapped[str] = mapped_column(sa.String(255))
    bottom_id: Mapped[str] = mapped_column(sa.String(255), index=True)
    pod_id: Mapped[str] = mapped_column(sa.ForeignKey("pods.pod_id"))
    project_id: Mapped[str] = mapped_column(sa.String(255), index=True)
    resource_type: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now(), onupdate=utc_now())
    # Central's revision that the region has confirmed to have applied, and when it did.
    revision_number: Mapped[int | None] = mapped_column(sa.BigInteger)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.UniqueConstraint("top_id", "pod_id", "resource_type"),
        sa.Index(None, "pod_id", "resource_type"),
        {**_TABLE, "sqlite_autoincrement": True},
    )


class Job(Base):
    """A job that waits (slot `waiting`) or runs (slot `running`): at most one of each for a type and resource."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    type: Mapped[str] = mapped_column(sa.String(36))
    resource_key: Mapped[str] = mapped_column(sa.String(512))
    pod_id: Mapped[str] = mapped_column(sa.String(255))  # of the resource; "" if it has none
    slot: Mapped[str] = mapped_column(sa.String(8))
    status: Mapped[str] = mapped_column(sa.String(8))
    resource: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    project_id: Mapped[str] = mapped_column(sa.String(255), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    requests: Mapped[int] = mapped_column(sa.Integer, default=1)
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    worker: Mapped[str | None] = mapped_column(sa.String(255))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claim: Mapped[int] = mapped_column(sa.Integer, default=0)
    # Numbers of central's changes, each behind a comma, the youngest last; and when the last came.
    changes: Mapped[str] = mapped_column(sa.String(2000), default="")
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Ids of requests: see `db.job_requests`.
    request_ids: Mapped[str] = mapped_column(sa.String(410), default="")

    __table_args__ = (
        sa.UniqueConstraint("type", "resource_key", "slot"),
        sa.Index(None, "slot", "next_attempt_at"),
        sa.Index(None, "slot", "lease_until"),
        _TABLE,
    )


class JobLog(Base):
    """Runs that are over: successes, and failures whose job went on under a newer request."""

    __tablename__ = "job_log"

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(sa.String(36), index=True)
    type: Mapped[str] = mapped_column(sa.String(36))
    status: Mapped[str] = mapped_column(sa.String(8))
    resource: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    project_id: Mapped[str] = mapped_column(sa.String(255), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(sa.Integer)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    worker: Mapped[str | None] = mapped_column(sa.String(255))
    request_ids: Mapped[str] = mapped_column(sa.String(410), default="")

    __table_args__ = ({**_TABLE, "sqlite_autoincrement": True},)


class Drift(Base):
    """What audits have found to differ: one row for an object in a pod, kept for a while after it is mended."""

    __tablename__ = "drifts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    pod_id: Mapped[str] = mapped_column(sa.ForeignKey("pods.pod_id", ondelete="CASCADE"))
    resource_type: Mapped[str] = mapped_column(sa.String(64))
    resource_id: Mapped[str] = mapped_column(sa.String(255))
    project_id: Mapped[str] = mapped_column(sa.String(255))
    state: Mapped[str] = mapped_column(sa.String(16))
    # {"field", "desired", "observed"} each.
    differences: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    # "type", "resource", "project_id" of the job that would mend it.
    repair: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    repaired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (
        sa.UniqueConstraint("pod_id", "resource_type", "resource_id"),
        {**_TABLE, "sqlite_autoincrement": True},
    )


class AuditTurn(Base):
    """When a pod's copies are audited next, whichever worker sees to it."""

    __tablename__ = "audit_turns"

    pod_id: Mapped[str] = mapped_column(sa.ForeignKey("pods.pod_id", ondelete="CASCADE"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (_TABLE,)
