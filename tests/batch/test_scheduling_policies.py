"""Scheduling policies. Document: AWS Batch API reference, CreateSchedulingPolicy and its kin."""

from __future__ import annotations

import pytest

from support.batch import FARGATE, PREFIX, refusal
from support.needs import needs

UNKNOWN = f"{PREFIX}scheduling-policy/nope"
needs_quota_policies = needs("batch CreateSchedulingPolicy.quotaSharePolicy")
QUOTA = {"idleResourceAssignmentStrategy": "FIFO"}


def policies(batch, *arns):
    return batch.describe_scheduling_policies(arns=list(arns))["schedulingPolicies"]


def all_arns(batch):
    return [each["arn"] for each in batch.list_scheduling_policies()["schedulingPolicies"]]


def order(*names):
    return [{"order": place, "computeEnvironment": name} for place, name in enumerate(names, 1)]


def test_a_policy_is_described_as_it_was_created(batch):
    rules = {
        "shareDecaySeconds": 3600,
        "computeReservation": 10,
        "shareDistribution": [
            {"shareIdentifier": "UserA*", "weightFactor": 0.125},
            {"shareIdentifier": "UserB", "weightFactor": 2.0},
        ],
    }

    created = batch.create_scheduling_policy(name="HighPriority", fairsharePolicy=rules, tags={"a": "b"})

    assert created["name"] == "HighPriority"
    assert created["arn"] == f"{PREFIX}scheduling-policy/HighPriority"
    assert policies(batch, created["arn"]) == [
        {"name": "HighPriority", "arn": created["arn"], "fairsharePolicy": rules, "tags": {"a": "b"}}
    ]


def test_a_policy_that_says_nothing_is_one_of_fair_shares_with_defaults(batch):
    arn = batch.create_scheduling_policy(name="plain")["arn"]

    (policy,) = policies(batch, arn)
    assert policy["fairsharePolicy"] == {"shareDecaySeconds": 0, "computeReservation": 0, "shareDistribution": []}


def test_a_weight_that_is_left_out_is_one(batch, site):
    arn = site.make_policy(shareDistribution=[{"shareIdentifier": "A"}])

    (policy,) = policies(batch, arn)
    assert policy["fairsharePolicy"]["shareDistribution"] == [{"shareIdentifier": "A", "weightFactor": 1.0}]


@needs_quota_policies
def test_a_policy_of_quota_shares_is_described_as_such(batch):
    arn = batch.create_scheduling_policy(name="quotas", quotaSharePolicy=QUOTA)["arn"]

    assert policies(batch, arn) == [{"name": "quotas", "arn": arn, "quotaSharePolicy": QUOTA, "tags": {}}]


def share(identifier, weight=1.0):
    return {"shareIdentifier": identifier, "weightFactor": weight}


OVERLAP = "The share identifiers {} and {} overlap"
BAD_IDENTIFIER = "shareIdentifier must have 1 to 255 letters and digits, and may end with an asterisk"
BAD_WEIGHT = "weightFactor must be between 0.0001 and 999.9999"
IMPOSSIBLE = [
    ({"shareDecaySeconds": -1}, "shareDecaySeconds must be between 0 and 604800"),
    ({"shareDecaySeconds": 604_801}, "shareDecaySeconds must be between 0 and 604800"),
    ({"computeReservation": -1}, "computeReservation must be between 0 and 99"),
    ({"computeReservation": 100}, "computeReservation must be between 0 and 99"),
    ({"shareDistribution": [share("A", 0.00009)]}, BAD_WEIGHT),
    ({"shareDistribution": [share("A", 1000)]}, BAD_WEIGHT),
    ({"shareDistribution": [share("")]}, BAD_IDENTIFIER),
    ({"shareDistribution": [share("*")]}, BAD_IDENTIFIER),
    ({"shareDistribution": [share("a-b")]}, BAD_IDENTIFIER),
    ({"shareDistribution": [share("a*b")]}, BAD_IDENTIFIER),
    ({"shareDistribution": [share("a" * 256)]}, BAD_IDENTIFIER),
    ({"shareDistribution": [share("A"), share("A")]}, OVERLAP.format("A", "A")),
    ({"shareDistribution": [share("UserA1"), share("UserA*")]}, OVERLAP.format("UserA*", "UserA1")),
    ({"shareDistribution": [share("UserA"), share("UserA*")]}, OVERLAP.format("UserA*", "UserA")),
    ({"shareDistribution": [share("U*"), share("Z"), share("UserA*")]}, OVERLAP.format("U*", "UserA*")),
    (
        {"shareDistribution": [share(f"A{number}") for number in range(501)]},
        "shareDistribution can have at most 500 entries",
    ),
]


@pytest.mark.parametrize(("rules", "text"), IMPOSSIBLE)
def test_an_impossible_policy_is_refused(batch, rules, text):
    assert refusal(batch.create_scheduling_policy, name="p", fairsharePolicy=rules) == text
    assert all_arns(batch) == []


@pytest.mark.parametrize(("rules", "text"), IMPOSSIBLE)
def test_an_impossible_update_changes_nothing(batch, site, rules, text):
    arn = site.make_policy(shareDecaySeconds=60)
    before = policies(batch, arn)

    assert refusal(batch.update_scheduling_policy, arn=arn, fairsharePolicy=rules) == text
    assert policies(batch, arn) == before


@pytest.mark.parametrize(
    "rules",
    [
        {"shareDecaySeconds": 604_800, "computeReservation": 99},
        {"shareDistribution": [share("a" * 255 + "*", 0.0001), share("A", 999.9999)]},
        {"shareDistribution": [share("UserA"), share("UserAB"), share("UserB*")]},
        {"shareDistribution": [share(f"A{number}") for number in range(500)]},
    ],
    ids=["largest numbers", "extreme weights", "prefixes of each other", "500 entries"],
)
def test_what_is_just_within_bounds_is_accepted(batch, site, rules):
    (policy,) = policies(batch, site.make_policy(**rules))

    assert policy["fairsharePolicy"].items() >= rules.items()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"name": "_p"}, "Scheduling policy name should match valid pattern"),
        ({"name": "p" * 129}, "Scheduling policy name should match valid pattern"),
        pytest.param(
            {"fairsharePolicy": {}, "quotaSharePolicy": QUOTA},
            "fairsharePolicy and quotaSharePolicy cannot both be set",
            marks=needs_quota_policies,
        ),
        pytest.param(
            {"quotaSharePolicy": {"idleResourceAssignmentStrategy": "LIFO"}},
            "quotaSharePolicy.idleResourceAssignmentStrategy must be one of FIFO",
            marks=needs_quota_policies,
        ),
        ({"tags": {"aws:a": "b"}}, "Tag keys must not start with aws:"),
        ({"name": "taken"}, "Object already exists"),
    ],
)
def test_other_impossible_requests_are_refused(batch, site, arguments, text):
    taken = site.make_policy("taken")

    assert refusal(batch.create_scheduling_policy, **{"name": "p", **arguments}) == text
    assert all_arns(batch) == [taken]


def test_unknown_policies_are_left_out_and_repeated_ones_answered_once(batch, site):
    first, second = site.make_policy("first"), site.make_policy("second")
    other_region = second.replace("us-east-1", "eu-west-1")

    found = policies(batch, second, UNKNOWN, first, second, "first", other_region)

    assert [policy["arn"] for policy in found] == [second, first]


def test_100_policies_can_be_described_at_once_and_101_not(batch, site):
    arn = site.make_policy()

    assert len(policies(batch, *[arn] * 100)) == 1
    text = refusal(batch.describe_scheduling_policies, arns=[arn] * 101)
    assert text == "Maximum number of scheduling policies supported is  100 ."


def test_policies_are_listed_in_the_order_of_their_creation(batch, site):
    arns = [site.make_policy(name) for name in ("b", "a", "c")]

    pages = batch.get_paginator("list_scheduling_policies").paginate(PaginationConfig={"PageSize": 2})

    assert [page["schedulingPolicies"] for page in pages] == [[{"arn": arns[0]}, {"arn": arns[1]}], [{"arn": arns[2]}]]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"maxResults": 101}, "maxResults must be between 1 and 100"),
        ({"maxResults": 0}, "maxResults must be between 1 and 100"),
        ({"nextToken": "x"}, "Invalid nextToken"),
    ],
)
def test_an_impossible_page_is_refused(batch, arguments, text):
    assert refusal(batch.list_scheduling_policies, **arguments) == text


def test_an_update_replaces_the_whole_policy(batch, site):
    arn = site.make_policy(shareDecaySeconds=60, computeReservation=10, shareDistribution=[share("A", 2)])

    batch.update_scheduling_policy(arn=arn, fairsharePolicy={"computeReservation": 20})

    (policy,) = policies(batch, arn)
    assert policy["fairsharePolicy"] == {"shareDecaySeconds": 0, "computeReservation": 20, "shareDistribution": []}


def test_an_update_that_says_nothing_changes_nothing(batch, site):
    arn = site.make_policy(shareDecaySeconds=60)
    before = policies(batch, arn)

    batch.update_scheduling_policy(arn=arn)

    assert policies(batch, arn) == before


@needs_quota_policies
@pytest.mark.parametrize("kind", ["fairsharePolicy", "quotaSharePolicy"])
def test_the_kind_of_a_policy_stays(batch, kind):
    given = {"fairsharePolicy": {}, "quotaSharePolicy": QUOTA}
    other = next(each for each in given if each != kind)
    arn = batch.create_scheduling_policy(name="p", **{kind: given[kind]})["arn"]
    before = policies(batch, arn)

    text = refusal(batch.update_scheduling_policy, arn=arn, **{other: given[other]})

    assert text == "A scheduling policy cannot be changed from fair shares to quota shares or the reverse"
    assert refusal(batch.update_scheduling_policy, arn=arn, **given) == "fairsharePolicy and quotaSharePolicy cannot both be set"
    assert policies(batch, arn) == before


@pytest.mark.parametrize("operation", ["update_scheduling_policy", "delete_scheduling_policy"])
@pytest.mark.parametrize("arn", [UNKNOWN, "fair", f"{PREFIX}job-queue/fair"])
def test_an_unknown_policy_does_not_exist(mock, batch, site, operation, arn):
    mock.batch.settings.idempotent_delete = False
    site.make_policy()

    assert refusal(getattr(batch, operation), arn=arn) == f"{arn} does not exist"


def test_deleting_an_unknown_policy_succeeds(batch):
    batch.delete_scheduling_policy(arn=UNKNOWN)

    assert all_arns(batch) == []


def test_a_policy_that_is_in_use_cannot_be_deleted(batch, site):
    site.make_environment()
    arn, other = site.make_policy(), site.make_policy("other")
    site.make_queue(schedulingPolicyArn=arn)

    assert refusal(batch.delete_scheduling_policy, arn=arn) == "Cannot delete, found existing JobQueue relationship"
    assert all_arns(batch) == [arn, other]
    batch.update_job_queue(jobQueue="q", schedulingPolicyArn=other)
    batch.delete_scheduling_policy(arn=arn)
    assert all_arns(batch) == [other]


def test_a_policy_can_be_deleted_once_its_queue_is_gone(mock, batch, site):
    site.make_environment()
    arn = site.make_policy()
    site.make_queue(schedulingPolicyArn=arn)
    mock.batch.settings.job_queue_delete_seconds = 60
    mock.clock.freeze()
    batch.update_job_queue(jobQueue="q", state="DISABLED")
    batch.delete_job_queue(jobQueue="q")

    assert refusal(batch.delete_scheduling_policy, arn=arn) == "Cannot delete, found existing JobQueue relationship"
    mock.clock.advance(60)
    batch.delete_scheduling_policy(arn=arn)
    assert all_arns(batch) == []


# Job queues with a policy. Document: API reference, CreateJobQueue and UpdateJobQueue.


def queue_policy(batch):
    return batch.describe_job_queues(jobQueues=["q"])["jobQueues"][0].get("schedulingPolicyArn")


def test_a_queue_shows_its_policy(batch, site):
    site.make_environment()
    arn = site.make_policy()

    site.make_queue(schedulingPolicyArn=arn)
    site.make_queue("plain")

    assert queue_policy(batch) == arn
    assert "schedulingPolicyArn" not in batch.describe_job_queues(jobQueues=["plain"])["jobQueues"][0]


def test_a_queue_needs_a_policy_that_exists(batch, site):
    site.make_environment()

    assert refusal(site.make_queue, schedulingPolicyArn=UNKNOWN) == f"{UNKNOWN} does not exist"
    assert batch.describe_job_queues()["jobQueues"] == []


@needs_quota_policies
def test_a_policy_of_quota_shares_is_not_for_compute_environments(batch, site):
    site.make_environment()
    arn = batch.create_scheduling_policy(name="quotas", quotaSharePolicy=QUOTA)["arn"]

    text = refusal(site.make_queue, schedulingPolicyArn=arn)

    assert text == "A quota-share scheduling policy can only be used by a job queue with a service environment"
    assert batch.describe_job_queues()["jobQueues"] == []
    batch.delete_scheduling_policy(arn=arn)


def test_the_policy_of_a_queue_can_be_replaced(batch, site):
    site.make_environment()
    first, second = site.make_policy("first"), site.make_policy("second")
    site.make_queue(schedulingPolicyArn=first)

    batch.update_job_queue(jobQueue="q", schedulingPolicyArn=second)

    assert queue_policy(batch) == second


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("", "The scheduling policy of a job queue can be replaced but not removed"),
        (UNKNOWN, f"{UNKNOWN} does not exist"),
        pytest.param(
            f"{PREFIX}scheduling-policy/quotas",
            "A quota-share scheduling policy can only be used by a job queue with a service environment",
            marks=needs_quota_policies,
        ),
    ],
)
def test_an_impossible_replacement_is_refused(batch, site, given, text):
    site.make_environment()
    arn = site.make_policy()
    if given.endswith("/quotas"):
        batch.create_scheduling_policy(name="quotas", quotaSharePolicy=QUOTA)
    site.make_queue(schedulingPolicyArn=arn)

    assert refusal(batch.update_job_queue, jobQueue="q", priority=5, schedulingPolicyArn=given) == text
    assert queue_policy(batch) == arn
    assert batch.describe_job_queues()["jobQueues"][0]["priority"] == 1


def test_a_policy_cannot_be_added_to_a_queue_without_one(batch, site):
    site.make_environment()
    site.make_queue()

    text = refusal(batch.update_job_queue, jobQueue="q", schedulingPolicyArn=site.make_policy())

    assert text == "A scheduling policy cannot be added to a first-in-first-out job queue"
    assert queue_policy(batch) is None


def test_the_policy_is_looked_for_after_the_environments(batch, site):
    """The order of the checks of CreateJobQueue."""
    site.make_environment()
    batch.create_compute_environment(computeEnvironmentName="f", type="MANAGED", computeResources=FARGATE)
    arguments = {"jobQueueName": "q", "priority": 1, "schedulingPolicyArn": UNKNOWN, "jobQueueType": "EKS"}

    mixed = refusal(batch.create_job_queue, computeEnvironmentOrder=order("ce", "f"), **arguments)
    unknown = refusal(batch.create_job_queue, computeEnvironmentOrder=order("ce"), **arguments)

    assert mixed == "All compute environments must be of the same type"
    assert unknown == f"{UNKNOWN} does not exist"
