"""Where networks may live, by their hints; some pods share a zone, and one calls it otherwise."""

from neutron.tests.common import test_db_base_plugin_v2 as base_tests
from neutron_lib import context as n_context

from tests.functional.network import base
from tricircle.db import pods as pods_db

REGIONS = ("RegionOne", "RegionTwo", "RegionThree")


class TestHints(base.CentralMixin, base_tests.NeutronDbPluginV2TestCase):
    def prepare_central(self):
        super().prepare_central()
        with self.database.writer() as session:
            pods_db.create(session, region_name="RegionThree", az_name="az2", pod_az_name="nova-3")

    def setUp(self):
        super().setUp(plugin=base.CENTRAL)

    def views(self, hints, **attributes):
        """Of a new network, by region: the network as that region gets it, or None."""
        kwargs = {"availability_zone_hints": hints, **attributes}
        network = self._make_network("json", "net", True, as_admin=True, arg_list=tuple(kwargs), **kwargs)["network"]
        assert sorted(network["availability_zone_hints"]) == sorted(hints)
        views = {}
        for region in REGIONS:
            body = {"regional_view": {"region_name": region, "network_ids": [network["id"]]}}
            answer = self.new_create_request("regional-views", body, as_service=True).get_response(self.api)
            views[region] = next(iter(answer.json["regional_view"]["networks"]), None)
        return views

    def regions(self, hints, **attributes):
        return {region for region, network in self.views(hints, **attributes).items() if network}

    def test_by_region_by_zone_by_several_by_none(self):
        for hints, expected in (
            ([], set(REGIONS)),
            (["RegionTwo"], {"RegionTwo"}),
            (["az1"], {"RegionOne"}),
            (["az2"], {"RegionTwo", "RegionThree"}),
            (["az1", "RegionThree"], {"RegionOne", "RegionThree"}),
            (["az1", "az2"], set(REGIONS)),
        ):
            with self.subTest(hints):
                assert self.regions(hints) == expected

    def test_an_external_network_lives_in_its_region(self):
        external = {"router:external": True, "provider:network_type": "flat", "provider:physical_network": "extern"}
        assert self.regions([], **external) == {"RegionOne"}
        external["provider:physical_network"] = "bridge"
        assert self.regions(["RegionTwo"], **external) == {"RegionTwo"}

    def test_a_region_is_told_the_zone_by_the_name_it_has_there(self):
        hinted = {region: network["availability_zone_hints"] for region, network in self.views([]).items()}
        assert hinted == {"RegionOne": [], "RegionTwo": [], "RegionThree": ["nova-3"]}

    def test_zones_that_pods_share_are_one(self):
        zones = self.plugin.get_availability_zones(n_context.get_admin_context(), filters={})
        assert {zone["name"] for zone in zones} == {"az1", "az2"}
