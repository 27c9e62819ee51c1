"""Fair shares against a small model of their rules; capacity and order under random loads.

The model is written from the documents and the rules in `fair_share`, and adds up anew whenever it is asked.
Documents: AWS Batch user guide, "Job scheduling"; API reference, FairsharePolicy.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import boto3
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mock_jobs import mock_jobs

from support.batch import Timeline
from support.batch_site import Site

CAPACITY = 3
END = 400
# Without shrinking, which would take minutes.
SLOW = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

WEIGHTS = {"A": 1, "B": 2, "Cx": 4, "Cy": 4}
# Shares under one prefix split its weight.
DISTRIBUTION = [
    {"shareIdentifier": "B", "weightFactor": 2.0},
    {"shareIdentifier": "C*", "weightFactor": 4.0},
]


@dataclass
class Wish:
    """A job as a test wishes it: whole seconds and whole vCPUs."""

    number: int
    share: str
    at: int
    vcpus: int
    duration: int
    priority: int
    started: int | None = field(default=None, compare=False)


wishes = st.lists(
    st.builds(
        Wish,
        number=st.just(0),
        share=st.sampled_from(sorted(WEIGHTS)),
        at=st.sampled_from([0, 0, 0, 0, 3, 10]),
        vcpus=st.integers(1, 3),
        duration=st.sampled_from([2, 5, 10]),
        priority=st.integers(0, 2),
    ),
    min_size=6,
    max_size=12,
)


def number(jobs):
    """Return the wishes in the order of their submission, numbered."""
    ordered = sorted(jobs, key=lambda wish: wish.at)
    for place, wish in enumerate(ordered):
        wish.number = place
    return ordered


def model_run(jobs, window, percent):
    """Set when each job starts, as the rules say: the scheduler looks when a job has ended, and when some were submitted."""
    submissions, ends = {wish.at for wish in jobs}, set()
    while submissions or ends:
        now = min(submissions | ends)
        looks = []
        # What ends and what is submitted at one moment: the end comes first, as in the real run.
        if now in ends:
            looks.append([wish for wish in jobs if wish.at < now])
        if now in submissions:
            looks.append([wish for wish in jobs if wish.at <= now])
        submissions.discard(now)
        ends.discard(now)
        for known in looks:
            starting = {}
            while True:
                candidate = model_next(known, now, window, starting)
                if candidate is None or model_used(known, now) + candidate.vcpus > model_usable(known, now, window, percent):
                    break
                candidate.started = now
                starting[candidate.share] = starting.get(candidate.share, 0) + candidate.vcpus
                ends.add(now + candidate.duration)


def runs_at(wish, now):
    return wish.started is not None and wish.started <= now < wish.started + wish.duration


def model_used(jobs, now):
    return sum(wish.vcpus for wish in jobs if runs_at(wish, now))


def use_of(share, jobs, now, window):
    """Return the vCPU-seconds of a share inside of the window."""
    begun = [wish for wish in jobs if wish.share == share and wish.started is not None]
    overlaps = ((wish, min(now, wish.started + wish.duration) - max(now - window, wish.started)) for wish in begun)
    return sum(wish.vcpus * seconds for wish, seconds in overlaps if seconds > 0)


def is_active(share, jobs, now, window):
    own = [wish for wish in jobs if wish.share == share and wish.at <= now]
    unfinished = any(wish.started is None or now < wish.started + wish.duration for wish in own)
    return unfinished or use_of(share, jobs, now, window) > 0


def model_usable(jobs, now, window, percent):
    active = sum(is_active(share, jobs, now, window) for share in WEIGHTS)
    return int(CAPACITY * (100**active - percent**active)) // 100**active


def model_next(jobs, now, window, starting):
    """Return whose turn it is; all jobs of one moment have the same age, so that the name of the share decides."""
    waiting = [wish for wish in jobs if wish.at <= now and wish.started is None]
    best = None
    for share in sorted({wish.share for wish in waiting}):
        own = min((wish for wish in waiting if wish.share == share), key=lambda wish: (-wish.priority, wish.number))
        siblings = sum(is_active(each, jobs, now, window) for each in WEIGHTS if each[0] == share[0])
        value = (use_of(share, jobs, now, window) + starting.get(share, 0)) * WEIGHTS[share] * siblings
        key = (value, own.at, share)
        if best is None or key < best[0]:
            best = key, own
    return None if best is None else best[1]


def real_run(jobs, site, mock, **more):
    """Submit the jobs at their times and set when each started."""
    at = Timeline(mock)
    for wish in jobs:
        mock.batch.plan(f"job-{wish.number}", duration=wish.duration)
    job_ids = {}
    for moment in sorted({wish.at for wish in jobs}):
        at.go_to(moment)
        # All of a moment come before the scheduler looks.
        mock.batch.pace = "manual"
        for wish in jobs:
            if wish.at == moment:
                job_ids[wish.number] = site.submit(
                    f"job-{wish.number}", vcpus=wish.vcpus, **more.get("of", {}).get(wish.number, {})
                )
        mock.batch.pace = "clock"
    at.go_to(END)
    found = {}
    for wish in jobs:
        job = site.detail(job_ids[wish.number])
        found[wish.number] = at.seconds(job["startedAt"]) if "startedAt" in job else None
    return found


@pytest.mark.long
@SLOW
@given(wishes, st.sampled_from([7, 600]), st.sampled_from([0, 25, 50]))
def test_jobs_start_when_the_model_says(jobs, window, percent):
    jobs = number(jobs)
    with mock_jobs(region="us-east-1", strict=False) as mock:
        site = Site(boto3.client("batch", region_name="us-east-1"))
        site.make_fair_queue_and_definition(
            max_vcpus=CAPACITY, shareDecaySeconds=window, computeReservation=percent, shareDistribution=DISTRIBUTION
        )
        options = {wish.number: {"shareIdentifier": wish.share, "schedulingPriorityOverride": wish.priority} for wish in jobs}
        found = real_run(jobs, site, mock, of=options)
    model_run(jobs, window, percent)

    assert found == {wish.number: wish.started for wish in jobs}


@pytest.mark.long
@SLOW
@given(wishes, st.booleans())
def test_capacity_is_never_exceeded_and_queues_keep_their_order(jobs, is_strict):
    """Two first-in-first-out queues of different priorities on one environment."""
    jobs = number(jobs)
    with mock_jobs(region="us-east-1", strict=False) as mock:
        site = Site(boto3.client("batch", region_name="us-east-1"))
        site.make_environment(max_vcpus=CAPACITY)
        site.make_queue("LO", priority=1)
        site.make_queue("HI", priority=10)
        site.make_definition()
        mock.batch.settings.strict_fifo = is_strict
        queues = {wish.number: "HI" if wish.share in ("A", "B") else "LO" for wish in jobs}
        found = real_run(jobs, site, mock, of={place: {"jobQueue": queue} for place, queue in queues.items()})
    for wish in jobs:
        wish.started = found[wish.number]

    assert all(wish.started is not None and wish.started >= wish.at for wish in jobs)
    for now in sorted({wish.at for wish in jobs} | {wish.started + wish.duration for wish in jobs}):
        used = model_used(jobs, now)
        assert used <= CAPACITY
        for queue in ("HI", "LO"):
            waiting = [wish for wish in jobs if queues[wish.number] == queue and wish.at <= now < wish.started]
            # The first in line waits only for room, and with strict order nobody behind it starts before it.
            assert not waiting or used + waiting[0].vcpus > CAPACITY
    for queue in ("HI", "LO") if is_strict else ():
        begun = [wish.started for wish in jobs if queues[wish.number] == queue]
        assert begun == sorted(begun)
    # Who starts in the lower queue does not take room that the head of the higher one could have had.
    for low in jobs:
        if queues[low.number] == "LO":
            others = [wish for wish in jobs if queues[wish.number] == "HI" and wish.at < low.started < wish.started]
            assert all(model_used(jobs, low.started) - low.vcpus + wish.vcpus > CAPACITY for wish in others[:1])
