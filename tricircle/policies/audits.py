"""Who may have regions audited."""

from oslo_policy import policy

from tricircle.policies.base import ADMIN, SCOPES

CREATE = "admin_api:audits:create"

RULES = [
    policy.DocumentedRuleDefault(
        CREATE,
        ADMIN,
        "Have regions' copies compared with central's objects, and repaired.",
        [{"method": "POST", "path": "/audits"}],
        scope_types=SCOPES,
    )
]
