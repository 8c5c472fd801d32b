"""Neutron's own database on a Galera cluster."""

from neutron_lib.db import api as db_api
from oslo_config import cfg

from tricircle.db import causality
from tricircle.network import exceptions


def see_everything(conf: cfg.ConfigOpts) -> None:
    """Have all that this process reads of Neutron's database show what any node of its cluster has committed before.

    Tricircle's promises stand on it, and so do Neutron's own, where its API processes are on several nodes. Who has set
    ``[database] mysql_wsrep_sync_wait`` knows better: that is what holds then.
    """
    if conf.database.mysql_wsrep_sync_wait is None:
        causality.see_everything(db_api.CONTEXT_WRITER.get_engine(), exceptions.lagging)
