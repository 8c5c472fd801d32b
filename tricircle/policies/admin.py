"""The rule that the others of the Admin API refer to."""

from oslo_policy import policy

RULES = [
    policy.RuleDefault(
        "admin_api:cloud_admin",
        "role:admin",
        description="Who administers the cloud; what every rule of the Admin API asks for unless it is changed.",
    )
]
