"""Code that polls until a resource is created, changed or deleted reaches that end, at the default pace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mock_jobs.batch.scenario.pace import Pace

from support.needs import needs


@dataclass(frozen=True)
class Kind:
    """One kind of resource, named `x`, by what a client calls."""

    create: Callable[[Any], object]
    operation: str
    member: str
    describe: Callable[[Any], list[dict[str, Any]]]

    def change(self, batch, verb, **more):
        call = getattr(batch, f"{verb}_{self.operation}")
        call(**{self.member: self.reference(batch)}, **more)

    def reference(self, batch):
        if self.operation != "quota_share":
            return "x"
        return next(each["quotaShareArn"] for each in batch.list_quota_shares(jobQueue="sq")["quotaShares"])

    def status(self, batch):
        return next((each["status"] for each in self.describe(batch)), None)


def _create_share(site):
    site.make_quota_queue_and_environment()
    site.make_share("x")


def _create_queue(site):
    site.make_environment()
    site.make_queue("x")


KINDS = [
    Kind(
        lambda site: site.make_environment("x"),
        "compute_environment",
        "computeEnvironment",
        lambda batch: batch.describe_compute_environments(computeEnvironments=["x"])["computeEnvironments"],
    ),
    Kind(
        _create_queue,
        "job_queue",
        "jobQueue",
        lambda batch: batch.describe_job_queues(jobQueues=["x"])["jobQueues"],
    ),
    Kind(
        lambda site: site.make_service_environment("x"),
        "service_environment",
        "serviceEnvironment",
        lambda batch: batch.describe_service_environments()["serviceEnvironments"],
    ),
    Kind(
        _create_share,
        "quota_share",
        "quotaShareArn",
        lambda batch: batch.list_quota_shares(jobQueue="sq")["quotaShares"],
    ),
]


def _param(kind):
    marks = needs("batch CreateQuotaShare") if kind.operation == "quota_share" else ()
    return pytest.param(kind, id=kind.operation, marks=marks)


@pytest.fixture(params=map(_param, KINDS))
def kind(request):
    return request.param


@pytest.fixture
def elapsed(mock):
    mock.clock.freeze()
    start_ms = mock.clock.now_ms
    return lambda: (mock.clock.now_ms - start_ms) / 1000


def test_reading_what_is_being_created_takes_the_world_to_where_that_ends(mock, batch, site, kind, elapsed):
    setattr(mock.batch.settings, f"{kind.operation}_create_seconds", 30)
    kind.create(site)

    assert [kind.status(batch) for _ in range(3)] == ["CREATING", "VALID", "VALID"]
    assert elapsed() == 30


def test_reading_what_is_being_changed_takes_the_world_to_where_that_ends(mock, batch, site, kind, elapsed):
    kind.create(site)
    setattr(mock.batch.settings, f"{kind.operation}_update_seconds", 20)
    kind.change(batch, "update", state="DISABLED")

    assert [kind.status(batch) for _ in range(3)] == ["UPDATING", "VALID", "VALID"]
    assert elapsed() == 20


def test_reading_what_is_being_deleted_takes_the_world_to_where_that_ends(mock, batch, site, kind, elapsed):
    kind.create(site)
    kind.change(batch, "update", state="DISABLED")
    setattr(mock.batch.settings, f"{kind.operation}_delete_seconds", 60)
    kind.change(batch, "delete")

    assert [kind.status(batch) for _ in range(2)] == ["DELETING", None]
    assert elapsed() == 60


@needs("batch CreateQuotaShare")
def test_describing_one_quota_share_counts_as_well(mock, batch, site):
    site.make_quota_queue_and_environment()
    mock.batch.settings.quota_share_create_seconds = 30
    arn = site.make_share("x")

    assert [batch.describe_quota_share(quotaShareArn=arn)["status"] for _ in range(2)] == ["CREATING", "VALID"]


@pytest.mark.parametrize("pace", ["clock", "manual"])
def test_at_other_paces_only_time_ends_a_change(mock, batch, site, kind, elapsed, pace):
    mock.batch.pace = pace
    setattr(mock.batch.settings, f"{kind.operation}_create_seconds", 30)
    kind.create(site)
    before = [kind.status(batch) for _ in range(3)]
    mock.clock.advance(30)

    assert before == ["CREATING"] * 3
    assert kind.status(batch) == "VALID"
    assert elapsed() == 30


def test_a_change_can_need_three_reads(mock, batch, site, kind):
    mock.batch.pace = Pace.every(3)
    setattr(mock.batch.settings, f"{kind.operation}_create_seconds", 30)
    kind.create(site)

    assert [kind.status(batch) for _ in range(4)] == ["CREATING"] * 3 + ["VALID"]


def test_reading_what_has_settled_takes_no_time(mock, batch, site, kind, elapsed):
    kind.create(site)
    mock.batch.settings.compute_environment_create_seconds = 30
    site.make_environment("other")

    assert [kind.status(batch) for _ in range(3)] == ["VALID"] * 3
    assert elapsed() == 0


def test_between_the_pages_of_a_listing_nothing_moves(mock, batch, site, elapsed):
    mock.batch.settings.compute_environment_create_seconds = 30
    for name in ("a", "b", "c"):
        site.make_environment(name)

    def states():
        pages = batch.get_paginator("describe_compute_environments").paginate(PaginationConfig={"PageSize": 2})
        return [each["status"] for page in pages for each in page["computeEnvironments"]]

    assert (states(), elapsed()) == (["CREATING"] * 3, 0)
    assert (states(), elapsed()) == (["VALID"] * 3, 30)


def test_the_first_of_several_changes_ends_first(mock, batch, site, elapsed):
    for name, seconds in (("slow", 50), ("fast", 10)):
        mock.batch.settings.compute_environment_create_seconds = seconds
        site.make_environment(name)

    def states():
        return [each["status"] for each in batch.describe_compute_environments()["computeEnvironments"]]

    assert [(states(), elapsed()) for _ in range(3)] == [
        (["CREATING", "CREATING"], 0),
        (["CREATING", "VALID"], 10),
        (["VALID", "VALID"], 50),
    ]


def test_time_that_passes_for_a_resource_passes_for_jobs_too(mock, batch, site):
    mock.batch.plan(duration=10)
    site.make_queue_and_definition()
    job_id = site.submit()
    mock.batch.settings.compute_environment_create_seconds = 30
    site.make_environment("x")
    for _ in range(2):
        batch.describe_compute_environments(computeEnvironments=["x"])

    assert site.status(job_id) == "SUCCEEDED"


def test_an_update_of_what_became_invalid_does_not_end_early(mock, batch, site, elapsed):
    """The end of the first update belongs to no later one."""
    site.make_environment("x")
    settings = mock.batch.settings
    settings.compute_environment_update_seconds, settings.compute_environment_delete_seconds = 30, 60
    batch.update_compute_environment(computeEnvironment="x", state="DISABLED")
    mock.batch.invalidate("x", "CLIENT_ERROR - no such role")
    batch.delete_compute_environment(computeEnvironment="x")
    mock.clock.advance(31)

    assert [each["status"] for each in batch.describe_compute_environments()["computeEnvironments"]] == ["DELETING"]
    assert batch.describe_compute_environments()["computeEnvironments"] == []
    assert elapsed() == 60
