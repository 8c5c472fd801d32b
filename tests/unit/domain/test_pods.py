"""What makes sense of a pod beside the others."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain.errors import TricircleError
from tricircle.domain.pods import Pod, check, check_account_is_free, clash

NAMES = st.sampled_from(["", "a", "b"])
FIELDS = {
    "region_name": st.sampled_from(["R1", "R2", "R3", "R4"]),
    "az_name": NAMES,
    "user_id": NAMES,
    "draining": st.booleans(),
}
PODS = st.fixed_dictionaries(FIELDS)
# Of a call: a new pod, a change of the pod of so many, or the deletion of one.
CALLS = st.tuples(
    st.sampled_from(["create", "change", "delete"]),
    st.integers(0, 3),
    PODS | st.fixed_dictionaries({}, optional=FIELDS),
)


def carried_out(pods: list[Pod], call: str, place: int, fields: dict[str, object]) -> list[Pod]:
    """The pods after a call, or as before where it is refused."""
    seen = pods[place % len(pods)] if pods and call != "create" else None
    others = [pod for pod in pods if pod is not seen]
    try:
        if call == "delete":
            if seen is not None:
                check_account_is_free(seen, others)
            return others
        after = replace(seen or Pod("", "R1"), **fields)  # type: ignore[arg-type]
        check(after, seen, others)
    except TricircleError:
        return pods
    return [*others, after]


@given(st.lists(CALLS, max_size=12))
def test_whatever_is_asked_the_pods_make_sense(calls: list[tuple[str, int, dict[str, object]]]) -> None:
    pods: list[Pod] = []
    for call in calls:
        before, pods = pods, carried_out(pods, *call)
        central = [pod for pod in pods if pod.is_central]
        accounts = [pod.user_id for pod in pods if pod.user_id]
        assert len(central) <= 1
        assert not any(pod.draining for pod in central)
        assert len({pod.region_name for pod in pods}) == len(pods)
        assert len(set(accounts)) == len(accounts)
        if any(pod.user_id for pod in pods if not pod.is_central):
            assert [bool(pod.user_id) for pod in central] == [True]
        if call[0] == "change" and before:
            assert [pod.is_central for pod in before].count(True) == len(central)


def test_who_clashes_is_named() -> None:
    central, one = Pod("c", "CentralRegion", user_id="u"), Pod("1", "RegionOne", az_name="az1", user_id="one")
    assert clash(Pod("2", "RegionTwo", az_name="az1"), [central, one]) is None
    assert "CentralRegion" in str(clash(Pod("2", "RegionTwo"), [central, one]))
    assert "account one speaks for RegionOne" in str(clash(Pod("2", "RegionTwo", "az", user_id="one"), [central, one]))
    assert "RegionOne is a pod already" in str(clash(Pod("2", "RegionOne", "az"), [central, one]))
