"""The accounts of consumable resources through random lives: nothing is lost and nothing is given twice."""

from __future__ import annotations

import boto3
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mock_jobs import mock_jobs

from batch_fixtures import make_queue_and_definition

KINDS = {"R": "REPLENISHABLE", "N": "NON_REPLENISHABLE"}
HOLDING = ("STARTING", "RUNNING")
PLANS = {
    "slow": {"duration": 10},
    "bad": {"duration": 7, "exit_code": 1},
    "broken": {"start_failure": "CannotPullContainerError: x"},
}


class AccountMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.mocking = mock_jobs(region="us-east-1")
        self.mock = self.mocking.__enter__()
        self.batch = boto3.client("batch", region_name="us-east-1")
        self.needs: dict[str, dict[str, int]] = {}
        # What the test put in by SET, ADD and REMOVE, for REPLENISHABLE the whole total.
        self.put_in = dict.fromkeys(KINDS, 4)

    def teardown(self):
        self.mocking.__exit__(None, None, None)

    @initialize(is_strict=st.booleans(), seconds=st.sampled_from([0, 3]))
    def build(self, is_strict, seconds):
        self.mock.batch.pace = "clock"
        self.mock.clock.freeze()
        self.mock.batch.settings.strict_fifo = is_strict
        self.mock.batch.settings.starting_seconds = seconds
        make_queue_and_definition(self.batch, max_vcpus=3)
        for name, kind in KINDS.items():
            self.batch.create_consumable_resource(consumableResourceName=name, totalQuantity=4, resourceType=kind)
        for name, plan in PLANS.items():
            self.mock.batch.plan(name, **plan)

    @rule(
        name=st.sampled_from(sorted(PLANS)),
        needs=st.dictionaries(st.sampled_from(sorted(KINDS)), st.integers(1, 5)),
        attempts=st.integers(1, 3),
        size=st.sampled_from([None, None, 3]),
    )
    def submit(self, name, needs, attempts, size):
        entries = [{"consumableResource": resource, "quantity": quantity} for resource, quantity in needs.items()]
        job_id = self.batch.submit_job(
            jobName=name,
            jobQueue="q",
            jobDefinition="d",
            retryStrategy={"attempts": attempts},
            consumableResourcePropertiesOverride={"consumableResourceList": entries},
            **({} if size is None else {"arrayProperties": {"size": size}}),
        )["jobId"]
        for each in [job_id] if size is None else [f"{job_id}:{index}" for index in range(size)]:
            self.needs[each] = needs

    @rule(data=st.data())
    def terminate(self, data):
        if self.needs:
            self.batch.terminate_job(jobId=data.draw(st.sampled_from(sorted(self.needs))), reason="stop")

    @rule(name=st.sampled_from(sorted(KINDS)), operation=st.sampled_from(["SET", "ADD", "REMOVE"]), quantity=st.integers(0, 6))
    def update(self, name, operation, quantity):
        before = self.total(name)
        try:
            after = self.batch.update_consumable_resource(consumableResource=name, operation=operation, quantity=quantity)
        except self.batch.exceptions.ClientException:
            assert operation == "REMOVE"
            assert quantity > before
            return
        expected = {"SET": quantity, "ADD": before + quantity, "REMOVE": before - quantity}[operation]
        assert after["totalQuantity"] == expected
        self.put_in[name] += expected - before

    @rule(seconds=st.sampled_from([0, 3, 7, 10]))
    def advance(self, seconds):
        self.mock.clock.advance(seconds)

    def total(self, name):
        return self.batch.describe_consumable_resource(consumableResource=name)["totalQuantity"]

    @invariant()
    def the_accounts_agree_with_the_jobs(self):
        # A request lets happen what is due, so that all that is read below belongs to one moment.
        jobs = [
            job
            for start in range(0, len(self.needs), 100)
            for job in self.batch.describe_jobs(jobs=sorted(self.needs)[start : start + 100])["jobs"]
        ]
        for name, kind in KINDS.items():
            resource = self.batch.describe_consumable_resource(consumableResource=name)
            held = sum(self.needs[job["jobId"]].get(name, 0) for job in jobs if job["status"] in HOLDING)
            attempts = sum(self.needs[job["jobId"]].get(name, 0) * len(job["attempts"]) for job in jobs)
            is_replenishable = kind == "REPLENISHABLE"
            total, available = resource["totalQuantity"], resource["availableQuantity"]
            assert resource["inUseQuantity"] == held
            assert total == self.put_in[name] - (0 if is_replenishable else held + attempts)
            assert available == (max(0, total - held) if is_replenishable else total)
            assert total >= 0


AccountMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAccountMachine = AccountMachine.TestCase
