"""Dependencies between jobs, and arrays. Documents: AWS Batch user guide, "Job dependencies" and "Array jobs"."""

from __future__ import annotations

import pytest

from support.batch import (
    UNKNOWN_ID,
    Timeline,
    children,
    detail,
    make_queue_and_definition,
    reach,
    refusal,
    status,
    statuses,
    submit,
    summary,
)

JOB = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}


@pytest.fixture(autouse=True)
def _site(mock, batch):
    mock.batch.pace = "manual"
    make_queue_and_definition(batch)


def test_a_job_waits_for_all_of_its_dependencies(mock, batch):
    first, second = submit(batch), submit(batch)
    job_id = submit(batch, after=[first, second])
    reach(mock, job_id, "PENDING")
    reach(mock, first, "SUCCEEDED")
    before = status(batch, job_id)
    reach(mock, second, "SUCCEEDED")

    assert before == "PENDING"
    assert mock.batch.step(job_id) == "RUNNABLE"


def test_a_dependency_that_has_succeeded_counts_as_satisfied(mock, batch):
    first = submit(batch)
    reach(mock, first, "SUCCEEDED")
    job_id = submit(batch, after=[first])

    assert mock.batch.step(job_id) == "RUNNABLE"


def test_a_dependency_that_has_failed_lets_the_submission_pass_and_the_job_fail(mock, batch):
    first = submit(batch)
    batch.cancel_job(jobId=first, reason="x")
    job_id = submit(batch, after=[first])
    seen = [status(batch, job_id), mock.batch.step(job_id), mock.batch.step(job_id)]

    assert seen == ["SUBMITTED", "PENDING", "FAILED"]
    assert detail(batch, job_id)["statusReason"] == "Dependent Job failed"
    assert detail(batch, job_id)["attempts"] == []


def test_failure_goes_down_the_chain_in_the_same_instant(mock, batch):
    at = Timeline(mock)
    mock.batch.plan("A", duration=10, exit_code=1)
    a = submit(batch, "A")
    b = submit(batch, "B", after=[a])
    c = submit(batch, "C", after=[b])

    at.go_to(10)

    jobs = [detail(batch, each) for each in (a, b, c)]
    assert [job["status"] for job in jobs] == ["FAILED"] * 3
    assert [at.seconds(job["stoppedAt"]) for job in jobs] == [10] * 3
    assert [job["statusReason"] for job in jobs[1:]] == ["Dependent Job failed"] * 2


def test_a_job_fails_with_its_first_failed_dependency(mock, batch):
    mock.batch.plan("bad", exit_code=1)
    bad, good = submit(batch, "bad"), submit(batch, "good")
    job_id = submit(batch, after=[bad, good])
    reach(mock, job_id, "PENDING")
    reach(mock, bad, "FAILED")

    assert mock.batch.step(job_id) == "FAILED"
    assert status(batch, good) == "SUBMITTED"


def test_a_dependency_between_attempts_is_not_finished(mock, batch):
    mock.batch.plan("first", attempt=1, exit_code=1)
    first = submit(batch, "first", retryStrategy={"attempts": 2})
    job_id = submit(batch, after=[first])
    reach(mock, job_id, "PENDING")
    reach(mock, first, "RUNNING")
    reach(mock, first, "RUNNABLE")

    assert status(batch, job_id) == "PENDING"
    mock.batch.run_all()
    assert status(batch, job_id) == "SUCCEEDED"


def test_a_dependency_on_an_array_waits_for_all_of_its_children(mock, batch):
    array = submit(batch, size=2)
    job_id = submit(batch, after=[array])
    reach(mock, job_id, "PENDING")
    reach(mock, array, "PENDING")
    reach(mock, f"{array}:0", "SUCCEEDED")
    before = status(batch, job_id)
    reach(mock, f"{array}:1", "SUCCEEDED")

    assert before == "PENDING"
    assert mock.batch.step(job_id) == "RUNNABLE"


def test_a_dependency_on_a_child_waits_for_that_child_only(mock, batch):
    array = submit(batch, size=2)
    job_id = submit(batch, after=[f"{array}:1"])
    reach(mock, job_id, "PENDING")
    reach(mock, array, "PENDING")
    reach(mock, f"{array}:1", "SUCCEEDED")

    assert mock.batch.step(job_id) == "RUNNABLE"
    assert status(batch, f"{array}:0") == "RUNNABLE"


def test_a_sequential_dependency_with_a_job_id_is_a_plain_one(mock, batch):
    first = submit(batch)
    job_id = submit(batch, after=[{"jobId": first, "type": "SEQUENTIAL"}])

    assert mock.batch.step(job_id) == "PENDING"
    reach(mock, first, "SUCCEEDED")
    assert mock.batch.step(job_id) == "RUNNABLE"
    assert detail(batch, job_id)["dependsOn"] == [{"jobId": first, "type": "SEQUENTIAL"}]


def test_an_array_with_a_dependency_waits_as_a_whole(mock, batch):
    first = submit(batch)
    array = submit(batch, size=3, after=[first])
    reach(mock, array, "PENDING")
    before = summary(batch, array)
    reach(mock, first, "SUCCEEDED")
    mock.batch.run_until(f"{array}:2", "RUNNABLE")

    assert before == {"PENDING": 3}
    assert summary(batch, array) == {"RUNNABLE": 3}


def test_an_array_fails_with_its_dependency(mock, batch):
    first = submit(batch)
    array = submit(batch, size=2, after=[first])
    batch.terminate_job(jobId=first, reason="x")
    mock.batch.run_all()

    jobs = [detail(batch, array), *children(batch, array, 2)]
    assert [(job["status"], job["statusReason"]) for job in jobs] == [("FAILED", "Dependent Job failed")] * 3


def test_dependencies_may_cross_queues(mock, batch):
    batch.create_job_queue(jobQueueName="other", priority=1, computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "ce"}])
    first = submit(batch, jobQueue="other")
    job_id = submit(batch, after=[first])
    mock.batch.run_all()

    assert statuses(batch, first, job_id) == ["SUCCEEDED", "SUCCEEDED"]


def test_20_dependencies_are_accepted_and_21_refused(mock, batch):
    jobs = [submit(batch) for _ in range(21)]

    text = refusal(batch.submit_job, **JOB, dependsOn=[{"jobId": each} for each in jobs])

    assert text == "Job cannot have more than 20 dependencies"
    assert len(batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"]) == 21
    job_id = submit(batch, after=jobs[:20])
    assert detail(batch, job_id)["dependsOn"] == [{"jobId": each} for each in jobs[:20]]


@pytest.mark.parametrize(
    ("entry", "size", "text"),
    [
        ({}, None, "A dependency needs a jobId unless its type is SEQUENTIAL"),
        ({"type": "N_TO_N"}, 2, "A dependency needs a jobId unless its type is SEQUENTIAL"),
        ({"type": "SEQUENTIAL"}, None, "Dependency type SEQUENTIAL is only supported for array jobs"),
        ({"jobId": UNKNOWN_ID, "type": "N_TO_N"}, None, "Dependency type N_TO_N is only supported for array jobs"),
        ({"jobId": "x"}, None, "Invalid job id in dependsOn"),
        ({"jobId": UNKNOWN_ID}, None, f"Job dependency {UNKNOWN_ID} not found"),
        ({"jobId": f"{UNKNOWN_ID}:1"}, 2, f"Job dependency {UNKNOWN_ID}:1 not found"),
    ],
)
def test_an_impossible_dependency_is_refused(batch, entry, size, text):
    array = {} if size is None else {"arrayProperties": {"size": size}}

    assert refusal(batch.submit_job, **JOB, dependsOn=[entry], **array) == text
    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []


def test_an_unknown_dependency_can_count_as_expired(mock, batch):
    mock.batch.settings.lenient_dependencies = True

    assert mock.batch.step(submit(batch, after=[UNKNOWN_ID])) == "RUNNABLE"


@pytest.mark.parametrize("size", [None, 2, 4], ids=["plain job", "smaller", "larger"])
def test_n_to_n_needs_an_array_of_the_same_size(batch, size):
    other = submit(batch, size=size)

    text = refusal(batch.submit_job, **JOB, arrayProperties={"size": 3}, dependsOn=[{"jobId": other, "type": "N_TO_N"}])

    assert text == f"N_TO_N dependency {other} must be an array job of the same size"


# Arrays


@pytest.mark.parametrize("size", [2, 10_000])
def test_an_array_has_2_to_10000_children(batch, size):
    array = submit(batch, size=size)

    assert detail(batch, array)["arrayProperties"]["size"] == size
    assert summary(batch, array) == {"PENDING": size}
    assert batch.describe_jobs(jobs=[f"{array}:{size - 1}", f"{array}:{size}"])["jobs"][0]["jobId"] == f"{array}:{size - 1}"
    assert len(batch.describe_jobs(jobs=[f"{array}:{size - 1}", f"{array}:{size}"])["jobs"]) == 1


@pytest.mark.parametrize("size", [-1, 0, 1, 10_001])
def test_other_sizes_are_refused(batch, size):
    assert refusal(batch.submit_job, **JOB, arrayProperties={"size": size}) == "Array size must be between 2 and 10000"
    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []


def test_the_summary_has_all_statuses_and_adds_up_to_the_size(mock, batch):
    array = submit(batch, size=3)
    reach(mock, array, "PENDING")
    reach(mock, f"{array}:1", "STARTING")

    properties = detail(batch, array)["arrayProperties"]

    assert properties["statusSummary"] == {
        "SUBMITTED": 0,
        "PENDING": 0,
        "RUNNABLE": 2,
        "STARTING": 1,
        "RUNNING": 0,
        "SUCCEEDED": 0,
        "FAILED": 0,
    }
    assert properties["statusSummaryLastUpdatedAt"] >= detail(batch, array)["createdAt"]


def test_a_parent_is_pending_while_its_children_run_and_never_runs_itself(mock, batch):
    array = submit(batch, size=2)
    seen = [status(batch, array)]
    while seen[-1] not in ("SUCCEEDED", "FAILED"):
        mock.clock.run_next()
        seen.append(status(batch, array))

    assert seen[0] == "SUBMITTED"
    assert set(seen[1:-1]) == {"PENDING"}
    parent = detail(batch, array)
    assert parent["status"] == "SUCCEEDED"
    assert parent["attempts"] == []
    assert "startedAt" not in parent
    assert not {"exitCode", "logStreamName", "taskArn"} & set(parent["container"])
    assert parent["stoppedAt"] == max(child["stoppedAt"] for child in children(batch, array, 2))


def test_a_failed_child_does_not_stop_its_siblings_and_fails_its_parent(mock, batch):
    mock.batch.plan(array_index=0, exit_code=1)
    array = submit(batch, size=3)
    mock.batch.run_all()

    assert [child["status"] for child in children(batch, array, 3)] == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert detail(batch, array)["statusReason"] == "Array Child Job failed"


def test_each_child_is_tried_again_by_itself(mock, batch):
    mock.batch.plan(array_index=1, attempt=1, exit_code=1)
    array = submit(batch, size=2, retryStrategy={"attempts": 2})
    mock.batch.run_all()

    assert [len(child["attempts"]) for child in children(batch, array, 2)] == [1, 2]
    assert status(batch, array) == "SUCCEEDED"


def test_children_are_scheduled_by_index(mock, batch):
    """Worked example E5: size 5, 1 vCPU and 10 s each, on 2 vCPUs."""
    at = Timeline(mock)
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 2})
    mock.batch.plan(duration=10)
    array = submit(batch, size=5)

    at.go_to(5)
    during = status(batch, array), summary(batch, array)
    at.go_to(25)
    assert at.seconds(detail(batch, array)["arrayProperties"]["statusSummaryLastUpdatedAt"]) == 20
    at.go_to(30)

    assert during == ("PENDING", {"RUNNING": 2, "RUNNABLE": 3})
    spans = [at.span(child) for child in children(batch, array, 5)]
    assert spans == [(0, 10), (0, 10), (10, 20), (10, 20), (20, 30)]
    assert (detail(batch, array)["status"], at.seconds(detail(batch, array)["stoppedAt"])) == ("SUCCEEDED", 30)


def test_a_sequential_array_stops_at_its_first_failure(mock, batch):
    """Worked example E6: size 3, 10 s each, child 1 exits with 1."""
    at = Timeline(mock)
    mock.batch.plan(duration=10)
    mock.batch.plan(array_index=1, duration=10, exit_code=1)
    array = submit(batch, size=3, after=[{"type": "SEQUENTIAL"}])

    at.go_to(30)

    first, second, third = children(batch, array, 3)
    assert (first["status"], *at.span(first)) == ("SUCCEEDED", 0, 10)
    assert (second["status"], *at.span(second)) == ("FAILED", 10, 20)
    assert (third["status"], third["statusReason"], third["attempts"]) == ("FAILED", "Dependent Job failed", [])
    assert at.span(third) == (None, 20)
    parent = detail(batch, array)
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert at.seconds(parent["stoppedAt"]) == 20
    assert summary(batch, array) == {"SUCCEEDED": 1, "FAILED": 2}
    assert [job["dependsOn"] for job in (parent, first, third)] == [
        [{"type": "SEQUENTIAL"}],
        [],
        [{"jobId": f"{array}:1", "type": "SEQUENTIAL"}],
    ]


@pytest.mark.parametrize("fails", [False, True])
def test_n_to_n_lets_each_child_wait_for_its_counterpart(mock, batch, fails):
    """Worked example E7: A of size 3 with 5, 10 and 15 s; B of size 3 with 5 s each, N_TO_N on A."""
    at = Timeline(mock)
    for index, duration in enumerate([5, 10, 15]):
        mock.batch.plan("A", array_index=index, duration=duration, exit_code=1 if fails and index == 1 else 0)
    mock.batch.plan("B", duration=5)
    a = submit(batch, "A", size=3)
    b = submit(batch, "B", size=3, after=[{"jobId": a, "type": "N_TO_N"}])

    at.go_to(40)

    spans = [at.span(child) for child in children(batch, b, 3)]
    assert spans == [(5, 10), (None, 10) if fails else (10, 15), (15, 20)]
    assert [child["status"] for child in children(batch, b, 3)] == ["SUCCEEDED", "FAILED" if fails else "SUCCEEDED", "SUCCEEDED"]
    assert status(batch, b) == ("FAILED" if fails else "SUCCEEDED")
    assert at.seconds(detail(batch, b)["stoppedAt"]) == 20
    assert detail(batch, f"{b}:1")["dependsOn"] == [{"jobId": f"{a}:1", "type": "N_TO_N"}]


def test_a_child_does_not_go_before_its_array_has_left_submitted(mock, batch):
    """The children of a SUBMITTED array cannot be scheduled, also when what one of them waits for has ended."""
    at = Timeline(mock)
    mock.batch.plan(duration=5)
    first = submit(batch, size=2)
    at.go_to(1)
    mock.batch.settings.submitted_seconds = 10
    second = submit(batch, size=2, after=[{"jobId": first, "type": "N_TO_N"}])

    at.go_to(6)
    before = [status(batch, job_id) for job_id in (first, second, f"{second}:0", f"{second}:1")]
    at.go_to(30)

    assert before == ["SUCCEEDED", "SUBMITTED", "PENDING", "PENDING"]
    assert [at.span(child) for child in children(batch, second, 2)] == [(11, 16), (11, 16)]
