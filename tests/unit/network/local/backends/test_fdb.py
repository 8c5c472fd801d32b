"""The plan, played against a model of what the agents do with such messages."""

from hypothesis import given
from hypothesis import strategies as st

from tricircle.domain.endpoints import RemoteEndpoint
from tricircle.network.local.backends.ovs import fdb

endpoints = st.builds(
    RemoteEndpoint,
    mac_address=st.sampled_from(["m1", "m2", "m3", "m4"]),
    ip_address=st.sampled_from(["i1", "i2", "i3", "i4", "i5"]),
    vtep=st.sampled_from(["v1", "v2", "v3"]),
)


def one_owner(table):
    """A real network: an address belongs to one MAC, a MAC sits behind one VTEP."""
    return len({e.ip_address for e in table}) == len(table) and len({(e.mac_address, e.vtep) for e in table}) == len(
        {e.mac_address for e in table}
    )


tables = st.frozensets(endpoints, max_size=8).filter(one_owner)


class Agent:
    """The l2population part of the Open vSwitch agent: removals go by key, whoever the entry points at."""

    def __init__(self, table):
        self.unicast, self.arp, self.flood = {}, {}, set()
        self.add(fdb.by_vtep(table))

    def add(self, groups):
        for vtep, group in groups.items():
            self.flood.add(vtep)
            for e in group:
                self.unicast[e.mac_address] = vtep
                self.arp[e.ip_address] = e.mac_address

    def apply(self, change):
        for group in change.remove.values():
            for e in group:
                self.unicast.pop(e.mac_address, None)
                self.arp.pop(e.ip_address, None)
        self.flood -= change.closed
        for group in change.forget.values():
            for e in group:
                self.arp.pop(e.ip_address, None)
        self.add(change.add)

    def state(self):
        return self.unicast, self.arp, self.flood


@given(tables, tables)
def test_the_agent_ends_where_a_fresh_one_would_start(known, target):
    agent = Agent(known)
    agent.apply(fdb.plan(known, target))
    assert agent.state() == Agent(target).state()


@given(tables)
def test_nothing_to_do_when_the_table_is_right(table):
    assert not fdb.plan(table, table)
