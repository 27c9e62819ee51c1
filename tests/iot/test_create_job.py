"""CreateJob: order of checks, choice of the document, targets, job id."""

from __future__ import annotations

import json

import pytest

from support.fleet import ARN

THING = f"{ARN}thing/t"


@pytest.fixture
def one(fleet):
    """One thing `t`, one group `g` with it."""
    fleet.things("t")
    fleet.group("g", "t")
    return fleet


def create(fleet, **members):
    return fleet.iot.create_job(**{"jobId": "job", "targets": [THING], **members})


def test_create_job_answers_with_arn_and_id(one):
    answer = create(one, document="{}")

    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    assert answer == {"jobArn": f"{ARN}job/job", "jobId": "job"}


def test_create_job_answers_with_the_description_if_there_is_one(one):
    assert create(one, document="{}", description="what for")["description"] == "what for"


def test_a_new_job_is_in_progress_and_its_executions_are_queued(one):
    create(one, document="{}")

    job = one.describe()
    assert (job["status"], job["targetSelection"], job["isConcurrent"]) == ("IN_PROGRESS", "SNAPSHOT", False)
    execution = one.execution("t")
    assert (execution["status"], execution["executionNumber"], execution["versionNumber"]) == ("QUEUED", 1, 1)
    assert execution["lastUpdatedAt"] == execution["queuedAt"] == job["createdAt"]


# Which document

BOTH = "Job document and job document source cannot be specified at the same time."


@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param({"document": "{}", "documentSource": "https://s3.amazonaws.com/b/k"}, BOTH, id="both"),
        pytest.param({"document": "{", "documentSource": "nonsense"}, BOTH, id="both, before either is looked at"),
        pytest.param({}, "Neither job document nor job document source is specified.", id="none"),
        pytest.param(
            {"document": "{}", "documentParameters": {"a": "b"}},
            "Document parameters can be specified only with the ARN of a managed job template.",
            id="parameters without template",
        ),
        pytest.param(
            {"jobTemplateArn": f"{ARN}jobtemplate/own", "documentParameters": {"a": "b"}},
            "Document parameters can be specified only with the ARN of a managed job template.",
            id="parameters with a template of one's own",
        ),
        pytest.param(
            {"jobTemplateArn": f"{ARN}thing/t"},
            "Resource type should be jobtemplate but found invalid resource type thing",
            id="template ARN of something else",
        ),
        pytest.param({"documentSource": "nonsense"}, "Job document source nonsense is invalid.", id="source: no URL"),
        pytest.param(
            {"documentSource": "https://example.com/b/k"},
            "Job document source https://example.com/b/k is invalid.",
            id="source: not S3",
        ),
        pytest.param(
            {"documentSource": "ftp://s3.amazonaws.com/b/k"},
            "Job document source ftp://s3.amazonaws.com/b/k is invalid.",
            id="source: scheme",
        ),
        pytest.param(
            {"documentSource": "https://s3.amazonaws.com/b"},
            "Provided S3 url is not valid: https://s3.amazonaws.com/b. Error: Key cannot be null",
            id="source: path style without key",
        ),
        pytest.param(
            {"documentSource": "https://b.s3.eu-west-1.amazonaws.com/"},
            "Provided S3 url is not valid: https://b.s3.eu-west-1.amazonaws.com/. Error: Key cannot be null",
            id="source: bucket in the host without key",
        ),
        pytest.param({"documentSource": "s3:///k"}, "Job document source s3:///k is invalid.", id="source: s3 without bucket"),
        pytest.param(
            {"documentSource": "https://s3.amazonaws.com//k"},
            "Job document source https://s3.amazonaws.com//k is invalid.",
            id="source: path style without bucket",
        ),
        pytest.param({"documentSource": "https://[s3"}, "Job document source https://[s3 is invalid.", id="source: broken URL"),
        pytest.param(
            {"documentSource": "s3://b"}, "Provided S3 url is not valid: s3://b. Error: Key cannot be null", id="source: s3"
        ),
    ],
)
def test_create_job_refuses_documents_that_contradict_each_other(one, members, message):
    with one.refused("InvalidRequestException", 400, message):
        create(one, **members)


# Targets


@pytest.mark.parametrize(
    "target",
    [
        "t",
        f"{ARN}thing/",
        f"{ARN}thing/bad name",
        f"{ARN}thing/{'t' * 129}",
        f"{ARN}job/t",
        f"{ARN}thingtype/t",
        "arn:aws:s3:::t",
        f"{ARN}thing/t\n",
    ],
)
def test_a_target_that_is_no_arn_of_a_thing_or_group_is_refused(one, target):
    with one.refused("InvalidRequestException", 400):
        create(one, document="{}", targets=[THING, target])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (f"{ARN}thing/nope", "Thing nope cannot be found."),
        (f"{ARN}thinggroup/nope", "Thing Group nope cannot be found."),
        ("arn:aws:iot:us-east-1:999999999999:thing/t", "Thing t cannot be found."),
        ("arn:aws:iot:eu-west-1:123456789012:thing/t", "Thing t cannot be found."),
        ("arn:aws:iot:eu-west-1:123456789012:thinggroup/g", "Thing Group g cannot be found."),
    ],
    ids=["no thing", "no group", "other account", "other region", "group in another region"],
)
def test_one_missing_target_fails_the_whole_call(one, target, message):
    with one.refused("ResourceNotFoundException", 404, message):
        create(one, document="{}", targets=[THING, target])


def test_targets_are_expanded_in_order_with_child_groups_and_each_thing_once(mock, fleet):
    fleet.things("a", "b", "c", "d", "e")
    fleet.group("parent", "c", "b")
    fleet.group("child", "d", "b", parent="parent")
    mock.clock.freeze()
    fleet.job("e", groups=["parent"], job_id="j1")
    fleet.iot.create_job(jobId="j2", document="{}", targets=[f"{ARN}thinggroup/parent", f"{ARN}thing/b", f"{ARN}thing/a"])

    def things(job_id):
        listed = fleet.iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]
        return [each["thingArn"].rpartition("/")[2] for each in listed]

    assert things("j1") == ["e", "c", "b", "d"]
    assert things("j2") == ["c", "b", "d", "a"]
    assert fleet.describe("j2")["targets"] == [f"{ARN}thinggroup/parent", f"{ARN}thing/b", f"{ARN}thing/a"]


def test_a_snapshot_of_an_empty_group_is_completed_at_once(fleet):
    fleet.group("empty")
    fleet.job(groups=["empty"])

    job = fleet.describe()
    assert (job["status"], fleet.counters()) == ("COMPLETED", {})
    assert job["completedAt"] == job["createdAt"]


def test_a_thing_that_joins_a_group_later_gets_nothing_from_a_snapshot(fleet):
    fleet.things("t", "late")
    fleet.group("g", "t")
    fleet.job(groups=["g"])
    fleet.iot.add_thing_to_thing_group(thingGroupName="g", thingName="late")

    assert fleet.start("late") is None
    assert fleet.counters() == {"QUEUED": 1}


def test_a_thing_that_leaves_its_group_keeps_what_a_snapshot_gave_it(fleet):
    fleet.things("t")
    fleet.group("g", "t")
    fleet.job(groups=["g"])
    fleet.iot.remove_thing_from_thing_group(thingGroupName="g", thingName="t")

    assert fleet.start("t")["jobId"] == "job"


def test_a_hundred_targets_are_taken(fleet):
    names = [f"t{number}" for number in range(100)]
    fleet.things(*names)
    fleet.job(*names)

    assert fleet.counters() == {"QUEUED": 100}


def test_more_than_a_hundred_targets_exceed_the_limit(fleet):
    names = [f"t{number}" for number in range(101)]
    fleet.things(*names)

    with fleet.refused("LimitExceededException", 410):
        fleet.job(*names)


def test_no_target_at_all_is_refused(one, unchecked_iot):
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        unchecked_iot.create_job(jobId="job", targets=[], document="{}")

    assert caught.value.response["Error"] == {
        "Code": "InvalidRequestException",
        "Message": "1 validation error detected: Value '[]' at 'targets' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    }


# The id


@pytest.mark.parametrize("document", ["{}", '{"other": 1}'], ids=["identical", "different"])
@pytest.mark.parametrize("end", ["in progress", "completed", "canceled"])
def test_an_id_in_use_is_refused_whatever_the_status_of_its_job(one, end, document):
    create(one, document="{}")
    if end == "completed":
        one.report("t", "SUCCEEDED")
    if end == "canceled":
        one.iot.cancel_job(jobId="job")

    with one.refused("ResourceAlreadyExistsException", 409, "Job job already exists.") as caught:
        create(one, document=document)
    assert caught.value.response["resourceId"] == "job"
    assert caught.value.response["resourceArn"] == f"{ARN}job/job"


def test_the_same_id_can_be_used_in_another_region(one, mock):
    import boto3

    create(one, document="{}")
    other = boto3.client("iot", region_name="eu-west-1")
    other.create_thing(thingName="t")
    other.create_job(jobId="job", targets=["arn:aws:iot:eu-west-1:123456789012:thing/t"], document="[]")

    assert other.describe_job(jobId="job")["job"]["jobArn"] == "arn:aws:iot:eu-west-1:123456789012:job/job"
    assert one.iot.get_job_document(jobId="job")["document"] == "{}"


# The order of checks

INVALID = "Job document located at request input is an invalid JSON document."


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        pytest.param(
            {"jobId": "bad id!", "document": "{}", "documentSource": "x"},
            "InvalidRequestException",
            "1 validation error detected: Value 'bad id!' at 'jobId' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
            id="shape before documents",
        ),
        pytest.param(
            {
                "document": "{",
                "timeoutConfig": {"inProgressTimeoutInMinutes": 0},
                "abortConfig": {
                    "criteriaList": [
                        {
                            "failureType": "FAILED",
                            "action": "CANCEL",
                            "thresholdPercentage": 0,
                            "minNumberOfExecutedThings": 1,
                        }
                    ]
                },
            },
            "InvalidRequestException",
            "Provide valid timeout value, inProgressTimeoutInMinutes cannot be 0.",
            id="timeout before abort criteria and document",
        ),
        pytest.param(
            {"document": "{", "targets": ["nonsense"]}, "InvalidRequestException", INVALID, id="document before targets"
        ),
        pytest.param(
            {"document": "{", "targets": [f"{ARN}thing/nope"]}, "InvalidRequestException", INVALID, id="document before existence"
        ),
        pytest.param(
            {"document": "{}", "targets": [f"{ARN}thing/nope"]},
            "ResourceNotFoundException",
            "Thing nope cannot be found.",
            id="targets before the id",
        ),
    ],
)
def test_checks_come_in_the_order_of_the_service(one, members, code, message):
    create(one, document="{}")

    with one.refused(code, 404 if code == "ResourceNotFoundException" else 400, message):
        create(one, **members)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"document": True}, "Value 'true' at 'document' failed to satisfy constraint: Member must be of type string"),
        ({"targets": THING}, f"Value '{THING}' at 'targets' failed to satisfy constraint: Member must be of type list"),
        (
            {"presignedUrlConfig": []},
            "Value '[]' at 'presignedUrlConfig' failed to satisfy constraint: Member must be of type structure",
        ),
        ({"targets": None}, "Value null at 'targets' failed to satisfy constraint: Member must not be null"),
        ({"targets": [None]}, "Value null at 'targets.1.member' failed to satisfy constraint: Member must not be null"),
    ],
    ids=["boolean", "list", "structure", "missing", "missing in a list"],
)
def test_a_member_of_the_wrong_type_is_refused(one, unchecked_iot, members, message):
    from botocore.exceptions import ClientError

    def replace(params, **_):
        body = {**json.loads(params["body"]), **members}
        params["body"] = json.dumps(body).encode()

    unchecked_iot.meta.events.register("before-call", replace)
    with pytest.raises(ClientError) as caught:
        unchecked_iot.create_job(jobId="job", targets=[THING], document="{}")

    assert caught.value.response["Error"] == {
        "Code": "InvalidRequestException",
        "Message": f"1 validation error detected: {message}",
    }
    assert one.iot.list_jobs()["jobs"] == []
