"""Many multi-node jobs at once, with random requests and clock steps: what the user guide states about nodes holds."""

from __future__ import annotations

import boto3
from hypothesis import strategies as st

from mock_jobs import mock_jobs

from support.batch import container
from support.batch_site import Site
from support.machines import Machine, initialize, invariant, precondition, prove, rule
from support.needs import has

TELLS_USE = has("batch ListJobs.jobSummaryList.capacityUsage") and has("batch GetJobQueueSnapshot.queueUtilization")
CAPACITY = 7
COUNT = 3
ACTIVE = ("STARTING", "RUNNING")
TERMINAL = ("SUCCEEDED", "FAILED")
WAITING = ("SUBMITTED", "PENDING", "RUNNABLE")
ENDINGS = {
    "zero": {},
    "one": {"exit_code": 1},
    "host": {"host_lost": True},
    "pull": {"start_failure": "CannotPullContainerError: x"},
}


class NodesMachine(Machine):
    must_reach = (
        *(f"a node of a job that is {state}" for state in (*WAITING, *ACTIVE, *TERMINAL)),
        "a node that was started",
        "a look at what has ended",
    )

    def __init__(self):
        super().__init__()
        # Not every job that a plan is for gets to run.
        self.mocking = mock_jobs(region="us-east-1", strict=False)
        self.mock = self.mocking.__enter__()
        self.batch = boto3.client("batch", region_name="us-east-1")
        self.site = Site(self.batch)
        self.need: dict[str, int] = {}
        self.mains: dict[str, int] = {}
        self.tries: dict[str, int] = {}
        self.last: dict[str, dict] = {}

    def teardown(self):
        self.mocking.__exit__(None, None, None)

    @initialize(
        submitted=st.sampled_from([0, 0, 2]),
        starting=st.sampled_from([0, 2]),
        grace=st.sampled_from([0, 5]),
        delay=st.sampled_from([0, 2]),
    )
    def build(self, submitted, starting, grace, delay):
        self.mock.batch.pace = "clock"
        self.mock.clock.freeze()
        self.mock.batch.settings.submitted_seconds = submitted
        self.mock.batch.settings.starting_seconds = starting
        self.mock.batch.settings.terminate_grace_seconds = grace
        self.mock.batch.settings.retry_delay_seconds = delay
        self.site.make_environment(max_vcpus=CAPACITY)
        self.site.make_queue()
        self.site.make_definition("plain")
        self.mock.batch.plan("plain", duration=5)

    @rule(
        main=st.integers(0, COUNT - 1),
        vcpus=st.integers(1, 2),
        plans=st.lists(
            st.tuples(st.sampled_from([1, 2, 5, None]), st.sampled_from(["one", "one", *ENDINGS])), min_size=COUNT, max_size=COUNT
        ),
        attempts=st.sampled_from([1, 3, 3]),
        timeout=st.sampled_from([None, 60]),
        data=st.data(),
    )
    def submit(self, main, vcpus, plans, attempts, timeout, data):
        name = f"j{len(self.need)}"
        if data.draw(st.booleans(), label="others end before the main node fails, and all are tried again"):
            plans = [(1, "one")] * COUNT
            plans[main] = (5, "one")
            attempts = 3
        for index, (duration, ending) in enumerate(plans):
            self.mock.batch.plan(name, node_index=index, duration=duration, **ENDINGS[ending])
        entries = [{"targetNodes": ":", "container": container(1)}, {"targetNodes": "1:1", "container": container(vcpus)}]
        self.site.make_nodes(name, num_nodes=COUNT, main_node=main, ranges=entries)
        after = data.draw(st.lists(st.sampled_from(list(self.need)), max_size=1)) if self.need else []
        job = self.batch.submit_job(
            jobName=name,
            jobQueue="q",
            jobDefinition=name,
            retryStrategy={"attempts": attempts},
            dependsOn=[{"jobId": each} for each in after],
            **({} if timeout is None else {"timeout": {"attemptDurationSeconds": timeout}}),
        )["jobId"]
        self.need[job] = vcpus + COUNT - 1
        self.mains[job] = main
        self.tries[job] = attempts

    @rule(vcpus=st.integers(1, CAPACITY))
    def submit_plain(self, vcpus):
        changes = {"resourceRequirements": [{"type": "VCPU", "value": str(vcpus)}]}
        self.batch.submit_job(jobName="plain", jobQueue="q", jobDefinition="plain", containerOverrides=changes)

    @precondition(lambda self: self.need)
    @rule(data=st.data(), operation=st.sampled_from(["cancel_job", "terminate_job"]))
    def stop(self, data, operation):
        job = data.draw(st.sampled_from(list(self.need)))
        target = data.draw(st.sampled_from([job, f"{job}#{self.mains[job]}"]))
        getattr(self.batch, operation)(jobId=target, reason="stop")

    @rule(seconds=st.sampled_from([1, 1, 2, 5, 60]))
    def advance(self, seconds):
        self.mock.clock.advance(seconds)

    @rule()
    def run_to_the_end(self):
        self.mock.batch.run_all()

    def parts(self, job):
        return self.batch.describe_jobs(jobs=[job, *(f"{job}#{index}" for index in range(COUNT))])["jobs"]

    @invariant()
    def the_promises_hold(self):
        in_use = 0
        before, self.last = self.last, {}
        for job, main_index in self.mains.items():
            whole, *nodes = self.parts(job)
            main = nodes.pop(main_index)
            self.check_main(whole, main)
            for node in nodes:
                self.check_node(whole, node)
            for each in (whole, main, *nodes):
                self.check_times(each)
                self.check_end(each, before)
            if whole["status"] in ACTIVE:
                in_use += self.need[job]
        assert in_use <= CAPACITY
        if TELLS_USE:
            self.check_use(in_use)

    def check_use(self, in_use):
        plain = [
            job["capacityUsage"][0]["quantity"]
            for status in ACTIVE
            for job in self.batch.list_jobs(jobQueue="q", jobStatus=status)["jobSummaryList"]
            if "nodeProperties" not in job
        ]
        usage = self.batch.get_job_queue_snapshot(jobQueue="q")["queueUtilization"]["totalCapacityUsage"]
        assert in_use + sum(plain) <= CAPACITY
        assert sum(each["quantity"] for each in usage) == in_use + sum(plain)

    def check_main(self, whole, main):
        same = ("status", "statusReason", "startedAt", "stoppedAt", "attempts", "isCancelled", "isTerminated")
        assert {name: whole.get(name) for name in same} == {name: main.get(name) for name in same}
        assert len(whole["attempts"]) <= self.tries[whole["jobId"]]

    def check_node(self, whole, node):
        state = whole["status"]
        self.reach(f"a node of a job that is {state}")
        if state in WAITING:
            assert node["status"] == state
        elif state == "STARTING":
            assert node["status"] == "RUNNABLE"
        elif state == "RUNNING":
            assert node["status"] in (*ACTIVE, *TERMINAL)
        else:
            assert node["status"] in TERMINAL
            assert node["stoppedAt"] <= whole["stoppedAt"]
        assert len(node["attempts"]) <= len(whole["attempts"]) + (state in ACTIVE)
        if "startedAt" in node:
            self.reach("a node that was started")
            assert whole["startedAt"] <= node["startedAt"] or state == "RUNNING" or len(node["attempts"]) < len(whole["attempts"])

    def check_times(self, job):
        times = [job["createdAt"]]
        for attempt in job["attempts"]:
            times += [attempt[name] for name in ("startedAt", "stoppedAt") if name in attempt]
        if job["status"] == "RUNNING":
            times.append(job["startedAt"])
        if "stoppedAt" in job:
            times.append(job["stoppedAt"])
        assert times == sorted(times)
        assert ("stoppedAt" in job) == (job["status"] in TERMINAL)

    def check_end(self, job, before):
        # What has ended with its whole job stays as it is.
        whole = before.get(job["jobId"].partition("#")[0])
        if whole is not None and whole["status"] in TERMINAL:
            self.reach("a look at what has ended")
            assert job == before[job["jobId"]]
        self.last[job["jobId"]] = job


def test_the_promises_hold_through_random_lives():
    prove(NodesMachine, max_examples=20, steps=20)
