from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tricircle_lab import cgroup
from tricircle_lab.layout import MAX_HOLLOW, MAX_REGIONS, SLOTS, UNDERLAY, Layout

slots = st.integers(0, SLOTS - 1)
counts = st.integers(1, MAX_REGIONS)
hollow = st.integers(0, MAX_HOLLOW)


def _ports(layout: Layout) -> list[int]:
    own = [layout.keystone_port, layout.broker.amqp, layout.broker.distribution, layout.broker.epmd]
    return [*own, layout.tricircle_port, *(region.neutron_port for region in layout.all_regions)]


def _layout(slot: int, count: int, hollow_count: int = 0) -> Layout:
    return Layout(Path("/state"), Path("/cache"), slot, count, hollow_count)


@given(slots, slots, counts, counts, hollow)
def test_two_labs_share_no_port_and_no_name(first: int, second: int, some: int, others: int, empty: int) -> None:
    one, other = _layout(first, some, empty), _layout(second, others, MAX_HOLLOW)
    assert len(set(_ports(one))) == len(_ports(one))
    assert max(_ports(one)) < 32768
    if first != second:
        assert not set(_ports(one)) & set(_ports(other))
        assert not {region.namespace for region in one.regions} & {region.namespace for region in other.regions}
        assert one.cgroup_name != other.cgroup_name


@given(counts, hollow)
def test_each_region_has_its_own_address_in_the_underlay(count: int, hollow_count: int) -> None:
    layout = _layout(0, count, hollow_count)
    vteps = [region.vtep for region in (*layout.regions, *layout.hollow_regions)]
    assert len(set(vteps)) == count + hollow_count
    assert set(vteps) <= {str(address) for address in UNDERLAY.hosts()}


def test_regions_are_called_as_the_manual_calls_them() -> None:
    names = [region.name for region in _layout(0, 4).all_regions]
    assert names == ["CentralRegion", "RegionOne", "RegionTwo", "RegionThree", "Region4"]


def test_hollow_regions_keep_their_names_when_the_lab_gets_more_of_the_others() -> None:
    small, large = _layout(0, 1, 2), _layout(0, 4, 2)
    assert [region.name for region in small.all_regions] == ["CentralRegion", "RegionOne", "Hollow1", "Hollow2"]
    assert small.hollow_regions == large.hollow_regions
    assert not {region.database for region in large.regions} & {region.database for region in large.hollow_regions}


def test_control_groups_are_found_where_they_are_mounted(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0\n"
        "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
        "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nosuid 0 0\n"
    )
    assert cgroup.mount_point(mounts) == Path("/sys/fs/cgroup/unified")
    assert cgroup.cpu_mount_point(mounts) == Path("/sys/fs/cgroup/cpu")
    mounts.write_text(
        "cgroup2 /sys/fs/cgroup cgroup2 ro,nosuid 0 0\ncgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"
    )
    assert cgroup.mount_point(mounts) is None
    assert cgroup.cpu_mount_point(mounts) is None
