"""Tables that go to a region as differences: whatever is lost, repeated or late, what the region has is central's.

Central and the region are played with the plans themselves; the database's part, to change a version only from the one
that it is, is a comparison here.
"""

import dataclasses
import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tricircle.domain import versions as words
from tricircle.plans import versions

NAMES = tuple("abcdefgh")
START = 1_800_000_000


@dataclasses.dataclass
class Message:
    """A table, or a part of it, on its way; ``table``: all that central had then, at read ``number``."""

    number: int
    part: words.Part
    entries: frozenset[str]
    table: frozenset[str]


def name_of(entry: str) -> str:
    return entry[0]


class Central:
    """A table of entries ``name + value``; of each name when it was changed, and which names left when."""

    def __init__(self) -> None:
        self.now = START
        self.table: dict[str, str] = {}
        self.changed: dict[str, int] = {}
        self.departed: list[tuple[int, str]] = []
        self.sent = words.NONE
        self.open: list[tuple[int, str, str | None]] = []
        self.reads = 0

    def begin(self, name: str, value: str | None) -> None:
        """A transaction writes, at this time; nobody sees it before it commits."""
        self.open.append((self.now, name, value))

    def commit(self, number: int) -> None:
        began, name, value = self.open.pop(number % len(self.open))
        if value is None:
            if self.table.pop(name, None) is not None:
                self.departed.append((began, name))
        else:
            self.table[name] = name + value
            self.changed[name] = began

    def answer(self, named: str | None) -> Message:
        """What a job is answered; ``named``: what the region has said that it has."""
        self.reads += 1
        base, changed = self.sent if named is None else named, None
        table = frozenset(self.table.values())
        if (moment := versions.since(base)) is not None:
            second = moment.replace(tzinfo=datetime.UTC).timestamp()
            changed = {name for name in self.table if self.changed[name] >= second}
            changed |= {name for left, name in self.departed if left >= second}
        part = versions.part(
            base=base,
            new=words.as_of(self.now, str(self.reads)),
            changed=changed,
            size=len(table),
            digest=versions.digest(table),
        )
        self.sent = part["version"]
        entries = {one for one in table if "names" not in part or name_of(one) in part["names"]}
        return Message(self.reads, part, frozenset(entries), table)


class Region:
    """A table and its version."""

    def __init__(self) -> None:
        self.version, self.table, self.own = words.NONE, frozenset[str](), 0
        self.read = 0

    def take(self, message: Message) -> bool:
        if not versions.fits(self.version, message.part):
            return False
        target = versions.applied(self.table, message.part, message.entries, name_of)
        if versions.is_off(message.part, versions.digest(target)):
            self.own += 1
            self.version = words.as_of(0, f"own{id(self)}{self.own}")
            return False
        self.table, self.version = target, message.part["version"]
        return True


class Differences(RuleBasedStateMachine):
    """Changes that commit late, jobs whose requests are lost, repeated and late, a region that is restored or new."""

    @initialize()
    def begin(self) -> None:
        self.central, self.region = Central(), Region()
        self.messages: list[Message] = []
        self.backups: list[tuple[str, frozenset[str], int]] = []

    @rule(seconds=st.sampled_from([0, 1, 5, 11, 100000]))
    def wait(self, seconds: int) -> None:
        self.central.now += seconds

    @rule(name=st.sampled_from(NAMES), value=st.sampled_from(["1", "2", None]), at_once=st.booleans())
    def change(self, name: str, value: str | None, at_once: bool) -> None:
        self.central.begin(name, value)
        if at_once:
            self.central.commit(-1)

    @precondition(lambda self: self.central.open)
    @rule(number=st.integers(0, 50), seconds=st.sampled_from([0, 5, 60]))
    def commit(self, number: int, seconds: int) -> None:
        """What has begun before comes to its end; jobs may have been done meanwhile, and others come after it."""
        self.central.now += seconds
        self.run_job()
        self.central.commit(number)

    @rule()
    def forget_departures(self) -> None:
        self.central.departed.clear()

    @rule(named=st.booleans())
    def ask(self, named: bool) -> None:
        """A request to central, whose answer gets as far as it gets."""
        self.messages.append(self.central.answer(self.region.version if named else None))

    @precondition(lambda self: self.messages)
    @rule(number=st.integers(0, 50))
    def deliver(self, number: int) -> None:
        """Some answer, for the first time or once more, whatever the region was told meanwhile."""
        message, before = self.messages[number % len(self.messages)], self.region.table
        if self.region.take(message):
            assert self.region.table == message.table
            assert self.region.read <= message.number or self.region.table == before, "it has gone back"
            self.region.read = max(message.number, self.region.read)

    @rule()
    def run_job(self) -> None:
        """A job whose requests all arrive: three questions are enough."""
        named = None
        for _ in range(3):
            message = self.central.answer(named)
            self.messages.append(message)
            if self.region.take(message):
                self.region.read = message.number
                break
            named = self.region.version
        assert self.region.table == frozenset(self.central.table.values())

    @rule()
    def back_up(self) -> None:
        self.backups.append((self.region.version, self.region.table, self.region.read))

    @precondition(lambda self: self.backups)
    @rule(number=st.integers(0, 50))
    def restore(self, number: int) -> None:
        """From a backup: what it had then, and the version of that."""
        self.region.version, self.region.table, self.region.read = self.backups[number % len(self.backups)]

    @rule()
    def make_anew(self) -> None:
        self.region = Region()

    @invariant()
    def a_version_of_central_s_names_what_is_there(self) -> None:
        if not hasattr(self, "region"):
            return
        states = {m.table for m in self.messages if m.part["version"] == self.region.version}
        assert not states or self.region.table in states


Differences.TestCase.settings = settings(stateful_step_count=30, deadline=None)
TestDifferences = Differences.TestCase
