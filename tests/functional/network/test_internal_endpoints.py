"""Tricircle's own collections, asked by everybody in every way: no 500, and nothing for who has no business there."""

import itertools
import typing
import uuid

from tests.functional.network.identity import ADMIN, SERVICE, Caller
from tests.functional.network.local_routers import RouterCase
from tricircle.network.extensions import (
    desired_copy,
    observed_copy,
    regional_audit,
    regional_copy,
    regional_pod,
    regional_release,
    regional_report,
    regional_router,
    regional_view,
    remote_endpoint,
    router_copy,
    security_group_copy,
    tombstone,
)

AT_CENTRAL = (
    desired_copy,
    regional_audit,
    regional_pod,
    regional_release,
    regional_report,
    regional_router,
    regional_view,
    remote_endpoint,
    tombstone,
)
AT_REGION = (observed_copy, regional_copy, remote_endpoint, router_copy, security_group_copy)
# (method, of one object), by operation.
REQUESTS = {
    "list": ("GET", False),
    "create": ("POST", False),
    "show": ("GET", True),
    "update": ("PUT", True),
    "delete": ("DELETE", True),
}
NOBODY = Caller("nobody", ("",))
# These are for administrators, too.
ALSO_OF_ADMINISTRATORS = frozenset({"tombstones"})
WITHOUT = (NOBODY, Caller(uuid.uuid4().hex), Caller(uuid.uuid4().hex, ("reader",)), ADMIN)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def collections(modules):
    """(collection, name of one, served (method, of one)) of extensions."""
    for module in modules:
        extension = getattr(module, module.__name__.rpartition(".")[2].capitalize())
        (collection,) = extension.ATTRIBUTES
        name = collection[:-3] + "y" if collection.endswith("ies") else collection[:-1]
        yield collection.replace("_", "-"), name, {REQUESTS[operation] for operation in extension.OPERATIONS}


class TestEveryEndpoint(RouterCase):
    def asked(self, modules, ask):
        """What is wrong about the answers of ``ask(method, path, body, caller)`` to every request."""
        wrong: list[tuple[typing.Any, ...]] = []
        for collection, name, served in collections(modules):
            bodies = (None, {}, {name: {}}, {name: None}, {name: "x"}, {"x": []})
            for caller, method, of_one, body in itertools.product((*WITHOUT, SERVICE), METHODS, (False, True), bodies):
                path = f"/{collection}/{uuid.uuid4()}" if of_one else f"/{collection}"
                status = ask(method, path, body if method not in ("GET", "HEAD", "DELETE") else None, caller)
                # A body that is none, Neutron refuses before it looks whom it is from, where it knows no such method.
                fits = status in (404, 405) or (status == 400 and (method, of_one) == ("PUT", False))
                has_business = caller is SERVICE or (caller is ADMIN and collection in ALSO_OF_ADMINISTRATORS)
                if has_business and (method, of_one) in served:
                    fits = status < 500
                if not fits:
                    wrong.append((method, path, body, caller.roles, status))
            for caller, path in itertools.product((NOBODY, SERVICE), ("new", f"{uuid.uuid4()}/edit", "x/y", "x.y")):
                status = ask("GET", f"/{collection}/{path}", None, caller)
                if status not in (400, 404, 405) and (caller is NOBODY or status >= 500):
                    wrong.append((path, caller.roles, status))
        return wrong

    def test_of_a_region(self):
        def ask(method, path, body, caller):
            return self.here(method, path, body, caller=caller).status

        wrong = self.asked(AT_REGION, ask)
        assert not wrong, "\n".join(map(str, wrong))

    def test_of_central(self):
        def ask(method, path, body, caller):
            answer = self.central.call(method, path, body, caller=caller)
            return answer.status

        wrong = self.asked(AT_CENTRAL, ask)
        assert not wrong, "\n".join(map(str, wrong))

    def test_every_one_is_tried(self):
        """Each internal extension of a plugin is among those above."""
        aliases = {*self.plugin.supported_extension_aliases, *self.l3.supported_extension_aliases}
        known = {getattr(m, m.__name__.rpartition(".")[2].capitalize()).ALIAS for m in (*AT_CENTRAL, *AT_REGION)}
        listed = self.at_central("GET", "/extensions", caller=ADMIN)["extensions"]
        aliases |= {extension["alias"] for extension in listed}
        ours = {alias for alias in aliases if alias.startswith("tricircle-")}
        assert ours - known == {"tricircle-regional-quota", "tricircle-port-region"}
