"""Drifts as an openstacksdk resource."""

from openstack import resource


class Drift(resource.Resource):
    """An object of which a region has something else than central says."""

    resource_key = "drift"
    resources_key = "drifts"
    base_path = "/drifts"

    allow_list = True

    _query_mapping = resource.QueryParameters(
        "pod_id",
        "region_name",
        "resource_type",
        "resource_id",
        "project_id",
        "state",
        "age",
        "mended",
        include_pagination_defaults=True,
    )

    #: The pod in which the object differs.
    pod_id = resource.Body("pod_id")
    #: The pod's region.
    region_name = resource.Body("region_name")
    #: What kind of object it is: network, port, router, ...
    resource_type = resource.Body("resource_type")
    #: The object's id at central.
    resource_id = resource.Body("resource_id")
    #: The project that it belongs to.
    project_id = resource.Body("project_id")
    #: differs, missing, stray or unknown.
    state = resource.Body("state")
    #: What differs: field, desired (at central), observed (in the region).
    differences = resource.Body("differences", type=list)
    #: The same as a sentence.
    description = resource.Body("description")
    #: The job that would mend it: type, resource, project_id; None where nothing would.
    repair = resource.Body("repair", type=dict)
    #: When an audit found it first.
    found_at = resource.Body("found_at")
    #: When an audit found it last.
    seen_at = resource.Body("seen_at")
    #: When the job that mends it was asked for last.
    repaired_at = resource.Body("repaired_at")
    #: When an audit first found it gone.
    mended_at = resource.Body("mended_at")
