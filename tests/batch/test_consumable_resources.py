"""Consumable resources. Documents: AWS Batch user guide, "Resource-aware scheduling"; API reference of the operations."""

from __future__ import annotations

import pytest

from support.batch import Timeline, refusal
from support.consumables import ARN, by_resource, make_resource, needing, quantities, submit_needing


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_queue_and_definition(max_vcpus=100)
    mock.batch.plan(duration=10, optional=True)
    return timeline


# Accounts


def test_a_replenishable_resource_comes_back_at_the_end_of_a_job(batch, site, at):
    """Worked example E14."""
    make_resource(batch, resourceType="REPLENISHABLE")
    jobs = [submit_needing(site, needs={"R": 1}) for _ in range(3)]
    at.go_to(5)
    seen = [(site.statuses(*jobs), quantities(batch))]
    at.go_to(15)
    seen.append((site.statuses(*jobs), quantities(batch)))
    at.go_to(20)

    assert seen == [
        (["RUNNING", "RUNNING", "RUNNABLE"], (2, 2, 0)),
        (["SUCCEEDED", "SUCCEEDED", "RUNNING"], (2, 1, 1)),
    ]
    assert [at.span(site.detail(job)) for job in jobs] == [(0, 10), (0, 10), (10, 20)]
    assert quantities(batch) == (2, 0, 2)


def test_a_non_replenishable_resource_is_gone_when_a_job_starts(batch, site, at):
    """Worked example E15."""
    make_resource(batch, resourceType="NON_REPLENISHABLE")
    jobs = [submit_needing(site, needs={"R": 1}) for _ in range(3)]
    at.go_to(5)
    during = quantities(batch)
    at.go_to(1000)
    waiting = site.status(jobs[2])
    batch.update_consumable_resource(consumableResource="R", operation="ADD", quantity=1)
    at.go_to(1005)

    assert during == (0, 2, 0)
    assert waiting == "RUNNABLE"
    assert site.status(jobs[2]) == "RUNNING"
    assert quantities(batch) == (0, 1, 0)
    at.go_to(1010)
    assert quantities(batch) == (0, 0, 0)
    assert [at.span(site.detail(job)) for job in jobs] == [(0, 10), (0, 10), (1000, 1010)]


def test_a_job_that_needs_more_than_there_is_waits_for_ever_and_holds_up_its_queue(batch, site, at):
    """Worked example E16; no blocked-queue code is documented for it."""
    make_resource(batch)
    greedy = submit_needing(site, "greedy", needs={"R": 3})
    behind = site.submit("behind")

    at.go_to(100_000)

    assert site.statuses(greedy, behind) == ["RUNNABLE", "RUNNABLE"]
    assert "statusReason" not in site.detail(greedy)
    assert quantities(batch) == (2, 0, 2)


def test_without_strict_order_others_pass_a_job_that_waits_for_a_resource(mock, batch, site, at):
    mock.batch.settings.strict_fifo = False
    make_resource(batch)
    greedy = submit_needing(site, "greedy", needs={"R": 3})
    behind = site.submit("behind")

    at.go_to(5)

    assert site.statuses(greedy, behind) == ["RUNNABLE", "RUNNING"]


def test_a_job_starts_only_when_there_is_enough_of_everything(batch, site, at):
    make_resource(batch, "A", 5)
    make_resource(batch, "B", 0)
    job = submit_needing(site, needs={"A": 5, "B": 1})
    at.go_to(5)
    before = (site.status(job), quantities(batch, "A"))

    batch.update_consumable_resource(consumableResource="B", operation="ADD", quantity=1)
    at.go_to(6)

    assert before == ("RUNNABLE", (5, 0, 5))
    assert site.status(job) == "RUNNING"
    assert (quantities(batch, "A"), quantities(batch, "B")) == ((5, 5, 0), (1, 1, 0))


def test_room_alone_takes_nothing_of_a_resource(batch, site, at):
    site.make_environment("small", max_vcpus=1)
    site.make_queue("narrow", ("small",))
    make_resource(batch)
    submit_needing(site, needs={"R": 1}, jobQueue="narrow")
    waiting = submit_needing(site, needs={"R": 1}, jobQueue="narrow")

    at.go_to(5)

    assert site.status(waiting) == "RUNNABLE"
    assert quantities(batch) == (2, 1, 1)


@pytest.mark.parametrize(("kind", "left"), [("REPLENISHABLE", (5, 0, 5)), ("NON_REPLENISHABLE", (3, 0, 3))])
def test_every_attempt_consumes_again(mock, batch, site, at, kind, left):
    make_resource(batch, total=5, resourceType=kind)
    mock.batch.plan(duration=10, exit_code=1)
    job = submit_needing(site, needs={"R": 1}, retryStrategy={"attempts": 2})

    at.go_to(20)

    assert len(site.detail(job)["attempts"]) == 2
    assert quantities(batch) == left


@pytest.mark.parametrize("at_seconds", [0, 5], ids=["starting", "running"])
def test_a_terminated_job_gives_back(mock, batch, site, at, at_seconds):
    mock.batch.settings.starting_seconds = 3
    make_resource(batch)
    job = submit_needing(site, needs={"R": 2})
    at.go_to(at_seconds)
    during = quantities(batch)

    batch.terminate_job(jobId=job, reason="r")

    assert during == (2, 2, 0)
    assert quantities(batch) == (2, 0, 2)


def test_every_child_of_an_array_consumes(batch, site, at):
    make_resource(batch)
    array = submit_needing(site, needs={"R": 1}, size=4)

    at.go_to(5)

    assert site.detail(array)["arrayProperties"]["statusSummary"]["RUNNING"] == 2
    assert quantities(batch) == (2, 2, 0)


# What a job needs


def test_the_needs_of_a_definition_are_those_of_its_jobs(batch, site, at):
    make_resource(batch)
    site.make_definition("needy", consumableResourceProperties=needing(R=2))
    (described,) = batch.describe_job_definitions(jobDefinitions=["needy:1"])["jobDefinitions"]

    job = site.submit(jobDefinition="needy")
    at.go_to(1)

    assert described["consumableResourceProperties"] == needing(R=2)
    assert site.detail(job)["consumableResourceProperties"] == needing(R=2)
    assert quantities(batch) == (2, 2, 0)


def test_an_override_replaces_the_needs_of_the_definition(batch, site, at):
    make_resource(batch, "A")
    make_resource(batch, "B")
    site.make_definition("needy", consumableResourceProperties=needing(A=2))

    job = submit_needing(site, needs={"B": 1}, jobDefinition="needy")
    free = submit_needing(site, needs={}, jobDefinition="needy")
    at.go_to(1)

    assert site.detail(job)["consumableResourceProperties"] == needing(B=1)
    assert "consumableResourceProperties" not in site.detail(free)
    assert (quantities(batch, "A"), quantities(batch, "B")) == ((2, 0, 2), (2, 1, 1))


def test_a_resource_may_be_meant_by_its_arn(batch, site, at):
    arn = make_resource(batch)
    entry = {"consumableResource": arn, "quantity": 2}

    job = site.submit(consumableResourcePropertiesOverride={"consumableResourceList": [entry]})
    at.go_to(1)

    assert site.detail(job)["consumableResourceProperties"] == {"consumableResourceList": [entry]}
    assert quantities(batch, arn) == (2, 2, 0)


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ([{"quantity": 1}], "consumableResource is required"),
        ([{"consumableResource": "", "quantity": 1}], "consumableResource is required"),
        ([{"consumableResource": "R"}], "quantity is required"),
        ([{"consumableResource": "R", "quantity": 0}], "quantity must be at least 1"),
        ([{"consumableResource": "R", "quantity": -1}], "quantity must be at least 1"),
        (
            [{"consumableResource": "R", "quantity": 1}, {"consumableResource": f"{ARN}R", "quantity": 1}],
            f"{ARN}R is given twice.",
        ),
    ],
    ids=["no resource", "empty resource", "no quantity", "nothing", "negative", "twice"],
)
def test_impossible_needs_are_refused(batch, site, entries, text):
    site.make_queue_and_definition()
    make_resource(batch)
    properties = {"consumableResourceList": entries}
    job = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d", "consumableResourcePropertiesOverride": properties}
    container = {"image": "i", "vcpus": 1, "memory": 4}
    definition = {"jobDefinitionName": "n", "type": "container", "containerProperties": container}

    assert refusal(batch.submit_job, **job) == text
    assert refusal(batch.register_job_definition, **definition, consumableResourceProperties=properties) == text
    assert batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["*"]}])["jobSummaryList"] == []
    assert batch.describe_job_definitions(jobDefinitionName="n")["jobDefinitions"] == []


@pytest.mark.parametrize("reference", ["nope", f"{ARN}nope", "arn:aws:batch:eu-west-1:123456789012:consumable-resource/R"])
def test_the_resources_must_exist_when_a_job_is_submitted(batch, site, reference):
    site.make_queue_and_definition()
    make_resource(batch)
    properties = {"consumableResourceList": [{"consumableResource": reference, "quantity": 1}]}
    site.make_definition("needy", consumableResourceProperties=properties)
    shown = reference if reference.startswith("arn:") else ARN + reference

    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="needy")

    assert text == f"{shown} does not exist"
    assert batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["*"]}])["jobSummaryList"] == []


# Pace, and moving by hand


def test_who_polls_the_jobs_of_a_resource_sees_them_end(mock, batch, site):
    site.make_queue_and_definition()
    make_resource(batch)
    mock.batch.plan(duration=3600)
    submit_needing(site, needs={"R": 1})
    seen = []
    for _ in range(6):
        page = batch.list_jobs_by_consumable_resource(consumableResource="R")
        seen.append(page["jobs"][0]["jobStatus"])

    assert seen == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]


def test_who_polls_for_a_status_that_no_job_has_yet_sees_it_filled(batch, site):
    site.make_queue_and_definition()
    make_resource(batch)
    submit_needing(site, needs={"R": 1})
    ended = [{"name": "JOB_STATUS", "values": ["SUCCEEDED"]}]

    pages = [by_resource(batch, filters=ended)[0] for _ in range(5)]

    assert pages == [[], [], [], [], ["job"]]


def test_moving_by_hand_says_what_a_job_waits_for(mock, batch, site):
    site.make_queue_and_definition()
    make_resource(batch, total=1)
    make_resource(batch, "gone")
    mock.batch.pace = "manual"
    job = submit_needing(site, needs={"R": 3, "gone": 1})
    batch.delete_consumable_resource(consumableResource="gone")
    mock.batch.step(job)

    with pytest.raises(ValueError, match=r"waits for 3 of \S+/R \(1 available\), \S+/gone, which was deleted"):
        mock.batch.step(job)
    assert quantities(batch) == (1, 0, 1)
