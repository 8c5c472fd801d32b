"""Routings as an openstacksdk resource."""

from openstack import resource


class Routing(resource.Resource):
    """Where a central object is in a region."""

    resource_key = "routing"
    resources_key = "routings"
    base_path = "/routings"

    allow_create = True
    allow_fetch = True
    allow_commit = True
    allow_delete = True
    allow_list = True

    _query_mapping = resource.QueryParameters(
        "id", "top_id", "bottom_id", "pod_id", "project_id", "resource_type", include_pagination_defaults=True
    )

    #: The object's id at central.
    top_id = resource.Body("top_id")
    #: The object's id in the region.
    bottom_id = resource.Body("bottom_id")
    #: The pod that the object is in.
    pod_id = resource.Body("pod_id")
    #: The project that the object belongs to.
    project_id = resource.Body("project_id")
    #: What kind of object it is: network, subnet, port, router, ...
    resource_type = resource.Body("resource_type")
    #: When the routing was recorded.
    created_at = resource.Body("created_at")
    #: When it was changed last.
    updated_at = resource.Body("updated_at")
    #: Central's revision of what the region has confirmed to have; None where it has confirmed none.
    revision_number = resource.Body("revision_number", type=int)
    #: When the region confirmed that last.
    applied_at = resource.Body("applied_at")
