"""Continuous jobs under random joins, leaves, deletions, reports and cancels, against a small model written from the rules."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import boto3
import pytest
from hypothesis import strategies as st

from mock_jobs import mock_jobs

from support.fleet import ARN, Fleet
from support.machines import Machine, initialize, invariant, precondition, prove, rule

THINGS = ("t0", "t1")
# A group and its parent; a parent comes first.
PARENTS = {"top": None, "child": "top", "grandchild": "child", "other": None}
PENDING = ("QUEUED", "IN_PROGRESS")
MOST_JOBS = 3
HOUR = timedelta(hours=1)
START = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)

things = st.sampled_from(THINGS)
groups = st.sampled_from(sorted(PARENTS))
job_ids = st.sampled_from([f"j{number}" for number in range(MOST_JOBS)])


class Record:
    """One execution, as the rules have it."""

    def __init__(self, number, status="QUEUED", retries=0):
        self.number = number
        self.status = status
        self.version = 1
        self.retries = retries

    def become(self, status):
        self.status = status
        self.version += status != "REMOVED"

    @property
    def view(self):
        return self.number, self.status, self.version, self.retries


class ModelJob:
    """One job, as the rules have it: by thing its executions, the oldest first."""

    def __init__(self, target_groups, target_things, retries, has_end):
        self.groups = set(target_groups)
        self.things = set(target_things)
        self.retries = retries
        self.status = "IN_PROGRESS"
        self.has_end = has_end
        self.has_ended = False
        self.records = {}
        self.emptied = set()
        self.departed = set()

    @property
    def is_live(self):
        return self.status == "IN_PROGRESS"

    def latest(self, thing):
        return self.records.get(thing, [None])[-1]

    def is_pending(self, thing):
        latest = self.latest(thing)
        return latest is not None and latest.status in PENDING

    def create(self, thing, **more):
        self.emptied.discard(thing)
        number = 1 if self.latest(thing) is None else self.latest(thing).number + 1
        self.records.setdefault(thing, []).append(Record(number, **more))

    def join(self, thing):
        self.departed.discard(thing)
        if not self.has_ended and not self.is_pending(thing):
            self.create(thing)

    def leave(self, thing):
        latest = self.latest(thing)
        if latest is None:
            if thing in self.emptied:
                self.create(thing, status="REMOVED")
        elif latest.status == "QUEUED":
            latest.become("REMOVED")
        elif latest.status == "IN_PROGRESS":
            self.departed.add(thing)
        self.settle()

    def settle(self):
        if self.is_live and self.has_ended and not any(map(self.is_pending, THINGS)):
            self.status = "COMPLETED"


class ContinuousMachine(Machine):
    must_reach = (
        "create_thing acts",
        "delete_thing acts",
        "join acts",
        "leave acts",
        "move acts",
        "delete_group acts",
        "create_job acts",
        "associate acts",
        "a report leads to a retry",
        "delete_execution acts",
        "cancel_job acts",
        "a job is IN_PROGRESS",
        "a job is COMPLETED",
        "a job is CANCELED",
    )

    def __init__(self):
        super().__init__()
        self.mocking = mock_jobs(region="us-east-1")
        self.mock = self.mocking.__enter__()
        self.iot = boto3.client("iot", region_name="us-east-1")
        self.fleet = Fleet(self.iot, boto3.client("iot-jobs-data", region_name="us-east-1"))
        self.registered = set()
        self.members = {}
        self.jobs = {}

    def teardown(self):
        self.mocking.__exit__(None, None, None)

    # The model's view of the registry

    def is_in(self, thing, group):
        """Return whether a thing is in a group or in one below it."""
        below = [group]
        for name, parent in PARENTS.items():
            if parent in below:
                below.append(name)
        return any(thing in self.members.get(each, ()) for each in below)

    def ways(self, thing, job):
        return {group for group in job.groups if self.is_in(thing, group)}

    def is_target(self, thing, job):
        return thing in self.registered and (thing in job.things or bool(self.ways(thing, job)))

    @property
    def live(self):
        return [job for job in self.jobs.values() if job.is_live]

    # The registry

    @initialize(retries=st.integers(0, 1))
    def build(self, retries):
        self.mock.clock.freeze()
        self.mock.clock.move_to(START)
        self.now = START
        for group, parent in PARENTS.items():
            self.fleet.group(group, parent=parent)
            self.members[group] = set()
        for thing in THINGS:
            self.iot.create_thing(thingName=thing)
            self.registered.add(thing)
        self.join("t1", "child")
        self.join("t1", "other")
        self.create_job(["top", "other"], ["t0"], retries, has_end=False)
        self.create_job(["child"], [], 1, has_end=True)

    @rule(data=st.data())
    def create_thing(self, data):
        thing = data.draw(st.sampled_from([each for each in THINGS if each not in self.registered] * 3 + list(THINGS)))
        is_new = thing not in self.registered
        if is_new:
            self.reach("create_thing acts")
        self.iot.create_thing(thingName=thing)
        self.registered.add(thing)
        for job in self.live if is_new else ():
            if thing in job.things:
                job.join(thing)

    @rule(thing=things)
    def delete_thing(self, thing):
        if thing not in self.registered:
            return
        self.reach("delete_thing acts")
        self.iot.delete_thing(thingName=thing)
        self.registered.remove(thing)
        for members in self.members.values():
            members.discard(thing)
        for job in self.jobs.values():
            job.departed.discard(thing)
            if job.is_pending(thing):
                job.latest(thing).become("REMOVED")
                job.settle()

    @rule(thing=things, group=groups, is_again=st.sampled_from([False, False, False, True]))
    def join_or_leave(self, thing, group, is_again):
        is_member = thing in self.members.get(group, ())
        (self.join if is_again or not is_member else self.leave)(thing, group)

    @property
    def memberships(self):
        return [(thing, group) for group, members in self.members.items() for thing in sorted(members)]

    @precondition(lambda self: self.memberships)
    @rule(data=st.data())
    def leave_one(self, data):
        self.leave(*data.draw(st.sampled_from(self.memberships)))

    def join(self, thing, group):
        if thing in self.registered and group in self.members:
            self.reach("join acts")
            self.fleet.join(thing, group)
            self.note_join(thing, group)

    def note_join(self, thing, group):
        before = {job: self.ways(thing, job) for job in self.live}
        self.members[group].add(thing)
        for job in self.live:
            if self.ways(thing, job) - before[job]:
                job.join(thing)

    def leave(self, thing, group):
        if thing in self.registered and group in self.members:
            self.reach("leave acts")
            self.fleet.leave(thing, group)
            self.note_leave([thing], group)

    def note_leave(self, leaving, group):
        before = [(job, thing) for job in self.live for thing in leaving if self.ways(thing, job)]
        self.members[group] -= set(leaving)
        for job, thing in before:
            if not self.is_target(thing, job):
                job.leave(thing)

    @rule(thing=things, to=groups, away=groups)
    def move(self, thing, to, away):
        if thing in self.registered and {to, away} <= self.members.keys():
            self.reach("move acts")
            self.iot.update_thing_groups_for_thing(thingName=thing, thingGroupsToAdd=[to], thingGroupsToRemove=[away])
            self.note_join(thing, to)
            self.note_leave([thing], away)

    @rule(group=groups)
    def delete_group(self, group):
        if group in self.members and group not in {PARENTS[each] for each in self.members}:
            self.reach("delete_group acts")
            self.iot.delete_thing_group(thingGroupName=group)
            self.note_leave(sorted(self.members[group]), group)
            del self.members[group]

    @property
    def possible(self):
        return [each for each, parent in PARENTS.items() if each not in self.members and parent in {None, *self.members}]

    @precondition(lambda self: self.possible)
    @rule(data=st.data())
    def create_group(self, data):
        group = data.draw(st.sampled_from(self.possible))
        self.fleet.group(group, parent=PARENTS[group])
        self.members[group] = set()

    # Jobs

    @precondition(lambda self: len(self.jobs) < MOST_JOBS)
    @rule(
        target_groups=st.lists(groups, unique=True, min_size=1, max_size=2),
        target_things=st.lists(things, unique=True, max_size=1),
        retries=st.integers(0, 2),
        has_end=st.booleans(),
    )
    def create_job(self, target_groups, target_things, retries, has_end):
        target_groups = [each for each in target_groups if each in self.members]
        target_things = [each for each in target_things if each in self.registered]
        if not target_groups and not target_things:
            return
        job_id = f"j{len(self.jobs)}"
        retry = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": retries}]}
        schedule = {"endTime": f"{self.now + HOUR:%Y-%m-%dT%H:%M}"} if has_end else {}
        self.fleet.follow(
            *target_groups,
            things=target_things,
            job_id=job_id,
            jobExecutionsRetryConfig=retry,
            schedulingConfig=schedule,
        )
        self.reach("create_job acts")
        job = self.jobs[job_id] = ModelJob(target_groups, target_things, retries, has_end)
        for thing in THINGS:
            if self.is_target(thing, job):
                job.create(thing)

    @rule(group=groups, job_id=job_ids)
    def associate(self, group, job_id):
        job = self.jobs.get(job_id)
        if job is None or not job.is_live or group not in self.members:
            return
        self.reach("associate acts")
        self.iot.associate_targets_with_job(jobId=job_id, targets=[f"{ARN}thinggroup/{group}"])
        if group in job.groups:
            return
        job.groups.add(group)
        for thing in THINGS:
            if self.is_in(thing, group):
                job.departed.discard(thing)
                latest = job.latest(thing)
                if (latest is None or latest.status == "REMOVED") and not job.has_ended:
                    job.create(thing)

    @property
    def pending(self):
        return [(thing, job_id) for job_id, job in self.jobs.items() for thing in THINGS if job.is_pending(thing)]

    @precondition(lambda self: self.pending)
    @rule(data=st.data(), status=st.sampled_from(["IN_PROGRESS", "SUCCEEDED", "FAILED", "FAILED", "REJECTED"]))
    def report(self, data, status):
        thing, job_id = data.draw(st.sampled_from(self.pending))
        job = self.jobs[job_id]
        self.fleet.report(thing, status, job_id)
        execution = job.latest(thing)
        execution.become(status)
        may_try_again = job.is_live and not job.has_ended and thing not in job.departed
        if status == "FAILED" and may_try_again and execution.retries < job.retries:
            self.reach("a report leads to a retry")
            job.create(thing, retries=execution.retries + 1)
        job.settle()

    @precondition(lambda self: len(self.jobs) == MOST_JOBS and self.pending)
    @rule(data=st.data())
    def cancel_execution(self, data):
        thing, job_id = data.draw(st.sampled_from(self.pending))
        job = self.jobs[job_id]
        self.iot.cancel_job_execution(jobId=job_id, thingName=thing, force=True)
        job.latest(thing).become("CANCELED")
        job.settle()

    @rule(thing=things, job_id=job_ids, is_last=st.booleans())
    def delete_execution(self, thing, job_id, is_last):
        job = self.jobs.get(job_id)
        if job is None or thing not in job.records:
            return
        self.reach("delete_execution acts")
        gone = job.records[thing].pop(-1 if is_last else 0)
        self.iot.delete_job_execution(jobId=job_id, thingName=thing, executionNumber=gone.number, force=True)
        if not job.records[thing]:
            del job.records[thing]
            job.emptied.add(thing)
        job.settle()

    @precondition(lambda self: len(self.jobs) == MOST_JOBS)
    @rule(job_id=job_ids, force=st.booleans())
    def cancel_job(self, job_id, force):
        job = self.jobs.get(job_id)
        if job is None or not job.is_live:
            return
        self.reach("cancel_job acts")
        self.iot.cancel_job(jobId=job_id, force=force)
        job.status = "CANCELED"
        for records in job.records.values():
            if records[-1].status == "QUEUED" or (force and records[-1].status == "IN_PROGRESS"):
                records[-1].become("CANCELED")

    @precondition(lambda self: len(self.jobs) == MOST_JOBS)
    @rule()
    def pass_an_hour(self):
        self.mock.clock.advance(HOUR)
        self.now += HOUR
        for job in self.live:
            job.has_ended = job.has_ended or job.has_end
            job.settle()

    # What must hold

    @invariant()
    def each_job_is_as_the_rules_have_it(self):
        for job_id, job in self.jobs.items():
            assert self.fleet.describe(job_id)["status"] == job.status
            self.reach(f"a job is {job.status}")
            found = {}
            for each in self.iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]:
                thing, summary = each["thingArn"].rpartition("/")[2], each["jobExecutionSummary"]
                version = self.fleet.execution(thing, job_id, executionNumber=summary["executionNumber"])["versionNumber"]
                view = (summary["executionNumber"], summary["status"], version, summary["retryAttempt"])
                found.setdefault(thing, set()).add(view)
            assert found == {thing: {each.view for each in records} for thing, records in job.records.items()}

    @invariant()
    def the_counters_equal_a_recount(self):
        for job_id, job in self.jobs.items():
            statuses = [each.status for records in job.records.values() for each in records]
            assert self.fleet.counters(job_id) == {status: statuses.count(status) for status in statuses}

    @invariant()
    def each_thing_has_before_it_what_is_pending(self):
        for thing in self.registered:
            pending = self.fleet.data.get_pending_job_executions(thingName=thing)
            for kind, status in (("queuedJobs", "QUEUED"), ("inProgressJobs", "IN_PROGRESS")):
                expected = {
                    job_id
                    for job_id, job in self.jobs.items()
                    if job.latest(thing) is not None and job.latest(thing).status == status
                }
                assert {each["jobId"] for each in pending[kind]} == expected


@pytest.mark.long
def test_continuous_jobs_follow_the_rules_through_random_lives():
    prove(ContinuousMachine, max_examples=12, steps=30)
