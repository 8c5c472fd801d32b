"""JSON as Python has it."""

from typing import Any

# An object: of Neutron's API, of the Admin API, of what goes between central and regions.
Json = dict[str, Any]
