"""Who may see and change pods."""

from oslo_policy import policy

from tricircle.policies.base import ADMIN, SCOPES

CREATE = "admin_api:pods:create"
UPDATE = "admin_api:pods:update"
DELETE = "admin_api:pods:delete"
SHOW = "admin_api:pods:show"
LIST = "admin_api:pods:list"

_OPERATIONS = [
    (CREATE, "Create a pod.", "POST", "/pods"),
    (UPDATE, "Change a pod.", "PUT", "/pods/{pod_id}"),
    (DELETE, "Delete a pod.", "DELETE", "/pods/{pod_id}"),
    (SHOW, "Show a pod.", "GET", "/pods/{pod_id}"),
    (LIST, "List pods.", "GET", "/pods"),
]

RULES = [
    policy.DocumentedRuleDefault(name, ADMIN, text, [{"method": method, "path": path}], scope_types=SCOPES)
    for name, text, method, path in _OPERATIONS
]
