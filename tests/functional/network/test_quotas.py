"""Quotas are counted once, at central, and a region shows them."""

from oslo_config import cfg

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.local import LocalCase


class TestQuotas(LocalCase):
    def test_a_region_shows_central_s(self):
        project = self.owner.project_id
        self.at_central("PUT", f"/quotas/{project}", {"quota": {"port": 7}}, caller=ADMIN)
        net = self.network()
        self.subnet(net, enable_dhcp=False)
        self.boot(net["id"])
        for suffix in ("", "/default", "/details"):
            path = f"/quotas/{project}{suffix}"
            here = self.here("GET", path).of(200)["quota"]
            assert here == self.at_central("GET", path)["quota"], suffix
        assert self.here("GET", f"/quotas/{project}").of(200)["quota"]["port"] == 7
        assert self.here("GET", f"/quotas/{project}/details").of(200)["quota"]["port"]["used"] == 1
        everyone = self.here("GET", "/quotas", caller=ADMIN).of(200)["quotas"]
        assert project in {quota["project_id"] for quota in everyone}

    def test_central_is_asked_once_for_many_boots(self):
        project = self.owner.project_id
        with self.central.seen() as requests:
            answers = [self.here("GET", f"/quotas/{project}").of(200) for _ in range(3)]
        assert requests == [f"GET /v2.0/quotas/{project}"]
        assert answers[1:] == answers[:-1]

    def test_the_network_that_a_boot_asks_for_first_brings_them(self):
        net, path = self.network(), f"/quotas/{self.owner.project_id}"
        with self.central.seen() as requests:
            self.get("networks", net["id"])
            answer = self.here("GET", path).of(200)
        assert requests == ["POST /v2.0/regional-views"]
        assert answer == self.at_central("GET", path)

    def test_a_view_tells_nobody_of_another_project_s(self):
        desired = {"region_name": "RegionOne", "quota_project_ids": [self.owner.project_id]}
        view = self.at_central("POST", "/regional-views", {"regional_view": desired}, caller=SERVICE, status=201)
        assert view["regional_view"]["quotas"] == {}

    def test_what_is_asked_for_is_nothing_but_a_project(self):
        """An id is quoted into the path of the request to central; a directory is no id."""
        for id_ in ("..", ".", "%2e%2e", "%2e"):
            with self.central.seen() as requests:
                assert self.here("GET", f"/quotas/{id_}").status == 404
                assert self.here("GET", f"/quotas/{id_}/details", caller=ADMIN).status == 404
            assert requests == []
        for id_ in ("%3Flimit=1", "%23x", "x%2Fdefault", "x%252Fdefault", "x%2F..%2F..%2Fnetworks"):
            for caller in (self.owner, ADMIN):
                path = f"/quotas/{id_}"
                here, there = self.here("GET", path, caller=caller), self.central.call("GET", path, caller=caller)
                assert (here.status, here.body) == (there.status, there.body), id_

    def test_they_are_set_at_central(self):
        path = f"/quotas/{self.owner.project_id}"
        for method, body in (("PUT", {"quota": {"port": 1}}), ("DELETE", None)):
            answer = self.here(method, path, body, caller=ADMIN)
            assert answer.status == 409
            assert "central Neutron" in answer.body["NeutronError"]["message"]

    def test_a_region_that_has_no_room_for_networks_of_its_own_has_room_for_central_s(self):
        self.override("QUOTAS", quota_network=0, quota_subnet=0, quota_security_group=0)
        net = self.network()
        self.subnet(net)
        assert self.boot(net["id"])["network_id"] == net["id"]
        assert self.here("POST", "/networks", {"network": {"name": "mine"}}).status == 409

    def test_what_is_central_s_is_not_counted_here_again(self):
        self.override("QUOTAS", quota_port=1)
        net = self.network()
        self.subnet(net)
        self.here("POST", "/ports", {"ports": [{"network_id": net["id"]}]}).of(201)
        self.boot(net["id"])
        own = self.here("POST", "/networks", {"network": {"name": "mine"}}).of(201)["network"]
        answers = [self.here("POST", "/ports", {"port": {"network_id": own["id"]}}).status for _ in range(2)]
        assert answers == [201, 409]

    @staticmethod
    def override(group, **options):
        for name, value in options.items():
            cfg.CONF.set_override(name, value, group=group)
