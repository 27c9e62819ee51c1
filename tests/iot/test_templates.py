"""Job templates: create, describe, list, delete."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from support.fleet import ARN

ROLE = "arn:aws:iam::123456789012:role/presign"
CONFIGS = {
    "presignedUrlConfig": {"roleArn": ROLE, "expiresInSec": 60},
    "jobExecutionsRolloutConfig": {"maximumPerMinute": 10},
    "abortConfig": {
        "criteriaList": [
            {"failureType": "FAILED", "action": "CANCEL", "thresholdPercentage": 25.0, "minNumberOfExecutedThings": 5}
        ]
    },
    "timeoutConfig": {"inProgressTimeoutInMinutes": 30},
    "jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]},
}
WINDOWS = [{"startTime": "0 0 18 ? * MON *", "durationInMinutes": 60}]
PRESIGN = '"${aws:iot:s3-presigned-url:https://s3.amazonaws.com/bucket/key}"'


def create(fleet, template_id="template", **members):
    if not members.keys() & {"document", "documentSource", "jobArn"}:
        members["document"] = "{}"
    return fleet.iot.create_job_template(**{"jobTemplateId": template_id, "description": "d", **members})


def describe(fleet, template_id="template"):
    answer = fleet.iot.describe_job_template(jobTemplateId=template_id)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def templates(fleet):
    return [each["jobTemplateId"] for each in fleet.iot.list_job_templates()["jobTemplates"]]


def test_a_template_answers_with_arn_and_id(fleet):
    answer = create(fleet)

    assert (answer["jobTemplateArn"], answer["jobTemplateId"]) == (f"{ARN}jobtemplate/template", "template")


def test_an_unset_configuration_is_empty_or_absent(fleet):
    """Three are objects of nulls on the wire of AWS, which boto3 shows as empty; all others it does not show."""
    create(fleet, document='{ "a": 1.0 }')
    template = describe(fleet)
    created = template.pop("createdAt")

    assert template == {
        "jobTemplateArn": f"{ARN}jobtemplate/template",
        "jobTemplateId": "template",
        "description": "d",
        "document": '{ "a": 1.0 }',
        "presignedUrlConfig": {},
        "jobExecutionsRolloutConfig": {},
        "timeoutConfig": {},
    }
    assert created.tzinfo is not None


def test_all_that_a_template_was_given_is_described(fleet):
    create(fleet, maintenanceWindows=WINDOWS, **CONFIGS)
    template = describe(fleet)

    assert {name: template[name] for name in CONFIGS} == CONFIGS
    assert template["maintenanceWindows"] == WINDOWS


def test_a_template_is_created_at_the_moment_of_the_clock(mock, fleet):
    mock.clock.freeze()
    now_ms = mock.clock.now_ms
    create(fleet)

    assert describe(fleet)["createdAt"].timestamp() == pytest.approx(now_ms / 1000, abs=0.001)
    assert fleet.iot.list_job_templates()["jobTemplates"][0]["createdAt"] == describe(fleet)["createdAt"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param(
            {"document": "{"}, "Job document located at request input is an invalid JSON document.", id="document is not JSON"
        ),
        pytest.param(
            {"document": "{", "timeoutConfig": {}},
            "Job document located at request input is an invalid JSON document.",
            id="document before time limit",
        ),
        pytest.param(
            {"timeoutConfig": {"inProgressTimeoutInMinutes": 10081}},
            "Provide valid timeout value, inProgressTimeoutInMinutes cannot be 10081.",
            id="time limit too long",
        ),
        pytest.param(
            {
                "timeoutConfig": {"inProgressTimeoutInMinutes": 0},
                "abortConfig": {"criteriaList": CONFIGS["abortConfig"]["criteriaList"] * 2},
            },
            "Provide valid timeout value, inProgressTimeoutInMinutes cannot be 0.",
            id="time limit before abort criteria",
        ),
        pytest.param(
            {"abortConfig": {"criteriaList": CONFIGS["abortConfig"]["criteriaList"] * 2}},
            "Multiple AbortCriteria cannot have the same failure type",
            id="abort criterion twice",
        ),
        pytest.param(
            {
                "jobExecutionsRetryConfig": {
                    "criteriaList": [
                        {"failureType": "ALL", "numberOfRetries": 1},
                        {"failureType": "FAILED", "numberOfRetries": 1},
                    ]
                }
            },
            "A retryCriteria with failure type ALL must be used by itself.",
            id="retry ALL beside another",
        ),
        pytest.param(
            {"jobExecutionsRolloutConfig": {"maximumPerMinute": 1001}},
            "1 validation error detected: Value '1001' at 'jobExecutionsRolloutConfig.maximumPerMinute' failed to satisfy "
            "constraint: Member must have value less than or equal to 1000",
            id="rollout too fast",
        ),
        pytest.param(
            {"presignedUrlConfig": {"roleArn": f"{ARN}thing/no-role"}},
            f"Given role {ARN}thing/no-role is invalid.",
            id="role that is none",
        ),
        pytest.param(
            {"document": "{}", "documentSource": "s3://b/k"},
            "Job document and job document source cannot be specified at the same time.",
            id="two documents",
        ),
        pytest.param({"document": None}, "Neither job document nor job document source is specified.", id="no document"),
        pytest.param({"document": None, "documentSource": "s3://b"}, None, id="source without key"),
        pytest.param(
            {"document": PRESIGN},
            "Role must be provided for pre-sign S3 urls in job document of job new.",
            id="placeholder without role",
        ),
        pytest.param(
            {"tags": [{"Key": "a"}]}, "Invalid tag parameter exception. Please check the input.", id="tag without value"
        ),
        pytest.param(
            {"tags": [{"Key": "AWS:a", "Value": "b"}]},
            'Tags cannot begin with "aws:", offending tag: AWS:a',
            id="reserved tag",
        ),
        pytest.param(
            {"document": None, "jobArn": f"{ARN}thing/t"},
            "Resource type should be job but found invalid resource type thing",
            id="job ARN of something else",
        ),
        pytest.param(
            {"document": None, "jobArn": "job"},
            "Resource type should be job but found invalid resource type job",
            id="job ARN that is none",
        ),
    ],
)
def test_a_bad_template_is_refused(fleet, members, message):
    create(fleet, "old")
    request = {"jobTemplateId": "new", "description": "d", "document": "{}", **members}
    given = {name: value for name, value in request.items() if value is not None}

    with fleet.refused("InvalidRequestException", 400, message):
        fleet.iot.create_job_template(**given)


@pytest.mark.parametrize(
    ("members", "clause"),
    [
        ({"jobTemplateId": "bad id!"}, "at 'jobTemplateId' failed to satisfy constraint: Member must satisfy regular expression"),
        ({"jobTemplateId": "x" * 65}, "at 'jobTemplateId' failed to satisfy constraint: Member must have length less than"),
        ({"description": None}, "Value null at 'description' failed to satisfy constraint: Member must not be null"),
        ({"description": "\n"}, "at 'description' failed to satisfy constraint: Member must satisfy regular expression"),
        ({"description": "x" * 2029}, "at 'description' failed to satisfy constraint: Member must have length less than"),
        ({"document": "x" * 32769}, "at 'document' failed to satisfy constraint: Member must have length less than or equal to"),
        (
            {"maintenanceWindows": [{"startTime": "x", "durationInMinutes": 1431}]},
            "at 'maintenanceWindows.1.member.durationInMinutes' failed to satisfy constraint",
        ),
    ],
)
def test_each_constraint_of_the_model_is_checked(fleet, unchecked_iot, members, clause):
    request = {"jobTemplateId": "template", "description": "d", "document": "{}", **members}

    with pytest.raises(ClientError, match="InvalidRequestException") as caught:
        unchecked_iot.create_job_template(**{name: value for name, value in request.items() if value is not None})

    assert clause in caught.value.response["Error"]["Message"]
    assert templates(fleet) == []


@pytest.mark.parametrize(
    "members", [{"document": "{}"}, {"jobArn": f"{ARN}job/unknown"}], ids=["same", "before the job is looked up"]
)
def test_an_id_in_use_is_a_conflict_without_resource(fleet, members):
    create(fleet)

    with fleet.refused("ConflictException", 409, "Job Template template already exists."):
        create(fleet, **members)
    assert fleet.json == {"message": "Job Template template already exists.", "resourceId": None}


# From a job


@pytest.fixture
def job(fleet):
    fleet.things("t")
    fleet.job("t", document='{ "from": "job" }', description="of the job", tags=[{"Key": "of", "Value": "job"}], **CONFIGS)
    return fleet.describe()


def test_a_template_takes_document_and_configurations_of_a_job(fleet, job):
    create(fleet, jobArn=job["jobArn"], description="own")
    template = describe(fleet)

    assert template["document"] == '{ "from": "job" }'
    assert {name: template[name] for name in CONFIGS} == CONFIGS
    assert template["description"] == "own"
    assert fleet.iot.list_tags_for_resource(resourceArn=template["jobTemplateArn"])["tags"] == []


@pytest.mark.parametrize(
    "own",
    [
        {"presignedUrlConfig": {"roleArn": f"{ROLE}2"}},
        {"jobExecutionsRolloutConfig": {"maximumPerMinute": 3}},
        {"timeoutConfig": {"inProgressTimeoutInMinutes": 1}},
        {"jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "ALL", "numberOfRetries": 1}]}},
        {"document": "[]"},
    ],
    ids=lambda own: next(iter(own)),
)
def test_members_of_the_request_come_before_those_of_the_job_each_as_a_whole(fleet, job, own):
    create(fleet, jobArn=job["jobArn"], **own)
    template = describe(fleet)

    expected = {"document": '{ "from": "job" }', **CONFIGS, **own}
    assert {name: template[name] for name in expected} == expected


def test_the_role_of_the_job_serves_a_document_of_the_request(fleet, job):
    create(fleet, "plain", document="{}")
    fleet.iot.delete_job_template(jobTemplateId="plain")

    with pytest.raises(ClientError) as caught:
        create(fleet, jobArn=job["jobArn"], document=PRESIGN, presignedUrlConfig={"expiresInSec": 60})
    assert "Role must be provided" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    "arn", [f"{ARN}job/nope", "arn:aws:iot:us-east-1:999999999999:job/job", "arn:aws:iot:eu-west-1:123456789012:job/job"]
)
def test_a_template_cannot_be_made_from_a_job_that_is_not_here(fleet, job, arn):
    message = f"Job {arn.rpartition('/')[2]} cannot be found."

    with fleet.refused("ResourceNotFoundException", 404, message):
        create(fleet, jobArn=arn)


def test_a_template_outlives_the_job_that_it_was_made_from(fleet, job):
    create(fleet, jobArn=job["jobArn"])
    before = describe(fleet)
    fleet.iot.delete_job(jobId="job", force=True)

    assert describe(fleet) == before


# Describe, list, delete


@pytest.mark.parametrize("operation", ["describe_job_template", "delete_job_template"])
def test_an_unknown_template_is_not_found(fleet, operation):
    create(fleet)
    call = getattr(fleet.iot, operation)

    for name in ("nope", "AWS-Reboot"):
        with fleet.refused("ResourceNotFoundException", 404, f"Job Template {name} cannot be found."):
            call(jobTemplateId=name)


@pytest.mark.parametrize("operation", ["describe_job_template", "delete_job_template"])
def test_a_bad_id_is_refused_before_it_is_looked_up(fleet, unchecked_iot, operation):
    with pytest.raises(ClientError) as caught:
        getattr(unchecked_iot, operation)(jobTemplateId="bad id!")

    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    assert caught.value.response["Error"]["Message"] == (
        "1 validation error detected: Value 'bad id!' at 'jobTemplateId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
    )


def test_templates_are_listed_newest_first(fleet):
    for name in "bac":
        create(fleet, name)
    listed = fleet.iot.list_job_templates()["jobTemplates"]

    assert [each["jobTemplateId"] for each in listed] == ["c", "a", "b"]
    assert listed[0].keys() == {"jobTemplateArn", "jobTemplateId", "description", "createdAt"}
    assert listed[0]["jobTemplateArn"] == f"{ARN}jobtemplate/c"


def test_pages_hold_every_template_once(fleet):
    for name in range(7):
        create(fleet, f"t{name}")
    pages = list(fleet.iot.get_paginator("list_job_templates").paginate(PaginationConfig={"PageSize": 3}))

    assert [len(each["jobTemplates"]) for each in pages] == [3, 3, 1]
    assert [each["jobTemplateId"] for page in pages for each in page["jobTemplates"]] == [f"t{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert "nextToken" not in pages[-1]


def test_a_new_template_does_not_shift_the_pages(fleet):
    for name in "abc":
        create(fleet, name)
    first = fleet.iot.list_job_templates(maxResults=2)
    create(fleet, "d")
    fleet.iot.delete_job_template(jobTemplateId="b")
    second = fleet.iot.list_job_templates(maxResults=2, nextToken=first["nextToken"])

    assert [each["jobTemplateId"] for each in second["jobTemplates"]] == ["a"]


@pytest.mark.parametrize("token", ["nonsense", "W10="])
def test_a_token_of_something_else_is_refused(fleet, token):
    with fleet.refused("InvalidRequestException", 400, "Next token is invalid."):
        fleet.iot.list_job_templates(nextToken=token)


def test_a_token_of_another_listing_is_refused(fleet):
    token = fleet.iot.list_managed_job_templates(maxResults=1)["nextToken"]

    with fleet.refused("InvalidRequestException", 400, "Next token is invalid."):
        fleet.iot.list_job_templates(nextToken=token)


@pytest.mark.parametrize("size", [0, 251])
def test_a_page_holds_1_to_250_templates(unchecked_iot, size):
    with pytest.raises(ClientError, match="InvalidRequestException"):
        unchecked_iot.list_job_templates(maxResults=size)


def test_a_deleted_template_is_gone_and_its_id_is_free(fleet):
    create(fleet, "a", description="old", tags=[{"Key": "k", "Value": "v"}])
    create(fleet, "b")
    fleet.iot.delete_job_template(jobTemplateId="a")
    assert fleet.body == b""
    assert templates(fleet) == ["b"]
    create(fleet, "a", description="new")

    assert templates(fleet) == ["a", "b"]
    assert describe(fleet, "a")["description"] == "new"
    assert fleet.iot.list_tags_for_resource(resourceArn=f"{ARN}jobtemplate/a")["tags"] == []


def test_templates_of_regions_and_accounts_do_not_meet(fleet, mock):
    import boto3

    create(fleet)
    elsewhere = boto3.client("iot", region_name="eu-west-1")
    other = boto3.client("iot", region_name="us-east-1", aws_access_key_id="999999999999", aws_secret_access_key="x")

    assert elsewhere.list_job_templates()["jobTemplates"] == other.list_job_templates()["jobTemplates"] == []
