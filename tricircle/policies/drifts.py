"""Who may see what audits have found."""

from oslo_policy import policy

from tricircle.policies.base import ADMIN, SCOPES

LIST = "admin_api:drifts:list"

RULES = [
    policy.DocumentedRuleDefault(
        LIST,
        ADMIN,
        "List what audits have found to differ in regions.",
        [{"method": "GET", "path": "/drifts"}],
        scope_types=SCOPES,
    )
]
