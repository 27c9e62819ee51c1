"""Dependencies of multi-node parallel jobs, and what cancels and terminates them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.batch import UNKNOWN_ID, Timeline, refusal
from support.multi_node import codes, reasons, states, submit_nodes
from support.needs import needs

if TYPE_CHECKING:
    from support.batch_site import Site


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_queue_and_definition(max_vcpus=6)
    return timeline


# Dependencies


def test_a_job_waits_for_a_multi_node_job_as_for_any_other(mock, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", duration=10)
    first = submit_nodes(site)
    second = submit_nodes(site, after=[first])
    at.go_to(5)
    during = states(site, second)
    at.go_to(20)

    assert during == ["PENDING"] * 4
    assert at.span(site.detail(second)) == (10, 20)
    assert states(site, second) == ["SUCCEEDED"] * 4


def test_a_failed_dependency_fails_all_nodes(mock, site, at):
    site.make_nodes()
    mock.batch.plan("bad", exit_code=1)
    first = site.submit("bad")
    job = submit_nodes(site, after=[first])

    at.go_to(1)

    assert states(site, job) == ["FAILED"] * 4
    assert reasons(site, job) == ["Dependent Job failed"] * 4


def test_the_failure_of_a_node_alone_does_not_fail_who_depends_on_the_job(mock, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", node_index=1, exit_code=1)
    first = submit_nodes(site)
    second = site.submit(after=[first])

    at.go_to(1)

    assert site.statuses(f"{first}#1", second) == ["FAILED", "SUCCEEDED"]


def test_a_node_cannot_be_depended_on(batch, site, at):
    site.make_nodes()
    job = submit_nodes(site)
    request = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}

    text = refusal(batch.submit_job, **request, dependsOn=[{"jobId": f"{job}#1"}])

    assert text == f"A node of a multi-node parallel job cannot be a dependency: {job}#1"


def test_a_multi_node_job_is_no_array_to_pair_with(batch, site, at):
    site.make_nodes()
    job = submit_nodes(site)

    text = refusal(
        batch.submit_job,
        jobName="j",
        jobQueue="q",
        jobDefinition="d",
        arrayProperties={"size": 3},
        dependsOn=[{"jobId": job, "type": "N_TO_N"}],
    )

    assert text == f"N_TO_N dependency {job} must be an array job of the same size"


# Cancelling and terminating


def bring_to(mock: Any, site: Site, at: Timeline, wanted: str) -> str:
    """Return a multi-node job that is in a status and stays there."""
    site.make_nodes()
    mock.batch.plan("slow", duration=None, optional=True)
    mock.batch.plan("mnp", duration=None, optional=True)
    if wanted == "SUBMITTED":
        mock.batch.settings.submitted_seconds = 100
    if wanted == "STARTING":
        mock.batch.settings.starting_seconds = 100
    if wanted == "RUNNABLE":
        site.submit("slow")
    after = [site.submit("slow")] if wanted == "PENDING" else []
    if wanted in ("SUCCEEDED", "FAILED"):
        mock.batch.plan("mnp", exit_code=int(wanted == "FAILED"))
    job = submit_nodes(site, after=after)
    at.go_to(1)
    assert site.status(job) == wanted
    return job


# (status, operation) -> status and flag afterwards, and exit codes of the attempt of each node
STOP_TABLE = [
    ("SUBMITTED", "cancel_job", "FAILED", "isCancelled", [[], [], []]),
    ("PENDING", "cancel_job", "PENDING", "isCancelled", [[], [], []]),
    ("RUNNABLE", "cancel_job", "FAILED", "isCancelled", [[], [], []]),
    ("STARTING", "cancel_job", "STARTING", None, [[], [], []]),
    ("RUNNING", "cancel_job", "RUNNING", None, [[], [], []]),
    ("SUCCEEDED", "cancel_job", "SUCCEEDED", None, [[0], [0], [0]]),
    ("FAILED", "cancel_job", "FAILED", None, [[1], [1], [1]]),
    ("SUBMITTED", "terminate_job", "FAILED", "isTerminated", [[], [], []]),
    ("PENDING", "terminate_job", "PENDING", "isTerminated", [[], [], []]),
    ("RUNNABLE", "terminate_job", "FAILED", "isTerminated", [[], [], []]),
    ("STARTING", "terminate_job", "FAILED", "isTerminated", [[None], [], []]),
    ("RUNNING", "terminate_job", "FAILED", "isTerminated", [[137], [137], [137]]),
    ("SUCCEEDED", "terminate_job", "SUCCEEDED", None, [[0], [0], [0]]),
    ("FAILED", "terminate_job", "FAILED", None, [[1], [1], [1]]),
]


@pytest.mark.parametrize("part", ["", "#0"], ids=["job", "main node"])
@pytest.mark.parametrize(("before", "operation", "after", "flag", "exit_codes"), STOP_TABLE, ids=str)
def test_a_request_to_end_the_job_reaches_all_nodes(mock, batch, site, at, before, operation, after, flag, exit_codes, part):
    job = bring_to(mock, site, at, before)
    old = [site.detail(job), *site.nodes(job)]

    getattr(batch, operation)(jobId=f"{job}{part}", reason="why")

    new = [site.detail(job), *site.nodes(job)]
    if flag is None:
        assert new == old
        return
    for each in new:
        assert each["status"] == after
        assert [name for name in ("isCancelled", "isTerminated") if each.get(name)] == [flag]
        assert each.get("statusReason") == ("why" if after == "FAILED" else None)
        assert ("stoppedAt" in each) == (after == "FAILED")
    assert codes(site, job) == exit_codes


def test_a_cancellation_of_a_waiting_job_takes_effect_when_its_dependency_ends(mock, batch, site, at):
    site.make_nodes()
    mock.batch.plan("slow", duration=50)
    job = submit_nodes(site, after=[site.submit("slow")])
    at.go_to(1)

    batch.cancel_job(jobId=job, reason="why")
    at.go_to(50)

    assert states(site, job) == ["FAILED"] * 4
    assert reasons(site, job) == ["why"] * 4
    assert at.seconds(site.nodes(job)[1]["stoppedAt"]) == 50


def test_a_terminated_job_leaves_a_node_alone_that_had_ended(mock, batch, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    mock.batch.plan("mnp", node_index=2, duration=5)
    job = submit_nodes(site)
    at.go_to(10)
    ended = site.nodes(job)[2]

    batch.terminate_job(jobId=job, reason="why")

    assert states(site, job) == ["FAILED", "FAILED", "FAILED", "SUCCEEDED"]
    assert site.nodes(job)[2] == ended


def test_a_request_is_not_noted_on_a_node_that_had_ended(mock, batch, site, at):
    """API reference, TerminateJob: jobs that have ended are left alone."""
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    mock.batch.plan("mnp", node_index=2, duration=5)
    job = submit_nodes(site)
    at.go_to(10)

    batch.terminate_job(jobId=job, reason="why")

    assert [node.get("isTerminated") for node in site.nodes(job)] == [True, True, None]


def test_all_nodes_have_the_grace_of_a_terminated_job(mock, batch, site, at):
    mock.batch.settings.terminate_grace_seconds = 10
    mock.batch.settings.starting_seconds = 3
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    mock.batch.plan("mnp", node_index=1, duration=6)
    job = submit_nodes(site)
    at.go_to(8)
    batch.terminate_job(jobId=job, reason="why")
    at.go_to(17)
    during = states(site, job)
    at.go_to(18)

    assert during == ["RUNNING"] * 4
    assert states(site, job) == ["FAILED"] * 4
    assert reasons(site, job) == ["why"] * 4
    assert codes(site, job) == [[137]] * 3
    assert [at.seconds(node["stoppedAt"]) for node in site.nodes(job)] == [18] * 3


def test_nodes_that_start_when_the_job_is_terminated_have_no_grace(mock, batch, site, at):
    mock.batch.settings.terminate_grace_seconds = 10
    mock.batch.settings.starting_seconds = 3
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    job = submit_nodes(site)
    at.go_to(4)

    batch.terminate_job(jobId=job, reason="why")

    assert states(site, job) == ["RUNNING", "RUNNING", "FAILED", "FAILED"]
    at.go_to(14)
    assert states(site, job) == ["FAILED"] * 4
    assert codes(site, job) == [[137], [None], [None]]


@pytest.mark.parametrize("operation", ["cancel_job", "terminate_job"])
def test_other_nodes_cannot_be_stopped_alone(mock, batch, site, at, operation):
    job = bring_to(mock, site, at, "RUNNING")

    text = refusal(getattr(batch, operation), jobId=f"{job}#1", reason="why")

    assert text == "Cancel or terminate is not supported for individual nodes of a multi-node parallel job"
    assert states(site, job) == ["RUNNING"] * 4
    assert "isTerminated" not in site.nodes(job)[1]


@needs("batch CancelJobs", "batch TerminateJobs")
@pytest.mark.parametrize("operation", ["cancel_jobs", "terminate_jobs"])
def test_the_bulk_forms_report_other_nodes_as_errors(mock, batch, site, at, operation):
    job = bring_to(mock, site, at, "RUNNABLE")

    answer = getattr(batch, operation)(jobs=[f"{job}#1", f"{job}#0"], reason="why")

    text = "Cancel or terminate is not supported for individual nodes of a multi-node parallel job"
    assert answer["errors"] == [{"job": f"{job}#1", "code": "ClientException", "message": text}]
    assert answer["successful"] == [f"{job}#0"]
    assert states(site, job) == ["FAILED"] * 4


def test_a_node_that_does_not_exist_is_an_unknown_job(mock, batch, site, at):
    job = bring_to(mock, site, at, "RUNNING")
    plain = site.submit()

    for job_id in (f"{job}#3", f"{UNKNOWN_ID}#0", f"{plain}#0", f"{job}:0"):
        batch.terminate_job(jobId=job_id, reason="why")
        assert batch.describe_jobs(jobs=[job_id])["jobs"] == []

    assert states(site, job) == ["RUNNING"] * 4
