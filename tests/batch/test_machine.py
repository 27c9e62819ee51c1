"""Many jobs at once, compared with a small model: random submissions, requests to stop, and steps of the clock."""

from __future__ import annotations

import boto3
import pytest
from hypothesis import strategies as st

from mock_jobs import mock_jobs
from mock_jobs.core.errors import UsageError

from support.batch_site import Site
from support.machines import Machine, initialize, invariant, precondition, prove, rule
from support.needs import has

CAPACITY = 4
ORDER = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]
TERMINAL = {"SUCCEEDED", "FAILED"}
# What may follow a status from one look to the next; several transitions may lie between.
LATER = {
    "SUBMITTED": set(ORDER),
    "PENDING": set(ORDER) - {"SUBMITTED"},
    "RUNNABLE": set(ORDER) - {"SUBMITTED", "PENDING"},
    "STARTING": set(ORDER) - {"SUBMITTED", "PENDING"},
    "RUNNING": set(ORDER) - {"SUBMITTED", "PENDING"},
    "SUCCEEDED": {"SUCCEEDED"},
    "FAILED": {"FAILED"},
}
# A name of a job tells its plan.
PLANS = {"quick": {}, "slow": {"duration": 30}, "bad": {"duration": 7, "exit_code": 1}, "hangs": {"duration": None}}


class BatchMachine(Machine):
    must_reach = (
        "a step that is refused",
        "a step that is made",
        "the first of the line waits for room alone",
        "a look at what was SUCCEEDED",
        "a look at what was FAILED",
        "a look at what was stopped before it started",
        "what is stopped ends for the reason given",
        "a stop waits for other jobs",
        "a stop that waited for other jobs is over",
        "an array is SUCCEEDED",
        "an array is FAILED",
        "an array has not ended",
    )

    def __init__(self):
        super().__init__()
        # Not every job that a plan is for gets to run.
        self.mocking = mock_jobs(region="us-east-1", strict=False)
        self.mock = self.mocking.__enter__()
        self.batch = boto3.client("batch", region_name="us-east-1")
        self.site = Site(self.batch)
        self.jobs: list[str] = []
        self.sizes: dict[str, int] = {}
        self.vcpus: dict[str, int] = {}
        self.depends_on: dict[str, list[str]] = {}
        self.stopped: set[str] = set()
        # What was said at a stop, by the job or child that it was said of.
        self.reasons: dict[str, set[str]] = {}
        self.stops = 0
        self.last: dict[str, dict] = {}

    def teardown(self):
        try:
            if self.last:
                self.mock.batch.run_all()
                self.what_is_seen_is_consistent()
        finally:
            self.mocking.__exit__(None, None, None)

    @initialize(
        seconds=st.sampled_from([0, 0, 2]),
        pace=st.sampled_from(["clock", "clock", "manual"]),
        is_busy=st.sampled_from([True, True, False]),
    )
    def build(self, seconds, pace, is_busy):
        self.mock.batch.pace = pace
        self.mock.clock.freeze()
        for name in ("submitted_seconds", "runnable_seconds", "starting_seconds"):
            setattr(self.mock.batch.settings, name, seconds)
        self.site.make_environment(max_vcpus=CAPACITY)
        self.site.make_queue()
        self.site.make_definition()
        for name, plan in PLANS.items():
            self.mock.batch.plan(name, **plan)
        if is_busy:
            # One that has all the room, one that waits for it to end, one that waits for room.
            self.send("slow", CAPACITY)
            self.send("quick", 1, after=self.jobs)
            self.send("quick", 1)

    def send(self, name, vcpus, *, after=(), more=(), size=None, **members):
        job_id = self.batch.submit_job(
            jobName=name,
            jobQueue="q",
            jobDefinition="d",
            dependsOn=[*({"jobId": each} for each in after), *more],
            containerOverrides={"resourceRequirements": [{"type": "VCPU", "value": str(vcpus)}]},
            **({"retryStrategy": {"attempts": 1}} | members),
            **({} if size is None else {"arrayProperties": {"size": size}}),
        )["jobId"]
        self.depends_on[job_id] = list(after)
        self.jobs.append(job_id)
        self.vcpus[job_id] = vcpus
        if size is not None:
            self.sizes[job_id] = size

    @rule(
        name=st.sampled_from(["quick", *sorted(PLANS)]),
        vcpus=st.integers(1, CAPACITY),
        size=st.sampled_from([None, None, 2, 5]),
        attempts=st.integers(1, 3),
        timeout=st.sampled_from([None, 60]),
        sequential=st.booleans(),
        data=st.data(),
    )
    def submit(self, name, vcpus, size, attempts, timeout, sequential, data):
        # Who waits for what has ended does not wait.
        earlier = self.jobs + self.unfinished * 3
        after = data.draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if earlier else []
        members = {} if timeout is None else {"timeout": {"attemptDurationSeconds": timeout}}
        more = []
        if size is not None:
            twins = [job_id for job_id in self.jobs if self.sizes.get(job_id) == size]
            if sequential:
                more.append({"type": "SEQUENTIAL"})
            if twins:
                more.append({"jobId": data.draw(st.sampled_from(twins)), "type": "N_TO_N"})
        self.send(name, vcpus, after=after, more=more, size=size, retryStrategy={"attempts": attempts}, **members)

    def draw_target(self, data):
        job_id = data.draw(st.sampled_from(self.jobs))
        if job_id in self.sizes and data.draw(st.booleans()):
            return f"{job_id}:{data.draw(st.integers(0, self.sizes[job_id] - 1))}"
        return job_id

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), operation=st.sampled_from(["cancel_job", "terminate_job"]))
    def stop(self, data, operation):
        target = self.draw_target(data)
        getattr(self.batch, operation)(jobId=target, reason=self.reason_for(target))
        self.note_stopped(target)

    @property
    def unfinished(self):
        return [each for each in self.jobs if self.last[each]["status"] not in TERMINAL]

    @property
    def waiting(self):
        """Return the jobs that were seen to wait for others."""
        return [each for each in self.jobs if self.last[each]["status"] == "PENDING" and self.depends_on[each]]

    # Requests to stop are intricate where jobs wait for others.
    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), operation=st.sampled_from(["cancel_job", "terminate_job"]))
    def stop_what_waits(self, data, operation):
        target = data.draw(st.sampled_from(self.waiting))
        getattr(self.batch, operation)(jobId=target, reason=self.reason_for(target))
        self.note_stopped(target)
        # The next look compares with this one, and nothing happens between.
        self.what_is_seen_is_consistent()

    if has("batch CancelJobs") and has("batch TerminateJobs"):

        @precondition(lambda self: self.jobs)
        @rule(data=st.data(), operation=st.sampled_from(["cancel_jobs", "terminate_jobs"]))
        def stop_many(self, data, operation):
            targets = [self.draw_target(data) for _ in range(3)]
            answer = getattr(self.batch, operation)(jobs=targets, reason=self.reason_for(*targets))
            assert answer["successful"] == list(dict.fromkeys(targets))
            for target in targets:
                self.note_stopped(target)

    def reason_for(self, *targets):
        self.stops += 1
        reason = f"stop {self.stops}"
        for target in targets:
            self.reasons.setdefault(target, set()).add(reason)
        return reason

    def note_stopped(self, target):
        targets = [target] + [f"{target}:{index}" for index in range(self.sizes.get(target, 0))]
        for job in self.look(targets):
            if job.get("isCancelled") or job.get("isTerminated"):
                self.stopped.add(job["jobId"])

    # By hand, most jobs stay in the states in which they wait for others, which is where requests to stop are intricate.
    @precondition(lambda self: self.mock.batch.pace == "clock")
    @rule(seconds=st.sampled_from([0, 1, 7, 30, 60]))
    def advance(self, seconds):
        self.mock.clock.advance(seconds)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), times=st.integers(1, 5))
    def step(self, data, times):
        target = self.draw_target(data)
        for _ in range(times):
            (before,) = self.look([target])
            try:
                self.mock.batch.step(target)
            except UsageError:
                # It waits for something else, or has ended.
                self.reach("a step that is refused")
                assert self.look([target])[0]["status"] == before["status"]
                return
            self.reach("a step that is made")

    @precondition(lambda self: self.mock.batch.pace == "clock" and len(self.unfinished) > 1)
    @rule()
    def run_to_the_end(self):
        self.mock.batch.run_all()

    def look(self, job_ids):
        return [
            job
            for start in range(0, len(job_ids), 100)
            for job in self.batch.describe_jobs(jobs=job_ids[start : start + 100])["jobs"]
        ]

    @invariant()
    def what_is_seen_is_consistent(self):
        everything = [f"{job_id}:{index}" for job_id, size in self.sizes.items() for index in range(size)] + self.jobs
        seen = {job["jobId"]: job for job in self.look(everything)}
        assert set(seen) == set(everything)
        in_use = 0
        first_waiting = None
        for job_id in self.jobs:
            members = [f"{job_id}:{index}" for index in range(self.sizes[job_id])] if job_id in self.sizes else [job_id]
            for member in members:
                job = seen[member]
                if job["status"] in ("STARTING", "RUNNING"):
                    in_use += self.vcpus[job_id]
                self.check_times(job)
                self.check_progress(job)
                self.check_stop(job, job_id, [seen[other] for other in self.depends_on[job_id]])
            if job_id in self.sizes:
                self.check_array(seen[job_id], [seen[member] for member in members])
            if job_id in self.jobs and seen[job_id]["status"] in ("RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"):
                assert all(seen[other]["status"] == "SUCCEEDED" for other in self.depends_on[job_id])
            # First in, first out: nothing that was submitted later starts a first attempt while an earlier one waits for room.
            for member in members:
                if seen[member]["status"] == "RUNNABLE" and first_waiting is None:
                    first_waiting = seen[member]
        assert in_use <= CAPACITY
        assert first_waiting is None or self.could_not_start(first_waiting, in_use)
        for state in ORDER:
            listed = {job["jobId"] for job in self.batch.list_jobs(jobQueue="q", jobStatus=state)["jobSummaryList"]}
            assert listed == {job_id for job_id in self.jobs if seen[job_id]["status"] == state}
        self.last = seen

    def could_not_start(self, job, in_use):
        # The first of the line waits for room, for the latency of its own state, or for the author of the test.
        needed = self.vcpus[job["jobId"].partition(":")[0]]
        waits_anyway = self.mock.batch.settings.runnable_seconds > 0 or self.mock.batch.pace == "manual"
        if not waits_anyway:
            self.reach("the first of the line waits for room alone")
        return in_use + needed > CAPACITY or waits_anyway

    def check_times(self, job):
        times = [job["createdAt"]]
        for attempt in job["attempts"]:
            if "startedAt" in attempt:
                times.append(attempt["startedAt"])
            times.append(attempt["stoppedAt"])
        if job["status"] == "RUNNING":
            times.append(job["startedAt"])
        if "stoppedAt" in job:
            times.append(job["stoppedAt"])
        assert times == sorted(times)
        assert ("stoppedAt" in job) == (job["status"] in TERMINAL)
        assert len(job["attempts"]) <= job["retryStrategy"]["attempts"]

    def check_progress(self, job):
        before = self.last.get(job["jobId"])
        if before is None:
            return
        assert job["status"] in LATER[before["status"]]
        if before["status"] in TERMINAL:
            self.reach(f"a look at what was {before['status']}")
            assert job == before
        if job["jobId"] in self.stopped and before["status"] not in ("STARTING", "RUNNING"):
            self.reach("a look at what was stopped before it started")
            assert job["status"] in ("PENDING", "FAILED")
            assert len(job["attempts"]) == len(before["attempts"])

    def check_stop(self, job, whole_id, awaited):
        """A job that is to be stopped ends for that reason, and not before all that it waits for."""
        if job["jobId"] not in self.stopped:
            assert "isCancelled" not in job
            assert "isTerminated" not in job
            return
        if job["status"] == "FAILED":
            self.reach("what is stopped ends for the reason given")
            assert job["statusReason"] in self.reasons.get(job["jobId"], set()) | self.reasons.get(whole_id, set())
        before = self.last[job["jobId"]]
        if before["status"] == "PENDING" and ("isCancelled" in before or "isTerminated" in before):
            all_ended = all(other["status"] in TERMINAL for other in awaited)
            # With an array that nobody has looked at yet, all children end at once.
            is_early = whole_id != job["jobId"] and self.last[whole_id]["status"] == "SUBMITTED"
            if job["status"] == "FAILED":
                self.reach("a stop that waited for other jobs is over")
                assert all_ended or is_early
            elif whole_id == job["jobId"]:
                self.reach("a stop waits for other jobs")
                assert not all_ended

    def check_array(self, parent, children):
        properties = parent["arrayProperties"]
        counts = {state: sum(child["status"] == state for child in children) for state in ORDER}
        assert properties["statusSummary"] == counts
        assert properties["size"] == sum(counts.values())
        ended = counts["SUCCEEDED"] + counts["FAILED"] == len(children)
        assert (parent["status"] in TERMINAL) == ended
        if ended:
            self.reach(f"an array is {parent['status']}")
            assert parent["status"] == ("FAILED" if counts["FAILED"] else "SUCCEEDED")
            assert parent["stoppedAt"] == max(child["stoppedAt"] for child in children)
        else:
            self.reach("an array has not ended")
            assert parent["status"] in ("SUBMITTED", "PENDING")
        assert parent["attempts"] == []


@pytest.mark.long
def test_random_lives_agree_with_the_rules():
    prove(BatchMachine, max_examples=20, steps=25)
