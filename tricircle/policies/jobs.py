"""Who may see and change jobs."""

from oslo_policy import policy

from tricircle.policies.base import ADMIN, SCOPES

CREATE = "admin_api:jobs:create"
LIST = "admin_api:jobs:list"
SCHEMA_LIST = "admin_api:jobs:schema_list"
REDO = "admin_api:jobs:redo"
DELETE = "admin_api:jobs:delete"

_OPERATIONS = [
    (CREATE, "Create a job.", [("POST", "/jobs")]),
    (LIST, "List and show jobs.", [("GET", "/jobs"), ("GET", "/jobs/detail"), ("GET", "/jobs/{id}")]),
    (SCHEMA_LIST, "List the job types and their resources.", [("GET", "/jobs/schemas")]),
    (REDO, "Run a job at once.", [("PUT", "/jobs/{id}")]),
    (DELETE, "Delete a job.", [("DELETE", "/jobs/{id}")]),
]

RULES = [
    policy.DocumentedRuleDefault(
        name, ADMIN, text, [{"method": method, "path": path} for method, path in operations], scope_types=SCOPES
    )
    for name, text, operations in _OPERATIONS
]
