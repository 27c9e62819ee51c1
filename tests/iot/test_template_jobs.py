"""Jobs that are created from a custom template."""

from __future__ import annotations

import boto3
import pytest

from support.fleet import ARN

TEMPLATE = f"{ARN}jobtemplate/template"
CONFIGS = {
    "presignedUrlConfig": {"roleArn": "arn:aws:iam::123456789012:role/presign", "expiresInSec": 60},
    "jobExecutionsRolloutConfig": {"maximumPerMinute": 10},
    "abortConfig": {
        "criteriaList": [
            {"failureType": "FAILED", "action": "CANCEL", "thresholdPercentage": 25.0, "minNumberOfExecutedThings": 5}
        ]
    },
    "timeoutConfig": {"inProgressTimeoutInMinutes": 30},
    "jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]},
}


@pytest.fixture
def template(fleet):
    """A template with all configurations, and a thing."""
    fleet.things("t")
    fleet.iot.create_job_template(
        jobTemplateId="template",
        description="of the template",
        document='{ "from": "template" }',
        tags=[{"Key": "of", "Value": "template"}],
        **CONFIGS,
    )
    return fleet


def document(fleet):
    return fleet.iot.get_job_document(jobId="job")["document"]


def test_a_job_takes_document_and_configurations_of_its_template(template):
    template.job("t", jobTemplateArn=TEMPLATE)
    job = template.describe()

    assert document(template) == '{ "from": "template" }'
    assert {name: job[name] for name in CONFIGS} == CONFIGS
    assert job["jobTemplateArn"] == TEMPLATE
    assert template.start("t")["jobDocument"] == '{"from":"template"}'


def test_description_and_tags_of_a_template_are_not_copied(template):
    answer = template.job("t", jobTemplateArn=TEMPLATE)

    assert "description" not in answer
    assert "description" not in template.describe()
    assert template.iot.list_tags_for_resource(resourceArn=answer["jobArn"])["tags"] == []


@pytest.mark.parametrize(
    "own",
    [
        {"presignedUrlConfig": {"roleArn": "arn:aws:iam::123456789012:role/own"}},
        {"jobExecutionsRolloutConfig": {"maximumPerMinute": 3}},
        {"timeoutConfig": {"inProgressTimeoutInMinutes": 1}},
        {"jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "ALL", "numberOfRetries": 1}]}},
        {"description": "own"},
    ],
    ids=lambda own: next(iter(own)),
)
def test_members_of_the_request_come_before_those_of_the_template_each_as_a_whole(template, own):
    template.job("t", jobTemplateArn=TEMPLATE, **own)
    job = template.describe()

    expected = {**CONFIGS, **own}
    assert {name: job[name] for name in expected} == expected


def test_a_document_of_the_request_replaces_that_of_the_template(template):
    template.job("t", jobTemplateArn=TEMPLATE, document="[1]")

    assert document(template) == "[1]"
    assert template.describe()["timeoutConfig"] == CONFIGS["timeoutConfig"]


def test_the_configurations_of_a_template_are_at_work(mock, template):
    """An execution times out after the template's 30 minutes, and is retried as the template says."""
    template.job("t", jobTemplateArn=TEMPLATE)
    template.report("t", "IN_PROGRESS")
    template.report("t", "FAILED")
    assert template.counters() == {"FAILED": 1, "QUEUED": 1}
    template.report("t", "IN_PROGRESS")
    mock.clock.advance(30 * 60)

    assert template.counters() == {"FAILED": 1, "TIMED_OUT": 1}


def test_a_job_keeps_working_and_names_its_template_when_that_is_deleted(template):
    template.job("t", jobTemplateArn=TEMPLATE)
    template.iot.delete_job_template(jobTemplateId="template")
    template.bring("t", "SUCCEEDED")

    assert template.describe()["status"] == "COMPLETED"
    assert template.describe()["jobTemplateArn"] == TEMPLATE


def test_a_job_without_template_names_none(template):
    template.job("t")

    assert "jobTemplateArn" not in template.describe()
    assert "documentParameters" not in template.describe()


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (f"{ARN}jobtemplate/nope", "nope"),
        ("arn:aws:iot:us-east-1:999999999999:jobtemplate/template", "template"),
        ("arn:aws:iot:eu-west-1:123456789012:jobtemplate/template", "template"),
        ("arn:aws-cn:iot:us-east-1:123456789012:jobtemplate/template", "template"),
        ("arn:aws:iot:us-east-1::jobtemplate/template", "template"),
        ("arn:aws:iot:us-east-1::jobtemplate/AWS-Nothing:1.0", "AWS-Nothing:1.0"),
        ("arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.1", "AWS-Reboot:1.1"),
        ("arn:aws:iot:eu-west-1::jobtemplate/AWS-Reboot:1.0", "AWS-Reboot:1.0"),
    ],
)
@pytest.mark.parametrize("own", [{}, {"document": "{}"}], ids=["", "with a document"])
def test_a_template_that_is_not_here_is_not_found(template, arn, name, own):
    with template.refused("ResourceNotFoundException", 404, f"Job Template {name} cannot be found."):
        template.job("t", jobTemplateArn=arn, **own)


@pytest.mark.parametrize(
    ("arn", "kind"),
    [(f"{ARN}job/template", "job"), (f"{ARN}thing/t", "thing"), ("arn:aws:batch:us-east-1:1:jobtemplate/t", "jobtemplate")],
)
def test_an_arn_of_something_else_is_refused(template, arn, kind):
    message = f"Resource type should be jobtemplate but found invalid resource type {kind}"

    with template.refused("InvalidRequestException", 400, message):
        template.job("t", jobTemplateArn=arn)


# A template that is none counts in row 10 of the checks of CreateJob, after all that is wrong in the request itself.
@pytest.mark.parametrize("arn", [f"{ARN}job/none", f"{ARN}jobtemplate/none"], ids=["of something else", "unknown"])
@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param(
            {"documentParameters": {"a": "b"}},
            "Document parameters can be specified only with the ARN of a managed job template.",
            id="4: parameters",
        ),
        pytest.param(
            {"timeoutConfig": {"inProgressTimeoutInMinutes": 0}},
            "Provide valid timeout value, inProgressTimeoutInMinutes cannot be 0.",
            id="5: configurations",
        ),
        pytest.param(
            {"tags": [{"Key": "aws:a", "Value": "b"}]}, 'Tags cannot begin with "aws:", offending tag: aws:a', id="5: tags"
        ),
        pytest.param({"document": "{"}, "Job document located at request input is an invalid JSON document.", id="6: document"),
        pytest.param(
            {"document": '"${aws:iot:s3-presigned-url:s3://b/k}"'},
            "Role must be provided for pre-sign S3 urls in job document of job job.",
            id="7: role",
        ),
        pytest.param({"targets": ["x"]}, "Target x is not the ARN of a thing or a thing group.", id="9: target"),
    ],
)
def test_what_is_wrong_in_the_request_comes_before_the_template(template, arn, members, message):
    request = {"jobId": "job", "targets": [f"{ARN}thing/t"], "jobTemplateArn": arn, **members}

    with template.refused("InvalidRequestException", 400, message):
        template.iot.create_job(**request)


@pytest.mark.parametrize(
    ("arn", "code", "status"),
    [(f"{ARN}job/none", "InvalidRequestException", 400), (f"{ARN}jobtemplate/none", "ResourceNotFoundException", 404)],
)
def test_a_template_that_is_none_comes_before_a_target_that_is_not_there(template, arn, code, status):
    with template.refused(code, status) as caught:
        template.job("nope", jobTemplateArn=arn)
    assert "emplate" in caught.value.response["Error"]["Message"]


def test_a_template_s_placeholder_needs_the_role_of_the_job(template):
    template.iot.create_job_template(
        jobTemplateId="presigned",
        description="d",
        document="{}",
        presignedUrlConfig=CONFIGS["presignedUrlConfig"],
    )
    placeholder = '"${aws:iot:s3-presigned-url:https://s3.amazonaws.com/bucket/key}"'
    message = "Role must be provided for pre-sign S3 urls in job document of job job."

    with template.refused("InvalidRequestException", 400, message):
        template.job(
            "t", jobTemplateArn=f"{ARN}jobtemplate/presigned", document=placeholder, presignedUrlConfig={"expiresInSec": 60}
        )


# Documents from S3


@pytest.fixture
def sources(template):
    """A template whose document is read from S3, where it has changed since."""
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b'{ "is": "old" }')
    source = "s3://bucket/key"
    template.iot.create_job_template(jobTemplateId="sourced", description="d", documentSource=source)
    s3.put_object(Bucket="bucket", Key="key", Body=b'{ "is": "${aws:iot:parameter:command}" }')
    return template


def test_a_template_reads_its_source_once(sources):
    sources.job("t", jobTemplateArn=f"{ARN}jobtemplate/sourced")

    assert sources.iot.describe_job_template(jobTemplateId="sourced")["documentSource"] == "s3://bucket/key"
    assert document(sources) == '{ "is": "old" }'
    assert sources.iot.describe_job(jobId="job")["documentSource"] == "s3://bucket/key"


def test_a_source_of_the_request_replaces_the_document_of_the_template(sources):
    sources.job("t", jobTemplateArn=TEMPLATE, documentSource="s3://bucket/key")

    assert document(sources) == '{ "is": "${aws:iot:parameter:command}" }'


def test_a_template_takes_document_and_source_of_a_job(sources):
    sources.job("t", jobTemplateArn=f"{ARN}jobtemplate/sourced")
    sources.iot.create_job_template(jobTemplateId="again", description="d", jobArn=f"{ARN}job/job")
    found = sources.iot.describe_job_template(jobTemplateId="again")

    assert (found["document"], found["documentSource"]) == ('{ "is": "old" }', "s3://bucket/key")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [({"command": 'a "b"'}, '{ "is": "a \\"b\\"" }'), ({"command": "x", "runAsUser": "me"}, '{ "is": "x" }')],
)
def test_parameters_come_into_a_document_that_is_read_from_s3(sources, parameters, expected):
    arn = "arn:aws:iot:us-east-1::jobtemplate/AWS-Run-Command:1.0"
    sources.job("t", jobTemplateArn=arn, documentSource="s3://bucket/key", documentParameters=parameters)

    assert document(sources) == expected
    raw = sources.iot.get_job_document(jobId="job", beforeSubstitution=True)["document"]
    assert raw == '{ "is": "${aws:iot:parameter:command}" }'
    assert sources.iot.describe_job(jobId="job")["documentSource"] == "s3://bucket/key"


def test_a_source_replaces_the_document_of_a_template_of_aws_that_needs_no_parameters(sources):
    sources.job("t", jobTemplateArn="arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0", documentSource="s3://bucket/key")

    assert document(sources) == '{ "is": "${aws:iot:parameter:command}" }'


# Maintenance windows


@pytest.fixture
def windows(template):
    template.iot.create_job_template(
        jobTemplateId="windows",
        description="d",
        document="{}",
        maintenanceWindows=[{"startTime": "0 0 18 ? * MON *", "durationInMinutes": 60}],
    )
    return f"{ARN}jobtemplate/windows"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "TargetSelection is invalid. MaintenanceWindow cannot be used with SNAPSHOT job."),
        ({"targetSelection": "CONTINUOUS"}, "MaintenanceWindow cannot be used without StartTime of SchedulingConfig."),
    ],
    ids=["snapshot", "without start"],
)
def test_windows_of_a_template_need_a_continuous_job_with_a_start(template, windows, members, message):
    with template.refused("InvalidRequestException", 400, message):
        template.job("t", jobTemplateArn=windows, **members)
