"""Who calls: users and services, the same to central (by token) and to the region (by request context).

Keystone's place is taken by keystonemiddleware's own test fixture; everything else of the middleware is the real one.
"""

import dataclasses

from keystoneauth1 import fixture as keystone_fixture
from keystonemiddleware.auth_token import _exceptions as invalid
from keystonemiddleware.fixture import AuthTokenFixture
from neutron_lib import context as n_context


@dataclasses.dataclass(frozen=True, slots=True)
class Caller:
    """A user of one project. The token says all of it, so that no two processes have to agree on a list of tokens."""

    project_id: str
    roles: tuple[str, ...] = ("member", "reader")

    @property
    def token(self) -> str:
        return f"{','.join(self.roles)}@{self.project_id}"

    @property
    def user_id(self) -> str:
        return f"user-{self.project_id}"

    @classmethod
    def of(cls, token: str) -> "Caller":
        roles, _, project_id = token.partition("@")
        return cls(project_id, tuple(roles.split(",")))

    def context(self, *, with_token: bool = True) -> n_context.Context:
        """What keystonemiddleware and Neutron make of the caller; without a token it is an agent's."""
        return n_context.Context(
            user_id=self.user_id,
            project_id=self.project_id,
            roles=list(self.roles),
            auth_token=self.token if with_token else None,
        )


SERVICE = Caller("service-project", ("service",))
# Tricircle's own account, of workers and of regions.
TRICIRCLE = Caller("service-project", ("admin", "service"))
ADMIN = Caller("admin-project", ("admin", "member", "reader"))


class Tokens(AuthTokenFixture):
    """Keystone's answers: a token is valid if it is of ``Caller``'s form."""

    def fetch_token(self, token, **kwargs):
        if "@" not in token:
            raise invalid.InvalidToken
        caller = Caller.of(token)
        data = keystone_fixture.V3Token(user_id=caller.user_id, project_id=caller.project_id)
        for role in caller.roles:
            data.add_role(name=role)
        return data
