"""Backends: what makes networks real in a region.

``base`` says what the rest of the region's plugins asks of one, ``registry`` which there are. Outside this package
nobody knows which one it is, and nobody imports what is one's alone; a contract of import-linter's says so.
"""
