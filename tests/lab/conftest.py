"""A lab of the tests' own, beside one that may be running on the machine."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.lab import logs, remains, switches, waiting
from tests.lab.routers import PATIENCE, Routers, Tenant
from tests.lab.security import Groups
from tricircle_lab import cli
from tricircle_lab.instances import BootRequest, Instance
from tricircle_lab.lab import Lab
from tricircle_lab.layout import Region
from tricircle_lab.output import Reporter

# The cache of an installed lab: tests need not make every schema anew.
CACHE_DIR = Path(f"{cli.DEFAULT_STATE_DIR}-cache")

# While writing tests: the state directory of a lab that is used as it is, and not taken down afterwards.
KEPT = os.environ.get("TRICIRCLE_LAB_TESTS_STATE_DIR")


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.geteuid() != 0:
        pytest.skip("the lab needs root")
    return Path(KEPT) if KEPT else tmp_path_factory.mktemp("lab") / "state"


_LOGS_BEFORE = pytest.StashKey[Mapping[Path, int]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Note, once there is a lab, where its logs are before the test."""
    result = yield
    directory = _log_directory(item)
    if directory:
        item.stash[_LOGS_BEFORE] = logs.sizes(directory)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the lab's services complained of meanwhile, and what its switches know."""
    report = yield
    directory = _log_directory(item)
    if report.failed and directory:
        report.sections.append(
            ("complaints in the lab's logs", logs.complaints(directory, item.stash.get(_LOGS_BEFORE, {})))
        )
        lab = getattr(item, "funcargs", {}).get("lab")
        if lab and report.when == "call":
            report.sections.append(("the lab's switches", switches.describe(lab)))
    return report


def _log_directory(item: pytest.Item) -> Path | None:
    state_dir = getattr(item, "funcargs", {}).get("state_dir")
    return state_dir / "log" if state_dir else None


@pytest.fixture(scope="session")
def command(state_dir: Path) -> Callable[..., int]:
    """`tricircle-lab` with the tests' directories; returns the exit code."""

    def run(*arguments: str) -> int:
        return cli.main(["--state-dir", str(state_dir), "--cache-dir", str(CACHE_DIR), *arguments])

    return run


# Not for the session: its services would go on beside whatever tests the same process runs after these.
@pytest.fixture(scope="package")
def lab(state_dir: Path, command: Callable[..., int]) -> Iterator[Lab]:
    """A running lab with two regions, whose pods are known to Tricircle and whose default group lets pings in."""
    try:
        assert command("up", "--regions", "2") == 0
        assert command("demo") == 0
        yield Lab.open(state_dir, CACHE_DIR)
    finally:
        if not KEPT:
            # Beside the state directory, for who wants to know afterwards.
            shutil.copytree(state_dir / "log", state_dir.parent / "log")
            command("down")


@pytest.fixture
def heal(lab: Lab) -> Iterator[Callable[[], set[str]]]:
    """`up` once more; also after the test, so that the next one finds everything running."""

    def up() -> set[str]:
        return lab.up(Reporter())

    yield up
    up()


@pytest.fixture(scope="session")
def third_octets() -> Iterator[int]:
    return iter(range(20, 250))


@pytest.fixture
def nothing_left(lab: Lab) -> Iterator[None]:
    """When the test has removed what it made, the regions have nothing that central has not.

    To be used by a mark, which sets it up before, and takes it down after, whatever the test makes.
    """
    yield
    waiting.until(lambda: remains.orphans(lab), {}, PATIENCE)


@pytest.fixture
def make_network(lab: Lab, third_octets: Iterator[int]) -> Iterator[Callable[..., dict[str, Any]]]:
    """Make networks with a subnet at central; they are removed after the test.

    `ipv6`: for each of these attributes a further subnet.
    """
    central = lab.clients.network(lab.layout.central, "admin", "demo")
    made: list[str] = []

    def make(*, ipv6: Iterable[dict[str, Any]] = (), **fields: Any) -> dict[str, Any]:
        octet = next(third_octets)
        body = {"network": {"name": f"test{octet}", **fields}}
        network: dict[str, Any] = central.post("/networks", json=body).json()["network"]
        made.append(network["id"])
        owner = {key: fields[key] for key in ("project_id",) if key in fields}
        subnets: list[dict[str, Any]] = [{"ip_version": 4, "cidr": f"10.0.{octet}.0/24"}]
        subnets += [
            {"ip_version": 6, "cidr": f"fd00:{octet}:{number}::/64", **more} for number, more in enumerate(ipv6, 1)
        ]
        bodies = [{"network_id": network["id"], **owner, **subnet} for subnet in subnets]
        central.post("/subnets", json={"subnets": bodies})
        return network

    yield make
    for network_id in made:
        remains.delete(lab, f"/networks/{network_id}")


@pytest.fixture
def boot(lab: Lab, groups: Groups) -> Iterator[Callable[..., Instance]]:
    """Boot instances; they are deleted after the test. Further arguments are those of `BootRequest`.

    It asks for `groups` only to be the first of the fixtures that clean up.
    """
    numbers = itertools.count(1)
    names: list[str] = []

    def start(region: Region, network_id: str | None = None, **more: Any) -> Instance:
        name = f"test{next(numbers)}"
        names.append(name)
        return lab.instances.boot(BootRequest(name, region, network=network_id, **more))

    yield start
    _delete_instances(lab, names)


def _delete_instances(lab: Lab, names: Collection[str]) -> None:
    left = [instance.name for instance in lab.instances.all() if instance.name in names]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lab.instances.delete, left))


@pytest.fixture
def groups(lab: Lab, make_network: Callable[..., dict[str, Any]]) -> Iterator[Groups]:
    """Makes security groups for a tenant at central; they are removed after the test, when its instances are gone."""
    made = Groups(lab.clients.network(lab.layout.central, "demo", "demo"))
    yield made
    for group_id in reversed(made.ids):
        remains.delete(lab, f"/security-groups/{group_id}")


@pytest.fixture
def tenant(lab: Lab, make_network: Callable[..., dict[str, Any]]) -> Iterator[Tenant]:
    """It asks for `make_network` only to be cleaned up before the networks."""
    tenant = Tenant(lab)
    yield tenant
    tenant.close()


@pytest.fixture
def routers(lab: Lab, make_network: Callable[..., dict[str, Any]]) -> Iterator[Routers]:
    """It asks for `make_network` only to be cleaned up before the networks."""
    routers = Routers(lab)
    yield routers
    routers.close()
