"""ListServiceJobs. Document: API reference, ListServiceJobs."""

from __future__ import annotations

import pytest

from support.batch import PREFIX, Timeline, refusal
from support.needs import needs
from support.service_jobs import M5

EVERYTHING = [{"name": "AFTER_CREATED_AT", "values": ["1"]}]


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()


def names(batch, **arguments):
    answer = batch.list_service_jobs(**{"jobQueue": "sq", **arguments})
    return [summary["jobName"] for summary in answer["jobSummaryList"]]


@needs("batch ListServiceJobs.jobSummaryList.capacityUsage", "batch ListServiceJobs.jobSummaryList.scheduledAt")
def test_a_summary_says_what_the_description_does(mock, batch, site):
    mock.batch.plan(exit_code=1)
    job_id = site.submit_service(instances=2, schedulingPriority=1, tags={"a": "b"})
    mock.batch.run_all()

    described = site.service_detail(job_id)
    (summary,) = batch.list_service_jobs(jobQueue="sq", jobStatus="FAILED")["jobSummaryList"]

    assert summary == {
        name: described[name]
        for name in (
            "jobArn",
            "jobId",
            "jobName",
            "serviceJobType",
            "status",
            "statusReason",
            "createdAt",
            "scheduledAt",
            "startedAt",
            "stoppedAt",
            "capacityUsage",
            "latestAttempt",
        )
    }
    assert summary["capacityUsage"] == [{"capacityUnit": M5, "quantity": 2.0}]


def test_without_a_status_the_running_jobs_are_listed(mock, batch, site):
    mock.batch.plan(duration=None)
    running = site.submit_service("running")
    site.submit_service("submitted")
    mock.batch.run_until(running, "RUNNING")
    site.submit_service("later")

    assert names(batch) == ["submitted", "running"]
    assert names(batch, jobStatus="SUBMITTED") == ["later"]
    assert names(batch, jobStatus="PENDING") == []


def test_the_latest_job_is_listed_first_page_by_page(batch, site):
    for number in range(5):
        site.submit_service(f"job-{number}")
    pages = batch.get_paginator("list_service_jobs").paginate(
        jobQueue="sq", jobStatus="SUBMITTED", PaginationConfig={"PageSize": 2}
    )

    listed = [[summary["jobName"] for summary in page["jobSummaryList"]] for page in pages]

    assert listed == [["job-4", "job-3"], ["job-2", "job-1"], ["job-0"]]


def test_a_filter_pages_too_and_ignores_the_status(batch, site):
    for name in ("b", "a", "B", "c"):
        site.submit_service(name)
    arguments = {
        "jobQueue": "sq",
        "jobStatus": "RUNNING",
        "filters": [{"name": "JOB_NAME", "values": ["b", "A"]}],
        "maxResults": 2,
    }

    first = batch.list_service_jobs(**arguments)
    second = batch.list_service_jobs(**arguments, nextToken=first["nextToken"])

    assert [summary["jobName"] for summary in first["jobSummaryList"]] == ["a", "B"]
    assert [summary["jobName"] for summary in second["jobSummaryList"]] == ["b"]
    assert "nextToken" not in second


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("JOB_NAME", "TRAIN*", ["Train-2", "train-1"]),
        ("JOB_NAME", "train-1", ["train-1"]),
        ("JOB_NAME", "train", []),
        ("SHARE_IDENTIFIER", "a", []),
        ("QUOTA_SHARE_NAME", "a", []),
    ],
)
def test_a_filter_lets_through_what_fits(batch, site, name, value, expected):
    site.submit_service("train-1")
    site.submit_service("other")
    site.submit_service("Train-2")

    assert sorted(names(batch, filters=[{"name": name, "values": [value]}])) == expected


def test_the_time_filters_exclude_the_moment_itself(mock, batch, site):
    at = Timeline(mock)
    moments = []
    for second in (1, 2, 3):
        at.go_to(second)
        mock.batch.pace = "manual"
        moments.append(mock.clock.now_ms)
        site.submit_service(f"job-{second}")

    assert names(batch, filters=[{"name": "BEFORE_CREATED_AT", "values": [str(moments[1])]}]) == ["job-1"]
    assert names(batch, filters=[{"name": "AFTER_CREATED_AT", "values": [str(moments[1])]}]) == ["job-3"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"jobQueue": ""}, "jobQueue is required"),
        ({"jobQueue": "nope"}, f"{PREFIX}job-queue/nope does not exist"),
        ({"maxResults": 0}, "maxResults must be between 1 and 100"),
        ({"maxResults": 101}, "maxResults must be between 1 and 100"),
        ({"nextToken": "x"}, "Invalid nextToken"),
        ({"nextToken": "x", "filters": EVERYTHING}, "Invalid nextToken"),
        ({"filters": EVERYTHING * 2}, "Only one filter can be used at a time"),
        ({"filters": [{"name": "JOB_DEFINITION", "values": ["d"]}]}, "Unsupported ListServiceJobs filter: JOB_DEFINITION"),
        ({"filters": [{"name": "JOB_NAME", "values": []}]}, "A ListServiceJobs filter needs at least one value"),
        (
            {"filters": [{"name": "BEFORE_CREATED_AT", "values": ["soon"]}]},
            "The value of BEFORE_CREATED_AT must be a time in milliseconds: soon",
        ),
    ],
)
def test_a_listing_is_refused(batch, arguments, text):
    assert refusal(batch.list_service_jobs, **{"jobQueue": "sq", **arguments}) == text


def test_a_token_is_good_for_its_own_listing_only(batch, site):
    site.make_service_queue("other")
    for _ in range(2):
        site.submit_service()
    token = batch.list_service_jobs(jobQueue="sq", jobStatus="SUBMITTED", maxResults=1)["nextToken"]

    assert refusal(batch.list_service_jobs, jobQueue="other", jobStatus="SUBMITTED", nextToken=token) == "Invalid nextToken"
    assert refusal(batch.list_service_jobs, jobQueue="sq", nextToken=token) == "Invalid nextToken"


def test_a_queue_of_ordinary_jobs_has_no_service_jobs_and_the_reverse(batch, site):
    site.make_environment()
    site.make_queue()
    site.submit_service()

    assert names(batch, jobQueue="q", filters=EVERYTHING) == []
    assert batch.list_jobs(jobQueue="sq", filters=EVERYTHING)["jobSummaryList"] == []


def test_listing_moves_what_was_listed_when_reading_does(mock, batch, site):
    mock.batch.pace = "poll"
    job_id = site.submit_service()

    filters = [{"name": "JOB_NAME", "values": ["train"]}]
    seen = [
        (job["jobId"], job["status"])
        for _ in range(6)
        for job in batch.list_service_jobs(jobQueue="sq", filters=filters)["jobSummaryList"]
    ]

    assert seen == [(job_id, each) for each in ("SUBMITTED", "RUNNABLE", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED")]


def test_who_waits_for_a_status_to_fill_need_not_wait_for_ever(mock, batch, site):
    mock.batch.pace = "poll"
    site.submit_service()

    tries = next(number for number in range(20) if names(batch, jobStatus="SUCCEEDED"))

    assert tries == 5


def test_who_lists_finished_jobs_until_one_more_that_takes_time_sees_it(mock, batch, site):
    mock.batch.plan("slow", duration=100)
    mock.batch.run_until(site.submit_service("old"), "SUCCEEDED")
    site.submit_service("slow")
    mock.batch.pace = "poll"

    assert any("slow" in names(batch, jobStatus="SUCCEEDED") for _ in range(20))
