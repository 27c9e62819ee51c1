"""Listings by creation time while a test sets the process clock back with time-machine or freezegun."""

from __future__ import annotations

import time

import pytest

START_S = 1_700_000_000


@pytest.fixture
def jobs(mock, site, monkeypatch):
    """Jobs that were created at these seconds, in this order."""
    mock.batch.pace = "manual"
    made = {}
    site.make_queue_and_definition()
    for second in (20, 40, 10, 30, 10.5, 50):
        monkeypatch.setattr(time, "time", lambda at=START_S + second: at)
        made[second] = site.submit("same")
    return made


def listed(batch, name, value, **more):
    filters = [{"name": name, "values": [value]}]
    pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", filters=filters, PaginationConfig=more)
    return [job["jobId"] for page in pages for job in page["jobSummaryList"]]


@pytest.mark.parametrize("page", [{}, {"PageSize": 1}, {"PageSize": 2}, {"PageSize": 3}], ids=str)
@pytest.mark.parametrize(
    ("name", "second", "expected"),
    [
        ("BEFORE_CREATED_AT", 30, [20, 10.5, 10]),
        ("BEFORE_CREATED_AT", 10, []),
        ("BEFORE_CREATED_AT", 100, [50, 40, 30, 20, 10.5, 10]),
        ("AFTER_CREATED_AT", 20, [50, 40, 30]),
        ("AFTER_CREATED_AT", 10, [50, 40, 30, 20, 10.5]),
        ("AFTER_CREATED_AT", 50, []),
    ],
)
def test_jobs_are_found_by_the_time_that_they_show(batch, jobs, name, second, expected, page):
    found = listed(batch, name, str((START_S + second) * 1000), **page)

    assert found == [jobs[each] for each in expected]


@pytest.mark.parametrize("page", [{}, {"PageSize": 1}, {"PageSize": 2}], ids=str)
@pytest.mark.parametrize(("name", "value"), [("JOB_NAME", "same"), ("JOB_NAME", "s*"), ("JOB_DEFINITION", "d")])
def test_other_filters_show_the_last_created_first_too(batch, jobs, name, value, page):
    assert listed(batch, name, value, **page) == [jobs[each] for each in (50, 40, 30, 20, 10.5, 10)]


def test_jobs_show_the_time_of_their_creation(batch, jobs):
    found = batch.describe_jobs(jobs=list(jobs.values()))["jobs"]

    assert [job["createdAt"] for job in found] == [int((START_S + second) * 1000) for second in jobs]
