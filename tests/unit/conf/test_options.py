"""Options live beside Neutron's own, under every name users know."""

import re
from pathlib import Path

import pytest
from neutron.common import config as neutron_config
from oslo_config import cfg, generator

from tricircle import conf as options

ROOT = Path(__file__).parents[3]


def test_registering_twice_on_neutrons_own_object_is_harmless() -> None:
    neutron_config.register_common_config_options()
    for _ in range(2):
        options.register_common_opts(cfg.CONF)
        options.register_client_opts(cfg.CONF)
        options.register_tricircle_opts(cfg.CONF)
    assert "core_plugin" in cfg.CONF
    assert (cfg.CONF.client.neutron_timeout, cfg.CONF.tricircle.bridge_network_type) == (60, "vxlan")


# What the manual promises of each service, by section.
COMMON = {"DEFAULT": {"tricircle_db_connection", "transport_url"}}
CLIENT = {
    *("auth_url", "identity_url", "auto_refresh_endpoint", "top_region_name", "neutron_timeout", "bridge_cidr"),
    *("admin_username", "admin_password", "admin_tenant", "admin_user_domain_name", "admin_tenant_domain_name"),
    *("cross_pod_vxlan_mode", "max_shadow_port_bulk_size", "max_trunk_subports_bulk_size"),
    *("username", "project_name", "cafile", "insecure"),
}
SAMPLES = {
    "api": {
        "DEFAULT": {"bind_host", "bind_port", "api_workers", "auth_strategy"},
        "client": CLIENT,
        "metrics": {"in_api"},
    },
    "xjob": {
        "DEFAULT": {
            *("workers", "host", "job_run_expire", "worker_handle_timeout", "worker_sleep_time", "redo_time_span"),
        },
        "client": CLIENT,
        "metrics": {"bind_host", "bind_port"},
    },
}
DEFAULTS = (
    *("#neutron_timeout = 60", "#bridge_cidr = 100.0.0.0/9", "#cross_pod_vxlan_mode = p2p", "#insecure = false"),
    "#max_trunk_subports_bulk_size = 100",
)
SERVICE_DEFAULTS = {
    "api": ("#bind_port = 19999", "#auth_strategy = keystone"),
    "xjob": (
        *("#job_run_expire = 180", "#worker_handle_timeout = 1800", "#worker_sleep_time = 60"),
        "#redo_time_span = 172800",
    ),
}


@pytest.mark.parametrize("service", SAMPLES)
def test_sample_has_every_option_and_its_default(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    sample = tmp_path / "sample"
    generator.main(["--config-file", f"etc/{service}-cfg-gen.conf", "--output-file", str(sample)])
    found: dict[str, set[str]] = {}
    section = ""
    for line in sample.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif (name := re.match(r"#([a-z0-9_]+) =", line)) is not None:
            found.setdefault(section, set()).add(name[1])
    assert COMMON["DEFAULT"] <= found["DEFAULT"]
    for section, names in SAMPLES[service].items():
        assert names <= found[section]
    assert {*DEFAULTS, *SERVICE_DEFAULTS[service]} <= set(sample.read_text().splitlines())
