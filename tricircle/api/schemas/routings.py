"""Queries of /routings."""

LIST_FILTERS = frozenset({"id", "top_id", "bottom_id", "pod_id", "project_id", "resource_type"})
