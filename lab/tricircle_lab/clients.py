"""Talk to the cloud's APIs as one of its accounts."""

from __future__ import annotations

from keystoneauth1 import session
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity import v3

from tricircle_lab.layout import PASSWORD, Layout, Region


class Clients:
    """Sessions of the lab's accounts; a session keeps its token."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._sessions: dict[tuple[str, str], session.Session] = {}

    def session(self, user: str, project: str) -> session.Session:
        key = (user, project)
        if key not in self._sessions:
            auth = v3.Password(
                auth_url=f"{self._layout.keystone_url}/v3",
                username=user,
                password=PASSWORD,
                project_name=project,
                user_domain_name="Default",
                project_domain_name="Default",
            )
            self._sessions[key] = session.Session(auth=auth, timeout=90)
        return self._sessions[key]

    def identity(self) -> Adapter:
        """Keystone as the administrator, also while the catalogue is empty."""
        return Adapter(self.session("admin", "admin"), endpoint_override=f"{self._layout.keystone_url}/v3")

    def user_id(self, name: str) -> str:
        """The id of one of the accounts."""
        found = self.identity().get("/users", params={"name": name, "domain_id": "default"}).json()["users"]
        return str(found[0]["id"])

    def network(self, region: Region, user: str = "admin", project: str = "admin") -> Adapter:
        """A region's Neutron, with paths below /v2.0."""
        return Adapter(self.session(user, project), endpoint_override=f"{region.neutron_url}/v2.0")
