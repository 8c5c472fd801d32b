"""One Neutron API made of two: what is central's to decide goes to central, everything else to the region."""

from typing import Any
from urllib.parse import urlsplit

import requests
import webob
from neutron.api import wsgi

from tests.functional.network.identity import ADMIN, Caller
from tests.functional.network.worker import Worker

# Collections in which central alone writes; a region has copies of them, on demand.
COPIED = frozenset({"networks", "subnets", "security-groups", "security-group-rules"})
# Those of which regions have nothing: subnets get their addresses at central.
CENTRALS = frozenset({"subnetpools", "address-groups", "address-scopes", "rbac-policies"})
# Of these a region gets nothing before it is asked for it.
ON_DEMAND = {"networks": "networks", "security-groups": "security_groups"}
TIMEOUT = 30


class Split:
    """Sends the requests that Neutron's tests have made, and lets the region follow before it answers.

    ``case`` is a ``LocalMixin``. What is made at central is asked for in the region at once, as if somebody needed it
    there; changes come by the jobs.
    """

    def __init__(self, case: Any) -> None:
        self._case = case
        self._worker = Worker(case)
        self._worker.forget()
        self._limits: dict[str, int] = {}
        self._limited: set[str] = set()

    def limit(self, resource: str, limit: int) -> None:
        """Set a quota of the projects of the case, at central."""
        self._limits[resource] = limit
        self._limited.clear()

    def send(self, request: wsgi.Request, region: Any) -> webob.Response:
        """Answer of central or of ``region`` (its WSGI application)."""
        caller = caller_of(request)
        self._limit_project()
        collection = request.path.strip("/").split("/")[0].split(".")[0]
        if collection in CENTRALS or (collection in COPIED and request.method != "GET"):
            return self._ask_central(request, caller, collection)
        context = request.environ.get("neutron.context")
        if context is not None:
            context.auth_token = caller.token
        return webob.Request.get_response(request, region)

    def _limit_project(self) -> None:
        project_id = self._case._project_id
        if self._limits and project_id not in self._limited:
            self._case.central.call("PUT", f"/quotas/{project_id}", {"quota": self._limits}).of(200)
            self._limited.add(project_id)

    def _ask_central(self, request: wsgi.Request, caller: Caller, collection: str) -> webob.Response:
        self._case.settle()
        path = urlsplit(request.url).path.removesuffix(".json")
        headers = {"X-Auth-Token": caller.token, "Content-Type": "application/json"}
        if "If-Match" in request.headers:
            headers["If-Match"] = request.headers["If-Match"]
        answer = requests.request(
            request.method,
            f"{self._case.central.url}/v2.0{path}",
            params=request.query_string,
            data=request.body,
            headers=headers,
            timeout=TIMEOUT,
        )
        if answer.ok and collection == "subnetpools" and request.method == "POST":
            self._give_up_default(answer.json()["subnetpool"])
        if answer.ok and request.method != "GET":
            self._follow(request.method, collection, answer, caller)
        return webob.Response(
            body=answer.content, status=answer.status_code, content_type="application/json", charset="utf-8"
        )

    def _give_up_default(self, pool: dict[str, Any]) -> None:
        """At its end the case leaves no default pool at central, which it shares with others and which has but one."""
        if pool["is_default"]:
            body = {"subnetpool": {"is_default": False}}
            self._case.addCleanup(self._case.central.call, "PUT", f"/subnetpools/{pool['id']}", body)

    def _follow(self, method: str, collection: str, answer: requests.Response, caller: Caller) -> None:
        if method == "POST" and collection in ON_DEMAND:
            body = answer.json()
            name = ON_DEMAND[collection]
            ids = [made["id"] for made in body.get(name) or [body[name.removesuffix("s")]]]
            query = "&".join(f"id={id_}" for id_ in ids)
            self._case.here("GET", f"/{collection}?{query}", caller=caller).of(200)
            return
        failed = [(job, error) for job, error in self._worker.run() if error]
        assert not failed, failed


def caller_of(request: wsgi.Request) -> Caller:
    """Whom the test's request context stands for."""
    context = request.environ.get("neutron.context")
    if context is None:
        return ADMIN
    roles = tuple(context.roles) or (("admin", "member", "reader") if context.is_admin else ("member", "reader"))
    return Caller(context.project_id or ADMIN.project_id, roles)
