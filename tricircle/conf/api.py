"""[DEFAULT] options of tricircle-api."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.HostAddressOpt("bind_host", default="0.0.0.0", help="Address to listen on."),  # noqa: S104
    cfg.PortOpt("bind_port", default=19999, help="Port to listen on."),
    cfg.IntOpt("api_workers", default=1, min=1, help="Processes that serve the API."),
    cfg.IntOpt("api_threads", default=8, min=1, help="Requests that one process serves at a time."),
    cfg.StrOpt(
        "auth_strategy",
        default="keystone",
        choices=[
            ("keystone", "requests carry a Keystone token"),
            ("noauth", "every request is an administrator's: for tests only"),
        ],
        help="How requests are authenticated.",
    ),
    cfg.IntOpt(
        "pagination_max_limit",
        default=1000,
        min=1,
        help="Items that one page of a list has at most, whatever limit the request names.",
    ),
    cfg.BoolOpt(
        "validate_pod_region",
        default=True,
        help="Whether the region of a new or renamed pod must have a Neutron endpoint in the Keystone catalogue.",
    ),
]
