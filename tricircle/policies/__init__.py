"""Rules of oslo.policy, one file a noun."""

from oslo_policy import policy

from tricircle.policies import admin, audits, drifts, jobs, neutron, pods, routings


def list_network_rules() -> list[policy.RuleDefault]:
    """What central and local Neutron add to Neutron's own rules (entry point ``neutron.policies``)."""
    return neutron.list_rules()


def list_rules() -> list[policy.RuleDefault]:
    """The Admin API's rules (entry point ``oslo.policy.policies``)."""
    return [*admin.RULES, *pods.RULES, *routings.RULES, *jobs.RULES, *audits.RULES, *drifts.RULES]
