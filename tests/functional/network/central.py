"""What tests of central's plugin share: Neutron's own base class on it, and a region's requests."""

import typing

from neutron.api import extensions
from neutron.tests.common import test_db_base_plugin_v2 as base_tests
from neutron_lib import context as n_context

from tests.functional.network import base, quick
from tricircle.db import routings as routings_db
from tricircle.db.neutron import locations
from tricircle.jobs.queue import JobQueue
from tricircle.network.extensions import _base, regional_audit, regional_report, regional_view


class CentralCase(base.CentralMixin, base_tests.NeutronDbPluginV2TestCase):
    api: typing.Any

    def setUp(self):
        super().setUp(plugin=base.CENTRAL)
        self.admin = n_context.get_admin_context()
        # As in Neutron's api-paste.ini. What extensions add is served here, before the rest.
        manager = extensions.PluginAwareExtensionManager.get_instance()
        self.api = extensions.ExtensionMiddleware(self.api, ext_mgr=manager)
        quick.declare_policies()

    def call(self, method, collection, id_=None, body=None, *, caller="admin", params=None):
        """One request to central's API, as ``admin``, ``service`` or ``member``."""
        make = {"admin": self._admin_req, "service": self._service_req, "member": self._member_req}[caller]
        return make(method, collection, body, id=id_, params=params).get_response(self.api)

    def view(self, region, context=None, **ids):
        body = {"regional_view": regional_view.question(region, **ids)}
        return self.plugin.create_regional_view(context or self.admin, body)

    def report(self, region, ports=(), deleted=(), **more):
        sent = {"region_name": region, "ports": list(ports), "deleted_port_ids": list(deleted), **more}
        body = _base.filled(regional_report.ATTRIBUTES["regional_reports"], **sent)
        return self.plugin.create_regional_report(self.admin, {"regional_report": body})

    def audit(self, region, copies=(), **more):
        body = _base.filled(regional_audit.ATTRIBUTES["regional_audits"], region_name=region, copies=copies, **more)
        return self.plugin.create_regional_audit(self.admin, {"regional_audit": body})

    def network_of(self, hints=(), **attributes):
        kwargs = {"availability_zone_hints": list(hints), **attributes}
        return self._make_network("json", "net", True, as_admin=True, arg_list=tuple(kwargs), **kwargs)["network"]

    def subnet_of(self, network, cidr="10.0.0.0/24", **kwargs):
        return self._make_subnet("json", {"network": network}, kwargs.pop("gateway", "10.0.0.1"), cidr, **kwargs)[
            "subnet"
        ]

    def port_of(self, network, **kwargs):
        return self._make_port("json", network["id"], **kwargs)["port"]

    def jobs(self):
        queue = JobQueue(self.database)
        jobs = []
        while (job := queue.claim("test")) is not None:
            queue.finish(job)
            jobs.append((job.type, dict(job.resource)))
        return jobs

    def routings(self, object_id):
        with self.database.reader() as session:
            return {r.pod_id for r in routings_db.find(session, top_ids=[object_id])}


def region_of(context, port_id):
    """Where central knows the port to be."""
    location = locations.of_port(context, port_id)
    assert location is not None
    return location.region_name


def state(port, **changes):
    fields = {
        "id": port["id"],
        "revision": 7,
        "status": "ACTIVE",
        "host": "host-1",
        "vif_type": "ovs",
        "vif_details": {"port_filter": True},
        "device_id": "instance",
        "device_owner": "compute:az1",
        "vtep": "172.30.0.11",
    }
    return fields | changes
