"""Scheduling with quota shares: limits, lending, borrowing, preemption. Document: user guide, quota shares and preemption."""

from __future__ import annotations

import json

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_jobs import mock_jobs

from support.batch import Timeline
from support.batch_site import Site
from support.needs import needs
from support.service_jobs import M5, SERVICE_QUEUE, limit, payload

pytestmark = needs("batch CreateQuotaShare")

RECLAIMED = "Cross-share preemption triggered to reclaim borrowed capacity"
OUTRANKED = "In-share preemption triggered by a job with a higher scheduling priority"


@pytest.fixture
def at(mock, batch):
    mock.batch.plan(duration=1000, optional=True)
    return Timeline(mock)


def submit(site, share, number=1, instances=1, **more):
    return [site.submit_service(f"{share}-{place}", instances, quotaShareName=share, **more) for place in range(number)]


def count(site, job_ids, status="RUNNING"):
    return site.service_statuses(*job_ids).count(status)


def test_borrowed_capacity_is_given_back_to_who_lent_it(site, at):
    """Worked example E18."""
    site.make_quota_queue_and_environment(limit(4, M5))
    site.make_share("P", 2, "LEND")
    site.make_share("Q", 2, "LEND_AND_BORROW")
    borrowers = submit(site, "Q", 4)
    at.go_to(0)
    before = site.service_statuses(*borrowers)
    at.go_to(10)
    (owner,) = submit(site, "P")
    at.go_to(10)

    assert before == ["RUNNING"] * 4
    assert site.service_statuses(*borrowers) == ["RUNNING", "RUNNING", "RUNNING", "RUNNABLE"]
    assert at.seconds(site.service_detail(owner)["startedAt"]) == 10
    preempted = site.service_detail(borrowers[3])
    assert preempted["statusReason"] == RECLAIMED
    assert preempted["attempts"] == []
    (attempt,) = preempted["preemptionSummary"]["recentPreemptedAttempts"]
    assert preempted["preemptionSummary"]["preemptedAttemptCount"] == 1
    assert (at.seconds(attempt["startedAt"]), at.seconds(attempt["stoppedAt"])) == (0, 10)
    assert attempt["statusReason"] == RECLAIMED
    assert attempt["serviceResourceId"] == preempted["latestAttempt"]["serviceResourceId"]
    assert all("preemptionSummary" not in site.service_detail(job_id) for job_id in (owner, *borrowers[:3]))


@pytest.mark.parametrize(
    ("strategy", "borrow", "lender", "running"),
    [
        ("RESERVE", None, "LEND", 2),
        ("LEND", None, "LEND", 2),
        ("LEND_AND_BORROW", None, "LEND", 6),
        ("LEND_AND_BORROW", None, "LEND_AND_BORROW", 6),
        ("LEND_AND_BORROW", None, "RESERVE", 2),
        ("LEND_AND_BORROW", -1, "LEND", 6),
        ("LEND_AND_BORROW", 0, "LEND", 2),
        ("LEND_AND_BORROW", 49, "LEND", 2),
        ("LEND_AND_BORROW", 50, "LEND", 3),
        ("LEND_AND_BORROW", 100, "LEND", 4),
        ("LEND_AND_BORROW", 500, "LEND", 6),
    ],
)
def test_a_share_holds_what_it_owns_and_may_borrow(site, at, strategy, borrow, lender, running):
    site.make_quota_queue_and_environment(limit(8, M5))
    site.make_share("P", 4, lender)
    site.make_share("Q", 2, strategy, borrow=borrow)
    jobs = submit(site, "Q", 8)
    at.go_to(0)

    assert count(site, jobs) == running


def test_capacity_that_nobody_owns_is_lent_to_nobody(site, at):
    site.make_quota_queue_and_environment(limit(8, M5))
    site.make_share("Q", 2, "LEND_AND_BORROW")
    jobs = submit(site, "Q", 4)
    at.go_to(0)

    assert count(site, jobs) == 2


def test_what_is_owned_comes_before_what_is_borrowed(mock, site, at):
    site.make_quota_queue_and_environment(limit(4, M5))
    site.make_share("Q", 2, "LEND_AND_BORROW")
    site.make_share("P", 2, "LEND")
    mock.batch.pace = "manual"
    borrowers, owners = submit(site, "Q", 4), submit(site, "P", 2)
    mock.batch.pace = "clock"
    at.go_to(0)

    assert (count(site, borrowers), count(site, owners)) == (2, 2)
    assert all("preemptionSummary" not in site.service_detail(job_id) for job_id in borrowers)


def test_borrowers_take_turns_by_the_age_of_their_jobs(mock, site, at):
    site.make_quota_queue_and_environment(limit(5, M5))
    site.make_share("L", 3, "LEND")
    site.make_share("A", 1, "LEND_AND_BORROW")
    site.make_share("B", 1, "LEND_AND_BORROW")
    mock.batch.pace = "manual"
    b1, b2, a1, a2, b3 = (submit(site, share)[0] for share in ("B", "B", "A", "A", "B"))
    more = submit(site, "A", 2)
    mock.batch.pace = "clock"
    at.go_to(0)

    assert site.service_statuses(b1, b2, a1, a2, b3, *more) == ["RUNNING"] * 5 + ["RUNNABLE"] * 2


def test_a_reserve_is_kept_from_lenders_too(site, at):
    site.make_quota_queue_and_environment(limit(6, M5))
    site.make_share("R", 2, "RESERVE")
    site.make_share("P", 2, "LEND")
    site.make_share("Q", 2, "LEND_AND_BORROW")
    borrowers = submit(site, "Q", 6)
    at.go_to(10)
    owners = submit(site, "P", 1)
    at.go_to(10)
    before = count(site, borrowers)
    reserved = submit(site, "R", 3)
    at.go_to(20)

    assert (before, count(site, owners)) == (3, 1)
    assert (count(site, borrowers), count(site, reserved)) == (3, 2)


def test_the_least_urgent_then_the_latest_borrowed_job_is_preempted(site, at):
    site.make_quota_queue_and_environment(limit(6, M5))
    site.make_share("P", 4, "LEND")
    site.make_share("Q", 2, "LEND_AND_BORROW")
    jobs = []
    for second, priority in enumerate((5, 1, 9, 1, None, 5)):
        at.go_to(second)
        more = {} if priority is None else {"schedulingPriority": priority}
        jobs += submit(site, "Q", **more)
    at.go_to(10)
    order = []
    for second in range(11, 15):
        submit(site, "P")
        at.go_to(second)
        preempted = [place for place, job_id in enumerate(jobs) if site.service_detail(job_id)["status"] == "RUNNABLE"]
        order += [place for place in preempted if place not in order]

    assert order == [4, 3, 1, 5]


def test_nobody_is_preempted_if_that_is_not_enough(site, at):
    site.make_quota_queue_and_environment(limit(4, M5))
    site.make_share("P", 2, "LEND")
    site.make_share("R", 2, "RESERVE")
    site.make_share("Q", 2, "LEND_AND_BORROW")
    # More is promised than there is: what Q holds is its own.
    borrowers = submit(site, "Q", 2)
    at.go_to(0)
    owners = submit(site, "P", 1)
    at.go_to(1)

    assert (count(site, borrowers), count(site, owners)) == (2, 0)


def test_a_preempted_job_runs_again_when_there_is_capacity_and_keeps_its_attempts(mock, site):
    at = Timeline(mock)
    site.make_quota_queue_and_environment(limit(4, M5))
    site.make_share("P", 2, "LEND")
    site.make_share("Q", 2, "LEND_AND_BORROW")
    mock.batch.plan("Q-*", duration=100)
    mock.batch.plan("P-*", duration=20)
    jobs = submit(site, "Q", 4, retryStrategy={"attempts": 1})
    at.go_to(10)
    submit(site, "P")
    at.go_to(200)

    job = site.service_detail(jobs[3])
    assert (job["status"], at.seconds(job["startedAt"]), at.seconds(job["stoppedAt"])) == ("SUCCEEDED", 30, 130)
    assert len(job["attempts"]) == 1
    assert job["preemptionSummary"]["preemptedAttemptCount"] == 1


@pytest.mark.parametrize(
    ("retries", "statuses"),
    [(0, ["FAILED"]), (1, ["RUNNABLE", "FAILED"]), (2, ["RUNNABLE"] * 2 + ["FAILED"]), (None, ["RUNNABLE"] * 7)],
)
def test_a_job_ends_that_was_preempted_too_often(mock, site, retries, statuses):
    at = Timeline(mock)
    site.make_quota_queue_and_environment(limit(2, M5))
    site.make_share("P", 1, "LEND")
    site.make_share("Q", 1, "LEND_AND_BORROW")
    mock.batch.plan("Q-*", duration=None)
    mock.batch.plan("P-*", duration=1)
    submit(site, "Q")
    more = {} if retries is None else {"preemptionConfiguration": {"preemptionRetriesBeforeTermination": retries}}
    (victim,) = submit(site, "Q", **more)
    seen = []
    for second in range(0, 14, 2):
        at.go_to(second)
        if not seen or seen[-1] == "RUNNABLE":
            submit(site, "P")
            mock.clock.advance(0)
            seen += site.service_statuses(victim)
        at.go_to(second + 1)

    job = site.service_detail(victim)
    assert seen == statuses
    assert job["preemptionSummary"]["preemptedAttemptCount"] == len(statuses)
    recent = job["preemptionSummary"]["recentPreemptedAttempts"]
    assert [at.seconds(each["stoppedAt"]) for each in recent] == [2 * number for number in range(len(statuses))][-5:]
    if seen[-1] == "FAILED":
        assert (job["statusReason"], job["attempts"]) == (RECLAIMED, [])
        assert "isTerminated" not in job


@pytest.mark.parametrize(
    ("preempts", "first", "second", "statuses"),
    [
        (True, 1, 2, ["RUNNABLE", "RUNNING"]),
        (True, None, 1, ["RUNNABLE", "RUNNING"]),
        (True, 2, 2, ["RUNNING", "RUNNABLE"]),
        (True, 2, 1, ["RUNNING", "RUNNABLE"]),
        (True, 0, None, ["RUNNING", "RUNNABLE"]),
        (False, 1, 2, ["RUNNING", "RUNNABLE"]),
    ],
)
def test_a_more_urgent_job_takes_the_place_of_one_in_its_share_if_it_may(site, at, preempts, first, second, statuses):
    site.make_quota_queue_and_environment(limit(1, M5))
    site.make_share("P", 1, preempts=preempts)
    jobs = []
    for number, priority in enumerate((first, second)):
        at.go_to(number)
        jobs += submit(site, "P", **({} if priority is None else {"schedulingPriority": priority}))
    at.go_to(5)

    assert site.service_statuses(*jobs) == statuses
    if statuses == ["RUNNABLE", "RUNNING"]:
        assert site.service_detail(jobs[0])["statusReason"] == OUTRANKED


def test_the_least_urgent_job_of_the_share_makes_way(site, at):
    site.make_quota_queue_and_environment(limit(3, M5))
    site.make_share("P", 3, preempts=True)
    jobs = []
    for number, priority in enumerate((2, 1, 1)):
        at.go_to(number)
        jobs += submit(site, "P", schedulingPriority=priority)
    jobs += submit(site, "P", schedulingPriority=3)
    at.go_to(5)

    assert site.service_statuses(*jobs) == ["RUNNING", "RUNNING", "RUNNABLE", "RUNNING"]


@pytest.mark.parametrize("state", ["SCHEDULED", "STARTING"])
def test_a_job_is_preempted_from_its_dispatch_on(mock, site, at, state):
    mock.batch.settings.scheduled_seconds = 10
    mock.batch.settings.starting_seconds = 10
    site.make_quota_queue_and_environment(limit(1, M5))
    site.make_share("P", 1, preempts=True)
    (first,) = submit(site, "P")
    at.go_to({"SCHEDULED": 5, "STARTING": 15}[state])
    before = site.service_statuses(first)
    (second,) = submit(site, "P", schedulingPriority=1)
    mock.clock.advance(0)

    assert before == [state]
    assert site.service_statuses(first, second) == ["RUNNABLE", "SCHEDULED"]
    (attempt,) = site.service_detail(first)["preemptionSummary"]["recentPreemptedAttempts"]
    assert "startedAt" not in attempt


def test_several_jobs_make_way_for_a_large_one_or_none(site, at):
    site.make_quota_queue_and_environment(limit(3, M5))
    site.make_share("P", 3, preempts=True)
    jobs = submit(site, "P", 3)
    at.go_to(1)
    (huge,) = submit(site, "P", instances=4, schedulingPriority=1)
    at.go_to(2)
    before = site.service_statuses(*jobs, huge)
    (large,) = submit(site, "P", instances=2, schedulingPriority=2)
    at.go_to(3)

    assert before == ["RUNNING"] * 3 + ["RUNNABLE"]
    assert site.service_statuses(*jobs, huge, large) == ["RUNNING", "RUNNABLE", "RUNNABLE", "RUNNABLE", "RUNNING"]


def test_what_a_preempted_attempt_had_before_it_does_not_touch_the_next(mock, batch, site):
    at = Timeline(mock)
    mock.batch.settings.scheduled_seconds = mock.batch.settings.starting_seconds = 10
    site.make_quota_queue_and_environment(limit(1, M5))
    site.make_share("P", 1, preempts=True)
    mock.batch.plan("P-0", duration=100)
    (first,) = submit(site, "P")
    # Preempted in each state; what was due then comes while the job is there again, or further.
    for second, state in ((5, "SCHEDULED"), (22, "STARTING"), (52, "RUNNING")):
        at.go_to(second)
        assert site.service_statuses(first) == [state]
        (urgent,) = submit(site, "P", schedulingPriority=1)
        mock.clock.advance(0)
        batch.terminate_service_job(jobId=urgent, reason="x")
        mock.clock.advance(0)
    mock.batch.plan("P-0", duration=None)
    at.go_to(71)
    before = site.service_statuses(first)
    at.go_to(1000)

    assert site.service_detail(first)["preemptionSummary"]["preemptedAttemptCount"] == 3
    assert (before, site.service_statuses(first)) == (["STARTING"], ["RUNNING"])


def test_priority_then_age_is_the_order_inside_of_a_share(mock, batch, site):
    at = Timeline(mock)
    site.make_quota_queue_and_environment(limit(1, M5))
    site.make_share("P", 1)
    mock.batch.plan(duration=10)
    mock.batch.pace = "manual"
    jobs = [submit(site, "P", schedulingPriority=priority)[0] for priority in (1, 5, 0, 5)]
    jobs += submit(site, "P")
    mock.batch.pace = "clock"
    at.go_to(5)
    batch.update_service_job(jobId=jobs[2], schedulingPriority=9)
    at.go_to(50)

    assert [at.seconds(site.service_detail(job_id)["startedAt"]) for job_id in jobs] == [30, 0, 10, 20, 40]


def test_instance_types_are_counted_apart(batch, site, at):
    site.make_quota_queue_and_environment(limit(2, M5), limit(1, "ml.g5.xlarge"))
    site.make_share("P", capacityLimits=[limit(2, M5), limit(1, "ml.g5.xlarge")])
    groups = [{"InstanceType": M5, "InstanceCount": 1}, {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}]
    mixed = json.dumps({"ResourceConfig": {"InstanceGroups": groups}})
    jobs = [submit(site, "P", serviceRequestPayload=text)[0] for text in (mixed, payload(1), mixed)]
    at.go_to(1)
    before = site.service_statuses(*jobs)
    batch.terminate_service_job(jobId=jobs[0], reason="x")
    at.go_to(2)

    assert before == ["RUNNING", "RUNNING", "RUNNABLE"]
    assert site.service_statuses(*jobs) == ["FAILED", "RUNNING", "RUNNING"]


@pytest.mark.parametrize(
    ("is_strict", "statuses"), [(True, ["RUNNING", "RUNNABLE", "RUNNABLE"]), (False, ["RUNNING", "RUNNABLE", "RUNNING"])]
)
def test_the_head_of_a_share_holds_up_its_share_only(mock, site, at, is_strict, statuses):
    mock.batch.settings.strict_fifo = is_strict
    site.make_quota_queue_and_environment(limit(4, M5))
    site.make_share("P", 2)
    site.make_share("Q", 2)
    jobs = [submit(site, "P", instances=count)[0] for count in (1, 2, 1)]
    other = submit(site, "Q")
    at.go_to(1)

    assert site.service_statuses(*jobs) == statuses
    assert site.service_statuses(*other) == ["RUNNING"]


def test_a_higher_limit_lets_more_in_and_a_lower_one_throws_nobody_out(batch, site, at):
    site.make_quota_queue_and_environment(limit(4, M5))
    arn = site.make_share("P", 1)
    jobs = submit(site, "P", 3)
    at.go_to(1)
    seen = [count(site, jobs)]
    for second, most in ((2, 3), (3, 1)):
        batch.update_quota_share(quotaShareArn=arn, capacityLimits=[limit(most, M5)])
        at.go_to(second)
        seen.append(count(site, jobs))

    assert seen == [1, 3, 3]


def test_a_deleted_share_reserves_nothing_any_more(batch, site, at):
    site.make_quota_queue_and_environment(limit(4, M5))
    site.make_share("R", 2, "RESERVE")
    site.make_share("P", 2, "LEND")
    arn = site.make_share("Q", 4, "LEND")
    jobs = submit(site, "Q", 4)
    at.go_to(1)
    before = count(site, jobs)
    reserve = f"{SERVICE_QUEUE}/quota-share/R"
    batch.update_quota_share(quotaShareArn=reserve, state="DISABLED")
    batch.delete_quota_share(quotaShareArn=reserve)
    at.go_to(2)

    assert (before, count(site, jobs)) == (2, 4)
    assert batch.describe_quota_share(quotaShareArn=arn)["status"] == "VALID"


def test_who_is_stopping_already_is_not_preempted_but_ended(mock, batch, site, at):
    mock.batch.settings.terminate_grace_seconds = 30
    site.make_quota_queue_and_environment(limit(1, M5))
    site.make_share("P", 1, preempts=True)
    (first,) = submit(site, "P")
    at.go_to(1)
    batch.terminate_service_job(jobId=first, reason="enough")
    (second,) = submit(site, "P", schedulingPriority=1)
    at.go_to(2)

    job = site.service_detail(first)
    assert (job["status"], job["statusReason"], at.seconds(job["stoppedAt"])) == ("FAILED", "enough", 1)
    assert "preemptionSummary" not in job
    assert site.service_statuses(second) == ["RUNNING"]


def test_step_places_a_job_in_its_share_and_preempts_nobody(mock, site):
    mock.batch.pace = "manual"
    mock.batch.plan(duration=None)
    site.make_quota_queue_and_environment(limit(2, M5))
    site.make_share("P", 1, "LEND")
    site.make_share("Q", 1, "LEND_AND_BORROW")
    first, second = submit(site, "Q", 2)
    (owner,) = submit(site, "P")
    for job_id in (first, second):
        mock.batch.run_until(job_id, "RUNNABLE")
        seen = [mock.batch.step(job_id) for _ in range(3)]
        assert seen == ["SCHEDULED", "STARTING", "RUNNING"]

    with pytest.raises(
        ValueError, match=r"needs 1 ml.m5.large and waits for capacity or its turn in se .* 2 of 2 ml.m5.large in use"
    ):
        mock.batch.step(owner)
    assert site.service_statuses(first, second) == ["RUNNING", "RUNNING"]


_SHARES = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(["RESERVE", "LEND", "LEND_AND_BORROW"]),
        st.sampled_from([None, 0, 50, 100]),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)
_JOBS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(0, 2), st.integers(1, 8), st.integers(0, 5)), max_size=12
)


@settings(max_examples=25, deadline=None)
@given(capacity=st.integers(1, 8), shares=_SHARES, jobs=_JOBS)
def test_no_limit_is_ever_exceeded_and_nobody_waits_who_could_run(capacity, shares, jobs):
    """Whatever shares there are: limits hold at each moment, reserves are kept, and what a share owns it gets."""

    with mock_jobs(region="us-east-1", pace="clock", strict=False) as mock:
        site = Site(boto3.client("batch", region_name="us-east-1"))
        mock.clock.freeze()
        site.make_quota_queue_and_environment(limit(capacity, M5))
        for place, (most, strategy, borrow, preempts) in enumerate(shares):
            limit_of = borrow if strategy == "LEND_AND_BORROW" else None
            site.make_share(f"s{place}", most, strategy, borrow=limit_of, preempts=preempts)
        submitted = []
        for share, instances, priority, duration, wait in jobs:
            name = f"s{share % len(shares)}"
            mock.batch.plan(f"job-{len(submitted)}", duration=duration)
            job_id = site.submit_service(f"job-{len(submitted)}", instances, quotaShareName=name, schedulingPriority=priority)
            submitted.append((share % len(shares), instances, job_id))
            mock.clock.advance(wait)
            _check(site, capacity, shares, submitted)
        for _ in range(30):
            mock.clock.advance(4)
            _check(site, capacity, shares, submitted)
        for share, instances, job_id in submitted:
            most, strategy, borrow, _ = shares[share]
            if instances <= min(most, capacity) and _is_unhindered(shares, share, submitted, capacity):
                assert site.service_detail(job_id)["status"] == "SUCCEEDED"


def _is_unhindered(shares, share, submitted, capacity):
    """Return whether nothing else than its own limit can hold a share up for good."""
    all_fit = all(instances <= shares[place][0] for place, instances, _ in submitted if place == share)
    return all_fit and sum(most for most, *_ in shares) <= capacity


def _check(site, capacity, shares, submitted):
    used = [0] * len(shares)
    for share, instances, job_id in submitted:
        if site.service_detail(job_id)["status"] in ("SCHEDULED", "STARTING", "RUNNING"):
            used[share] += instances
    assert sum(used) <= capacity
    if sum(most for most, *_ in shares) <= capacity:
        reserved = [most - held for (most, strategy, *_), held in zip(shares, used, strict=True) if strategy == "RESERVE"]
        assert sum(used) + sum(reserved) <= capacity
    for (most, strategy, borrow, _), held in zip(shares, used, strict=True):
        if strategy != "LEND_AND_BORROW":
            assert held <= most
        elif borrow is not None:
            assert held <= most + most * borrow // 100
