"""The life cycle of jobs against a small model written from AWS's documents."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mock_jobs import mock_jobs

from iot_fleet import Fleet

THINGS = ("a", "b", "c")
JOBS = ("j1", "j2", "j3")
PENDING = ("QUEUED", "IN_PROGRESS")
HTTP_STATUS = {
    "InvalidRequestException": 400,
    "ResourceNotFoundException": 404,
    "InvalidStateTransitionException": 409,
    "VersionConflictException": 409,
}
PLAIN = Config(retries={"max_attempts": 0})

things = st.sampled_from(THINGS)
jobs = st.sampled_from(JOBS)


class Execution:
    def __init__(self, order, thing):
        self.order = order
        self.thing = thing
        self.status = "QUEUED"
        self.version = 1
        self.details = None
        self.changed = order


class Job:
    def __init__(self, waiting, per_minute, namespace):
        self.status = "IN_PROGRESS"
        self.executions = {}
        self.waiting = list(waiting)
        self.per_minute = per_minute
        self.namespace = namespace
        self.minutes = 0


class JobLifeCycle(RuleBasedStateMachine):
    """Jobs are created, rolled out, worked on, canceled and deleted; whatever is refused changes nothing."""

    @initialize()
    def begin(self):
        self.mock = mock_jobs(region="us-east-1")
        self.mock.start()
        self.mock.clock.freeze()
        self.fleet = Fleet(
            boto3.client("iot", region_name="us-east-1", config=PLAIN),
            boto3.client("iot-jobs-data", region_name="us-east-1", config=PLAIN),
        )
        self.fleet.things(*THINGS)
        self.jobs = {}
        self.created = []
        self.counter = 0

    def teardown(self):
        if hasattr(self, "mock"):
            self.mock.stop()

    # The model

    def tick(self):
        self.counter += 1
        return self.counter

    def roll_out(self, job):
        for thing in job.waiting[: job.per_minute]:
            job.executions[thing] = Execution(self.tick(), thing)
        del job.waiting[: job.per_minute]
        self.settle(job)

    def settle(self, job):
        pending = any(each.status in PENDING for each in job.executions.values())
        if job.status == "IN_PROGRESS" and not job.waiting and not pending:
            job.status = "COMPLETED"

    def change(self, job, execution, status, details=None):
        execution.status = status
        execution.version += 1
        if details is not None:
            execution.details = details
        self.settle(job)

    def pending(self, thing):
        found = [
            (job_id, job.executions[thing])
            for job_id, job in self.jobs.items()
            if thing in job.executions and job.executions[thing].status in PENDING and job.namespace is None
        ]
        return sorted(found, key=lambda each: (each[1].status != "IN_PROGRESS", each[1].order))

    def expect(self, code, call):
        if code is None:
            call()
            return
        with self.fleet.refused(code, HTTP_STATUS[code]):
            call()

    # Calls

    @rule(
        job_id=jobs,
        names=st.lists(things, min_size=1, max_size=4),
        per_minute=st.sampled_from([1, 2, 1000]),
        namespace=st.sampled_from([None, None, None, "N"]),
    )
    def create_job(self, job_id, names, per_minute, namespace):
        members = {"jobExecutionsRolloutConfig": {"maximumPerMinute": per_minute}}
        if namespace is not None:
            members["namespaceId"] = namespace

        def call():
            self.fleet.job(*names, job_id=job_id, **members)

        if job_id in self.jobs:
            with self.fleet.refused("ResourceAlreadyExistsException", 409):
                call()
            return
        call()
        self.jobs[job_id] = Job(dict.fromkeys(names), per_minute, namespace)
        self.created.append(job_id)
        self.roll_out(self.jobs[job_id])

    @rule(minutes=st.integers(0, 2))
    def let_time_pass(self, minutes):
        for _ in range(minutes):
            self.mock.clock.advance(60)
            for job in self.jobs.values():
                if job.status == "IN_PROGRESS" and job.waiting:
                    self.roll_out(job)

    @rule(thing=things)
    def start_next(self, thing):
        execution = self.fleet.start(thing)
        pending = self.pending(thing)
        if not pending:
            assert execution is None
            return
        job_id, expected = pending[0]
        if expected.status == "QUEUED":
            self.change(self.jobs[job_id], expected, "IN_PROGRESS")
        assert (execution["jobId"], execution["status"], execution["versionNumber"]) == (
            job_id,
            "IN_PROGRESS",
            expected.version,
        )

    @rule(
        job_id=jobs,
        thing=things,
        status=st.sampled_from(["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "CANCELED", "QUEUED"]),
        details=st.sampled_from([None, {}, {"step": "1"}]),
        off_by=st.sampled_from([None, None, 0, 1]),
    )
    def report(self, job_id, thing, status, details, off_by):
        job = self.jobs.get(job_id)
        execution = None if job is None else job.executions.get(thing)
        members = {} if details is None else {"statusDetails": details}
        if off_by is not None:
            members["expectedVersion"] = off_by + (1 if execution is None else execution.version)
        if status in ("CANCELED", "QUEUED"):
            code = "InvalidStateTransitionException"
        elif execution is None:
            code = "ResourceNotFoundException"
        elif off_by:
            code = "InvalidRequestException"
        elif execution.status not in PENDING:
            code = "InvalidStateTransitionException"
        else:
            code = None
        self.expect(code, lambda: self.fleet.report(thing, status, job_id, **members))
        if code is None:
            self.change(job, execution, status, details)

    @rule(job_id=jobs, force=st.booleans())
    def cancel_job(self, job_id, force):
        job = self.jobs.get(job_id)
        code = None
        if job is None:
            code = "ResourceNotFoundException"
        elif job.status != "IN_PROGRESS":
            code = "InvalidRequestException"
        self.expect(code, lambda: self.fleet.iot.cancel_job(jobId=job_id, force=force))
        if code is None:
            job.status = "CANCELED"
            job.waiting.clear()
            for execution in job.executions.values():
                if execution.status == "QUEUED" or (force and execution.status == "IN_PROGRESS"):
                    self.change(job, execution, "CANCELED")

    @rule(job_id=jobs, thing=things, force=st.booleans(), off_by=st.sampled_from([None, None, 0, 1]))
    def cancel_job_execution(self, job_id, thing, force, off_by):
        job = self.jobs.get(job_id)
        execution = None if job is None else job.executions.get(thing)
        members = {}
        if off_by is not None:
            members["expectedVersion"] = off_by + (1 if execution is None else execution.version)
        code = None
        if execution is None:
            code = "ResourceNotFoundException"
        elif off_by:
            code = "VersionConflictException"
        elif execution.status not in PENDING or (execution.status == "IN_PROGRESS" and not force):
            code = "InvalidStateTransitionException"
        self.expect(code, lambda: self.fleet.iot.cancel_job_execution(jobId=job_id, thingName=thing, force=force, **members))
        if code is None:
            self.change(job, execution, "CANCELED")

    @rule(job_id=jobs, force=st.booleans())
    def delete_job(self, job_id, force):
        job = self.jobs.get(job_id)
        code = None
        if job is None:
            code = "ResourceNotFoundException"
        elif job.status == "IN_PROGRESS" and not force:
            code = "InvalidStateTransitionException"
        self.expect(code, lambda: self.fleet.iot.delete_job(jobId=job_id, force=force))
        if code is None:
            del self.jobs[job_id]
            self.created.remove(job_id)

    @rule(job_id=jobs, thing=things, force=st.booleans())
    def delete_job_execution(self, job_id, thing, force):
        job = self.jobs.get(job_id)
        execution = None if job is None else job.executions.get(thing)
        code = None
        if execution is None:
            code = "ResourceNotFoundException"
        elif execution.status == "IN_PROGRESS" and not force:
            code = "InvalidStateTransitionException"
        self.expect(
            code,
            lambda: self.fleet.iot.delete_job_execution(jobId=job_id, thingName=thing, executionNumber=1, force=force),
        )
        if code is None:
            del job.executions[thing]
            self.settle(job)

    # What must always hold

    @precondition(lambda self: hasattr(self, "fleet"))
    @invariant()
    def everything_looks_as_in_the_model(self):
        listed = [each["jobId"] for each in self.fleet.iot.list_jobs()["jobs"]]
        assert listed == list(reversed(self.created))
        for job_id, job in self.jobs.items():
            described = self.fleet.describe(job_id)
            assert described["status"] == job.status
            assert described["isConcurrent"] is bool(job.waiting)
            assert ("completedAt" in described) is (job.status == "COMPLETED")
            counts = {}
            for execution in job.executions.values():
                counts[execution.status] = counts.get(execution.status, 0) + 1
            assert self.fleet.counters(job_id) == counts
            self.executions_look_as_in_the_model(job_id, job)

    def executions_look_as_in_the_model(self, job_id, job):
        summaries = self.fleet.iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]
        assert sorted(each["thingArn"].rpartition("/")[2] for each in summaries) == sorted(job.executions)
        times = [each["jobExecutionSummary"]["lastUpdatedAt"] for each in summaries]
        assert times == sorted(times, reverse=True)
        for each in summaries:
            thing, summary = each["thingArn"].rpartition("/")[2], each["jobExecutionSummary"]
            execution, expected = self.fleet.execution(thing, job_id), job.executions[thing]
            assert (execution["status"], execution["versionNumber"]) == (expected.status, expected.version)
            details = {} if expected.details is None else {"detailsMap": expected.details}
            assert execution["statusDetails"] == details
            assert summary == {name: execution[name] for name in summary if name != "retryAttempt"} | {"retryAttempt": 0}
            assert execution["queuedAt"] <= execution.get("startedAt", execution["queuedAt"]) <= execution["lastUpdatedAt"]

    @precondition(lambda self: hasattr(self, "fleet"))
    @invariant()
    def each_thing_has_before_it_what_the_model_says(self):
        for thing in THINGS:
            answer = self.fleet.data.get_pending_job_executions(thingName=thing)
            listed = [(each["jobId"], each["versionNumber"]) for each in answer["inProgressJobs"] + answer["queuedJobs"]]
            expected = self.pending(thing)
            assert listed == [(job_id, execution.version) for job_id, execution in expected]
            described = self.fleet.data.describe_job_execution(thingName=thing, jobId="$next").get("execution")
            assert (described and described["jobId"]) == (expected[0][0] if expected else None)


TestJobLifeCycle = JobLifeCycle.TestCase
TestJobLifeCycle.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_the_model_notices_a_wrong_status(fleet):
    """The invariants do not hold vacuously."""
    machine = JobLifeCycle()
    machine.begin()
    try:
        machine.create_job("j1", ["a"], 1000, None)
        machine.everything_looks_as_in_the_model()
        machine.jobs["j1"].executions["a"].status = "FAILED"
        with pytest.raises((AssertionError, ClientError)):
            machine.everything_looks_as_in_the_model()
    finally:
        machine.teardown()
