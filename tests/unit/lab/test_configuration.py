"""The files that services read, as oslo.config reads them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml
from oslo_config.cfg import ConfigParser

from tricircle_lab import configuration
from tricircle_lab.layout import Layout

Sections = dict[str, dict[str, list[str]]]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "state", tmp_path / "cache", 3, 2, 1)
    configuration.write(layout)
    return layout


def _read(path: Path) -> Sections:
    sections: Sections = {}
    ConfigParser(str(path), sections).parse()
    return sections


def test_a_region_knows_central_s_physical_networks_and_makes_nothing_out_of_its_ranges(layout: Layout) -> None:
    central = _read(layout.central.etc / "neutron.conf")["tricircle"]
    first, last = (int(number) for number in central["vni_ranges"][0].split(":"))
    physical = ",".join(entry.split(":")[0] for entry in central["network_vlan_ranges"][0].split(","))
    for region in layout.regions:
        ml2 = _read(region.etc / "ml2_conf.ini")
        assert ml2["ml2_type_vlan"]["network_vlan_ranges"] == [physical]
        own_first, own_last = (int(number) for number in ml2["ml2_type_vxlan"]["vni_ranges"][0].split(":"))
        assert own_last < first or last < own_first
        assert ml2["ml2_type_flat"]["flat_networks"] == central["flat_networks"]


def test_each_region_is_told_who_it_is_and_where_central_is(layout: Layout) -> None:
    for region in layout.regions:
        sections = _read(region.etc / "neutron.conf")
        assert sections["tricircle"]["local_region_name"] == [region.name]
        assert sections["tricircle"]["central_neutron_url"] == [layout.central.neutron_url]
        assert sections["DEFAULT"]["host"] == [region.host]
        assert _read(region.etc / "openvswitch_agent.ini")["ovs"]["local_ip"] == [region.vtep]


def test_a_hollow_region_is_configured_as_any_other_without_what_agents_read(layout: Layout) -> None:
    full, hollow = (_read(region.etc / "neutron.conf") for region in (layout.regions[0], layout.hollow_regions[0]))
    assert {section: set(options) for section, options in full.items()} == {
        section: set(options) for section, options in hollow.items()
    }
    assert hollow["tricircle"]["local_region_name"] == ["Hollow1"]
    written = {path.name for path in layout.hollow_regions[0].etc.iterdir()}
    assert written == {"neutron.conf", "ml2_conf.ini", "api-paste.ini", configuration.OVERRIDES}


def test_each_neutron_keeps_tokens_in_a_cache_of_its_own(layout: Layout) -> None:
    servers = [
        _read(region.etc / "neutron.conf")["keystone_authtoken"]["memcached_servers"][0]
        for region in layout.all_regions
    ]
    assert servers == [f"unix:{region.memcached_socket}" for region in layout.all_regions]
    assert len(set(servers)) == len(servers)


def test_writing_again_keeps_the_keys_of_tokens(layout: Layout) -> None:
    keys = {path: path.read_bytes() for path in (layout.etc / "keystone").rglob("fernet-keys/*")}
    assert len(keys) == 2
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in keys)
    configuration.write(layout)
    assert {path: path.read_bytes() for path in keys} == keys


def test_clouds_yaml_has_a_cloud_for_each_account_and_region(layout: Layout) -> None:
    text = configuration.render("clouds.yaml.j2", lab=layout, accounts=[("admin", "demo"), ("demo", "demo")])
    clouds = yaml.safe_load(text)["clouds"]
    assert len(clouds) == 8
    assert clouds["demo-RegionTwo"]["region_name"] == "RegionTwo"
    assert clouds["demo-RegionTwo"]["auth"]["auth_url"] == f"{layout.keystone_url}/v3"
