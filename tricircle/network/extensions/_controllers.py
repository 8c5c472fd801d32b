"""Controllers of Tricircle's own collections: what is not served is answered here, for all of them.

Neutron's own look for a plugin's method when they need it, and answer 500 where there is none.
"""

from collections.abc import Callable, Collection
from typing import Any, NoReturn

import pecan
import webob.exc
from neutron import policy
from neutron.pecan_wsgi.controllers import resource as pecan_resource
from neutron.pecan_wsgi.controllers import utils as pecan_utils
from oslo_policy import policy as oslo_policy

from tricircle.network import neutron_internals

# Operations, as Neutron's controllers call them.
LIST, SHOW, CREATE, UPDATE, DELETE = "list", "show", "create", "update", "delete"


def refuse(*_: Any, **__: Any) -> NoReturn:
    """Answer that the operation is not served (405)."""
    raise webob.exc.HTTPMethodNotAllowed("This collection does not serve that")


class Controller(neutron_internals.OpenController):
    """Serves ``operations`` that the plugin has, to whom the policies allow it; nobody else hears of them (404)."""

    def __init__(self, *args: Any, operations: Collection[str], **kwargs: Any) -> None:
        """Beside ``operations``, what Neutron's takes."""
        super().__init__(*args, **kwargs)
        self._operations = frozenset(operations)

    def index(self, request: Any, **kwargs: Any) -> Any:
        """A list."""
        return self._serve(LIST, super().index, request, **kwargs)

    def show(self, request: Any, id: str, **kwargs: Any) -> Any:
        """One object."""
        return self._serve(SHOW, super().show, request, id=id, **kwargs)

    def create(self, request: Any, body: Any = None, **kwargs: Any) -> Any:
        """One, or several."""
        return self._serve(CREATE, super().create, request, body=body, **kwargs)

    def update(self, request: Any, id: str, body: Any = None, **kwargs: Any) -> Any:
        """One object."""
        return self._serve(UPDATE, super().update, request, id=id, body=body, **kwargs)

    def delete(self, request: Any, id: str, **kwargs: Any) -> Any:
        """One object."""
        return self._serve(DELETE, super().delete, request, id=id, **kwargs)

    # Neutron's router knows these of every collection, as pages with forms.
    new = staticmethod(refuse)
    edit = staticmethod(refuse)

    def _serve(self, operation: str, act: Callable[..., Any], request: Any, **kwargs: Any) -> Any:
        if operation not in self._operations or not self.has_method(operation):
            refuse()
        rule = self.method_of(SHOW if operation == LIST else operation)
        try:
            policy.enforce(request.context, rule, {}, pluralized=self.collection)
        except (oslo_policy.PolicyNotAuthorized, oslo_policy.InvalidScope) as error:
            raise webob.exc.HTTPNotFound("The resource could not be found.") from error
        return act(request, **kwargs)


class PecanCollection(pecan_resource.CollectionsController):  # type: ignore[misc]
    """A collection for pecan, to which comes what the middleware for extensions does not serve: other methods."""

    plugin_lister = staticmethod(refuse)
    plugin_shower = staticmethod(refuse)

    @pecan_utils.expose()
    def _lookup(self, item: str, *remainder: str) -> tuple["NotServed", tuple[str, ...]]:
        # Else Neutron's hooks look for what is not there.
        pecan.request.context["resource"] = pecan.request.context["collection"] = None
        return NotServed(), remainder


class NotServed:
    """Of a collection, whatever is below it."""

    @pecan_utils.expose(generic=True)
    def index(self, *_: Any, **__: Any) -> NoReturn:
        """Any method."""
        refuse()

    @pecan_utils.expose()
    def _lookup(self, item: str, *remainder: str) -> tuple["NotServed", tuple[str, ...]]:
        return self, remainder
