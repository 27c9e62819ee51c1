"""Tags. Document: AWS Batch API reference, TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

import pytest

from support.batch import EC2, PREFIX, UNKNOWN_ID, refusal
from support.needs import needs


def make_resource(site, kind, tags):
    site.make_queue_and_definition()
    if kind == "job":
        return site.batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d", tags=tags)["jobArn"]
    if kind == "job-queue":
        return site.make_queue("tagged", tags=tags)
    if kind == "scheduling-policy":
        return site.batch.create_scheduling_policy(name="tagged", tags=tags)["arn"]
    if kind == "job-definition":
        return site.make_definition("tagged", tags=tags)
    arn = site.make_environment("tagged")
    site.batch.tag_resource(resourceArn=arn, tags=tags)
    return arn


@pytest.mark.parametrize("kind", ["job", "job-queue", "job-definition", "scheduling-policy", "compute-environment"])
def test_tags_are_merged_removed_and_listed(batch, site, kind):
    arn = make_resource(site, kind, {"a": "1", "b": "2"})
    assert f":{kind}/" in arn

    batch.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
    batch.untag_resource(resourceArn=arn, tagKeys=["a", "unknown"])

    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": "4"}


def test_each_revision_has_its_own_tags(batch, site):
    first, second = site.make_definition(tags={"a": "1"}), site.make_definition()

    assert batch.list_tags_for_resource(resourceArn=first)["tags"] == {"a": "1"}
    assert batch.list_tags_for_resource(resourceArn=second)["tags"] == {}


def test_new_tags_are_described(batch, site):
    site.make_queue_and_definition()
    job_id = site.submit()

    batch.tag_resource(resourceArn=f"{PREFIX}job/{job_id}", tags={"a": "1"})

    assert site.detail(job_id)["tags"] == {"a": "1"}


@pytest.mark.parametrize(
    "arn",
    [
        f"{PREFIX}job-queue/nope",
        f"{PREFIX}job-definition/d",
        f"{PREFIX}job/{UNKNOWN_ID}",
        f"{PREFIX}compute-environment/nope",
        f"{PREFIX}scheduling-policy/nope",
        "arn:aws:batch:eu-west-1:123456789012:job-queue/q",
        f"{PREFIX}nonsense/q",
    ],
)
@pytest.mark.parametrize(
    ("operation", "arguments"),
    [("tag_resource", {"tags": {"a": "b"}}), ("untag_resource", {"tagKeys": ["a"]}), ("list_tags_for_resource", {})],
)
def test_an_unknown_resource_does_not_exist(batch, site, arn, operation, arguments):
    site.make_queue_and_definition()

    assert refusal(getattr(batch, operation), resourceArn=arn, **arguments) == f"{arn} does not exist"


def test_children_of_an_array_have_no_tags(batch, site):
    site.make_queue_and_definition()
    array = site.submit(size=2)

    text = refusal(batch.tag_resource, resourceArn=f"{PREFIX}job/{array}:0", tags={"a": "b"})

    assert text == "Resource type is not supported for tagging"


def test_50_tags_fit_and_51_do_not(batch, site):
    arn = make_resource(site, "job-queue", {f"k{number}": "v" for number in range(49)})

    text = refusal(batch.tag_resource, resourceArn=arn, tags={"x": "1", "y": "2"})

    assert text == "A resource can have at most 50 tags"
    batch.tag_resource(resourceArn=arn, tags={"x": "1", "k0": "w"})
    assert len(batch.list_tags_for_resource(resourceArn=arn)["tags"]) == 50


@pytest.mark.parametrize("key", ["aws:a", "AWS:a"])
def test_keys_of_aws_are_refused(batch, site, key):
    arn = make_resource(site, "job-queue", {"a": "b"})

    assert refusal(batch.tag_resource, resourceArn=arn, tags={key: "x"}) == "Tag keys must not start with aws:"
    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}


@pytest.mark.parametrize(("key", "value"), [("k" * 129, "v"), ("k", "v" * 257)])
def test_longer_keys_and_values_are_refused(batch, site, key, value):
    arn = make_resource(site, "job-queue", {"a": "b"})

    assert "at most" in refusal(batch.tag_resource, resourceArn=arn, tags={key: value})
    batch.tag_resource(resourceArn=arn, tags={key[:128]: value[:256]})
    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b", key[:128]: value[:256]}


def create_without_tags(site, kind):
    site.make_queue_and_definition()
    return {
        "compute-environment": lambda: site.batch.create_compute_environment(
            computeEnvironmentName="bare", type="MANAGED", computeResources=EC2, tags={}
        )["computeEnvironmentArn"],
        "consumable-resource": lambda: site.batch.create_consumable_resource(consumableResourceName="bare", tags={})[
            "consumableResourceArn"
        ],
        "job": lambda: site.batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d", tags={})["jobArn"],
        "job-definition": lambda: site.make_definition("bare", tags={}),
        "job-queue": lambda: site.make_queue("bare", tags={}),
        "scheduling-policy": lambda: site.batch.create_scheduling_policy(name="bare", tags={})["arn"],
        "service-environment": lambda: site.make_service_environment("bare", tags={}),
        "service-job": lambda: create_service_job_without_tags(site),
    }[kind]()


def create_service_job_without_tags(site):
    site.make_service_queue_and_environment()
    return f"{PREFIX}service-job/{site.submit_service(tags={})}"


@pytest.mark.parametrize(
    "kind",
    [
        "compute-environment",
        "consumable-resource",
        "job",
        "job-definition",
        "job-queue",
        "scheduling-policy",
        "service-environment",
        "service-job",
    ],
)
def test_who_creates_something_with_no_tag_at_all_gives_none(batch, site, kind):
    """Clients send the tags that they have, also when that is an empty map; the model's minimum is not what stops them."""
    arn = create_without_tags(site, kind)

    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {}


@needs("batch CreateQuotaShare")
def test_a_quota_share_can_be_created_with_no_tag_at_all(batch, site):
    site.make_quota_queue_and_environment()

    arn = site.make_share("bare", tags={})

    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {}


def test_to_tag_with_nothing_is_refused(batch, site):
    arn = make_resource(site, "job-queue", {"a": "b"})

    assert refusal(batch.tag_resource, resourceArn=arn, tags={}) == "tags must have at least 1 entry"
    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ({f"k{number}": "v" for number in range(51)}, "tags must have at most 50 entries"),
        ({"k" * 129: "v"}, "tags.key must have at most 128 characters"),
        ({"k": "v" * 257}, "tags.k.member must have at most 256 characters"),
    ],
    ids=["tags", "key", "value"],
)
def test_the_text_says_what_there_is_too_much_of(batch, site, tags, text):
    arn = make_resource(site, "job-queue", {"a": "b"})

    assert refusal(batch.tag_resource, resourceArn=arn, tags=tags) == text
    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}
