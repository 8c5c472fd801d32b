"""The real core plugin of a region, past all that Tricircle puts around it."""

from typing import Any

from neutron_lib.api import attributes
from neutron_lib.plugins import constants
from neutron_lib.plugins import utils as plugin_utils

from tricircle.domain.jsons import Json
from tricircle.network import copied_models
from tricircle.network.copied_models import CopiedModel
from tricircle.network.local.read_through import ReadThrough


class RealCore:
    """Its own methods, with the defaults filled in that the API would fill in.

    By these copies are made and changed: nobody is asked, nothing is fetched, and no tenant's change is refused.
    """

    def __init__(self, core: ReadThrough) -> None:
        """``core`` is the region's core plugin, of which the real one is a base: what stands behind ``ReadThrough``."""
        self._real: Any = super(ReadThrough, core)

    def create_network(self, context: Any, body: Json) -> Json:
        """The network, as the plugin's ``create_network`` answers it."""
        return plugin_utils.create_network(self._real, context, {"network": body}, check_allow_post=False)

    def create_subnet(self, context: Any, body: Json) -> Json:
        """The subnet, as the plugin's ``create_subnet`` answers it."""
        return plugin_utils.create_subnet(self._real, context, {"subnet": body}, check_allow_post=False)

    def create_port(self, context: Any, body: Json) -> Json:
        """The port, as the plugin's ``create_port`` answers it."""
        return plugin_utils.create_port(self._real, context, {"port": body}, check_allow_post=False)

    def create(self, context: Any, model: CopiedModel, body: Json) -> Json:
        """One of a kind that needs nothing but itself, by the plugin that serves it."""
        known, whole = attributes.AttributeInfo(attributes.RESOURCES[model.plural]), dict(body)
        known.fill_post_defaults(whole, check_allow_post=False)
        known.convert_values(whole)
        created: Json = getattr(self._of(model), f"create_{model.singular}")(context, {model.singular: whole})
        return created

    def change(self, context: Any, model: CopiedModel, id_: str, changes: Json) -> None:
        """The same for ``changes`` of one."""
        getattr(self._of(model), f"update_{model.singular}")(context, id_, {model.singular: changes})

    def _of(self, model: CopiedModel) -> Any:
        return self._real if model.service == constants.CORE else model.plugin()

    def update(self, context: Any, resource_type: str, id_: str, changes: Json) -> Json:
        """The object as it is then; ``resource_type``: ``network``, ``subnet`` or ``port``."""
        changed: Json = getattr(self._real, f"update_{resource_type}")(context, id_, {resource_type: changes})
        return changed

    def delete(self, context: Any, resource_type: str, id_: str) -> None:
        """Delete one; a port also where it is a router's."""
        if resource_type == "port":
            self._real.delete_port(context, id_, l3_port_check=False)
        else:
            model = copied_models.get(resource_type)
            getattr(self._of(model), f"delete_{model.singular}")(context, id_)

    def security_groups(self, context: Any, project_id: str) -> list[Json]:
        """Those of a project, without a default group being made."""
        found: list[Json] = self._real.get_security_groups(
            context, filters={"project_id": [project_id]}, default_sg=True
        )
        return found
