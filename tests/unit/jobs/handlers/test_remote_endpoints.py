"""Mode ``noop``: another system joins the networks."""

import pytest
from keystoneauth1 import exceptions as ks_exc
from oslo_config import cfg

from tricircle import conf as tricircle_conf
from tricircle.db import pods as pods_db
from tricircle.db import schema
from tricircle.db.engine import Database
from tricircle.domain.payloads import NetworkInPod
from tricircle.jobs.handlers.remote_endpoints import RemoteEndpointHandler
from tricircle.regions.pods import Regions


@pytest.mark.parametrize("mode", ["p2p", "noop"])
def test_nothing_is_asked_or_told_in_mode_noop(tmp_path, mode):
    conf = cfg.ConfigOpts()
    conf([])
    tricircle_conf.register_client_opts(conf)
    conf.set_override("cross_pod_vxlan_mode", mode, group="client")
    database = Database(f"sqlite:///{tmp_path}/tricircle.sqlite")
    schema.sync(database)
    with database.writer() as session:
        pods_db.create(session, region_name="CentralRegion", az_name="")
        pod = pods_db.create(session, region_name="RegionOne", az_name="az1")
    handler = RemoteEndpointHandler(Regions(conf, database), database)
    payload = NetworkInPod(pod_id=pod.pod_id, network_id="network")
    if mode == "noop":
        handler.network(payload)
    else:
        # There are no credentials here: whatever is asked fails.
        with pytest.raises(ks_exc.ClientException):
            handler.network(payload)
