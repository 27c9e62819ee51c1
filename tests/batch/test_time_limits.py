"""jobStateTimeLimitActions: what a queue does to a job that blocks its head. All latencies are zero.

Documents: AWS Batch API reference, JobStateTimeLimitAction; user guide, "Jobs stuck in RUNNABLE".
"""

from __future__ import annotations

import pytest

from support.batch import Timeline, refusal

TOO_LARGE = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"
NO_CAPACITY = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
CANCELED = f"Canceled by JobStateTimeLimit action due to reason: {TOO_LARGE}"
CODES = f"{NO_CAPACITY}, {TOO_LARGE}, MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"


def action(reason=TOO_LARGE, seconds=600, **changes):
    return {"reason": reason, "state": "RUNNABLE", "maxTimeSeconds": seconds, "action": "CANCEL", **changes}


def make_limited_site(site, *actions, max_vcpus=4, **more):
    site.make_environment(max_vcpus=max_vcpus)
    site.make_queue(jobStateTimeLimitActions=list(actions), **more)
    site.make_definition()


def queue_limits(batch):
    return batch.describe_job_queues(jobQueues=["q"])["jobQueues"][0].get("jobStateTimeLimitActions")


@pytest.fixture
def at(mock):
    return Timeline(mock)


def test_a_job_that_is_too_large_is_cancelled_after_the_time_and_the_next_one_runs(mock, site, at):
    """Worked example E17."""
    make_limited_site(site, action())
    mock.batch.plan(duration=10)
    large, small = site.submit(vcpus=8), site.submit()
    at.go_to(599)
    assert site.statuses(large, small) == ["RUNNABLE", "RUNNABLE"]
    assert site.detail(large)["statusReason"].startswith(f"{TOO_LARGE} - ")

    at.go_to(610)

    job = site.detail(large)
    assert (job["status"], job["statusReason"], at.seconds(job["stoppedAt"])) == ("FAILED", CANCELED, 600)
    assert job["isCancelled"] is True
    assert job["attempts"] == []
    assert "isTerminated" not in job
    assert at.span(site.detail(small)) == (600, 610)


def test_without_actions_the_queue_stays_blocked_until_there_is_a_way_out(batch, site, at):
    """Worked example E17, without actions."""
    make_limited_site(site)
    large, small = site.submit(vcpus=8), site.submit()
    at.go_to(86_500)
    assert site.statuses(large, small) == ["RUNNABLE", "RUNNABLE"]

    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 8})

    assert site.statuses(large, small) == ["SUCCEEDED", "SUCCEEDED"]


def test_a_job_that_polls_find_blocked_is_seen_so_before_its_time_is_up(site):
    """At the default pace a read answers with the present state, and the next one with what came after."""
    make_limited_site(site, action())
    large = site.submit(vcpus=8)

    seen = [site.detail(large) for _ in range(4)]

    assert [job["status"] for job in seen] == ["SUBMITTED", "RUNNABLE", "RUNNABLE", "FAILED"]
    assert [job.get("statusReason", "").partition(" - ")[0] for job in seen] == ["", "", TOO_LARGE, CANCELED]


def test_an_action_for_another_reason_does_nothing(site, at):
    make_limited_site(site, action(NO_CAPACITY))
    large = site.submit(vcpus=8)

    at.go_to(86_500)

    assert site.status(large) == "RUNNABLE"


def test_a_job_that_merely_waits_for_room_is_left_alone(mock, site, at):
    make_limited_site(site, *[action(code) for code in CODES.split(", ")])
    mock.batch.plan(duration=86_400)
    running, waiting = site.submit(vcpus=4), site.submit(vcpus=4)

    at.go_to(86_000)

    assert site.statuses(running, waiting) == ["RUNNING", "RUNNABLE"]


def test_the_shortest_of_several_times_counts(site, at):
    make_limited_site(site, action(seconds=900), action(seconds=700), action(NO_CAPACITY, seconds=600))
    large = site.submit(vcpus=8)

    at.go_to(2000)

    assert at.seconds(site.detail(large)["stoppedAt"]) == 700


def test_the_time_begins_again_when_the_reason_was_gone(batch, site, at):
    make_limited_site(site, action())
    site.make_queue("HI", priority=10)
    busy = site.submit(vcpus=4, jobQueue="HI")
    large = site.submit(vcpus=8)
    assert site.statuses(busy, large) == ["SUCCEEDED", "RUNNABLE"]
    at.go_to(500)
    # A disabled environment is another reason, about which nothing is to be done.
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    at.go_to(550)
    batch.update_compute_environment(computeEnvironment="ce", state="ENABLED")
    at.go_to(1149)
    assert site.status(large) == "RUNNABLE"

    at.go_to(1150)

    assert at.seconds(site.detail(large)["stoppedAt"]) == 1150


def test_the_time_begins_again_when_the_job_was_not_at_the_head(batch, site, at):
    site.make_environment(max_vcpus=4)
    site.make_queue(schedulingPolicyArn=site.make_policy(), jobStateTimeLimitActions=[action()])
    site.make_definition(schedulingPriority=0)
    first = site.submit(vcpus=8, shareIdentifier="A")
    at.go_to(500)
    urgent = site.submit(vcpus=8, shareIdentifier="A", schedulingPriorityOverride=9)
    assert "statusReason" not in site.detail(first)
    assert site.detail(urgent)["statusReason"].startswith(f"{TOO_LARGE} - ")
    at.go_to(700)
    batch.cancel_job(jobId=urgent, reason="not so urgent")

    at.go_to(2000)

    assert at.seconds(site.detail(first)["stoppedAt"]) == 1300
    assert site.detail(urgent)["statusReason"] == "not so urgent"


def test_each_job_has_its_own_time_at_the_head(site, at):
    make_limited_site(site, action())
    jobs = [site.submit(vcpus=8) for _ in range(2)]

    at.go_to(2000)

    assert [at.seconds(site.detail(job_id)["stoppedAt"]) for job_id in jobs] == [600, 1200]


def test_a_child_of_an_array_is_cancelled_by_itself(site, at):
    make_limited_site(site, action())
    array = site.submit(vcpus=8, size=2)

    at.go_to(700)

    assert [child["status"] for child in site.children(array, 2)] == ["FAILED", "RUNNABLE"]
    assert "isCancelled" not in site.detail(array)
    at.go_to(1200)
    parent = site.detail(array)
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert [child["statusReason"] for child in site.children(array, 2)] == [CANCELED] * 2


def test_a_late_detection_counts_before_the_time_begins(mock, site, at):
    mock.batch.settings.blocked_detection_seconds = 188
    make_limited_site(site, action())
    large = site.submit(vcpus=8)
    at.go_to(187)
    assert "statusReason" not in site.detail(large)
    at.go_to(188)
    assert site.detail(large)["statusReason"].startswith(f"{TOO_LARGE} - ")

    at.go_to(1000)

    assert at.seconds(site.detail(large)["stoppedAt"]) == 788


def test_what_is_blocked_for_a_short_time_only_is_never_said_to_be(mock, batch, site, at):
    mock.batch.settings.blocked_detection_seconds = 100
    make_limited_site(site, action())
    mock.batch.plan(duration=10)
    large = site.submit(vcpus=8)
    at.go_to(99)

    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 8})
    at.go_to(200)

    assert at.span(site.detail(large)) == (99, 109)


# The members of job queues.


def test_actions_are_described_as_they_were_given(batch, site):
    actions = [action(), action(NO_CAPACITY, 86_400)]
    make_limited_site(site, *actions)

    assert queue_limits(batch) == actions


def test_a_queue_without_actions_shows_none(batch, site):
    site.make_queue_and_definition()

    assert queue_limits(batch) is None


IMPOSSIBLE = [
    (action(seconds=599), "maxTimeSeconds must be between 600 and 86400"),
    (action(seconds=86_401), "maxTimeSeconds must be between 600 and 86400"),
    (action(action="TERMINATE"), "The action of this job queue's time limits must be CANCEL"),
    (action(action="RESTART"), "jobStateTimeLimitActions.1.member.action must be one of CANCEL, TERMINATE"),
    (action(state="RUNNING"), "jobStateTimeLimitActions.1.member.state must be one of RUNNABLE"),
    (action("UNDETERMINED"), f"No action can be taken for reason UNDETERMINED; it must be one of {CODES}"),
    (action("nonsense"), f"No action can be taken for reason nonsense; it must be one of {CODES}"),
]


@pytest.mark.parametrize(("given", "text"), IMPOSSIBLE)
def test_an_impossible_action_is_refused(batch, site, given, text):
    site.make_environment()

    assert refusal(site.make_queue, jobStateTimeLimitActions=[given]) == text
    assert batch.describe_job_queues()["jobQueues"] == []


@pytest.mark.parametrize(("given", "text"), IMPOSSIBLE)
def test_an_impossible_change_of_the_actions_changes_nothing(batch, site, given, text):
    make_limited_site(site, action())

    assert refusal(batch.update_job_queue, jobQueue="q", priority=9, jobStateTimeLimitActions=[given]) == text
    assert queue_limits(batch) == [action()]
    assert batch.describe_job_queues()["jobQueues"][0]["priority"] == 1


@pytest.mark.parametrize("more", [{}, {"priority": 2}], ids=["nothing else", "a priority"])
def test_actions_stay_unless_they_are_given_and_an_empty_list_clears_them(batch, site, at, more):
    make_limited_site(site, action())
    large = site.submit(vcpus=8)

    batch.update_job_queue(jobQueue="q", **more)
    assert queue_limits(batch) == [action()]
    batch.update_job_queue(jobQueue="q", jobStateTimeLimitActions=[])

    assert queue_limits(batch) is None
    at.go_to(86_500)
    assert site.status(large) == "RUNNABLE"


def test_a_changed_time_counts_from_when_the_job_blocked_the_queue(batch, site, at):
    make_limited_site(site)
    large = site.submit(vcpus=8)
    at.go_to(500)

    batch.update_job_queue(jobQueue="q", jobStateTimeLimitActions=[action(seconds=700)])
    at.go_to(2000)

    assert at.seconds(site.detail(large)["stoppedAt"]) == 700


def test_a_time_that_is_over_already_ends_the_job_at_once(batch, site, at):
    make_limited_site(site)
    large = site.submit(vcpus=8)
    at.go_to(5000)

    batch.update_job_queue(jobQueue="q", jobStateTimeLimitActions=[action()])

    assert (site.status(large), at.seconds(site.detail(large)["stoppedAt"])) == ("FAILED", 5000)
