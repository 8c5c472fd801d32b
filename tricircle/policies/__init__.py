"""Rules of oslo.policy, one file a noun."""

from oslo_policy import policy

from tricircle.policies import neutron


def list_network_rules() -> list[policy.RuleDefault]:
    """What central and local Neutron add to Neutron's own rules (entry point ``neutron.policies``)."""
    return neutron.list_rules()
