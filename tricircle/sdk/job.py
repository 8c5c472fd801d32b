"""Jobs as an openstacksdk resource."""

from openstack.resource import Body, QueryParameters, Resource


class Job(Resource):
    """A unit of asynchronous work."""

    resource_key = "job"
    resources_key = "jobs"
    base_path = "/jobs"

    allow_create = True
    allow_fetch = True
    allow_delete = True
    allow_list = True

    _query_mapping = QueryParameters("type", "status", "project_id")

    #: The project that the job's resource belongs to.
    project_id = Body("project_id")
    #: What is done: update_network, port_delete, ...
    type = Body("type")
    #: NEW, RUNNING, SUCCESS or FAIL.
    status = Body("status")
    #: What it is done with: the names and values of ids.
    resource = Body("resource", type=dict)
    #: When the job changed last; the same as `updated_at`.
    timestamp = Body("timestamp")
    #: When the job was asked for.
    created_at = Body("created_at")
    #: When it changed last.
    updated_at = Body("updated_at")
    #: How often it has been tried.
    attempts = Body("attempts", type=int)
    #: Why the last try failed.
    last_error = Body("last_error")
    #: When it is tried next; None while it runs, when it is over, and where trying again would change nothing.
    next_attempt_at = Body("next_attempt_at")
    #: The worker that runs it, or ran it last.
    worker = Body("worker")
    #: Ids (req-...) of the requests that it answers: a tenant's to central Neutron, or one to this API.
    request_ids = Body("request_ids", type=list)
