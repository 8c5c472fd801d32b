"""The tables. Central uses the first, a region's Neutron the others; both get all, by one alembic branch."""

import datetime

import sqlalchemy as sa
from neutron.db import models_v2
from neutron_lib.db import model_base
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tricircle.db.neutron.clock import utc_now
from tricircle.domain.endpoints import VXLAN

UUID = sa.String(36)
REGION = sa.String(255)
ADDRESS = sa.String(64)
ENCAPSULATION = sa.String(16)
UNREPORTED = -1
LOCATION = "tricircle_location"
BIG_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by INTEGER keys only


class PortLocation(model_base.BASEV2):
    """Central: where a port lives: the region that had it made, then the one that last reported it bound.

    ``revision`` is the port's revision number in that region: of two reports of one region the higher one is later,
    whichever arrives first. A row is changed only from the revision that was read: of reports at the same time one
    starts anew. ``incarnation`` is the life of the region's database in which that revision was: those of another life
    are no measure of it. ``status`` is the port's in that region; of an interface of a router, which several regions
    may have to have, the port's own is not the same. ``vtep``, ``encapsulation`` and ``tunnel_key`` are those of
    ``domain.endpoints.TunnelEndpoint``; no VTEP: no other region reaches the port. ``changed_at``: when this row, or by
    what others reach the port, was last changed, as the transaction saw the clock.
    """

    __tablename__ = "tricircle_port_locations"
    port_id: Mapped[str] = mapped_column(UUID, sa.ForeignKey("ports.id", ondelete="CASCADE"), primary_key=True)
    region_name: Mapped[str] = mapped_column(REGION, nullable=False, index=True)
    host: Mapped[str] = mapped_column(sa.String(255), nullable=False)
    vtep: Mapped[str | None] = mapped_column(ADDRESS, nullable=True)
    encapsulation: Mapped[str] = mapped_column(ENCAPSULATION, nullable=False, default=VXLAN, server_default=VXLAN)
    tunnel_key: Mapped[int | None] = mapped_column(sa.BigInteger, nullable=True)
    revision: Mapped[int] = mapped_column(sa.BigInteger, nullable=False)
    incarnation: Mapped[str | None] = mapped_column(UUID, nullable=True)
    status: Mapped[str | None] = mapped_column(sa.String(16), nullable=True)
    created_at: Mapped[datetime.datetime | None] = mapped_column(sa.DateTime, nullable=True, default=utc_now())
    changed_at: Mapped[datetime.datetime | None] = mapped_column(
        sa.DateTime, nullable=True, default=utc_now(), onupdate=utc_now()
    )
    __mapper_args__ = {"version_id_col": revision, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's way


def read_locations_with_ports() -> None:
    """Have every query of ports bring where each lives, as their attribute ``LOCATION``: at central, which shows it.

    Of a whole process, for the class is Neutron's. A region's table is always empty: its queries go without the join.
    """
    mapper = sa.inspect(models_v2.Port)
    if LOCATION not in mapper.relationships:
        mapper.add_property(LOCATION, relationship(PortLocation, viewonly=True, uselist=False, lazy="joined"))


class Tombstone(model_base.BASEV2):
    """Central: an object that was deleted here, written in the transaction that deleted it.

    It is how regions and jobs know what is deleted from what they merely do not find.
    """

    __tablename__ = "tricircle_tombstones"
    resource_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    resource_type: Mapped[str] = mapped_column(sa.String(32), nullable=False)
    project_id: Mapped[str] = mapped_column(sa.String(255), nullable=False)
    deleted_at: Mapped[datetime.datetime] = mapped_column(sa.DateTime, nullable=False, index=True, default=utc_now())


class Change(model_base.BASEV2):
    """Central: a change that regions must hear of; fields as in ``domain.changes.Change``.

    A job carries the numbers of the changes that it is about. So the rows stay for a while after they became jobs: a
    database node that does not show one lags behind.
    """

    __tablename__ = "tricircle_changes"
    id: Mapped[int] = mapped_column(BIG_NUMBER, primary_key=True, autoincrement=True)
    job_type: Mapped[str] = mapped_column(sa.String(36), nullable=False)
    subject_type: Mapped[str] = mapped_column(sa.String(36), nullable=False)
    subject_id: Mapped[str] = mapped_column(UUID, nullable=False)
    field: Mapped[str] = mapped_column(sa.String(36), nullable=False)
    resource_id: Mapped[str] = mapped_column(sa.String(255), nullable=False)
    project_id: Mapped[str] = mapped_column(sa.String(255), nullable=False)
    except_region: Mapped[str | None] = mapped_column(REGION, nullable=True)
    in_region: Mapped[str | None] = mapped_column(REGION, nullable=True)
    request_id: Mapped[str | None] = mapped_column(sa.String(40), nullable=True)
    delivered_at: Mapped[datetime.datetime | None] = mapped_column(sa.DateTime, nullable=True, index=True)


class Departure(model_base.BASEV2):
    """Central: a name (the MAC of a port, an address of a member) that a network, or a group, may have no more.

    Written with the change that takes it away: what is there says by itself when it changed.
    """

    __tablename__ = "tricircle_departures"
    __table_args__ = (
        sa.Index("ix_tricircle_departures_subject_id", "subject_id", "left_at"),
        model_base.BASEV2.__table_args__,
    )
    id: Mapped[int] = mapped_column(BIG_NUMBER, primary_key=True, autoincrement=True)
    subject_id: Mapped[str] = mapped_column(UUID, nullable=False)
    name: Mapped[str] = mapped_column(ADDRESS, nullable=False)
    left_at: Mapped[datetime.datetime] = mapped_column(sa.DateTime, nullable=False, index=True, default=utc_now())


class SentVersion(model_base.BASEV2):
    """Central: the version of a table (a network's endpoints, an address group) that a region was last sent.

    It is what the region has, as far as central knows; the region itself knows (``Copy.version``).
    """

    __tablename__ = "tricircle_sent_versions"
    region_name: Mapped[str] = mapped_column(REGION, primary_key=True)
    subject_id: Mapped[str] = mapped_column(UUID, primary_key=True, index=True)
    version: Mapped[str] = mapped_column(ADDRESS, nullable=False)
    sent_at: Mapped[datetime.datetime] = mapped_column(
        sa.DateTime, nullable=False, index=True, default=utc_now(), onupdate=utc_now()
    )


class RegionalAddress(model_base.BASEV2):
    """Central: an address of a subnet that a region has for itself, as gateway or DHCP server.

    The first region of a subnet uses the subnet's own ``gateway_ip``; ``port_id`` is then empty. Else the port
    reserves the address.
    """

    __tablename__ = "tricircle_regional_addresses"
    __table_args__ = (
        sa.UniqueConstraint("subnet_id", "ip_address", name="uniq_tricircle_regional_addresses0subnet0ip"),
        model_base.BASEV2.__table_args__,
    )
    region_name: Mapped[str] = mapped_column(REGION, primary_key=True)
    subnet_id: Mapped[str] = mapped_column(UUID, sa.ForeignKey("subnets.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    ip_address: Mapped[str] = mapped_column(ADDRESS, nullable=False)
    port_id: Mapped[str | None] = mapped_column(UUID, sa.ForeignKey("ports.id", ondelete="CASCADE"), nullable=True)


class RouterPort(model_base.BASEV2):
    """Central: the port by which a region's part of a router is joined to a network.

    ``interface_id`` is central's own interface (a port) that the port stands for there, maybe itself, or the router:
    then the port is on the project's bridge network. Gateway addresses of subnets are regional addresses, not here.
    """

    __tablename__ = "tricircle_router_ports"
    interface_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    region_name: Mapped[str] = mapped_column(REGION, primary_key=True)
    port_id: Mapped[str] = mapped_column(
        UUID, sa.ForeignKey("ports.id", ondelete="CASCADE"), nullable=False, unique=True
    )


class BridgeNetwork(model_base.BASEV2):
    """Central: a project's bridge network, and the number of its subnets in the ranges for bridge networks."""

    __tablename__ = "tricircle_bridge_networks"
    project_id: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    network_id: Mapped[str] = mapped_column(
        UUID, sa.ForeignKey("networks.id", ondelete="CASCADE"), nullable=False, unique=True
    )
    number: Mapped[int] = mapped_column(sa.Integer, nullable=False, unique=True)
    created_at: Mapped[datetime.datetime | None] = mapped_column(sa.DateTime, nullable=True, default=utc_now())


class RegionCapabilities(model_base.BASEV2):
    """Central: what the region of a pod can do and others perhaps not, as it told last: ``names``, a list in JSON."""

    __tablename__ = "tricircle_region_capabilities"
    pod_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    names: Mapped[str] = mapped_column(sa.Text, nullable=False)


class Incarnation(model_base.BASEV2):
    """Region: which life of its database this is; one row. A database that is made anew, or brought back from a backup,
    has another one, and central must not measure it by what it knew of the one before.

    ``audits`` counts the audits that central has answered: by a number that it has seen before, central knows a backup.
    ``audited_until``: one of the region's servers is just having it audited.
    """

    __tablename__ = "tricircle_incarnations"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    incarnation: Mapped[str] = mapped_column(UUID, nullable=False)
    audits: Mapped[int] = mapped_column(sa.BigInteger, nullable=False, default=0)
    audited_until: Mapped[datetime.datetime | None] = mapped_column(sa.DateTime, nullable=True)


class Copy(model_base.BASEV2):
    """Region: an object that is central's, present here or just being made, or the tombstone of one.

    ``state``: see ``copies.State``. ``claimant`` is the request that makes the copy, until ``claimed_until`` at most;
    others wait for that one. A tombstone keeps the claim of a request that was making the object when it came.
    ``deleted_at``: since when the row is a tombstone; the object is never made here again as long as that stands.
    ``revision``: central's revision number of what was last written into the copy. ``version``: which of central's
    tables the region has of its remote endpoints, or addresses: see ``domain.versions``.
    """

    __tablename__ = "tricircle_copies"
    resource_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    resource_type: Mapped[str] = mapped_column(sa.String(32), nullable=False)
    state: Mapped[str] = mapped_column(sa.String(16), nullable=False, default="whole")
    claimant: Mapped[str | None] = mapped_column(UUID, nullable=True)
    claimed_until: Mapped[datetime.datetime | None] = mapped_column(sa.DateTime, nullable=True)
    deleted_at: Mapped[datetime.datetime | None] = mapped_column(sa.DateTime, nullable=True, index=True)
    revision: Mapped[int | None] = mapped_column(sa.BigInteger, nullable=True)
    version: Mapped[str | None] = mapped_column(ADDRESS, nullable=True)


class Report(model_base.BASEV2):
    """Region: a port, or floating IP, of which central does not know the latest yet (or which is gone).

    Written with the change, deleted when told. ``tries`` counts central's refusals of this very row.
    """

    __tablename__ = "tricircle_reports"
    id: Mapped[int] = mapped_column(BIG_NUMBER, primary_key=True, autoincrement=True)
    port_id: Mapped[str] = mapped_column(UUID, nullable=False)
    resource_type: Mapped[str] = mapped_column(sa.String(32), nullable=False, default="port")
    tries: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=0)
    deleted: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, default=False)
    claimant: Mapped[str | None] = mapped_column(UUID, nullable=True)
    claimed_until: Mapped[datetime.datetime | None] = mapped_column(sa.DateTime, nullable=True)


class RemoteEndpoint(model_base.BASEV2):
    """Region: one address of a port that lives in another region; fields as in ``domain.endpoints.RemoteEndpoint``."""

    __tablename__ = "tricircle_remote_endpoints"
    network_id: Mapped[str] = mapped_column(UUID, sa.ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True)
    mac_address: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    ip_address: Mapped[str] = mapped_column(ADDRESS, primary_key=True)
    vtep: Mapped[str] = mapped_column(ADDRESS, nullable=False)
    encapsulation: Mapped[str] = mapped_column(ENCAPSULATION, nullable=False, default=VXLAN, server_default=VXLAN)
    tunnel_key: Mapped[int | None] = mapped_column(sa.BigInteger, nullable=True)


class ClosedVtep(model_base.BASEV2):
    """Region: a VTEP behind which ports of a network were, and are no more; an agent may not have heard of it yet."""

    __tablename__ = "tricircle_closed_vteps"
    network_id: Mapped[str] = mapped_column(UUID, sa.ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True)
    vtep: Mapped[str] = mapped_column(ADDRESS, primary_key=True)
    closed_at: Mapped[datetime.datetime] = mapped_column(sa.DateTime, nullable=False, index=True, default=utc_now())
