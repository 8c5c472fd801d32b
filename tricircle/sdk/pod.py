"""Pods as an openstacksdk resource."""

from openstack import resource


class Pod(resource.Resource):
    """A region that Tricircle manages."""

    resource_key = "pod"
    resources_key = "pods"
    base_path = "/pods"

    allow_create = True
    allow_fetch = True
    allow_commit = True
    allow_delete = True
    allow_list = True

    _query_mapping = resource.QueryParameters("region_name", "az_name")

    #: The pod's id, made by the server.
    pod_id = resource.Body("pod_id", alternate_id=True)
    #: The region's name in Keystone.
    region_name = resource.Body("region_name")
    #: Availability zone in users' eyes; empty for the central pod.
    az_name = resource.Body("az_name")
    #: The zone's name inside the region, where it differs.
    pod_az_name = resource.Body("pod_az_name")
    #: Free text.
    dc_name = resource.Body("dc_name")
    #: The account that speaks for the region; empty: any with the role `service`.
    user_id = resource.Body("user_id")
    #: Whether nothing new goes there, and what is there is taken away.
    draining = resource.Body("draining", type=bool)
    #: Whether the region's Neutron answers Tricircle's workers: `up`, `unreachable` or `unknown`.
    state = resource.Body("state")
    #: From when on it is in that state; None: it was never asked.
    state_since = resource.Body("state_since")
    #: When it answered last, within a minute; None: never.
    last_heard_at = resource.Body("last_heard_at")
    #: Why it did not answer, the last time that it did not; it may have answered since.
    last_error = resource.Body("last_error")
    #: When that was.
    last_error_at = resource.Body("last_error_at")
