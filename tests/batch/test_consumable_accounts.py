"""Quantities of consumable resources under random use: none is lost, and none is given out twice."""

from __future__ import annotations

import boto3
from hypothesis import strategies as st

from mock_jobs import mock_jobs

from support.batch_site import Site
from support.machines import Machine, initialize, invariant, precondition, prove, rule

KINDS = {"R": "REPLENISHABLE", "N": "NON_REPLENISHABLE"}
HOLDING = ("STARTING", "RUNNING")
PLANS = {
    "slow": {"duration": 10},
    "bad": {"duration": 7, "exit_code": 1},
    "broken": {"start_failure": "CannotPullContainerError: x"},
}


class AccountMachine(Machine):
    must_reach = (
        "more is removed than there is",
        *(f"{kind} is {what}" for kind in KINDS.values() for what in ("held", "tried")),
        "REPLENISHABLE is overdrawn",
    )

    def __init__(self):
        super().__init__()
        # Not each job gets to run.
        self.mocking = mock_jobs(region="us-east-1", strict=False)
        self.mock = self.mocking.__enter__()
        self.batch = boto3.client("batch", region_name="us-east-1")
        self.site = Site(self.batch)
        self.needs: dict[str, dict[str, int]] = {}
        # What the test put in by SET, ADD and REMOVE, for REPLENISHABLE the whole total.
        self.put_in = dict.fromkeys(KINDS, 4)
        self.holds_replenishable = False

    def teardown(self):
        self.mocking.__exit__(None, None, None)

    @initialize(is_strict=st.booleans(), seconds=st.sampled_from([0, 3]))
    def build(self, is_strict, seconds):
        self.mock.batch.pace = "clock"
        self.mock.clock.freeze()
        self.mock.batch.settings.strict_fifo = is_strict
        self.mock.batch.settings.starting_seconds = seconds
        self.site.make_queue_and_definition(max_vcpus=3)
        for name, kind in KINDS.items():
            self.batch.create_consumable_resource(consumableResourceName=name, totalQuantity=4, resourceType=kind)
        for name, plan in PLANS.items():
            self.mock.batch.plan(name, **plan)

    @rule(
        name=st.sampled_from(["slow", *sorted(PLANS)]),
        needs=st.dictionaries(st.sampled_from(["R", *sorted(KINDS)]), st.integers(1, 5), min_size=1),
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

    @precondition(lambda self: self.needs)
    @rule(data=st.data())
    def terminate(self, data):
        self.batch.terminate_job(jobId=data.draw(st.sampled_from(list(self.needs))), reason="stop")

    @rule(
        name=st.sampled_from(sorted(KINDS)),
        operation=st.sampled_from(["SET", "SET", "ADD", "REMOVE"]),
        quantity=st.integers(0, 6),
    )
    def update(self, name, operation, quantity):
        before = self.total(name)
        try:
            after = self.batch.update_consumable_resource(consumableResource=name, operation=operation, quantity=quantity)
        except self.batch.exceptions.ClientException:
            assert operation == "REMOVE"
            assert quantity > before
            self.reach("more is removed than there is")
            return
        assert operation != "REMOVE" or quantity <= before
        expected = {"SET": quantity, "ADD": before + quantity, "REMOVE": before - quantity}[operation]
        assert after["totalQuantity"] == expected
        self.put_in[name] += expected - before

    @precondition(lambda self: self.holds_replenishable)
    @rule()
    def take_all_away(self):
        self.update("R", "SET", 0)

    @rule(seconds=st.sampled_from([0, 3, 7, 10]))
    def advance(self, seconds):
        self.mock.clock.advance(seconds)

    def total(self, name):
        return self.batch.describe_consumable_resource(consumableResource=name)["totalQuantity"]

    def reach_states(self, kind, held, attempts, free):
        for what, is_so in (("held", held), ("tried", attempts), ("overdrawn", free < 0)):
            if is_so and f"{kind} is {what}" in self.must_reach:
                self.reach(f"{kind} is {what}")

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
            if is_replenishable:
                self.holds_replenishable = held > 0
            total, available = resource["totalQuantity"], resource["availableQuantity"]
            assert resource["inUseQuantity"] == held
            assert total == self.put_in[name] - (0 if is_replenishable else held + attempts)
            assert available == (max(0, total - held) if is_replenishable else total)
            assert total >= 0
            self.reach_states(kind, held, attempts, total - held)


def test_the_accounts_agree_with_random_lives():
    prove(AccountMachine, max_examples=20, steps=20)
