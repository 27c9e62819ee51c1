"""The scheduler: first in, first out, priorities, capacity, blocked queues; all latencies are zero."""

from __future__ import annotations

import pytest

from support.batch import Timeline


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_definition()
    return timeline


def spans(site, at, *job_ids):
    return [at.span(site.detail(job_id)) for job_id in job_ids]


def submit_together(mock, site, *jobs):
    """Submit several jobs before the scheduler looks."""
    mock.batch.pace = "manual"
    job_ids = [site.submit(name, vcpus=vcpus, jobQueue=queue) for name, vcpus, queue in jobs]
    mock.batch.pace = "clock"
    return job_ids


@pytest.mark.parametrize(
    ("is_strict", "expected"),
    [(True, [(0, 10), (10, 20), (20, 30)]), (False, [(0, 10), (10, 20), (0, 10)])],
    ids=["strict", "not strict"],
)
def test_the_head_of_the_line_holds_up_the_rest(mock, site, at, is_strict, expected):
    """Worked example E1."""
    site.make_environment(max_vcpus=4)
    site.make_queue()
    mock.batch.settings.strict_fifo = is_strict
    mock.batch.plan(duration=10)
    jobs = submit_together(mock, site, ("J1", 2, "q"), ("J2", 4, "q"), ("J3", 1, "q"))

    at.go_to(5)
    during = site.statuses(*jobs)
    at.go_to(30)

    assert during == ["RUNNING", "RUNNABLE", "RUNNABLE" if is_strict else "RUNNING"]
    assert spans(site, at, *jobs) == expected


def test_a_queue_of_higher_priority_goes_first(mock, site, at):
    """Worked example E2, both jobs before the first pass."""
    site.make_environment(max_vcpus=2)
    site.make_queue("LO", priority=1)
    site.make_queue("HI", priority=10)
    mock.batch.plan(duration=10)
    low, high = submit_together(mock, site, ("LO-1", 2, "LO"), ("HI-1", 2, "HI"))

    at.go_to(20)

    assert spans(site, at, high, low) == [(0, 10), (10, 20)]


def test_a_running_job_is_not_preempted(mock, site, at):
    """Worked example E2, the urgent job a second later."""
    site.make_environment(max_vcpus=2)
    site.make_queue("LO", priority=1)
    site.make_queue("HI", priority=10)
    mock.batch.plan(duration=10)
    low = site.submit(vcpus=2, jobQueue="LO")
    at.go_to(1)
    high = site.submit(vcpus=2, jobQueue="HI")

    at.go_to(20)

    assert spans(site, at, low, high) == [(0, 10), (10, 20)]


def test_a_changed_priority_counts_from_the_next_pass_on(mock, batch, site, at):
    site.make_environment(max_vcpus=2)
    site.make_queue("A", priority=10)
    site.make_queue("B", priority=1)
    mock.batch.plan(duration=10)
    batch.update_job_queue(jobQueue="B", priority=11)
    a, b = submit_together(mock, site, ("a", 2, "A"), ("b", 2, "B"))

    at.go_to(20)

    assert spans(site, at, b, a) == [(0, 10), (10, 20)]


def test_a_queue_that_is_being_updated_dispatches_nothing_until_it_is_valid_again(mock, batch, site, at):
    mock.batch.settings.job_queue_update_seconds = 20
    site.make_environment(max_vcpus=2)
    site.make_queue("q")
    mock.batch.plan(duration=10)
    first, second = site.submit(vcpus=2), site.submit(vcpus=2)
    at.go_to(1)

    batch.update_job_queue(jobQueue="q", priority=5)

    at.go_to(20)
    assert site.statuses(first, second) == ["SUCCEEDED", "RUNNABLE"]
    at.go_to(40)
    assert spans(site, at, first, second) == [(0, 10), (21, 31)]


def test_what_a_blocked_queue_leaves_goes_to_the_next_even_if_that_starves_it(mock, site, at):
    """Worked example E3; the late job takes the one vCPU that is free."""
    site.make_environment(max_vcpus=4)
    site.make_queue("LO", priority=1)
    site.make_queue("HI", priority=10)
    for name, duration in {"HI-1": 20, "HI-2": 10, "LO-1": 5, "LO-2": 100}.items():
        mock.batch.plan(name, duration=duration)
    jobs = submit_together(mock, site, ("HI-1", 2, "HI"), ("HI-2", 4, "HI"), ("LO-1", 1, "LO"))
    at.go_to(1)
    late = site.submit("LO-2", vcpus=1, jobQueue="LO")

    at.go_to(111)

    assert spans(site, at, *jobs, late) == [(0, 20), (101, 111), (0, 5), (1, 101)]


def test_compute_environments_are_tried_in_their_order(mock, site, at):
    """Worked example E4."""
    site.make_environment("CE-A", max_vcpus=2)
    site.make_environment("CE-B", max_vcpus=4)
    site.make_queue("q", ("CE-A", "CE-B"))
    mock.batch.plan(duration=10)
    jobs = submit_together(mock, site, *[(f"j{number}", 2, "q") for number in range(4)])

    at.go_to(20)
    large = site.submit(vcpus=3)
    at.go_to(30)

    assert spans(site, at, *jobs) == [(0, 10), (0, 10), (0, 10), (10, 20)]
    where = [site.detail(job_id)["container"]["taskArn"].split("AWSBatch-")[1][:4] for job_id in (*jobs, large)]
    assert where == ["CE-A", "CE-B", "CE-B", "CE-A", "CE-B"]


def test_a_retry_keeps_its_place_in_the_line(mock, site, at):
    site.make_environment(max_vcpus=1)
    site.make_queue()
    mock.batch.plan(duration=10)
    mock.batch.plan("J1", attempt=1, duration=10, exit_code=1)
    first = site.submit("J1", retryStrategy={"attempts": 2})
    second = site.submit("J2")

    at.go_to(30)

    assert spans(site, at, first, second) == [(10, 20), (20, 30)]


def test_an_unmanaged_environment_has_room_for_its_unmanaged_vcpus(mock, batch, site, at):
    role = "arn:aws:iam::123456789012:role/r"
    batch.create_compute_environment(computeEnvironmentName="un", type="UNMANAGED", serviceRole=role, unmanagedvCpus=1)
    batch.create_compute_environment(computeEnvironmentName="open", type="UNMANAGED", serviceRole=role)
    site.make_queue("q", ("un",))
    site.make_queue("wide", ("open",))
    mock.batch.plan(duration=10)
    jobs = [site.submit(), site.submit()]
    wide = [site.submit(vcpus=1000, jobQueue="wide") for _ in range(2)]

    at.go_to(20)

    assert spans(site, at, *jobs) == [(0, 10), (10, 20)]
    assert spans(site, at, *wide) == [(0, 10), (0, 10)]


# Blocked queues. Document: AWS Batch user guide, "Jobs stuck in RUNNABLE".

TOO_LARGE = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU "
    "requirement of the job."
)
DISABLED = "ACTION_REQUIRED - CE(s) associated with the job queue are disabled."


def test_a_job_that_can_never_be_placed_says_why_and_blocks_its_queue(batch, site, at):
    site.make_queue_and_definition(max_vcpus=4)
    large, small = site.submit(vcpus=8), site.submit()

    at.go_to(1000)

    assert (site.detail(large)["status"], site.detail(large)["statusReason"]) == ("RUNNABLE", TOO_LARGE)
    assert site.status(small) == "RUNNABLE"
    assert "statusReason" not in site.detail(small)
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 8})
    assert site.statuses(large, small) == ["SUCCEEDED", "SUCCEEDED"]


def test_cancelling_the_blocked_job_frees_its_queue(batch, site, at):
    site.make_queue_and_definition(max_vcpus=4)
    large, small = site.submit(vcpus=8), site.submit()
    assert site.detail(large)["statusReason"] == TOO_LARGE

    batch.terminate_job(jobId=large, reason="too large")
    later = site.submit()

    assert site.detail(large)["statusReason"] == "too large"
    assert site.statuses(large, small, later) == ["FAILED", "SUCCEEDED", "SUCCEEDED"]


def test_cancelling_the_job_that_waits_for_room_lets_the_next_one_in_at_once(mock, batch, site, at):
    site.make_environment(max_vcpus=4)
    site.make_queue()
    mock.batch.plan("J1", duration=100)
    running, head, behind = submit_together(mock, site, ("J1", 3, "q"), ("J2", 4, "q"), ("J3", 1, "q"))
    assert site.statuses(running, head, behind) == ["RUNNING", "RUNNABLE", "RUNNABLE"]

    batch.cancel_job(jobId=head, reason="no more")

    assert site.statuses(running, head, behind) == ["RUNNING", "FAILED", "SUCCEEDED"]


@pytest.mark.parametrize("has_failed", [True, False], ids=["after an attempt", "before any attempt"])
def test_a_job_that_is_no_longer_blocked_shows_what_it_showed_before(mock, batch, site, at, has_failed):
    site.make_queue_and_definition(max_vcpus=2)
    site.make_queue("HI", priority=10)
    mock.batch.plan("busy", duration=1000)
    mock.batch.plan("try", attempt=1, duration=10, exit_code=1, optional=not has_failed)
    busy = None if has_failed else site.submit("busy", vcpus=2, jobQueue="HI")
    job_id = site.submit("try", vcpus=2, retryStrategy={"attempts": 2})
    if has_failed:
        busy = site.submit("busy", vcpus=2, jobQueue="HI")
    at.go_to(10)
    reasons = [site.detail(job_id).get("statusReason")]
    for max_vcpus in (1, 2):
        batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": max_vcpus})
        reasons.append(site.detail(job_id).get("statusReason"))

    assert site.statuses(busy, job_id) == ["RUNNING", "RUNNABLE"]
    assert len(site.detail(job_id)["attempts"]) == has_failed
    usual = "Essential container in task exited" if has_failed else None
    assert reasons == [usual, TOO_LARGE, usual]


def test_a_job_that_merely_waits_for_room_has_no_reason(mock, site, at):
    site.make_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    _, waiting = site.submit(), site.submit()

    assert "statusReason" not in site.detail(waiting)


def test_nothing_is_placed_on_a_disabled_environment_and_what_runs_goes_on(mock, batch, site, at):
    site.make_queue_and_definition()
    mock.batch.plan(duration=10)
    running = site.submit()
    assert site.status(running) == "RUNNING"
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    waiting = site.submit()

    at.go_to(10)

    assert site.statuses(running, waiting) == ["SUCCEEDED", "RUNNABLE"]
    assert site.detail(waiting)["statusReason"] == DISABLED
    batch.update_compute_environment(computeEnvironment="ce", state="ENABLED")
    assert site.status(waiting) == "RUNNING"
    assert "statusReason" not in site.detail(waiting)


def test_jobs_of_a_disabled_queue_are_still_scheduled(mock, batch, site, at):
    site.make_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    jobs = [site.submit(), site.submit()]
    batch.update_job_queue(jobQueue="q", state="DISABLED")

    at.go_to(20)

    assert spans(site, at, *jobs) == [(0, 10), (10, 20)]


def test_only_the_head_of_a_line_says_why_it_can_never_be_placed(mock, site, at):
    """Who waits behind the head is not what blocks the queue, also when the head holds up nobody."""
    site.make_environment(max_vcpus=2)
    site.make_queue()
    mock.batch.settings.strict_fifo = False
    mock.batch.plan(duration=10)
    running, head, behind = submit_together(mock, site, ("J1", 1, "q"), ("J2", 2, "q"), ("J3", 4, "q"))

    at.go_to(5)
    early = [site.detail(job_id).get("statusReason") for job_id in (head, behind)]
    at.go_to(20)

    assert spans(site, at, running, head) == [(0, 10), (10, 20)]
    assert early == [None, None]
    assert site.detail(behind)["statusReason"].startswith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE")


def test_queues_of_one_priority_go_in_the_order_of_their_creation_whatever_was_updated(mock, batch, site, at):
    site.make_environment(max_vcpus=2)
    site.make_queue("first", priority=5)
    site.make_queue("second", priority=5)
    for priority in (1, 5):
        batch.update_job_queue(jobQueue="first", priority=priority)
        at.go_to(0)
    mock.batch.plan(duration=10)
    later, earlier = submit_together(mock, site, ("B", 2, "second"), ("A", 2, "first"))

    at.go_to(20)

    assert spans(site, at, earlier, later) == [(0, 10), (10, 20)]
