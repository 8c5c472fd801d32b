"""Quotas as a view brings them: Nova asks for its user's right after the network that the view was asked for."""

from collections.abc import Collection
from typing import Any

from neutron import quota
from neutron.quota import resource_registry

from tricircle.domain.jsons import Json


def of_caller(context: Any, project_ids: Collection[str]) -> dict[str, Json]:
    """By project id, what central's API answers for the caller's own project, if it is one of these.

    One's own quotas nobody forbids (neutron's ``quotasv2``); another project's are asked for where policies decide.
    """
    if context.project_id not in project_ids:
        return {}
    driver, resources = quota.QUOTAS.get_driver(), resource_registry.get_all_resources()
    return {context.project_id: {"quota": driver.get_project_quotas(context, resources, context.project_id)}}
