"""Tags of jobs and job templates."""

from __future__ import annotations

import pytest

from support.fleet import ARN

JOB = f"{ARN}job/job"


@pytest.fixture
def tagged(fleet):
    fleet.things("t")
    fleet.job("t", tags=[{"Key": "team", "Value": "red"}, {"Key": "empty", "Value": ""}])
    return fleet


def tags(fleet, arn=JOB):
    return {each["Key"]: each["Value"] for each in fleet.iot.list_tags_for_resource(resourceArn=arn)["tags"]}


def test_tags_of_create_job_can_be_read(tagged):
    assert tags(tagged) == {"team": "red", "empty": ""}


@pytest.mark.parametrize("arn", [JOB, f"{ARN}job/nope", f"{ARN}jobtemplate/nope"])
def test_any_token_for_tags_is_refused_because_all_of_them_make_one_page(tagged, arn):
    with tagged.refused("InvalidRequestException", 400, "Next token is invalid."):
        tagged.iot.list_tags_for_resource(resourceArn=arn, nextToken="token")


def test_tag_resource_adds_and_replaces(tagged):
    tagged.iot.tag_resource(resourceArn=JOB, tags=[{"Key": "team", "Value": "blue"}, {"Key": "new", "Value": "1"}])

    assert tags(tagged) == {"team": "blue", "empty": "", "new": "1"}


def test_untag_resource_takes_tags_off_and_ignores_others(tagged):
    tagged.iot.untag_resource(resourceArn=JOB, tagKeys=["team", "unknown"])

    assert tags(tagged) == {"empty": ""}


@pytest.mark.parametrize(
    "arn", [f"{ARN}job/nope", "arn:aws:iot:us-east-1:999999999999:job/job", "arn:aws:iot:eu-west-1:123456789012:job/job"]
)
def test_a_missing_job_cannot_be_tagged_and_has_no_tags(tagged, arn):
    message = f"Job {arn.rpartition('/')[2]} cannot be found."

    with tagged.refused("ResourceNotFoundException", 404, message):
        tagged.iot.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "b"}])
    with tagged.refused("ResourceNotFoundException", 404, message):
        tagged.iot.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert tags(tagged, arn) == {}
    assert tags(tagged) == {"team": "red", "empty": ""}


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ({"Key": "a"}, "Invalid tag parameter exception. Please check the input."),
        ({"Key": "Aws:a", "Value": "b"}, 'Tags cannot begin with "aws:", offending tag: Aws:a'),
    ],
)
def test_tag_resource_refuses_the_tags_that_create_job_refuses(tagged, tag, message):
    with tagged.refused("InvalidRequestException", 400, message):
        tagged.iot.tag_resource(resourceArn=JOB, tags=[{"Key": "ok", "Value": "1"}, tag])
    assert tags(tagged) == {"team": "red", "empty": ""}


def test_tags_go_with_their_job(tagged):
    tagged.iot.delete_job(jobId="job", force=True)
    tagged.job("t")

    assert tags(tagged) == {}


def test_tags_of_other_resources_are_left_to_moto(tagged):
    """moto 5.2.5 knows no tags of AWS IoT, and says so."""
    arn = tagged.iot.create_billing_group(billingGroupName="b")["billingGroupArn"]

    with pytest.raises(NotImplementedError, match="does not implement iot TagResource"):
        tagged.iot.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "b"}])


# Templates

TEMPLATE = f"{ARN}jobtemplate/template"


@pytest.fixture
def template(fleet):
    fleet.iot.create_job_template(
        jobTemplateId="template",
        description="d",
        document="{}",
        tags=[{"Key": "team", "Value": "red"}, {"Key": "empty", "Value": ""}],
    )
    return fleet


def test_tags_of_a_template_can_be_read_added_and_taken_off(template):
    assert tags(template, TEMPLATE) == {"team": "red", "empty": ""}
    template.iot.tag_resource(resourceArn=TEMPLATE, tags=[{"Key": "team", "Value": "blue"}, {"Key": "new", "Value": "1"}])
    assert tags(template, TEMPLATE) == {"team": "blue", "empty": "", "new": "1"}
    template.iot.untag_resource(resourceArn=TEMPLATE, tagKeys=["empty", "unknown"])

    assert tags(template, TEMPLATE) == {"team": "blue", "new": "1"}


@pytest.mark.parametrize(
    "arn",
    [
        f"{ARN}jobtemplate/nope",
        "arn:aws:iot:us-east-1:999999999999:jobtemplate/template",
        "arn:aws:iot:eu-west-1:123456789012:jobtemplate/template",
        "arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0",
    ],
)
def test_a_missing_template_cannot_be_tagged_and_has_no_tags(template, arn):
    message = f"Job Template {arn.rpartition('/')[2]} cannot be found."

    with template.refused("ResourceNotFoundException", 404, message):
        template.iot.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "b"}])
    with template.refused("ResourceNotFoundException", 404, message):
        template.iot.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert tags(template, arn) == {}
    assert tags(template, TEMPLATE) == {"team": "red", "empty": ""}


def test_a_job_and_a_template_of_one_name_have_tags_of_their_own(tagged):
    tagged.iot.create_job_template(jobTemplateId="job", description="d", document="{}", tags=[{"Key": "t", "Value": "1"}])

    assert tags(tagged, f"{ARN}jobtemplate/job") == {"t": "1"}
    assert tags(tagged) == {"team": "red", "empty": ""}


@pytest.mark.parametrize("text", ["x", "thing/t", "ARN:aws:iot:us-east-1:123456789012:job/j"])
def test_a_text_that_is_no_arn_is_refused(iot, text):
    calls = (
        lambda: iot.tag_resource(resourceArn=text, tags=[{"Key": "k", "Value": "v"}]),
        lambda: iot.untag_resource(resourceArn=text, tagKeys=["k"]),
        lambda: iot.list_tags_for_resource(resourceArn=text),
    )
    for call in calls:
        with pytest.raises(iot.exceptions.InvalidRequestException, match="is not an ARN"):
            call()
