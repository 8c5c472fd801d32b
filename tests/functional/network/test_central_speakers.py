"""Who may speak for a region at central's API: its own account, and Tricircle's; without accounts any service."""

from neutron_lib import context as n_context

from tests.functional.network.central import CentralCase
from tricircle.db import pods as pods_db

ACCOUNTS = {"CentralRegion": "tricircle", "RegionOne": "one", "RegionTwo": "two"}


class SpeakerCase(CentralCase):
    def bind(self, *regions):
        with self.database.writer() as session:
            for region in regions:
                pods_db.update(session, self.pods[region].pod_id, {"user_id": ACCOUNTS[region]})

    def status(self, collection, speaker, region="RegionOne"):
        """By the speaker's own token."""
        return self.ask(collection, region, n_context.Context(speaker, "services", roles=["service"]))

    def status_beside(self, user, collection, speaker, region="RegionOne"):
        """By a tenant's token, and the speaker's beside it."""
        context = n_context.Context(user, "project", roles=["member"])
        context.service_user_id, context.service_roles = speaker, ["service"]
        return self.ask(collection, region, context)

    def ask(self, collection, region, context):
        name = collection.removesuffix("s").replace("-", "_")
        request = self.new_create_request(collection, {name: {"region_name": region}})
        request.environ["neutron.context"] = context
        return request.get_response(self.api).status_int


class TestSpeakers(SpeakerCase):
    COLLECTIONS = ("regional-views", "regional-reports", "regional-audits")

    def test_a_region_has_an_account_of_its_own(self):
        self.bind(*ACCOUNTS)
        for collection in self.COLLECTIONS:
            found = {speaker: self.status(collection, speaker) for speaker in ("one", "two", "nova", "tricircle")}
            assert found == {"one": 201, "two": 403, "nova": 403, "tricircle": 201}, collection

    def test_it_is_the_service_that_speaks_not_the_tenant_whose_request_it_serves(self):
        self.bind(*ACCOUNTS)
        for speaker, status in (("one", 201), ("two", 403)):
            assert self.status_beside("somebody", "regional-views", speaker) == status
            assert self.status_beside("one", "regional-views", speaker) == status

    def test_one_that_has_none_takes_any_service_but_another_region_s(self):
        self.bind("RegionTwo")
        for collection in self.COLLECTIONS:
            found = {speaker: self.status(collection, speaker) for speaker in ("nova", "two")}
            assert found == {"nova": 201, "two": 403}, collection

    def test_role_service_is_no_account(self):
        self.bind("RegionOne")
        for speaker in ("", None):
            assert self.status("regional-reports", speaker) == 403
