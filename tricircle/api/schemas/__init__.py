"""JSON schemas of bodies and queries, one file a noun."""
