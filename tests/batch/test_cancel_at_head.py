"""Cancelling as it was documented until 2024: a RUNNABLE job ends at the head of its queue. Document: API reference, CancelJob, of 2023."""

from __future__ import annotations

from typing import Any

import pytest

from batch_fixtures import Timeline, children, detail, make_queue_and_definition, statuses, submit, summary


@pytest.fixture
def at(mock, batch):
    timeline = Timeline(mock)
    make_queue_and_definition(batch)
    mock.batch.settings.cancel_runnable_at_head = True
    mock.batch.plan("*", duration=100)
    return timeline


def line_up(batch: Any, at: Timeline) -> tuple[str, str, str]:
    """Submit one job that runs, one that waits for room, and one behind it."""
    running, first, second = submit(batch, "a", vcpus=16), submit(batch, "b", vcpus=16), submit(batch, "c", vcpus=16)
    at.go_to(1)
    return running, first, second


def test_a_cancelled_job_stays_runnable_until_it_is_at_the_head(batch, at):
    _, first, second = line_up(batch, at)

    batch.cancel_job(jobId=second, reason="enough")

    job = detail(batch, second)
    assert (job["status"], job["isCancelled"]) == ("RUNNABLE", True)
    at.go_to(99)
    assert statuses(batch, first, second) == ["RUNNABLE", "RUNNABLE"]
    at.go_to(101)
    job = detail(batch, second)
    assert statuses(batch, first, second) == ["RUNNING", "FAILED"]
    assert (job["statusReason"], job["attempts"]) == ("enough", [])


def test_a_job_at_the_head_ends_although_there_is_no_room(batch, at):
    _, first, second = line_up(batch, at)

    batch.cancel_job(jobId=first, reason="enough")

    at.go_to(2)
    assert statuses(batch, first, second) == ["FAILED", "RUNNABLE"]


def test_termination_does_not_wait_for_the_turn(batch, at):
    _, _, second = line_up(batch, at)
    batch.cancel_job(jobId=second, reason="enough")

    batch.terminate_job(jobId=second, reason="now")

    job = detail(batch, second)
    assert (job["status"], job["statusReason"]) == ("FAILED", "now")


def test_the_children_of_a_cancelled_array_end_at_their_turn(batch, at):
    submit(batch, "a", vcpus=16)
    submit(batch, "b", vcpus=16)
    array = submit(batch, "c", size=2)
    at.go_to(1)

    batch.cancel_job(jobId=array, reason="enough")

    assert summary(batch, array) == {"RUNNABLE": 2}
    at.go_to(101)
    assert detail(batch, array)["status"] == "FAILED"
    assert [child["statusReason"] for child in children(batch, array, 2)] == ["enough", "enough"]


def test_a_step_ends_a_cancelled_job_out_of_its_turn(mock, batch, at):
    _, _, second = line_up(batch, at)
    batch.cancel_job(jobId=second, reason="enough")

    assert mock.batch.step(second) == "FAILED"
    assert detail(batch, second)["statusReason"] == "enough"


def test_by_default_a_runnable_job_ends_at_once(mock, batch, at):
    mock.batch.settings.cancel_runnable_at_head = False
    _, _, second = line_up(batch, at)

    batch.cancel_job(jobId=second, reason="enough")

    assert detail(batch, second)["status"] == "FAILED"
