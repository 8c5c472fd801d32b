"""What tests of the region's plugin share: Neutron's own base class on it, and a real central Neutron to ask."""

import time
import typing
import uuid
from unittest import mock

import pytest
from keystoneauth1 import loading
from neutron.api import extensions, wsgi
from neutron.conf.plugins.ml2 import config as ml2_config
from neutron.conf.plugins.ml2.drivers import driver_type
from neutron.db import models_v2
from neutron.services.segments import db as segments_db
from neutron.tests.common import helpers
from neutron.tests.common import test_db_base_plugin_v2 as base_tests
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_messaging.notify import notifier
from oslo_serialization import jsonutils

from tests.functional.network import base, quick
from tests.functional.network.central_server import Answer, CentralServer
from tests.functional.network.identity import ADMIN, SERVICE, Caller
from tests.functional.network.neutron_database import MariaDBFixture
from tricircle import conf as tricircle_conf
from tricircle.db.neutron.models import Report

HOST = "host-1"
VTEP = "172.30.0.11"
SETTLE_SECONDS = 10


class LocalMixin(base.Neutrons):
    """For one of Neutron's test classes: the Neutron of RegionOne, its API in this process, a real central behind it.

    ``owner`` makes requests that name nobody else.
    """

    CENTRAL_TIMEOUT = 30
    api: typing.Any
    owner = ADMIN

    @pytest.fixture(autouse=True)
    def _servers(self, central_server: CentralServer, region_database: str):
        self.central = central_server
        self.database_url = region_database

    def setup_coreplugin(self, core_plugin=None, load_plugins=True):
        """Whatever plugin a class asks for, it gets the region's. Neutron's base class calls this in its ``setUp``."""
        super().setup_coreplugin(base.LOCAL, load_plugins)
        segments_db.subscribe()  # done once when imported, and lost since: every test has its own registry of callbacks
        self.admin = n_context.get_admin_context()

    def setUp(self, *args, **kwargs):
        super().setUp(*args, **kwargs)
        self.addCleanup(self.plugin._reporter.stop)
        # As in Neutron's api-paste.ini. What extensions add is served here, before the rest.
        manager = extensions.PluginAwareExtensionManager.get_instance()
        self.api = extensions.ExtensionMiddleware(self.api, ext_mgr=manager)
        quick.declare_policies()

    def _setup_database_fixtures(self):
        self.useFixture(MariaDBFixture(self.database_url))

    def setup_config(self):
        """Neutron's base class calls this before it starts the plugin."""
        super().setup_config()
        tricircle_conf.register_client_opts(cfg.CONF)
        token_loader = loading.get_plugin_loader("admin_token")
        cfg.CONF.register_opts(loading.get_auth_plugin_conf_options(token_loader), group="client")
        tricircle_conf.register_tricircle_opts(cfg.CONF)
        ml2_config.register_ml2_plugin_opts(cfg.CONF)
        driver_type.register_ml2_drivers_vlan_opts(cfg.CONF)
        driver_type.register_ml2_drivers_vxlan_opts(cfg.CONF)
        driver_type.register_ml2_drivers_flat_opts(cfg.CONF)
        for group, values in self.options().items():
            for name, value in values.items():
                cfg.CONF.set_override(name, value, group=group)

    def options(self):
        """As the region's operator writes them, but Tricircle's token instead of a password for Keystone."""
        central = self.central.url
        return {
            "tricircle": {"central_neutron_url": central, "local_region_name": "RegionOne"},
            "client": {
                "auth_type": "admin_token",
                "endpoint": central,
                "token": SERVICE.token,
                "neutron_timeout": self.CENTRAL_TIMEOUT,
            },
            "ml2": {
                "mechanism_drivers": ["openvswitch", "l2population"],
                "type_drivers": ["vxlan", "vlan", "flat", "local"],
                "project_network_types": ["vxlan"],
                "extension_drivers": ["port_security"],
            },
            "ml2_type_vxlan": {"vni_ranges": ["1:20"]},
            # Few of their own: what central gives is taken beside them, and each test makes the rows anew.
            "ml2_type_vlan": {"network_vlan_ranges": ["bridge:1:2", "extern:1:2"]},
            "ml2_type_flat": {"flat_networks": ["bridge", "extern"]},
        }

    def here(self, method, path, body=None, *, caller=None, with_token=True, context=None, headers=None):
        """One request to this region's API."""
        request = wsgi.Request.blank(path, method=method, headers=headers)
        if body is not None:
            request.body = jsonutils.dump_as_bytes(body)
            request.content_type = "application/json"
        request.environ["neutron.context"] = context or (caller or self.owner).context(with_token=with_token)
        response = request.get_response(self.api)
        return Answer(response.status_int, response.json if response.body else {})

    def settle(self, send=None):
        """Have every report of this region delivered, by ``flush`` or what else sends."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.reports():
            assert time.monotonic() < deadline, "reports are not delivered"
            (send or self.plugin._reporter.flush)()
            time.sleep(0.02)

    def reports(self):
        """(port id, deleted) of what central has not been told yet."""
        with db_api.CONTEXT_READER.using(self.admin):
            return [(row.port_id, row.deleted) for row in self.admin.session.query(Report.port_id, Report.deleted)]


class LocalCase(LocalMixin, base_tests.NeutronDbPluginV2TestCase):
    """Neutron of RegionOne. Each test has a project of its own at central."""

    SERVICE_PLUGINS: tuple[str, ...] = ("revisions",)  # Neutron has it always; its tests have not

    def setUp(self):
        self.owner = Caller(uuid.uuid4().hex)
        super().setUp(service_plugins=list(self.SERVICE_PLUGINS))
        # Neutron's tests have a notifier that only remembers. The real one handles contexts: it makes copies of them
        # without their tokens, which become the thread's current context.
        patch = mock.patch("oslo_messaging.Notifier", notifier.Notifier)
        patch.start()
        self.addCleanup(patch.stop)

    # The region.

    def get(self, collection, id_, **kwargs):
        """The object as this region's API shows it."""
        return self.here("GET", f"/{collection}/{id_}", **kwargs).of(200)[
            collection.removesuffix("s").replace("-", "_")
        ]

    def ids_here(self, model=models_v2.Network):
        """Ids of everything of a kind that this region's database has."""
        with db_api.CONTEXT_READER.using(self.admin):
            return {row.id for row in self.admin.session.query(model.id)}

    def boot(self, network_id, *, caller=None, **attributes):
        """A port as Nova makes it: created unbound."""
        body = {"port": {"network_id": network_id, "admin_state_up": True, **attributes}}
        return self.here("POST", "/ports", body, caller=caller).of(201)["port"]

    def bind(self, port_id, host=HOST):
        """What Nova's PUT with the host does, by its service user."""
        body = {"port": {"binding:host_id": host, "device_id": "instance", "device_owner": "compute:nova"}}
        return self.here("PUT", f"/ports/{port_id}", body, caller=SERVICE).of(200)["port"]

    def bind_quietly(self, port_id, host=HOST):
        """A binding that no request to the API makes, so that nobody waits for central to know."""
        body = {"port": {"binding:host_id": host, "device_id": "instance", "device_owner": "compute:nova"}}
        return self.plugin.update_port(n_context.get_admin_context(), port_id, body)

    def agent(self, host=HOST, vtep=VTEP):
        """An Open vSwitch agent reports itself."""
        helpers.register_ovs_agent(host=host, tunnel_types=["vxlan"], tunneling_ip=vtep)

    def up(self, port_id, host=HOST):
        """What the agent's RPC call does when it has plugged the port."""
        self.plugin.update_port_status(n_context.get_admin_context(), port_id, "ACTIVE", host)

    # Central.

    def at_central(self, method, path, body=None, *, caller=None, status=200):
        """One request to central; answers the body."""
        return self.central.call(method, path, body, caller=caller or self.owner).of(status)

    def network(self, *, caller=None, **attributes):
        """Make a network at central. Attributes that only an administrator may set are set by one, for the owner."""
        body = {"name": "net", **attributes}
        if any(":" in name for name in attributes) or "shared" in attributes:
            caller, body = ADMIN, {"project_id": self.owner.project_id, **body}
        return self.at_central("POST", "/networks", {"network": body}, caller=caller, status=201)["network"]

    def subnet(self, network, cidr="10.0.0.0/24", **attributes):
        """Make a subnet at central."""
        body = {"network_id": network["id"], "cidr": cidr, "ip_version": 6 if ":" in cidr else 4, **attributes}
        return self.at_central("POST", "/subnets", {"subnet": body}, status=201)["subnet"]

    def port(self, network, *, caller=None, **attributes):
        """Make a port at central."""
        body = {"port": {"network_id": network["id"], **attributes}}
        return self.at_central("POST", "/ports", body, caller=caller, status=201)["port"]

    def ports_at_central(self, network):
        """Every port of a network, Tricircle's own among them."""
        return self.at_central("GET", f"/ports?network_id={network['id']}", caller=ADMIN)["ports"]
