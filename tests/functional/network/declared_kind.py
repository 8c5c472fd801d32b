"""A kind that only tests declare: regions get copies of subnet pools. As a process, central Neutron with that kind.

Subnet pools need nothing but themselves, have RBAC entries and revisions, and are no kind of the product's.
"""

import contextlib
from collections.abc import Iterator

from neutron.db import models_v2
from neutron.objects.subnetpool import SubnetPoolRBAC

from tests.functional.network import neutron_process
from tricircle.domain.copied_kinds import CopiedKind
from tricircle.domain.jobs import JobType
from tricircle.network import copied_models
from tricircle.network.copied_models import CopiedModel, writes_of

KIND = CopiedKind(
    type="subnetpool",
    plural="subnetpools",
    job_type=JobType.TRUNK_SYNC,  # one that is declared, and that nothing does yet
    fixed=("id", "project_id", "prefixes", "min_prefixlen"),
    followed=("name", "description", "default_prefixlen"),
    standalone=True,
)
MODEL = CopiedModel(kind=KIND, model=models_v2.SubnetPool, rbac=SubnetPoolRBAC, writes=writes_of("subnetpool"))


@contextlib.contextmanager
def declared() -> Iterator[None]:
    """Inside, regions have copies of subnet pools."""
    with copied_models.declared(MODEL):
        yield


if __name__ == "__main__":
    with declared():
        neutron_process.main()
