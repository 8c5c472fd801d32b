"""What tests of the life of copies share: a region, central, and the worker that carries changes between them."""

import typing
from unittest import mock

from tests.functional.network.identity import ADMIN, SERVICE
from tests.functional.network.local import LocalCase
from tests.functional.network.worker import Worker
from tricircle.db import routings as routings_db


def after(target, name, act):
    """Let ``act`` happen once, when the method has its answer and its caller does not have it yet."""
    real, happened = getattr(target, name), []

    def method(*args, **kwargs):
        answer = real(*args, **kwargs)
        if not happened:
            happened.append(True)
            act()
        return answer

    return mock.patch.object(target, name, method)


class LifecycleCase(LocalCase):
    def setUp(self):
        super().setUp()
        self.worker: typing.Any = Worker(self)  # stands for the regions, too
        self.worker.forget()

    def gone(self, collection, id_):
        """Whether the region neither has the object nor gets it from central."""
        return self.here("GET", f"/{collection}/{id_}", caller=ADMIN).status == 404

    def routings(self, object_id):
        """Regions in which central says that an object is."""
        with self.central.tricircle.reader() as session:
            pods = {routing.pod_id for routing in routings_db.find(session, top_ids=[object_id])}
        return {region for region, pod in self.central.pods.items() if pod.pod_id in pods}

    def delete_at_central(self, collection, id_):
        self.at_central("DELETE", f"/{collection}/{id_}", caller=ADMIN, status=204)

    def change_at_central(self, collection, id_, **changes):
        """Change an object at central, and have the jobs done; answers what the region shows then."""
        name = collection.removesuffix("s")
        self.at_central("PUT", f"/{collection}/{id_}", {name: changes}, caller=ADMIN)
        self.work()
        return self.get(collection, id_, caller=ADMIN)

    def work(self):
        """Run the jobs, all of which must be done."""
        done = self.worker.run()
        failed = [job for job in done if job[1]]
        assert not failed, failed

    def view_of(self, region, **ids):
        """What central answers a region."""
        question = {"regional_view": {"region_name": region, **ids}}
        return self.at_central("POST", "/regional-views", question, caller=SERVICE, status=201)["regional_view"]

    def networked(self):
        """A network with a subnet, both here."""
        network = self.network()
        subnet = self.subnet(network)
        self.get("networks", network["id"])
        self.worker.forget()
        return network, subnet
