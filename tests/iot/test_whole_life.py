"""The whole life of jobs on both planes: random calls and steps of the clock, against the oracle."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import note
from hypothesis import strategies as st

from mock_jobs import mock_jobs

from support.constants import NO_RETRIES, REGION
from support.fleet import ARN, Fleet, counters_of
from support.iot_oracle import Job, Oracle
from support.machines import Machine, initialize, invariant, prove, rule

THINGS = ("a", "b", "c")
GROUPS = ("g", "h")  # h is a child of g
JOBS = ("j1", "j2")
TEMPLATES = ("t1", "t2")
TEN = datetime(2030, 6, 1, 10, 0, tzinfo=timezone.utc)
HTTP_STATUS = {
    "InvalidRequestException": 400,
    "ResourceNotFoundException": 404,
    "InvalidStateTransitionException": 409,
    "ResourceAlreadyExistsException": 409,
    "ConflictException": 409,
    "VersionConflictException": 409,
    "TerminalStateException": 410,
}

things = st.sampled_from(THINGS)
groups = st.sampled_from(GROUPS)
jobs = st.sampled_from(JOBS)
templates = st.sampled_from(TEMPLATES)
force = st.booleans()
seldom = st.sampled_from([False, False, False, True])
details = st.sampled_from([None, None, {}, {"step": "1"}])
steps = st.sampled_from([None, None, 1, 3])
criteria = st.sampled_from([None, None, ("FAILED", 50, 2), ("ALL", 75, 3), ("TIMED_OUT", 30, 1)])
retries = st.sampled_from([{}, {"FAILED": 1}, {"FAILED": 1, "TIMED_OUT": 2}, {"ALL": 2}])
statuses = st.sampled_from(["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED", "FAILED", "FAILED", "FAILED", "REJECTED"])
off_by = st.sampled_from([None, None, None, 0, 1])
targets = st.lists(
    st.one_of(st.tuples(st.just("thing"), things), st.tuples(st.just("group"), groups)), min_size=1, max_size=3, unique=True
)


def epoch(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=timezone.utc).timestamp()


def call(weight, **arguments):
    """Let the machine choose a method as one of its calls, so many times as often as one of weight 1.

    One rule draws the call: rules of its own hypothesis would turn off and on at random, and most runs would find nothing to do.
    """

    def mark(method):
        method.weight, method.arguments = weight, arguments
        return method

    return mark


class WholeLife(Machine):
    """Whatever is called in whatever order: what can be seen is what the documents say, and a refused call changes nothing.

    Each call happens at a second of its own, so that no two things that count in minutes fall on one moment but those that do
    by their schedules.
    """

    @initialize(
        at=targets,
        is_continuous=st.booleans(),
        per_minute=st.sampled_from([1, 1000, 1000]),
        criterion=criteria,
        retries=retries,
        minutes=st.sampled_from([None, 1, 2]),
        lasts=st.sampled_from([None, None, 30]),
    )
    def begin(self, at, is_continuous, per_minute, criterion, retries, minutes, lasts):
        self.mock = mock_jobs(region=REGION)
        self.mock.start()
        self.mock.clock.freeze()
        self.mock.clock.move_to(TEN)
        self.fleet = Fleet(
            boto3.client("iot", region_name=REGION, config=NO_RETRIES),
            boto3.client("iot-jobs-data", region_name=REGION, config=NO_RETRIES),
            self.mock,
        )
        self.oracle = Oracle(TEN.timestamp())
        self.fleet.things(*THINGS)
        self.oracle.things |= set(THINGS)
        self.fleet.group("g", "a")
        self.fleet.group("h", "b", parent="g")
        self.oracle.groups = {"g": ["a"], "h": ["b"]}
        self.oracle.parents = {"h": "g"}
        self.seen = {}
        self.calling = "create_job"

        self.create_job("j1", None, at, is_continuous, per_minute, criterion, retries, minutes, None, lasts, "CANCEL")

    def teardown(self):
        if hasattr(self, "mock"):
            self.mock.stop()

    def pass_time(self, seconds):
        self.mock.clock.advance(seconds)
        self.oracle.advance(seconds)

    def both(self, expect, call):
        """Let the oracle say how a call ends, then call."""
        self.pass_time(1)
        code = expect()
        outcome = f"{self.calling} is {'accepted' if code is None else 'refused'}"
        if outcome in self.must_reach:
            self.reach(outcome)
        if code is None:
            return call()
        # What is refused now must have changed nothing, so the oracle's state holds before and after.
        with self.fleet.refused(code, HTTP_STATUS[code]):
            call()
        return None

    # The registry, which is moto's

    @call(2, thing=things)
    def create_thing(self, thing):
        self.pass_time(1)
        if thing not in self.oracle.things:
            self.fleet.things(thing)
            self.oracle.create_thing(thing)

    @call(1, thing=things)
    def delete_thing(self, thing):
        self.pass_time(1)
        if thing in self.oracle.things:
            self.fleet.iot.delete_thing(thingName=thing)
            self.fleet.names.remove(thing)
            self.oracle.delete_thing(thing)

    @call(3, thing=things, group=groups, joins=st.booleans())
    def change_group(self, thing, group, joins):
        self.pass_time(1)
        if thing not in self.oracle.things:
            return
        if joins:
            self.fleet.iot.add_thing_to_thing_group(thingName=thing, thingGroupName=group)
            self.oracle.join(thing, group)
        else:
            self.fleet.iot.remove_thing_from_thing_group(thingName=thing, thingGroupName=group)
            self.oracle.leave(thing, group)

    # The control plane

    @call(1, template_id=templates, per_minute=st.sampled_from([1, 2, 1000]))
    def create_job_template(self, template_id, per_minute):
        self.both(
            lambda: self.oracle.create_template(template_id, per_minute),
            lambda: self.fleet.iot.create_job_template(
                jobTemplateId=template_id,
                description=template_id,
                document=f'{{"from": "{template_id}"}}',
                jobExecutionsRolloutConfig={"maximumPerMinute": per_minute},
            ),
        )

    @call(1, template_id=templates)
    def delete_job_template(self, template_id):
        self.both(
            lambda: self.oracle.delete_template(template_id),
            lambda: self.fleet.iot.delete_job_template(jobTemplateId=template_id),
        )

    @call(
        3,
        job_id=jobs,
        template_id=st.sampled_from([None, None, *TEMPLATES]),
        at=targets,
        is_continuous=st.booleans(),
        per_minute=st.sampled_from([1, 2, 1000]),
        criterion=criteria,
        retries=retries,
        minutes=st.sampled_from([None, 1, 2]),
        starts_in=st.sampled_from([None, None, None, 30]),
        lasts=st.sampled_from([None, None, None, 30]),
        behavior=st.sampled_from([None, "STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"]),
    )
    def create_job(
        self,
        job_id,
        template_id,
        at,
        is_continuous,
        per_minute,
        criterion,
        retries,
        minutes,
        starts_in,
        lasts,
        behavior,
    ):
        # The order of targets is that of the rollout, and `Fleet.job` names things first.
        at = sorted(at, key=lambda target: target[0] == "group")
        schedule = {}
        now = datetime.fromtimestamp(self.oracle.now + 1, timezone.utc).replace(second=0)
        start = now + timedelta(minutes=(starts_in or 0) + 1)
        if starts_in is not None:
            schedule["startTime"] = start.strftime("%Y-%m-%dT%H:%M")
        if lasts is not None:
            schedule["endTime"] = (start + timedelta(minutes=lasts)).strftime("%Y-%m-%dT%H:%M")
            if behavior is not None:
                schedule["endBehavior"] = behavior
        members = {"schedulingConfig": schedule} if schedule else {}
        if template_id is None:
            members["jobExecutionsRolloutConfig"] = {"maximumPerMinute": per_minute}
        else:
            members["jobTemplateArn"] = f"{ARN}jobtemplate/{template_id}"
            per_minute = self.oracle.templates.get(template_id)
        if is_continuous:
            members["targetSelection"] = "CONTINUOUS"
        if criterion is not None:
            kind, percent, least = criterion
            entry = {
                "failureType": kind,
                "action": "CANCEL",
                "thresholdPercentage": percent,
                "minNumberOfExecutedThings": least,
            }
            members["abortConfig"] = {"criteriaList": [entry]}
        if retries:
            entries = [{"failureType": kind, "numberOfRetries": number} for kind, number in retries.items()]
            members["jobExecutionsRetryConfig"] = {"criteriaList": entries}
        if minutes is not None:
            members["timeoutConfig"] = {"inProgressTimeoutInMinutes": minutes}
        expected = Job(
            job_id,
            list(at),
            is_continuous,
            per_minute,
            criterion,
            retries,
            minutes,
            epoch(schedule["startTime"]) if "startTime" in schedule else None,
            epoch(schedule["endTime"]) if "endTime" in schedule else None,
            schedule.get("endBehavior"),
        )
        missing = per_minute is None or any(kind == "thing" and name not in self.oracle.things for kind, name in at)
        self.both(
            lambda: "ResourceNotFoundException" if missing else self.oracle.create_job(expected),
            lambda: self.fleet.job(
                *(name for kind, name in at if kind == "thing"),
                groups=[name for kind, name in at if kind == "group"],
                job_id=job_id,
                **members,
            ),
        )

    @call(1, job_id=jobs, group=groups)
    def associate_targets(self, job_id, group):
        arn = self.fleet.iot.describe_thing_group(thingGroupName=group)["thingGroupArn"]
        self.both(
            lambda: self.oracle.associate(job_id, group),
            lambda: self.fleet.iot.associate_targets_with_job(jobId=job_id, targets=[arn]),
        )

    @call(1, job_id=jobs, minutes=st.sampled_from([1, 5]), per_minute=st.sampled_from([1, 3]))
    def update_job(self, job_id, minutes, per_minute):
        def expect():
            job = self.oracle.jobs.get(job_id)
            if job is None:
                return "ResourceNotFoundException"
            if job.status not in ("SCHEDULED", "IN_PROGRESS"):
                return "InvalidRequestException"
            job.timeout_minutes, job.per_minute = minutes, per_minute
            return None

        self.both(
            expect,
            lambda: self.fleet.iot.update_job(
                jobId=job_id,
                timeoutConfig={"inProgressTimeoutInMinutes": minutes},
                jobExecutionsRolloutConfig={"maximumPerMinute": per_minute},
            ),
        )

    @call(1, job_id=jobs, force=force)
    def cancel_job(self, job_id, force):
        self.both(lambda: self.oracle.cancel_job(job_id, force), lambda: self.fleet.iot.cancel_job(jobId=job_id, force=force))

    @call(2, job_id=jobs, force=force, is_rare=seldom)
    def delete_job(self, job_id, force, is_rare):
        job = self.oracle.jobs.get(job_id)
        if job is not None and job.status in ("IN_PROGRESS", "SCHEDULED") and not is_rare:
            return  # what is over makes room for the next job
        self.both(lambda: self.oracle.delete_job(job_id, force), lambda: self.fleet.iot.delete_job(jobId=job_id, force=force))
        if job_id not in self.oracle.jobs:
            self.seen = {key: each for key, each in self.seen.items() if key[0] != job_id}

    @call(2, job_id=jobs, thing=things, force=force, off_by=off_by, details=details)
    def cancel_job_execution(self, job_id, thing, force, off_by, details):
        self.pass_time(1)
        members = self.expected_version(job_id, thing, off_by)
        if details is not None:
            members["statusDetails"] = details
        self.both(
            lambda: self.oracle.cancel_execution(
                job_id, thing, force=force, expected_version=members.get("expectedVersion"), details=details
            ),
            lambda: self.fleet.iot.cancel_job_execution(jobId=job_id, thingName=thing, force=force, **members),
        )

    @call(3, job_id=jobs, thing=things, number=st.sampled_from([1, 1, 1, 2, 3]), force=force)
    def delete_job_execution(self, job_id, thing, number, force):
        self.both(
            lambda: self.oracle.delete_execution(job_id, thing, number, force=force),
            lambda: self.fleet.iot.delete_job_execution(jobId=job_id, thingName=thing, executionNumber=number, force=force),
        )
        self.seen.pop((job_id, thing, number), None)

    # The device plane

    @call(4, thing=things, step=steps)
    def start_next(self, thing, step):
        self.pass_time(1)
        members = {} if step is None else {"stepTimeoutInMinutes": step}
        if thing not in self.oracle.things:
            with self.fleet.refused("ResourceNotFoundException", 404):
                self.fleet.start(thing, **members)
            return
        found = self.oracle.start_next(thing, step)
        started = self.fleet.start(thing, **members)
        if found is None:
            assert started is None
        else:
            job, execution = found
            assert (started["jobId"], started["status"], started["versionNumber"], started["executionNumber"]) == (
                job.job_id,
                "IN_PROGRESS",
                execution.version,
                execution.number,
            )

    @call(12, data=st.data(), status=statuses, details=details, step=st.sampled_from([None, None, None, 1, -1]))
    def work(self, data, status, details, step):
        """Report on what waits or runs; random names mostly meet nothing."""
        pending = [found for thing in sorted(self.oracle.things) for found in self.oracle.pending(thing)]
        if pending:
            job, execution = data.draw(st.sampled_from(pending))
            self.report(job.job_id, execution.thing, status, details, None, step)

    @call(
        2,
        job_id=jobs,
        thing=things,
        status=st.sampled_from(["IN_PROGRESS", "SUCCEEDED", "FAILED", "CANCELED"]),
        details=details,
        off_by=off_by,
        step=st.sampled_from([None, 1, -1]),
    )
    def report(self, job_id, thing, status, details, off_by, step):
        self.pass_time(1)
        members = self.expected_version(job_id, thing, off_by)
        if details is not None:
            members["statusDetails"] = details
        if step is not None:
            members["stepTimeoutInMinutes"] = step
        self.both(
            lambda: self.oracle.report(
                job_id,
                thing,
                status,
                details=details,
                expected_version=members.get("expectedVersion"),
                step_minutes=step,
            ),
            lambda: self.fleet.report(thing, status, job_id, **members),
        )

    def expected_version(self, job_id, thing, off_by):
        found = self.oracle.find(job_id, thing)
        version = 1 if found is None else found[1].version
        return {} if off_by is None else {"expectedVersion": version + off_by}

    @call(4, minutes=st.sampled_from([1, 1, 2, 3, 30]))
    def let_time_pass(self, minutes):
        self.pass_time(minutes * 60)

    @rule(data=st.data())
    def act(self, data):
        name = data.draw(st.sampled_from(CALLS))
        drawn = {key: data if key == "data" else data.draw(each) for key, each in getattr(WholeLife, name).arguments.items()}
        note(f"{name} {drawn}")
        self.calling = name
        self.reach(f"{name} is called")
        getattr(self, name)(**drawn)

    # What must always hold

    @invariant()
    def jobs_look_as_the_oracle_says(self):
        expected = self.oracle.jobs
        listed = {each["jobId"]: each for each in self.fleet.iot.list_jobs()["jobs"]}
        assert list(listed) == list(reversed(expected))
        for job_id, job in expected.items():
            described = self.fleet.describe(job_id)
            assert described["status"] == job.status
            assert described["isConcurrent"] is bool(job.waiting)
            assert ("completedAt" in described) is (job.status == "COMPLETED")
            assert described.get("forceCanceled") is job.is_forced
            assert ("reasonCode" in described) is job.is_aborted
            assert counters_of(described) == job.counts()
            assert described["jobExecutionsRolloutConfig"] == {"maximumPerMinute": job.per_minute}
            summary = listed[job_id]
            assert {name: described[name] for name in summary} == summary
        listed = [each["jobTemplateId"] for each in self.fleet.iot.list_job_templates()["jobTemplates"]]
        assert listed == list(reversed(self.oracle.templates))
        for status in ("IN_PROGRESS", "COMPLETED", "CANCELED", "SCHEDULED"):
            found = [each["jobId"] for each in self.fleet.iot.list_jobs(status=status)["jobs"]]
            assert found == [job_id for job_id in reversed(expected) if expected[job_id].status == status]

    @invariant()
    def executions_look_as_the_oracle_says(self):
        for job_id, job in self.oracle.jobs.items():
            listed = self.fleet.iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]
            summaries = {
                (each["thingArn"].rpartition("/")[2], each["jobExecutionSummary"]["executionNumber"]): each["jobExecutionSummary"]
                for each in listed
            }
            assert summaries.keys() == {(each.thing, each.number) for each in job.executions}
            changes = [each["jobExecutionSummary"]["lastUpdatedAt"] for each in listed]
            assert changes == sorted(changes, reverse=True)
            for expected in job.executions:
                described = self.fleet.execution(expected.thing, job_id, executionNumber=expected.number)
                self.compare(described, expected)
                summary = summaries[expected.thing, expected.number]
                assert summary.pop("retryAttempt") == expected.attempt
                assert {name: described[name] for name in summary} == summary
                self.progresses(described)

    def compare(self, described, expected):
        assert (described["status"], described["versionNumber"]) == (expected.status, expected.version)
        assert described["statusDetails"] == ({} if expected.details is None else {"detailsMap": expected.details})
        times = {"queuedAt": expected.queued_at, "startedAt": expected.started_at, "lastUpdatedAt": expected.updated_at}
        for name, moment in times.items():
            assert (described[name].timestamp() if name in described else None) == moment
        assert described.get("forceCanceled", False) is expected.is_forced
        left = None if expected.deadline is None else math.ceil(expected.deadline - self.oracle.now)
        assert described.get("approximateSecondsBeforeTimedOut") == left

    def progresses(self, described):
        """Versions only grow, and what is terminal stays as it is."""
        key = (described["jobId"], described["thingArn"].rpartition("/")[2], described["executionNumber"])
        before = self.seen.get(key)
        if before is not None:
            assert described["versionNumber"] >= before["versionNumber"]
            if before["status"] not in ("QUEUED", "IN_PROGRESS"):
                assert described == before
        self.seen[key] = described

    @invariant()
    def each_thing_has_before_it_what_the_oracle_says(self):
        for thing in self.oracle.things:
            answer = self.fleet.data.get_pending_job_executions(thingName=thing)
            listed = [
                (each["jobId"], each["executionNumber"], each["versionNumber"])
                for each in answer["inProgressJobs"] + answer["queuedJobs"]
            ]
            pending = self.oracle.pending(thing)
            assert listed == [(job.job_id, execution.number, execution.version) for job, execution in pending]
            described = self.fleet.data.describe_job_execution(thingName=thing, jobId="$next").get("execution")
            assert (described and described["jobId"]) == (pending[0][0].job_id if pending else None)
            of_thing = self.fleet.iot.list_job_executions_for_thing(thingName=thing)["executionSummaries"]
            queued = [(each["jobId"], each["jobExecutionSummary"]["executionNumber"]) for each in of_thing]
            executions = [
                (each.order, job.job_id, each.number)
                for job in self.oracle.jobs.values()
                for each in job.executions
                if each.thing == thing
            ]
            assert queued == [(job_id, number) for _, job_id, number in sorted(executions, reverse=True)]


CALLS = [name for name, each in vars(WholeLife).items() if hasattr(each, "weight") for _ in range(each.weight)]
WholeLife.must_reach = (
    *(f"{name} is called" for name in set(CALLS)),
    *(f"{name} is refused" for name in ("associate_targets", "cancel_job", "cancel_job_execution", "create_job", "delete_job")),
    *(f"{name} is refused" for name in ("delete_job_execution", "delete_job_template", "report", "update_job")),
    *(f"{name} is accepted" for name in ("cancel_job", "create_job", "create_job_template", "delete_job")),
    *(f"{name} is accepted" for name in ("delete_job_execution", "delete_job_template", "update_job", "work")),
)


@pytest.mark.long
def test_whatever_is_called_is_as_the_oracle_says():
    prove(WholeLife, max_examples=12, steps=40)


def test_the_oracle_is_compared_with_what_is_seen(fleet):
    """The invariants do not hold vacuously."""
    machine = WholeLife()
    machine.begin([("thing", "a")], False, 1000, None, {}, None, None)
    try:
        machine.jobs_look_as_the_oracle_says()
        machine.executions_look_as_the_oracle_says()
        machine.oracle.jobs["j1"].executions[0].version = 2
        with pytest.raises((AssertionError, ClientError)):
            machine.executions_look_as_the_oracle_says()
    finally:
        machine.teardown()
