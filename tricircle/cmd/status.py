"""tricircle-status upgrade check: whether what Tricircle stands on is in order."""

import sys

from keystoneauth1.exceptions import ClientException
from oslo_config import cfg
from oslo_db.exception import DBError
from oslo_upgradecheck import upgradecheck
from oslo_upgradecheck.upgradecheck import Code, Result

from tricircle.api.regions import RegionCatalog
from tricircle.conf import register_client_opts, register_common_opts
from tricircle.db import job_health, pods, schema
from tricircle.db.engine import Database
from tricircle.domain.errors import DatabaseNotReady
from tricircle.domain.pods import Pod
from tricircle.regions.auth import load_client_session

# A worker that is only busy, or just being restarted, is no worker that is missing.
_PATIENCE_SECONDS = 600


class Checks(upgradecheck.UpgradeCommands):  # type: ignore[misc]
    """The checks, in the order in which they are run."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf

    def check_schema(self) -> Result:
        """The database can be reached, and its schema is this version's."""
        try:
            schema.check(Database.from_conf(self._conf))
        except DBError as error:
            return Result(Code.FAILURE, f"The database cannot be reached: {error}")
        except DatabaseNotReady as error:
            return Result(Code.FAILURE, error.message)
        return Result(Code.SUCCESS)

    def check_central_pod(self) -> Result:
        """There is a central pod (more than one the database does not admit)."""
        known = self._pods()
        if isinstance(known, Result):
            return known
        if not any(pod.is_central for pod in known):
            return Result(Code.WARNING, "There is no central pod: openstack multiregion networking pod create …")
        return Result(Code.SUCCESS)

    def check_accounts(self) -> Result:
        """Each region has an account of its own, and so has central: one region cannot speak for another."""
        known = self._pods()
        if isinstance(known, Result):
            return known
        without = [pod.region_name for pod in sorted(known, key=lambda pod: not pod.is_central) if not pod.user_id]
        if without:
            return Result(
                Code.WARNING,
                f"Any account with the role service may speak for: {', '.join(without)}. Give each its own, in this "
                "order: openstack multiregion networking pod set REGION --user USER",
            )
        return Result(Code.SUCCESS)

    def check_endpoints(self) -> Result:
        """Each pod's region has a network service in the Keystone catalogue."""
        known = self._pods()
        if isinstance(known, Result):
            return known
        try:
            catalog = RegionCatalog(load_client_session(self._conf))
            missing = [pod.region_name for pod in known if catalog.missing_from(pod.region_name) is not None]
        except ClientException as error:
            return Result(Code.WARNING, f"Keystone cannot be asked: {error}")
        if missing:
            return Result(Code.FAILURE, f"No network service in the catalogue for: {', '.join(missing)}")
        return Result(Code.SUCCESS)

    def check_jobs(self) -> Result:
        """No job waits for something that will not happen by itself."""
        try:
            with Database.from_conf(self._conf).reader() as session:
                stuck = job_health.count_stuck(session, _PATIENCE_SECONDS)
        except DBError:
            return Result(Code.FAILURE, "The jobs cannot be read")
        if stuck:
            counts = "; ".join(f"{count} jobs {reason}" for reason, count in stuck.items())
            return Result(Code.WARNING, f"{counts} (openstack multiregion networking job list --long)")
        return Result(Code.SUCCESS)

    def _pods(self) -> list[Pod] | Result:
        try:
            with Database.from_conf(self._conf).reader() as session:
                return pods.list_all(session)
        except DBError:
            return Result(Code.FAILURE, "The pods cannot be read")

    _upgrade_checks = (
        ("Database schema", check_schema),
        ("Central pod", check_central_pod),
        ("Pods' endpoints", check_endpoints),
        ("Regions' accounts", check_accounts),
        ("Stuck jobs", check_jobs),
    )


def main(args: list[str] | None = None) -> int:
    """Entry point; exits with 0 (in order), 1 (warnings), 2 (failures) or 255 (the check itself failed)."""
    conf = cfg.ConfigOpts()
    register_common_opts(conf)
    register_client_opts(conf)
    return int(
        upgradecheck.main(
            conf, project="tricircle", upgrade_command=Checks(conf), argv=sys.argv[1:] if args is None else args
        )
    )
