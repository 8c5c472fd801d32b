"""Who may see and change routings."""

from oslo_policy import policy

from tricircle.policies.base import ADMIN, SCOPES

CREATE = "admin_api:routings:create"
DELETE = "admin_api:routings:delete"
PUT = "admin_api:routings:put"
SHOW = "admin_api:routings:show"
LIST = "admin_api:routings:list"

_OPERATIONS = [
    (CREATE, "Create a routing.", "POST", "/routings"),
    (DELETE, "Delete a routing.", "DELETE", "/routings/{id}"),
    (PUT, "Change a routing.", "PUT", "/routings/{id}"),
    (SHOW, "Show a routing.", "GET", "/routings/{id}"),
    (LIST, "List routings.", "GET", "/routings"),
]

RULES = [
    policy.DocumentedRuleDefault(name, ADMIN, text, [{"method": method, "path": path}], scope_types=SCOPES)
    for name, text, method, path in _OPERATIONS
]
