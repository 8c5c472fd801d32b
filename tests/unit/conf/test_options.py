"""Options live beside Neutron's own, under every name users know."""

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


@pytest.mark.parametrize("service", ["api", "xjob"])
def test_sample_is_generated_and_names_the_defaults(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    sample = tmp_path / "sample"
    generator.main(["--config-file", f"etc/{service}-cfg-gen.conf", "--output-file", str(sample)])
    text = sample.read_text()
    for line in (
        "#tricircle_db_connection = sqlite:///",
        "#admin_username =",
        "#neutron_timeout = 60",
        "#transport_url",
    ):
        assert line in text
