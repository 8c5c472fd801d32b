"""Which handler does which type of job."""

from collections.abc import Mapping

from oslo_config import cfg

from tricircle.db.engine import Database
from tricircle.domain.jobs import Handler, JobType
from tricircle.reconcile.copies import CopyReconciler
from tricircle.reconcile.endpoint_tables import EndpointReconciler
from tricircle.reconcile.remote import Regions
from tricircle.reconcile.security_groups import SecurityGroupReconciler


def build(conf: cfg.ConfigOpts, database: Database) -> Mapping[JobType, Handler]:
    """The handlers of every job type that this version can do; each is safe to call from several threads."""
    regions = Regions(conf, database)
    copies = CopyReconciler(regions, database)
    endpoints = EndpointReconciler(regions)
    groups = SecurityGroupReconciler(regions, database)
    return {
        JobType.SEG_RULE_SETUP: groups.project,
        JobType.UPDATE_NETWORK: copies.network,
        JobType.SUBNET_UPDATE: copies.subnet,
        JobType.PORT_DELETE: copies.port,
        JobType.SHADOW_PORT_SETUP: endpoints.network,
    }
