"""Sphinx: the pages as HTML. `./dev lint` builds them, and fails on a link between them that leads nowhere."""

project = "Tricircle"
author = copyright = "the Tricircle developers"  # noqa: A001 - the name that Sphinx reads
extensions = ["myst_parser", "reno.sphinxext"]
root_doc = "index"
myst_heading_anchors = 3
html_theme = "alabaster"
