"""Queries of /jobs."""

LIST_FILTERS = frozenset({"type", "status", "project_id"})
