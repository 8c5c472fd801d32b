"""Rules of the API extensions between central Neutron and the regions' Neutrons."""

from oslo_policy import policy

# A region asks in a user's name (X-Auth-Token) and shows by its own X-Service-Token that it is a region.
REGION = "rule:tricircle_region"
# What a collection does not offer. Neutron's own default rule asks for a project, which these objects have not.
NOBODY = "!"

RULES = [
    policy.RuleDefault(
        "tricircle_region",
        "role:service or service_roles:service",
        description="A Neutron server, or Tricircle, speaking for itself or in a user's name",
    ),
    policy.DocumentedRuleDefault(
        "create_regional_view",
        REGION,
        "Ask what a region needs to have objects",
        [{"method": "POST", "path": "/regional-views"}],
    ),
    policy.DocumentedRuleDefault(
        "create_regional_report",
        REGION,
        "Tell of a region's ports",
        [{"method": "POST", "path": "/regional-reports"}],
    ),
    policy.DocumentedRuleDefault(
        "create_regional_audit",
        REGION,
        "Have a region's copies compared with what central has",
        [{"method": "POST", "path": "/regional-audits"}],
    ),
    policy.DocumentedRuleDefault(
        "create_desired_copy",
        REGION,
        "Ask how a region should have objects",
        [{"method": "POST", "path": "/desired-copies"}],
    ),
    policy.DocumentedRuleDefault(
        "create_observed_copy",
        REGION,
        "Ask what a region has of central's objects",
        [{"method": "POST", "path": "/observed-copies"}],
    ),
    policy.DocumentedRuleDefault(
        "get_remote_endpoint",
        REGION,
        "Show a network's ports in other regions",
        [{"method": "GET", "path": "/remote-endpoints"}, {"method": "GET", "path": "/remote-endpoints/{network_id}"}],
    ),
    policy.DocumentedRuleDefault(
        "update_remote_endpoint",
        REGION,
        "Set a network's ports in other regions",
        [{"method": "PUT", "path": "/remote-endpoints/{network_id}"}],
    ),
    policy.DocumentedRuleDefault(
        "create_regional_router",
        REGION,
        "Ask what of a router a region must have",
        [{"method": "POST", "path": "/regional-routers"}],
    ),
    policy.DocumentedRuleDefault(
        "get_router_copy",
        REGION,
        "Show a region's part of a router",
        [{"method": "GET", "path": "/router-copies/{id}"}],
    ),
    policy.DocumentedRuleDefault(
        "update_router_copy",
        REGION,
        "Set a region's part of a router",
        [{"method": "PUT", "path": "/router-copies/{id}"}],
    ),
    policy.DocumentedRuleDefault(
        "create_port:tricircle:region_name",
        REGION,
        "Say in which region a port is made: a region says so of itself, in a user's name",
        [{"method": "POST", "path": "/ports"}],
    ),
    policy.DocumentedRuleDefault(
        "get_port:tricircle:region_name",
        "rule:admin_only or rule:tricircle_region",
        "Show in which region a port lives",
        [{"method": "GET", "path": "/ports"}, {"method": "GET", "path": "/ports/{id}"}],
    ),
    policy.DocumentedRuleDefault(
        "get_tombstone",
        "rule:admin_only or rule:tricircle_region",
        "Show what was deleted at central",
        [{"method": "GET", "path": "/tombstones"}, {"method": "GET", "path": "/tombstones/{id}"}],
    ),
    policy.DocumentedRuleDefault(
        "create_tombstone",
        "rule:admin_only",
        "Say that an object is deleted which regions still have and central does not know",
        [{"method": "POST", "path": "/tombstones"}],
    ),
    policy.RuleDefault("update_tombstone", NOBODY, "Tombstones are not changed"),
    policy.RuleDefault("delete_tombstone", NOBODY, "Tombstones go when they are old"),
    policy.RuleDefault("create_regional_pod", NOBODY, "Pods are created by the Admin API"),
    policy.DocumentedRuleDefault(
        "get_regional_pod",
        REGION,
        "Show what central keeps by a region's name",
        [{"method": "GET", "path": "/regional-pods"}, {"method": "GET", "path": "/regional-pods/{region_name}"}],
    ),
    policy.DocumentedRuleDefault(
        "update_regional_pod",
        REGION,
        "Give a region another name at central",
        [{"method": "PUT", "path": "/regional-pods/{region_name}"}],
    ),
    policy.DocumentedRuleDefault(
        "delete_regional_pod",
        REGION,
        "Have central forget a region that is gone for ever",
        [{"method": "DELETE", "path": "/regional-pods/{region_name}"}],
    ),
    policy.DocumentedRuleDefault(
        "create_regional_release",
        REGION,
        "Ask what a region that is being drained shall give up, or tell what it has",
        [{"method": "POST", "path": "/regional-releases"}],
    ),
    policy.DocumentedRuleDefault(
        "create_regional_copy",
        REGION,
        "Bring a region's copies to what central says",
        [{"method": "POST", "path": "/regional-copies"}],
    ),
    policy.DocumentedRuleDefault(
        "get_security_group_copy",
        REGION,
        "Show a project's security groups in a region",
        [{"method": "GET", "path": "/security-group-copies/{project_id}"}],
    ),
    policy.DocumentedRuleDefault(
        "update_security_group_copy",
        REGION,
        "Set a project's security groups in a region",
        [{"method": "PUT", "path": "/security-group-copies/{project_id}"}],
    ),
]


def list_rules() -> list[policy.RuleDefault]:
    """All of them."""
    return RULES
