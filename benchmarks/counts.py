"""What a scenario cost in requests between servers, and which of them were more than planned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.results import Figure, at_most
from benchmarks.wire import Request

KEYSTONE = "Keystone"
WORKER = "tricircle-xjob"

VIEW = "view"
IDENTITY = "identity"
REPORT = "report"
GROUPS = "groups"
JOB_VIEW = "view for a job"
TABLE_VIEW = "endpoints for a job"
TABLE = "endpoints"
AUDIT = "audit"
# What is asked to tell other regions of ports. Whoever made the ports does not wait for it.
TELLING = frozenset({JOB_VIEW, GROUPS, TABLE_VIEW, TABLE})

# What requests are for, by method and path without ids.
_PURPOSES: Mapping[tuple[str, str], str] = {
    ("POST", "/v2.0/regional-views"): VIEW,
    ("POST", "/v2.0/ports"): IDENTITY,
    ("POST", "/v2.0/regional-reports"): REPORT,
    ("PUT", "/v2.0/security-group-copies/{id}"): GROUPS,
    ("GET", "/v2.0/remote-endpoints"): TABLE_VIEW,
    ("PUT", "/v2.0/remote-endpoints/{id}"): TABLE,
    ("POST", "/v2.0/regional-copies"): "copies",
    ("GET", "/v2.0/quotas/{id}"): "quotas",
    ("POST", "/v2.0/regional-audits"): AUDIT,
    ("POST", "/v2.0/regional-routers"): "question about a router",
    ("PUT", "/v2.0/router-copies/{id}"): "part of a router",
}
# Why there may be more of a kind than planned.
_REASONS: Mapping[str, str] = {
    VIEW: "the region lacked something that its first view had not brought",
    REPORT: "ports did not change their state close enough to one another to go in one report",
    GROUPS: "what the region had been told was out of date by then, so it was told again",
    JOB_VIEW: "the worker asks central, once for all regions, what it is to tell them",
    TABLE_VIEW: "another port came up or went, and the regions of its network are told meanwhile",
    TABLE: "another port came up or went, and the regions of its network are told meanwhile",
    AUDIT: "each region compares its copies with central's objects, when it starts and every ten minutes",
    "quotas": "Nova asks for them before it boots, and what the region knew of them was a minute old",
    "question about a router": "a job asks which regions have a part, each region's job which; after changes, again",
    "part of a router": "each region is told its part, once more after a change that came meanwhile",
}


@dataclass(frozen=True)
class Plan:
    """What a scenario should cost: requests by purpose, in all at most `target`; `last`: the purpose of its last."""

    name: str
    target: int
    expected: Mapping[str, int] = field(default_factory=dict)
    last: str | None = None


@dataclass(frozen=True)
class Count:
    """What it did cost: `requests` until it was done, `later` ones beside."""

    plan: Plan
    requests: Sequence[Request]
    later: Sequence[Request]

    def figures(self) -> list[Figure]:
        """As they are published."""
        counted, later = between_neutrons(self.requests), between_neutrons(self.later)
        keystone = len(self.requests) + len(self.later) - len(counted) - len(later)
        name = self.plan.name
        return [
            at_most(name, len(counted), "requests", self.plan.target, why=self.why()),
            Figure(f"{name}: afterwards, to tell other regions", len(later), "requests"),
            Figure(f"{name}: to Keystone", keystone, "requests"),
        ]

    def says(self) -> str:
        """Which requests they were."""
        counted = Counter(_named(request) for request in between_neutrons(self.requests))
        said = "; ".join(f"{count} x {kind}" for kind, count in counted.items()) or "none"
        return f"{said}\n  Missed: {self.why()}" if self.why() else said

    def why(self) -> str:
        """Why the target is missed, by the requests that are more than planned; empty where it is not."""
        counted = between_neutrons(self.requests)
        if len(counted) <= self.plan.target:
            return ""
        found = Counter(purpose(request) for request in counted)
        more = found - Counter(self.plan.expected)
        began = self.requests[0].at
        reasons = []
        for kind, count in more.items():
            moments = ", ".join(f"{request.at - began:.1f}" for request in counted if purpose(request) == kind)
            reasons.append(
                f"{count} more of {kind} than planned (at {moments} s after the first request): {reason(kind)}"
            )
        return "; ".join(reasons)


def split(plan: Plan, requests: Sequence[Request], seen: float) -> Count:
    """A count of what was asked from a scenario's beginning on, when its end was `seen` (Unix time).

    It was done when the last request that it needed had been answered, a little before it was seen. What tells other
    regions is beside it, whenever it was, unless it is what the scenario is about.
    """
    ends = [r.at for r in requests if r.at <= seen and plan.last in (None, purpose(r))]
    end = max(ends, default=seen)
    beside = frozenset() if plan.last in TELLING else TELLING
    later = [r for r in requests if r.at > end or purpose(r) in beside]
    return Count(plan, [r for r in requests if r.at <= end and purpose(r) not in beside], later)


def between_neutrons(requests: Sequence[Request]) -> list[Request]:
    """Those that are not Keystone's."""
    return [request for request in requests if request.server != KEYSTONE]


def purpose(request: Request) -> str:
    """What a request is for: a word of ours, or its method and path."""
    kind = _PURPOSES.get((request.method, _shape(request.path)), f"{request.method} {_shape(request.path)}")
    return JOB_VIEW if kind == VIEW and request.agent.startswith(WORKER) else kind


def reason(kind: str) -> str:
    """Why there may be requests of a kind that nobody planned."""
    return _REASONS.get(kind, "not planned")


def _named(request: Request) -> str:
    return f"{purpose(request)} ({request.method} {_shape(request.path)} at {request.server})"


def _shape(path: str) -> str:
    steps = path.partition("?")[0].split("/")
    return "/".join("{id}" if len(step) >= 32 else step for step in steps)
