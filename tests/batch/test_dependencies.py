"""Dependencies between jobs, and arrays. Documents: AWS Batch user guide, "Job dependencies" and "Array jobs"."""

from __future__ import annotations

import pytest

from mock_jobs.handle import world_of

from support.batch import UNKNOWN_ID, Timeline, refusal
from support.needs import needs

JOB = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


def test_a_job_waits_for_all_of_its_dependencies(mock, site):
    first, second = site.submit(), site.submit()
    job_id = site.submit(after=[first, second])
    site.reach(job_id, "PENDING")
    site.reach(first, "SUCCEEDED")
    before = site.status(job_id)
    site.reach(second, "SUCCEEDED")

    assert before == "PENDING"
    assert mock.batch.step(job_id) == "RUNNABLE"


def test_a_dependency_that_has_succeeded_counts_as_satisfied(mock, site):
    first = site.submit()
    site.reach(first, "SUCCEEDED")
    job_id = site.submit(after=[first])

    assert mock.batch.step(job_id) == "RUNNABLE"


def test_a_dependency_that_has_failed_lets_the_submission_pass_and_the_job_fail(mock, batch, site):
    first = site.submit()
    batch.cancel_job(jobId=first, reason="x")
    job_id = site.submit(after=[first])
    seen = [site.status(job_id), mock.batch.step(job_id), mock.batch.step(job_id)]

    assert seen == ["SUBMITTED", "PENDING", "FAILED"]
    assert site.detail(job_id)["statusReason"] == "Dependent Job failed"
    assert site.detail(job_id)["attempts"] == []


def test_failure_goes_down_the_chain_in_the_same_instant(mock, site):
    at = Timeline(mock)
    mock.batch.plan("A", duration=10, exit_code=1)
    a = site.submit("A")
    b = site.submit("B", after=[a])
    c = site.submit("C", after=[b])

    at.go_to(10)

    jobs = [site.detail(each) for each in (a, b, c)]
    assert [job["status"] for job in jobs] == ["FAILED"] * 3
    assert [at.seconds(job["stoppedAt"]) for job in jobs] == [10] * 3
    assert [job["statusReason"] for job in jobs[1:]] == ["Dependent Job failed"] * 2


def test_a_job_fails_with_its_first_failed_dependency(mock, site):
    mock.batch.plan("bad", exit_code=1)
    bad, good = site.submit("bad"), site.submit("good")
    job_id = site.submit(after=[bad, good])
    site.reach(job_id, "PENDING")
    site.reach(bad, "FAILED")

    assert mock.batch.step(job_id) == "FAILED"
    assert site.status(good) == "SUBMITTED"


def test_a_dependency_between_attempts_is_not_finished(mock, site):
    mock.batch.plan("first", attempt=1, exit_code=1)
    first = site.submit("first", retryStrategy={"attempts": 2})
    job_id = site.submit(after=[first])
    site.reach(job_id, "PENDING")
    site.reach(first, "RUNNING")
    site.reach(first, "RUNNABLE")

    assert site.status(job_id) == "PENDING"
    mock.batch.run_all()
    assert site.status(job_id) == "SUCCEEDED"


def test_a_dependency_on_an_array_waits_for_all_of_its_children(mock, site):
    array = site.submit(size=2)
    job_id = site.submit(after=[array])
    site.reach(job_id, "PENDING")
    site.reach(array, "PENDING")
    site.reach(f"{array}:0", "SUCCEEDED")
    before = site.status(job_id)
    site.reach(f"{array}:1", "SUCCEEDED")

    assert before == "PENDING"
    assert mock.batch.step(job_id) == "RUNNABLE"


def test_a_dependency_on_a_child_waits_for_that_child_only(mock, site):
    array = site.submit(size=2)
    job_id = site.submit(after=[f"{array}:1"])
    site.reach(job_id, "PENDING")
    site.reach(array, "PENDING")
    site.reach(f"{array}:1", "SUCCEEDED")

    assert mock.batch.step(job_id) == "RUNNABLE"
    assert site.status(f"{array}:0") == "RUNNABLE"


def test_a_sequential_dependency_with_a_job_id_is_a_plain_one(mock, site):
    first = site.submit()
    job_id = site.submit(after=[{"jobId": first, "type": "SEQUENTIAL"}])

    assert mock.batch.step(job_id) == "PENDING"
    site.reach(first, "SUCCEEDED")
    assert mock.batch.step(job_id) == "RUNNABLE"
    assert site.detail(job_id)["dependsOn"] == [{"jobId": first, "type": "SEQUENTIAL"}]


def test_an_array_with_a_dependency_waits_as_a_whole(mock, site):
    first = site.submit()
    array = site.submit(size=3, after=[first])
    site.reach(array, "PENDING")
    before = site.summary(array)
    site.reach(first, "SUCCEEDED")
    mock.batch.run_until(f"{array}:2", "RUNNABLE")

    assert before == {"PENDING": 3}
    assert site.summary(array) == {"RUNNABLE": 3}


def test_an_array_fails_with_its_dependency(mock, batch, site):
    first = site.submit()
    array = site.submit(size=2, after=[first])
    batch.terminate_job(jobId=first, reason="x")
    mock.batch.run_all()

    jobs = [site.detail(array), *site.children(array, 2)]
    assert [(job["status"], job["statusReason"]) for job in jobs] == [("FAILED", "Dependent Job failed")] * 3


def test_dependencies_may_cross_queues(mock, batch, site):
    batch.create_job_queue(jobQueueName="other", priority=1, computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "ce"}])
    first = site.submit(jobQueue="other")
    job_id = site.submit(after=[first])
    mock.batch.run_all()

    assert site.statuses(first, job_id) == ["SUCCEEDED", "SUCCEEDED"]


def test_20_dependencies_are_accepted_and_21_refused(batch, site):
    jobs = [site.submit() for _ in range(21)]

    text = refusal(batch.submit_job, **JOB, dependsOn=[{"jobId": each} for each in jobs])

    assert text == "Job cannot have more than 20 dependencies"
    assert len(batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"]) == 21
    job_id = site.submit(after=jobs[:20])
    assert site.detail(job_id)["dependsOn"] == [{"jobId": each} for each in jobs[:20]]


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


def test_an_unknown_dependency_can_count_as_expired(mock, site):
    mock.batch.settings.lenient_dependencies = True

    assert mock.batch.step(site.submit(after=[UNKNOWN_ID])) == "RUNNABLE"


@pytest.mark.parametrize("size", [None, 2, 4], ids=["plain job", "smaller", "larger"])
def test_n_to_n_needs_an_array_of_the_same_size(batch, site, size):
    other = site.submit(size=size)

    text = refusal(batch.submit_job, **JOB, arrayProperties={"size": 3}, dependsOn=[{"jobId": other, "type": "N_TO_N"}])

    assert text == f"N_TO_N dependency {other} must be an array job of the same size"


# Arrays


@pytest.mark.parametrize("size", [2, 10_000])
def test_an_array_has_2_to_10000_children(batch, site, size):
    array = site.submit(size=size)

    assert site.detail(array)["arrayProperties"]["size"] == size
    assert site.summary(array) == {"PENDING": size}
    assert batch.describe_jobs(jobs=[f"{array}:{size - 1}", f"{array}:{size}"])["jobs"][0]["jobId"] == f"{array}:{size - 1}"
    assert len(batch.describe_jobs(jobs=[f"{array}:{size - 1}", f"{array}:{size}"])["jobs"]) == 1


@pytest.mark.parametrize("size", [-1, 0, 1, 10_001])
def test_other_sizes_are_refused(batch, size):
    assert refusal(batch.submit_job, **JOB, arrayProperties={"size": size}) == "Array size must be between 2 and 10000"
    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []


@needs("batch DescribeJobs.jobs.arrayProperties.statusSummaryLastUpdatedAt")
def test_the_summary_has_all_statuses_and_adds_up_to_the_size(site):
    array = site.submit(size=3)
    site.reach(array, "PENDING")
    site.reach(f"{array}:1", "STARTING")

    properties = site.detail(array)["arrayProperties"]

    assert properties["statusSummary"] == {
        "SUBMITTED": 0,
        "PENDING": 0,
        "RUNNABLE": 2,
        "STARTING": 1,
        "RUNNING": 0,
        "SUCCEEDED": 0,
        "FAILED": 0,
    }
    assert properties["statusSummaryLastUpdatedAt"] >= site.detail(array)["createdAt"]


def test_a_parent_is_pending_while_its_children_run_and_never_runs_itself(mock, site):
    array = site.submit(size=2)
    seen = [site.status(array)]
    while seen[-1] not in ("SUCCEEDED", "FAILED"):
        world_of(mock).clock.run_next()
        seen.append(site.status(array))

    assert seen[0] == "SUBMITTED"
    assert set(seen[1:-1]) == {"PENDING"}
    parent = site.detail(array)
    assert parent["status"] == "SUCCEEDED"
    assert parent["attempts"] == []
    assert "startedAt" not in parent
    assert not {"exitCode", "logStreamName", "taskArn"} & set(parent["container"])
    assert parent["stoppedAt"] == max(child["stoppedAt"] for child in site.children(array, 2))


def test_a_failed_child_does_not_stop_its_siblings_and_fails_its_parent(mock, site):
    mock.batch.plan(array_index=0, exit_code=1)
    array = site.submit(size=3)
    mock.batch.run_all()

    assert [child["status"] for child in site.children(array, 3)] == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert site.detail(array)["statusReason"] == "Array Child Job failed"


def test_each_child_is_tried_again_by_itself(mock, site):
    mock.batch.plan(array_index=1, attempt=1, exit_code=1)
    array = site.submit(size=2, retryStrategy={"attempts": 2})
    mock.batch.run_all()

    assert [len(child["attempts"]) for child in site.children(array, 2)] == [1, 2]
    assert site.status(array) == "SUCCEEDED"


@needs("batch DescribeJobs.jobs.arrayProperties.statusSummaryLastUpdatedAt")
def test_children_are_scheduled_by_index(mock, batch, site):
    """Worked example E5: size 5, 1 vCPU and 10 s each, on 2 vCPUs."""
    at = Timeline(mock)
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 2})
    mock.batch.plan(duration=10)
    array = site.submit(size=5)

    at.go_to(5)
    during = site.status(array), site.summary(array)
    at.go_to(25)
    assert at.seconds(site.detail(array)["arrayProperties"]["statusSummaryLastUpdatedAt"]) == 20
    at.go_to(30)

    assert during == ("PENDING", {"RUNNING": 2, "RUNNABLE": 3})
    spans = [at.span(child) for child in site.children(array, 5)]
    assert spans == [(0, 10), (0, 10), (10, 20), (10, 20), (20, 30)]
    assert (site.detail(array)["status"], at.seconds(site.detail(array)["stoppedAt"])) == ("SUCCEEDED", 30)


def test_a_sequential_array_stops_at_its_first_failure(mock, site):
    """Worked example E6: size 3, 10 s each, child 1 exits with 1."""
    at = Timeline(mock)
    mock.batch.plan(duration=10)
    mock.batch.plan(array_index=1, duration=10, exit_code=1)
    array = site.submit(size=3, after=[{"type": "SEQUENTIAL"}])

    at.go_to(30)

    first, second, third = site.children(array, 3)
    assert (first["status"], *at.span(first)) == ("SUCCEEDED", 0, 10)
    assert (second["status"], *at.span(second)) == ("FAILED", 10, 20)
    assert (third["status"], third["statusReason"], third["attempts"]) == ("FAILED", "Dependent Job failed", [])
    assert at.span(third) == (None, 20)
    parent = site.detail(array)
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert at.seconds(parent["stoppedAt"]) == 20
    assert site.summary(array) == {"SUCCEEDED": 1, "FAILED": 2}
    assert [job["dependsOn"] for job in (parent, first, third)] == [
        [{"type": "SEQUENTIAL"}],
        [],
        [{"jobId": f"{array}:1", "type": "SEQUENTIAL"}],
    ]


@pytest.mark.parametrize("fails", [False, True])
def test_n_to_n_lets_each_child_wait_for_its_counterpart(mock, site, fails):
    """Worked example E7: A of size 3 with 5, 10 and 15 s; B of size 3 with 5 s each, N_TO_N on A."""
    at = Timeline(mock)
    for index, duration in enumerate([5, 10, 15]):
        mock.batch.plan("A", array_index=index, duration=duration, exit_code=1 if fails and index == 1 else 0)
    mock.batch.plan("B", duration=5)
    a = site.submit("A", size=3)
    b = site.submit("B", size=3, after=[{"jobId": a, "type": "N_TO_N"}])

    at.go_to(40)

    spans = [at.span(child) for child in site.children(b, 3)]
    assert spans == [(5, 10), (None, 10) if fails else (10, 15), (15, 20)]
    assert [child["status"] for child in site.children(b, 3)] == ["SUCCEEDED", "FAILED" if fails else "SUCCEEDED", "SUCCEEDED"]
    assert site.status(b) == ("FAILED" if fails else "SUCCEEDED")
    assert at.seconds(site.detail(b)["stoppedAt"]) == 20
    assert site.detail(f"{b}:1")["dependsOn"] == [{"jobId": f"{a}:1", "type": "N_TO_N"}]


def test_a_child_does_not_go_before_its_array_has_left_submitted(mock, site):
    """The children of a SUBMITTED array cannot be scheduled, also when what one of them waits for has ended."""
    at = Timeline(mock)
    mock.batch.plan(duration=5)
    first = site.submit(size=2)
    at.go_to(1)
    mock.batch.settings.submitted_seconds = 10
    second = site.submit(size=2, after=[{"jobId": first, "type": "N_TO_N"}])

    at.go_to(6)
    before = [site.status(job_id) for job_id in (first, second, f"{second}:0", f"{second}:1")]
    at.go_to(30)

    assert before == ["SUCCEEDED", "SUBMITTED", "PENDING", "PENDING"]
    assert [at.span(child) for child in site.children(second, 2)] == [(11, 16), (11, 16)]
