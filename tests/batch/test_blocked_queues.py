"""Blocked queues with a cause that the test sets. Document: AWS Batch user guide, "Jobs stuck in RUNNABLE"."""

from __future__ import annotations

import boto3
import pytest

from mock_jobs.core.errors import UsageTypeError, UsageValueError

from support.batch import ACCOUNT, FARGATE, PREFIX, Timeline
from support.batch_site import Site

NO_CAPACITY = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
TEXTS = {
    NO_CAPACITY: f"{NO_CAPACITY} - Service cannot fulfill the capacity requested for instance type [optimal]",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT": (
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be "
        "met by the CE(s) attached to the job queue."
    ),
    "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS": (
        "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS \N{EN DASH} Batch service role has a permission issue."
    ),
    "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED": (
        "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment associated with this job queue has "
        "an unsupported instance type configuration."
    ),
    "UNDETERMINED": "UNDETERMINED - Batch job is blocked, root cause is undetermined.",
}


@pytest.fixture
def at(mock):
    return Timeline(mock)


def reason(site, job_id):
    job = site.detail(job_id)
    assert job["status"] == "RUNNABLE"
    return job.get("statusReason")


@pytest.mark.parametrize("code", TEXTS)
@pytest.mark.parametrize("reference", ["q", f"{PREFIX}job-queue/q"], ids=["name", "ARN"])
def test_a_blocked_queue_places_nothing_and_its_head_says_why(mock, site, at, code, reference):
    site.make_queue_and_definition()
    mock.batch.block(reference, code)
    head, behind = site.submit(), site.submit()

    at.go_to(1000)

    assert (reason(site, head), reason(site, behind)) == (TEXTS[code], None)
    (event,) = [each for each in mock.events if each.topic == "Batch Job Queue Blocked"]
    assert event.payload["detail"]["statusReason"] == TEXTS[code]


def test_the_queue_is_blocked_for_the_length_of_a_block(mock, site, at):
    site.make_queue_and_definition()
    mock.batch.plan(duration=10)
    running = site.submit()
    assert site.status(running) == "RUNNING"

    with mock.batch.block("q", NO_CAPACITY):
        waiting = site.submit()
        at.go_to(5)
        assert reason(site, waiting) == TEXTS[NO_CAPACITY]
        at.go_to(20)
        assert site.statuses(running, waiting) == ["SUCCEEDED", "RUNNABLE"]

    at.go_to(21)
    assert at.span(site.detail(waiting)) == (20, None)
    assert "statusReason" not in site.detail(waiting)


def test_of_several_reasons_the_last_counts_and_each_can_be_taken_back(mock, site, at):
    site.make_queue_and_definition()
    first = mock.batch.block("q", "UNDETERMINED")
    second = mock.batch.block("q", NO_CAPACITY)
    job_id = site.submit()
    seen = [reason(site, job_id)]

    second.clear()
    seen.append(reason(site, job_id))
    second.clear()
    seen.append(reason(site, job_id))
    first.clear()

    assert seen == [TEXTS[NO_CAPACITY], TEXTS["UNDETERMINED"], TEXTS["UNDETERMINED"]]
    assert site.status(job_id) == "SUCCEEDED"


def test_unblock_takes_everything_back(mock, site, at):
    site.make_queue_and_definition()
    mock.batch.block("q", "UNDETERMINED")
    mock.batch.block("q", NO_CAPACITY)
    job_id = site.submit()
    assert site.status(job_id) == "RUNNABLE"

    mock.batch.unblock("q")

    assert site.status(job_id) == "SUCCEEDED"


def test_other_queues_go_on(mock, site, at):
    site.make_queue_and_definition()
    site.make_queue("other")
    mock.batch.block("q", NO_CAPACITY)

    blocked, free = site.submit(), site.submit(jobQueue="other")

    assert site.statuses(blocked, free) == ["RUNNABLE", "SUCCEEDED"]


def test_nobody_passes_a_blocked_head_even_if_others_may_pass(mock, site, at):
    mock.batch.settings.strict_fifo = False
    site.make_queue_and_definition()
    mock.batch.block("q", NO_CAPACITY)

    jobs = [site.submit(), site.submit()]

    assert site.statuses(*jobs) == ["RUNNABLE", "RUNNABLE"]
    assert reason(site, jobs[1]) is None


def test_step_does_not_place_a_job_of_a_blocked_queue_and_says_why(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()
    job_id = site.submit()
    mock.batch.step(job_id)
    mock.batch.block("q", "UNDETERMINED")

    with pytest.raises(UsageValueError, match="its queue is blocked: UNDETERMINED - Batch job is blocked"):
        mock.batch.step(job_id)

    assert site.status(job_id) == "RUNNABLE"


def test_a_time_limit_acts_on_missing_capacity(mock, site, at):
    action = {"reason": NO_CAPACITY, "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}
    site.make_environment()
    site.make_queue(jobStateTimeLimitActions=[action])
    site.make_definition()
    mock.batch.block("q", NO_CAPACITY)
    job_id = site.submit()

    at.go_to(700)

    job = site.detail(job_id)
    assert job["statusReason"] == f"Canceled by JobStateTimeLimit action due to reason: {NO_CAPACITY}"
    assert at.seconds(job["stoppedAt"]) == 600


def test_the_time_limit_begins_again_after_an_outage(mock, site, at):
    action = {"reason": NO_CAPACITY, "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}
    site.make_environment(max_vcpus=1)
    site.make_queue(jobStateTimeLimitActions=[action])
    site.make_queue("other")
    site.make_definition()
    mock.batch.plan("busy", duration=86_400)
    assert site.status(site.submit("busy", jobQueue="other")) == "RUNNING"
    job_id = site.submit()
    with mock.batch.block("q", NO_CAPACITY):
        at.go_to(599)
    assert reason(site, job_id) is None

    mock.batch.block("q", NO_CAPACITY)
    at.go_to(1198)

    assert reason(site, job_id) == TEXTS[NO_CAPACITY]
    at.go_to(1199)
    assert site.status(job_id) == "FAILED"


@pytest.mark.parametrize(
    ("given", "instance_type"), [({}, "c5.large"), ({"instance_type": "p4d.24xlarge"}, "p4d.24xlarge")], ids=["default", "given"]
)
def test_the_instance_type_is_named(mock, site, at, given, instance_type):
    site.make_environment(instanceTypes=["c5.large", "m5"])
    site.make_queue()
    site.make_definition()
    mock.batch.block("q", NO_CAPACITY, **given)

    job_id = site.submit()

    assert reason(site, job_id) == TEXTS[NO_CAPACITY].replace("optimal", instance_type)


def test_on_fargate_the_kind_of_capacity_is_named(mock, batch, site):
    batch.create_compute_environment(computeEnvironmentName="f", type="MANAGED", computeResources=FARGATE)
    site.make_queue(environments=("f",))

    assert mock.batch.block("q", NO_CAPACITY).reason == TEXTS[NO_CAPACITY].replace("optimal", "FARGATE")


# Misuse.


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (("nope", "UNDETERMINED"), UsageValueError, "no job queue is named 'nope'; there are: q, other"),
        (("q", "CAPACITY"), UsageValueError, f"there is no reason 'CAPACITY'; there are: {NO_CAPACITY}, "),
        (("q", "ACTION_REQUIRED"), UsageValueError, "disable the compute environments of the queue"),
        (("q", "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"), UsageValueError, "submit a job that needs more vCPUs"),
        ((7, "UNDETERMINED"), UsageTypeError, "queue must be a string, got 7"),
        (("q", None), UsageTypeError, "code must be a string, got None"),
        (("q", "UNDETERMINED", 7), UsageTypeError, "instance_type must be a string, got 7"),
    ],
)
def test_a_wrong_use_is_refused_at_once(mock, site, at, arguments, error, text):
    site.make_queue_and_definition()
    site.make_queue("other")
    queue, code, *instance_type = arguments

    with pytest.raises(error) as caught:
        mock.batch.block(queue, code, **({"instance_type": instance_type[0]} if instance_type else {}))

    assert text in str(caught.value)
    assert site.status(site.submit()) == "SUCCEEDED"


def test_unblock_needs_a_queue_that_exists(mock, batch):
    with pytest.raises(UsageValueError, match="no job queue is named 'q'; there are: none"):
        mock.batch.unblock("q")


def test_a_name_that_several_regions_use_must_be_given_as_an_arn(mock, site, at):
    elsewhere = Site(boto3.client("batch", region_name="eu-west-1"))
    for each in (site, elsewhere):
        each.make_queue_and_definition()
    arn = f"arn:aws:batch:eu-west-1:{ACCOUNT}:job-queue/q"

    with pytest.raises(UsageValueError, match="several job queues are named 'q'; give the ARN of one") as caught:
        mock.batch.block("q", "UNDETERMINED")

    assert arn in str(caught.value)
    mock.batch.block(arn, "UNDETERMINED")
    here, there = site.submit(), elsewhere.submit()
    assert (site.status(here), elsewhere.status(there)) == ("SUCCEEDED", "RUNNABLE")


def test_an_outage_that_outlives_its_queue_can_be_taken_back(mock, batch, site):
    site.make_queue_and_definition()
    outage = mock.batch.block("q", "UNDETERMINED")
    batch.update_job_queue(jobQueue="q", state="DISABLED")
    batch.delete_job_queue(jobQueue="q")

    outage.clear()

    assert batch.describe_job_queues()["jobQueues"] == []


def test_a_job_that_is_tried_again_says_why_it_failed_once_it_is_blocked_no_longer(mock, site, at):
    """The reason of the last attempt is that of a job between attempts, unless its queue is blocked."""
    site.make_environment(max_vcpus=1)
    site.make_queue("HI", priority=9)
    site.make_queue()
    site.make_definition()
    mock.batch.plan(duration=5, exit_code=1)
    job_id = site.submit(retryStrategy={"attempts": 2})
    at.go_to(1)
    mock.batch.plan("long", duration=None)
    site.submit("long", jobQueue="HI")
    mock.batch.block("q", NO_CAPACITY)
    at.go_to(5)
    blocked = reason(site, job_id)
    mock.batch.unblock("q")
    at.go_to(6)

    assert blocked == TEXTS[NO_CAPACITY]
    assert reason(site, job_id) == "Essential container in task exited"


def test_an_instance_type_that_no_text_would_show_is_refused(mock, site):
    site.make_queue_and_definition()

    with pytest.raises(UsageValueError, match="the text of UNDETERMINED names no instance type: leave out instance_type='m5'"):
        mock.batch.block("q", "UNDETERMINED", instance_type="m5")
