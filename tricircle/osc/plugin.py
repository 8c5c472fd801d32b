"""What makes `openstack` know Tricircle. Loaded at every run of that command, so it imports next to nothing."""

import argparse
import os
from typing import Any

DEFAULT_API_VERSION = "1"
API_VERSION_OPTION = "os_tricircle_api_version"
API_NAME = "multiregion"
API_VERSIONS = ("1", "1.0")


def make_client(instance: Any) -> Any:
    """The proxy of the Admin API. Raises osc_lib.exceptions.CommandError if the catalogue has no endpoint for it."""
    from openstack.exceptions import ServiceDisabledException
    from osc_lib.exceptions import CommandError

    from tricircle import sdk

    proxy = sdk.add_to(instance.sdk_connection)
    try:
        if proxy.get_endpoint():
            return proxy
    except ServiceDisabledException:  # how openstacksdk says that the catalogue has none
        pass
    region = instance.sdk_connection.config.region_name
    where = f"in region {region} " if region else ""
    raise CommandError(
        f"The Keystone catalogue has no endpoint of type {sdk.SERVICE_TYPE} {where}(see --os-region-name)"
    )


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the global options."""
    parser.add_argument(
        "--os-tricircle-api-version",
        metavar="<tricircle-api-version>",
        default=os.environ.get("OS_TRICIRCLE_API_VERSION", DEFAULT_API_VERSION),
        help=f"Tricircle API version, default={DEFAULT_API_VERSION} (Env: OS_TRICIRCLE_API_VERSION)",
    )
    parser.add_argument(
        "--os-tricircle-endpoint-override",
        metavar="<url>",
        default=os.environ.get("OS_TRICIRCLE_ENDPOINT_OVERRIDE"),
        help="URL of Tricircle's API instead of the catalogue's (Env: OS_TRICIRCLE_ENDPOINT_OVERRIDE)",
    )
    return parser
