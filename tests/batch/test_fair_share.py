"""Fair shares: which share is next, and which capacity is reserved; all latencies are zero.

Documents: AWS Batch user guide, "Job scheduling" and "Scheduling policy parameters"; API reference, FairsharePolicy.
"""

from __future__ import annotations

import pytest

from support.batch import Timeline, refusal
from support.needs import needs


@pytest.fixture
def at(mock):
    return Timeline(mock)


def share(identifier, weight):
    return {"shareIdentifier": identifier, "weightFactor": weight}


def submit_together(mock, site, *jobs):
    """Submit jobs, each a name and a share with what else it needs, before the scheduler looks."""
    mock.batch.pace = "manual"
    job_ids = {}
    for name, identifier, *more in jobs:
        job_ids[name] = site.submit(name, shareIdentifier=identifier, **(more[0] if more else {}))
    mock.batch.pace = "clock"
    return job_ids


def many(identifier, count):
    return [(f"{identifier}{number}", identifier) for number in range(1, count + 1)]


def starts(site, at, job_ids):
    """Return when the jobs started that did."""
    details = {name: site.detail(job_id) for name, job_id in job_ids.items()}
    return {name: at.seconds(job["startedAt"]) for name, job in details.items() if "startedAt" in job}


def in_order(site, at, job_ids):
    """Return the names of the jobs that started, the first first."""
    return [name for name, _ in sorted(starts(site, at, job_ids).items(), key=lambda item: item[1])]


# Whose turn it is.


def test_a_share_of_half_the_weight_gets_twice_the_throughput(mock, site, at):
    """Worked example E11."""
    site.make_fair_queue_and_definition(max_vcpus=1, shareDecaySeconds=600, shareDistribution=[share("A", 1), share("B", 0.5)])
    mock.batch.plan(duration=10)
    jobs = submit_together(mock, site, *many("A", 5), *many("B", 8))

    at.go_to(95)

    assert in_order(site, at, jobs) == ["A1", "B1", "B2", "A2", "B3", "B4", "A3", "B5", "B6", "A4"]
    assert sorted(starts(site, at, jobs).values()) == [10 * number for number in range(10)]


def test_shares_without_an_entry_weigh_one(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1, shareDistribution=[share("B", 0.5), share("C", 1)])
    mock.batch.plan(duration=10)
    jobs = submit_together(mock, site, *many("A", 4), *many("C", 4))

    at.go_to(55)

    assert in_order(site, at, jobs) == ["A1", "C1", "A2", "C2", "A3", "C3"]


def test_jobs_that_start_together_alternate_between_the_shares(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=4)
    mock.batch.plan(duration=10)
    jobs = submit_together(mock, site, *many("A", 4), *many("B", 4))

    at.go_to(1)

    assert set(starts(site, at, jobs)) == {"A1", "A2", "B1", "B2"}


def test_vcpus_count_and_not_jobs(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=4)
    mock.batch.plan(duration=10)
    four = {"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "4"}]}}
    jobs = submit_together(mock, site, ("A1", "A", four), ("A2", "A", four), *many("B", 40))

    at.go_to(15)
    assert set(starts(site, at, jobs)) == {"A1", "B1", "B2", "B3", "B4"}
    # 40 vCPU-seconds each: a tie, in which the share whose next job is older is first.
    at.go_to(25)
    assert starts(site, at, jobs)["A2"] == 20


def test_only_use_inside_of_the_window_counts(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1, shareDecaySeconds=60)
    mock.batch.plan(duration=10)
    mock.batch.plan("old", duration=100)
    mock.batch.plan("recent", duration=30)
    submit_together(mock, site, ("old", "A"), ("recent", "B"))
    at.go_to(100)
    # At 130 the old job lies 30 to 130 before, so 30 of its seconds count; of the recent job all 30.
    at.go_to(129)
    jobs = submit_together(mock, site, ("B1", "B"), ("A1", "A"))
    at.go_to(131)
    assert set(starts(site, at, jobs)) == {"A1"}


def test_use_leaves_the_window_bit_by_bit(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1, shareDecaySeconds=60)
    mock.batch.plan("first", duration=50)
    mock.batch.plan("second", duration=30)
    mock.batch.plan("?", duration=1)
    submit_together(mock, site, ("first", "A"), ("second", "B"))
    # At 80: A ran from 0 to 50 and 30 of these seconds are left, B ran 30: a tie, and B's next job is older.
    at.go_to(79)
    jobs = {"B": site.submit("B", shareIdentifier="B")}
    at.go_to(79.5)
    jobs["A"] = site.submit("A", shareIdentifier="A")
    at.go_to(81)

    assert in_order(site, at, jobs)[0] == "B"


def test_use_that_has_left_the_window_is_forgotten(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1)
    mock.batch.plan("old", duration=3600)
    mock.batch.plan("little", duration=1)
    site.submit("old", shareIdentifier="A")
    at.go_to(3600)
    site.submit("little", shareIdentifier="B")
    # Without shareDecaySeconds the window is 600 seconds long.
    at.go_to(4200)
    mock.batch.plan("?", duration=1)
    jobs = submit_together(mock, site, ("B", "B"), ("A", "A"))
    at.go_to(4202)

    assert in_order(site, at, jobs) == ["A", "B"]


def test_a_failed_attempt_counts_as_use(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    mock.batch.plan("A1", duration=10, exit_code=1)
    jobs = submit_together(mock, site, ("A1", "A", {"retryStrategy": {"attempts": 2}}), ("B1", "B"))

    at.go_to(40)

    assert starts(site, at, jobs) == {"A1": 20, "B1": 10}


def test_among_equals_the_share_whose_next_job_is_older_goes_first(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    older = submit_together(mock, site, ("Z", "Z"))["Z"]
    mock.batch.pace = "manual"
    mock.clock.advance(1)
    newer = site.submit(shareIdentifier="A")
    mock.batch.pace = "clock"

    assert site.statuses(older, newer) == ["RUNNING", "RUNNABLE"]


def test_among_equals_of_one_age_the_name_decides(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    jobs = submit_together(mock, site, ("Z", "Z"), ("A", "A"))

    assert site.statuses(jobs["A"], jobs["Z"]) == ["RUNNING", "RUNNABLE"]


def test_in_a_share_the_higher_priority_goes_first(mock, site, at):
    """Worked example E13."""
    site.make_fair_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    nine = {"schedulingPriorityOverride": 9}
    zero = {"schedulingPriorityOverride": 0}
    jobs = submit_together(mock, site, ("none", "S"), ("P0", "S", zero), ("P9", "S", nine), ("P9-again", "S", nine))

    at.go_to(40)

    assert in_order(site, at, jobs) == ["P9", "P9-again", "none", "P0"]


def test_a_priority_does_not_help_against_other_shares(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    high = {"schedulingPriorityOverride": 9999}
    jobs = submit_together(mock, site, ("A1", "A"), ("A2", "A"), ("B1", "B", high), ("B2", "B", high))

    at.go_to(40)

    assert in_order(site, at, jobs) == ["A1", "B1", "A2", "B2"]


def test_the_children_of_an_array_go_by_their_index(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    jobs = submit_together(mock, site, ("A", "A", {"arrayProperties": {"size": 2}}), ("B1", "B"), ("B2", "B"))

    at.go_to(40)

    jobs = {"A0": f"{jobs['A']}:0", "A1": f"{jobs['A']}:1", "B1": jobs["B1"], "B2": jobs["B2"]}
    assert in_order(site, at, jobs) == ["A0", "B1", "A1", "B2"]


@pytest.mark.parametrize(("is_strict", "running"), [(True, {"busy"}), (False, {"busy", "B2"})], ids=["strict", "not strict"])
def test_the_candidate_that_finds_no_room_holds_up_all_shares(mock, site, at, is_strict, running):
    site.make_fair_queue_and_definition(max_vcpus=4)
    mock.batch.settings.strict_fifo = is_strict
    mock.batch.plan(duration=10)
    two = {"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "2"}]}}
    four = {"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "4"}]}}
    jobs = submit_together(mock, site, ("busy", "A", two), ("A1", "A", four), ("B1", "B", four), ("B2", "B"))

    at.go_to(1)

    assert set(starts(site, at, jobs)) == running


# Prefixes.

PREFIXED = [share("team*", 1), share("solo", 1)]


@pytest.mark.parametrize(("is_split", "solo"), [(True, 20), (False, 13)], ids=["split", "not split"])
def test_the_shares_under_one_prefix_split_its_weight(mock, site, at, is_split, solo):
    site.make_fair_queue_and_definition(max_vcpus=1, shareDecaySeconds=3600, shareDistribution=PREFIXED)
    mock.batch.settings.prefix_weight_split = is_split
    mock.batch.plan(duration=10)
    jobs = submit_together(mock, site, *many("team1x", 40), *many("team2x", 40), *many("solo", 40))

    at.go_to(395)

    ran = in_order(site, at, jobs)
    assert sum(name.startswith("solo") for name in ran) in (solo, solo + 1)
    assert len(ran) == 40


# What is kept for others.


def test_part_of_an_environment_is_kept_for_shares_that_are_not_active_yet(mock, site, at):
    """Worked example E12."""
    site.make_fair_queue_and_definition(max_vcpus=16, computeReservation=50)
    mock.batch.plan(duration=100)
    first = [site.submit(shareIdentifier="X") for _ in range(16)]
    assert site.statuses(*first) == ["RUNNING"] * 8 + ["RUNNABLE"] * 8
    at.go_to(1)

    second = submit_together(mock, site, *many("Y", 4))

    assert site.statuses(*second.values()) == ["RUNNING"] * 4
    assert site.statuses(*first) == ["RUNNING"] * 8 + ["RUNNABLE"] * 8


@pytest.mark.parametrize(
    ("max_vcpus", "percent", "shares", "usable"),
    [
        (16, 50, 1, 8),
        (16, 50, 2, 12),
        (16, 50, 3, 14),
        (16, 0, 1, 16),
        (16, 25, 1, 12),
        (16, 25, 2, 15),
        (10, 33, 1, 6),
        (3, 99, 1, 0),
    ],
)
def test_the_reserve_shrinks_with_each_active_share_and_leaves_whole_vcpus(mock, site, at, max_vcpus, percent, shares, usable):
    site.make_fair_queue_and_definition(max_vcpus=max_vcpus, computeReservation=percent)
    mock.batch.plan(duration=100, optional=True)

    jobs = submit_together(mock, site, *[job for letter in "XYZ"[:shares] for job in many(letter, max_vcpus)])

    at.go_to(1)
    assert len(starts(site, at, jobs)) == usable


def test_a_share_stays_active_as_long_as_its_use_is_inside_of_the_window(mock, batch, site, at):
    site.make_fair_queue_and_definition(max_vcpus=16, computeReservation=50, shareDecaySeconds=60)
    mock.batch.plan(duration=1000)
    mock.batch.plan("short", duration=10)
    site.submit("short", shareIdentifier="Y")
    at.go_to(10)
    jobs = [site.submit(shareIdentifier="X") for _ in range(16)]
    assert site.statuses(*jobs).count("RUNNING") == 12
    batch.terminate_job(jobId=jobs[0], reason="make room")
    # The place was taken: Y is active still.
    assert site.statuses(*jobs).count("RUNNING") == 12
    at.go_to(70)
    batch.terminate_job(jobId=jobs[1], reason="make room")

    assert site.statuses(*jobs).count("RUNNING") == 11


def test_a_waiting_job_makes_its_share_active(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=16, computeReservation=50)
    site.make_queue("other")
    mock.batch.plan(duration=100)
    blocker = site.submit(jobQueue="other")
    waiting = site.submit(shareIdentifier="Y", after=[blocker])
    assert site.status(waiting) == "PENDING"

    jobs = [site.submit(shareIdentifier="X") for _ in range(16)]

    # 12 may be in use, one of them is the other queue's.
    assert site.statuses(*jobs).count("RUNNING") == 11


def test_a_job_that_the_reserve_will_never_let_in_says_so(site, at):
    site.make_fair_queue_and_definition(max_vcpus=4, computeReservation=1)

    job_ids = [site.submit(shareIdentifier="A", vcpus=4), site.submit(shareIdentifier="A")]

    assert site.statuses(*job_ids) == ["RUNNABLE", "RUNNABLE"]
    assert site.detail(job_ids[0])["statusReason"].startswith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - ")


def test_a_new_policy_counts_at_once(mock, batch, site, at):
    arn = site.make_policy("half", computeReservation=50)
    site.make_environment(max_vcpus=4)
    site.make_queue(schedulingPolicyArn=arn)
    site.make_definition(schedulingPriority=0)
    mock.batch.plan(duration=100)
    jobs = [site.submit(shareIdentifier="A") for _ in range(8)]
    counts = [site.statuses(*jobs).count("RUNNING")]

    batch.update_scheduling_policy(arn=arn, fairsharePolicy={"computeReservation": 25})
    counts.append(site.statuses(*jobs).count("RUNNING"))
    batch.update_job_queue(jobQueue="q", schedulingPolicyArn=site.make_policy("all"))
    counts.append(site.statuses(*jobs).count("RUNNING"))

    assert counts == [2, 3, 4]


# SubmitJob. Texts: reported by users for a queue without shares.

ON_FIFO = "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy."
MISSING = "Job submitted to a job queue with a fair share scheduling policy must specify shareIdentifier"
BAD_IDENTIFIER = "shareIdentifier must have 1 to 255 letters and digits, and may end with an asterisk"
BAD_PRIORITY = "schedulingPriorityOverride must be between 0 and 9999"


@pytest.mark.parametrize(
    ("queue", "arguments", "text"),
    [
        ("fifo", {"shareIdentifier": "A"}, ON_FIFO),
        ("fifo", {"schedulingPriorityOverride": 1}, ON_FIFO),
        ("q", {}, MISSING),
        ("q", {"schedulingPriorityOverride": 1}, MISSING),
        ("q", {"shareIdentifier": ""}, BAD_IDENTIFIER),
        ("q", {"shareIdentifier": "a b"}, BAD_IDENTIFIER),
        ("q", {"shareIdentifier": "a" * 256}, BAD_IDENTIFIER),
        ("q", {"shareIdentifier": "A", "schedulingPriorityOverride": -1}, BAD_PRIORITY),
        ("q", {"shareIdentifier": "A", "schedulingPriorityOverride": 10_000}, BAD_PRIORITY),
    ],
)
def test_an_impossible_submission_is_refused(batch, site, queue, arguments, text):
    site.make_fair_queue_and_definition()
    site.make_queue("fifo")

    assert refusal(batch.submit_job, jobName="j", jobQueue=queue, jobDefinition="d", **arguments) == text
    for name in ("q", "fifo"):
        assert batch.list_jobs(jobQueue=name, jobStatus="SUBMITTED")["jobSummaryList"] == []


@needs("batch ListJobs.jobSummaryList.shareIdentifier")
@pytest.mark.parametrize("identifier", ["A", "a" * 255 + "*", "UserA*"])
def test_a_job_shows_its_share_and_priority(batch, site, identifier):
    site.make_fair_queue_and_definition()

    job_id = site.submit(shareIdentifier=identifier, schedulingPriorityOverride=9999)

    job = site.detail(job_id)
    assert (job["shareIdentifier"], job["schedulingPriority"]) == (identifier, 9999)
    (summary,) = batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["job"]}])["jobSummaryList"]
    assert summary["shareIdentifier"] == identifier


def test_the_priority_of_the_definition_counts_unless_it_is_overridden(mock, site, at):
    site.make_fair_queue_and_definition(max_vcpus=1)
    site.make_definition("urgent", schedulingPriority=5)
    mock.batch.plan(duration=10)
    jobs = submit_together(
        mock,
        site,
        ("plain", "S"),
        ("less", "S", {"jobDefinition": "urgent", "schedulingPriorityOverride": 4}),
        ("urgent", "S", {"jobDefinition": "urgent"}),
    )
    assert [site.detail(job_id).get("schedulingPriority") for job_id in jobs.values()] == [0, 4, 5]

    at.go_to(30)

    assert in_order(site, at, jobs) == ["urgent", "less", "plain"]


def test_a_job_of_a_plain_queue_has_no_share(site):
    site.make_queue_and_definition()

    assert "shareIdentifier" not in site.detail(site.submit())


def test_500_shares_can_be_active_and_501_not(mock, batch, site, at):
    site.make_fair_queue_and_definition(max_vcpus=500)
    mock.batch.plan(duration=10)
    for number in range(500):
        site.submit(shareIdentifier=f"S{number}")
    one_more = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d", "shareIdentifier": "more"}

    assert refusal(batch.submit_job, **one_more) == "A job queue can have at most 500 active share identifiers"
    assert batch.list_jobs(jobQueue="q", filters=[{"name": "SHARE_IDENTIFIER", "values": ["more"]}])["jobSummaryList"] == []
    site.submit(shareIdentifier="S7")
    # Once their use has left the window the shares are active no longer.
    at.go_to(611)
    batch.submit_job(**one_more)


# ListJobs by share. Document: API reference, ListJobs: this filter goes together with a status, the others do not.


def list_share(batch, *identifiers, **more):
    filters = [{"name": "SHARE_IDENTIFIER", "values": list(identifiers)}]
    pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", filters=filters, PaginationConfig={"PageSize": 2}, **more)
    return [[job["jobName"] for job in page["jobSummaryList"]] for page in pages]


def test_jobs_are_listed_by_their_share_the_latest_first(mock, batch, site, at):
    site.make_fair_queue_and_definition(max_vcpus=2)
    mock.batch.plan("?2", duration=None)
    for name in ("A1", "B1", "A2", "C1", "B2", "A3"):
        site.submit(name, shareIdentifier=name[0])
        at.go_to(at.seconds(mock.clock.now_ms) + 1)
    mock.batch.pace = "manual"

    assert list_share(batch, "A") == [["A3", "A2"], ["A1"]]
    assert list_share(batch, "B", "C", "B") == [["B2", "C1"], ["B1"]]
    assert list_share(batch, "a") == list_share(batch, "A*") == [[]]
    assert list_share(batch, "A", jobStatus="SUCCEEDED") == [["A1"]]
    assert list_share(batch, "A", "B", jobStatus="RUNNING") == [["B2", "A2"]]
    assert list_share(batch, "A", "B", "C", jobStatus="SUCCEEDED") == [["C1", "B1"], ["A1"]]


def test_a_token_of_one_share_is_not_good_for_another(mock, batch, site):
    site.make_fair_queue_and_definition()
    mock.batch.pace = "manual"
    for _ in range(2):
        site.submit(shareIdentifier="A")
    ask = {"jobQueue": "q", "maxResults": 1}
    token = batch.list_jobs(filters=[{"name": "SHARE_IDENTIFIER", "values": ["A"]}], **ask)["nextToken"]

    text = refusal(batch.list_jobs, filters=[{"name": "SHARE_IDENTIFIER", "values": ["B"]}], nextToken=token, **ask)

    assert text == "Invalid nextToken"
