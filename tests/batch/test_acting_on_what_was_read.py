"""Code that polls until a job is in a state and then acts finds the job still in that state.

Source: API reference, CancelJob ("Jobs in STARTING or RUNNING aren't canceled, but the API operation still succeeds") and TerminateJob
(documented); TerminateServiceJob (documented).
"""

from __future__ import annotations

import pytest

from mock_jobs.batch.scenario.pace import Pace

from support.batch import EC2, refusal
from support.needs import needs

LIFE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
SERVICE_LIFE = ("SUBMITTED", "RUNNABLE", "SCHEDULED", "STARTING", "RUNNING")
NAMED = {"filters": [{"name": "JOB_NAME", "values": ["job"]}]}


def by_description(site, job_id, _):
    return site.status(job_id)


def by_name(site, job_id, _):
    jobs = site.batch.list_jobs(jobQueue="q", **NAMED)["jobSummaryList"]
    return next(job["status"] for job in jobs if job["jobId"] == job_id)


def by_status(site, job_id, state):
    """List the jobs in one status until it is there."""
    jobs = site.batch.list_jobs(jobQueue="q", jobStatus=state)["jobSummaryList"]
    return next((state for job in jobs if job["jobId"] == job_id), None)


def poll_until(read, state):
    seen = []
    while not seen or seen[-1] != state:
        seen.append(read())
        assert len(seen) < 30, seen
    return seen


def end(site, job_id):
    """Poll a job to its end, and return how it ended."""
    poll = 0
    while (job := site.detail(job_id))["status"] not in ("SUCCEEDED", "FAILED"):
        poll += 1
        assert poll < 30
    return job["status"], job.get("statusReason")


def cancel(batch, *job_ids):
    for job_id in job_ids:
        batch.cancel_job(jobId=job_id, reason="enough")


def terminate(batch, *job_ids):
    for job_id in job_ids:
        batch.terminate_job(jobId=job_id, reason="enough")


def cancel_all(batch, *job_ids):
    batch.cancel_jobs(jobs=list(job_ids), reason="enough")


def terminate_all(batch, *job_ids):
    batch.terminate_jobs(jobs=list(job_ids), reason="enough")


CANCELS = [cancel, pytest.param(cancel_all, marks=needs("batch CancelJobs"))]
TERMINATES = [terminate, pytest.param(terminate_all, marks=needs("batch TerminateJobs"))]


@pytest.fixture
def life(site):
    """Submit a job that is PENDING, too, on its way; a job that succeeded is what it waited for."""
    site.make_queue_and_definition()

    def begin():
        first = site.submit("first")
        return site.submit(after=[first])

    return begin


@pytest.mark.parametrize("read", [by_description, by_name, by_status])
@pytest.mark.parametrize("state", LIFE)
@pytest.mark.parametrize("stop", CANCELS)
def test_cancel_finds_a_job_in_the_state_that_was_read(batch, site, life, stop, state, read):
    job_id = life()
    poll_until(lambda: read(site, job_id, state), state)

    stop(batch, job_id)

    ended = ("SUCCEEDED", "Essential container in task exited") if state in ("STARTING", "RUNNING") else ("FAILED", "enough")
    assert end(site, job_id) == ended


@pytest.mark.parametrize("read", [by_description, by_name, by_status])
@pytest.mark.parametrize("state", LIFE)
@pytest.mark.parametrize("stop", TERMINATES)
def test_terminate_finds_a_job_in_the_state_that_was_read(batch, site, life, stop, state, read):
    job_id = life()
    poll_until(lambda: read(site, job_id, state), state)

    stop(batch, job_id)

    assert end(site, job_id) == ("FAILED", "enough")
    job = site.detail(job_id)
    has_attempt = state in ("STARTING", "RUNNING")
    assert len(job["attempts"]) == has_attempt
    assert job["container"].get("exitCode") == (137 if state == "RUNNING" else None)


@pytest.mark.parametrize("stop", [*CANCELS, *TERMINATES])
@pytest.mark.parametrize("state", LIFE)
def test_with_a_slower_pace_a_state_holds_as_well(mock, batch, site, life, stop, state):
    mock.batch.pace = Pace.every(3)
    job_id = life()
    poll_until(lambda: site.status(job_id), state)

    stop(batch, job_id)

    stays = state in ("STARTING", "RUNNING") and stop in (cancel, cancel_all)
    assert end(site, job_id)[0] == ("SUCCEEDED" if stays else "FAILED")


def test_a_state_that_was_read_holds_whatever_else_is_read(batch, site):
    site.make_queue_and_definition()
    job_id = site.submit()
    poll_until(lambda: site.status(job_id), "RUNNABLE")
    for state in ("SUBMITTED", "STARTING", "RUNNING"):
        batch.describe_job_queues(jobQueues=["q"])
        batch.describe_job_definitions(status="ACTIVE")
        batch.list_jobs(jobQueue="q", jobStatus=state)
    batch.cancel_job(jobId=job_id, reason="enough")

    assert end(site, job_id) == ("FAILED", "enough")


def test_a_look_at_another_pace_is_no_read(mock, site):
    """A test may look at a job without taking a state from the code that polls it."""
    site.make_queue_and_definition()
    job_id = site.submit()
    with mock.batch.paced("manual"):
        looked = [site.status(job_id) for _ in range(2)]

    assert [*looked, site.status(job_id), site.status(job_id)] == ["SUBMITTED"] * 3 + ["RUNNABLE"]


def test_reading_another_job_may_move_one_that_was_read(batch, site):
    """There is one clock: what is due at the same moment happens together."""
    site.make_queue_and_definition()
    first, second = site.submit("first"), site.submit("second")
    batch.describe_jobs(jobs=[first, second])
    poll_until(lambda: site.status(first), "SUCCEEDED")

    assert site.status(second) == "SUCCEEDED"


# Arrays


@pytest.mark.parametrize(
    ("state", "stop", "ended"),
    [
        ("PENDING", cancel, {"FAILED": 2}),
        ("RUNNABLE", cancel, {"FAILED": 2}),
        ("STARTING", cancel, {"SUCCEEDED": 2}),
        ("RUNNING", cancel, {"SUCCEEDED": 2}),
        ("PENDING", terminate, {"FAILED": 2}),
        ("RUNNABLE", terminate, {"FAILED": 2}),
        ("STARTING", terminate, {"FAILED": 2}),
        ("RUNNING", terminate, {"FAILED": 2}),
    ],
)
def test_a_stop_finds_the_children_in_the_states_that_the_summary_told(batch, site, state, stop, ended):
    site.make_queue_and_definition()
    array = site.submit(size=2)
    poll_until(lambda: "".join(site.summary(array)), state)

    stop(batch, array)

    assert end(site, array)[0] == ("SUCCEEDED" if "SUCCEEDED" in ended else "FAILED")
    assert site.summary(array) == ended


@pytest.mark.parametrize("state", ["RUNNABLE", "STARTING", "RUNNING"])
@pytest.mark.parametrize("stop", [cancel, terminate])
def test_a_stop_finds_a_child_in_the_state_that_was_read(batch, site, state, stop):
    site.make_queue_and_definition()
    child = f"{site.submit(size=2)}:1"
    poll_until(lambda: site.status(child), state)

    stop(batch, child)

    stays = stop is cancel and state != "RUNNABLE"
    assert end(site, child)[0] == ("SUCCEEDED" if stays else "FAILED")


@pytest.mark.parametrize("state", ["RUNNABLE", "STARTING", "RUNNING"])
def test_a_stop_finds_a_child_in_the_state_that_was_listed(batch, site, state):
    site.make_queue_and_definition()
    array = site.submit(size=2)
    poll_until(lambda: state if batch.list_jobs(arrayJobId=array, jobStatus=state)["jobSummaryList"] else None, state)

    batch.cancel_job(jobId=f"{array}:0", reason="enough")

    assert end(site, f"{array}:0")[0] == ("FAILED" if state == "RUNNABLE" else "SUCCEEDED")


# Nodes


@pytest.mark.parametrize("state", ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING"])
@pytest.mark.parametrize("stop", [cancel, terminate])
@pytest.mark.parametrize("node", ["", "#0"])
def test_a_stop_finds_a_multi_node_job_in_the_state_that_was_read(batch, site, state, stop, node):
    site.make_environment()
    site.make_queue()
    site.make_nodes()
    job_id = site.submit(jobDefinition="m")
    seen = poll_until(lambda: site.status(job_id + node), state)

    stop(batch, job_id)

    assert seen == [each for each in LIFE if each != "PENDING"][: len(seen)]
    stays = stop is cancel and state in ("STARTING", "RUNNING")
    assert end(site, job_id)[0] == ("SUCCEEDED" if stays else "FAILED")


def test_a_terminate_finds_the_nodes_running_that_were_read_running(batch, site):
    site.make_environment()
    site.make_queue()
    site.make_nodes()
    job_id = site.submit(jobDefinition="m")
    poll_until(lambda: site.nodes(job_id)[2]["status"], "RUNNING")

    batch.terminate_job(jobId=job_id, reason="enough")

    assert [(node["status"], node["statusReason"]) for node in site.nodes(job_id)] == [("FAILED", "enough")] * 3


# Snapshots


def test_a_snapshot_shows_a_job_that_can_then_be_cancelled(batch, site):
    site.make_queue_and_definition()
    job_id = site.submit()

    def front():
        return [
            entry["jobArn"].rpartition("/")[2] for entry in batch.get_job_queue_snapshot(jobQueue="q")["frontOfQueue"]["jobs"]
        ]

    poll_until(front, [job_id])
    batch.cancel_job(jobId=job_id, reason="enough")

    assert end(site, job_id) == ("FAILED", "enough")


# Service jobs


@pytest.mark.parametrize("read", ["describe", "list"])
@pytest.mark.parametrize("state", SERVICE_LIFE)
def test_terminate_finds_a_service_job_in_the_state_that_was_read(batch, site, state, read):
    site.make_service_queue_and_environment()
    job_id = site.submit_service()
    filters = [{"name": "JOB_NAME", "values": ["train"]}]
    reads = {
        "describe": lambda: site.service_status(job_id),
        "list": lambda: batch.list_service_jobs(jobQueue="sq", filters=filters)["jobSummaryList"][0]["status"],
    }

    seen = poll_until(reads[read], state)
    batch.terminate_service_job(jobId=job_id, reason="enough")

    assert seen == list(SERVICE_LIFE[: len(seen)])
    job = batch.describe_service_job(jobId=job_id)
    assert (job["status"], job["statusReason"], job["isTerminated"]) == ("FAILED", "enough", True)
    assert len(job.get("attempts", [])) == (state in ("SCHEDULED", "STARTING", "RUNNING"))


@needs("batch CreateQuotaShare", "batch UpdateServiceJob")
def test_update_finds_a_service_job_waiting_that_was_read_waiting(batch, site):
    """Two jobs want the one instance of their share; the one that waits is made more urgent than a third before it is its turn."""
    site.make_quota_queue_and_environment()
    site.make_share("s", 1)
    share = {"quotaShareName": "s"}
    jobs = [site.submit_service(name, **share) for name in ("first", "second", "third")]
    poll_until(lambda: site.service_status(jobs[2]), "RUNNABLE")

    batch.update_service_job(jobId=jobs[2], schedulingPriority=9)
    poll_until(lambda: site.service_status(jobs[2]), "SUCCEEDED")

    assert site.service_status(jobs[1]) == "RUNNABLE"


# Resources


@pytest.mark.parametrize("state", ["CREATING", "VALID"])
def test_an_environment_is_deleted_in_the_state_that_was_read(mock, batch, state):
    mock.batch.settings.compute_environment_create_seconds = 30
    batch.create_compute_environment(computeEnvironmentName="x", type="MANAGED", state="DISABLED", computeResources=EC2)

    def read():
        return [each["status"] for each in batch.describe_compute_environments()["computeEnvironments"]]

    poll_until(read, [state])

    if state == "CREATING":
        assert "resource is being modified" in refusal(batch.delete_compute_environment, computeEnvironment="x")
    else:
        batch.delete_compute_environment(computeEnvironment="x")
        assert read() == []


def test_a_queue_takes_no_jobs_while_its_creation_was_read_last(mock, batch, site):
    mock.batch.settings.job_queue_create_seconds = 30
    site.make_queue_and_definition()

    def read():
        return batch.describe_job_queues()["jobQueues"][0]["status"]

    poll_until(read, "CREATING")
    assert "not in ENABLED state and VALID status" in refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d")
    poll_until(read, "VALID")
    assert site.submit()
