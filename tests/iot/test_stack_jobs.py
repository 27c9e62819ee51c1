"""`AWS::IoT::Job` in the CloudFormation stacks of moto."""

from __future__ import annotations

import json
from datetime import datetime

import boto3
import pytest
from botocore.exceptions import ClientError

from support.constants import NO_RETRIES
from support.fleet import ARN
from support.windows import SUNDAY

TYPE = "AWS::IoT::Job"
TARGET = f"{ARN}thing/t"
MINIMAL = {"JobId": "job", "Targets": [TARGET], "Document": "{}"}
ROLE = "arn:aws:iam::123456789012:role/presign"
CRITERIA = {"Action": "CANCEL", "FailureType": "ALL", "MinNumberOfExecutedThings": 1, "ThresholdPercentage": 12.5}

# property: (value, member of the job, value of the member)
IN_PLACE = {
    "Description": ("text", "description", "text"),
    "PresignedUrlConfig": ({"RoleArn": ROLE, "ExpiresInSec": 60}, "presignedUrlConfig", {"roleArn": ROLE, "expiresInSec": 60}),
    "JobExecutionsRolloutConfig": (
        {
            "MaximumPerMinute": 10,
            "ExponentialRate": {
                "BaseRatePerMinute": 1,
                "IncrementFactor": 1.5,
                "RateIncreaseCriteria": {"NumberOfSucceededThings": 2},
            },
        },
        "jobExecutionsRolloutConfig",
        {
            "maximumPerMinute": 10,
            "exponentialRate": {
                "baseRatePerMinute": 1,
                "incrementFactor": 1.5,
                "rateIncreaseCriteria": {"numberOfSucceededThings": 2},
            },
        },
    ),
    "AbortConfig": (
        {"CriteriaList": [CRITERIA]},
        "abortConfig",
        {"criteriaList": [{f"{name[0].lower()}{name[1:]}": value for name, value in CRITERIA.items()}]},
    ),
    "TimeoutConfig": ({"InProgressTimeoutInMinutes": "5"}, "timeoutConfig", {"inProgressTimeoutInMinutes": 5}),
}
CREATE_ONLY = {
    "TargetSelection": ("CONTINUOUS", "targetSelection", "CONTINUOUS"),
    "JobExecutionsRetryConfig": (
        {"CriteriaList": [{"FailureType": "FAILED", "NumberOfRetries": 2}]},
        "jobExecutionsRetryConfig",
        {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]},
    ),
    "SchedulingConfig": (
        {
            "StartTime": "2030-06-02T13:00",
            "EndTime": "2030-07-02T13:00",
            "EndBehavior": "CANCEL",
            "MaintenanceWindows": [{"StartTime": "0 0 18 ? * MON", "DurationInMinutes": 60}],
        },
        "schedulingConfig",
        {
            "startTime": "2030-06-02T13:00",
            "endTime": "2030-07-02T13:00",
            "endBehavior": "CANCEL",
            "maintenanceWindows": [{"startTime": "0 0 18 ? * MON", "durationInMinutes": 60}],
        },
    ),
    "DestinationPackageVersions": (
        [f"{ARN}package/p/version/1"],
        "destinationPackageVersions",
        [f"{ARN}package/p/version/1"],
    ),
}

OTHERS = {
    "Targets": [f"{ARN}thing/other"],
    "Document": '{"b": 2}',
    "DocumentSource": "https://s3.amazonaws.com/bucket/key",
    "JobTemplateArn": f"{ARN}jobtemplate/template",
    "DocumentParameters": {"a": "b"},
}


@pytest.fixture
def stacks(fleet):
    fleet.things("t")
    return boto3.client("cloudformation", region_name="us-east-1", config=NO_RETRIES)


def body(outputs=None, **properties):
    given = {name: value for name, value in {**MINIMAL, **properties}.items() if value is not None}
    outputs = {name: {"Value": value} for name, value in (outputs or {}).items()}
    return json.dumps({"Resources": {"J": {"Type": TYPE, "Properties": given}}, "Outputs": outputs})


def job(iot, job_id="job"):
    return iot.describe_job(jobId=job_id)["job"]


def jobs(iot):
    return sorted(each["jobId"] for each in iot.list_jobs()["jobs"])


def tags(iot):
    return {each["Key"]: each["Value"] for each in iot.list_tags_for_resource(resourceArn=f"{ARN}job/job")["tags"]}


def tagged(**values):
    return [{"Key": key, "Value": value} for key, value in values.items()]


def refused(call, template):
    with pytest.raises(ClientError) as caught:
        call(StackName="s", TemplateBody=template)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    return caught.value.response["Error"]["Message"]


def test_a_stack_makes_a_job_that_devices_get(stacks, fleet):
    stacks.create_stack(StackName="s", TemplateBody=body(Document='{"a": 1}'))

    assert fleet.start("t")["jobDocument"] == '{"a":1}'


@pytest.mark.parametrize("name", IN_PLACE | CREATE_ONLY)
def test_each_property_arrives(mock, stacks, iot, name):
    mock.clock.freeze()
    mock.clock.move_to(SUNDAY)
    value, member, expected = (IN_PLACE | CREATE_ONLY)[name]
    others = {"TargetSelection": "CONTINUOUS"} if name == "SchedulingConfig" else {}
    stacks.create_stack(StackName="s", TemplateBody=body(**{**others, name: value}))

    assert job(iot)[member] == expected


def test_a_job_is_made_from_a_template(stacks, iot):
    iot.create_job_template(jobTemplateId="template", description="d", document='{"of": "template"}')
    properties = {"Document": None, "JobTemplateArn": f"{ARN}jobtemplate/template"}
    stacks.create_stack(StackName="s", TemplateBody=body(**properties))

    assert iot.get_job_document(jobId="job")["document"] == '{"of": "template"}'


def test_a_document_is_read_from_s3(stacks, iot):
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b'{"from": "s3"}')
    properties = {"Document": None, "DocumentSource": "https://s3.amazonaws.com/bucket/key"}
    stacks.create_stack(StackName="s", TemplateBody=body(**properties))

    assert iot.get_job_document(jobId="job")["document"] == '{"from": "s3"}'


def test_document_parameters_arrive(stacks, iot):
    template = iot.describe_managed_job_template(templateName="AWS-Reboot")
    properties = {"Document": None, "JobTemplateArn": template["templateArn"], "DocumentParameters": {"pathToHandler": "/x"}}
    stacks.create_stack(StackName="s", TemplateBody=body(**properties))

    assert job(iot)["documentParameters"] == {"pathToHandler": "/x"}


def test_every_member_of_the_operation_but_the_namespace_is_a_property(iot):
    others = {"JobId", "Targets", "Document", "DocumentSource", "JobTemplateArn", "DocumentParameters", "Tags", "NamespaceId"}
    members = iot.meta.service_model.operation_model("CreateJob").input_shape.members

    assert {f"{each[0].upper()}{each[1:]}" for each in members} == others | IN_PLACE.keys() | CREATE_ONLY.keys()


def test_ref_and_attributes(mock, stacks, iot):
    mock.clock.freeze()
    attributes = {name: {"Fn::GetAtt": ["J", name]} for name in ("Arn", "CreatedAt")}
    stacks.create_stack(StackName="s", TemplateBody=body({"Ref": {"Ref": "J"}, **attributes}))
    (stack,) = stacks.describe_stacks(StackName="s")["Stacks"]
    shown = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    assert shown["Ref"] == shown["Arn"] == f"{ARN}job/job"
    assert shown["CreatedAt"].endswith("Z")
    assert datetime.fromisoformat(shown["CreatedAt"].replace("Z", "+00:00")) == job(iot)["createdAt"]


def test_another_attribute_is_refused(stacks, iot):
    text = refused(stacks.create_stack, body({"O": {"Fn::GetAtt": ["J", "Status"]}}))

    assert "resource Job does not support attribute type Status" in text
    assert jobs(iot) == []


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"JobId": None}, "required key [JobId] not found"),
        ({"Targets": None}, "at 'targets' failed to satisfy constraint"),
        ({"Targets": [f"{ARN}thing/nobody"]}, "nobody"),
        ({"NamespaceId": "n"}, "#: extraneous key [NamespaceId] is not permitted"),
        ({"Colour": "red"}, "#: extraneous key [Colour] is not permitted"),
    ],
    ids=["no id", "no targets", "unknown thing", "namespace", "unknown property"],
)
def test_a_job_that_is_refused_fails_the_stack(stacks, iot, properties, message):
    assert message in refused(stacks.create_stack, body(**properties))
    assert jobs(iot) == []
    assert stacks.describe_stacks()["Stacks"] == []


def test_a_job_that_cannot_be_described_is_taken_back(mock, stacks, iot):
    mock.faults.add("iot", "describe_job", "ServiceUnavailableException", message="on purpose")

    assert "on purpose" in refused(stacks.create_stack, body())
    assert jobs(iot) == []


# Updates


@pytest.mark.parametrize("name", IN_PLACE)
def test_what_update_job_changes_changes_in_place(stacks, iot, name):
    value, member, expected = IN_PLACE[name]
    stacks.create_stack(StackName="s", TemplateBody=body())
    created = job(iot)["createdAt"]
    stacks.update_stack(StackName="s", TemplateBody=body(**{name: value}))

    assert (job(iot)[member], job(iot)["createdAt"]) == (expected, created)


@pytest.mark.parametrize("name", [*CREATE_ONLY, *OTHERS])
def test_a_change_that_needs_another_job_is_refused_under_the_same_id(stacks, fleet, name):
    fleet.things("other")
    stacks.create_stack(StackName="s", TemplateBody=body())
    before = job(fleet.iot)
    text = refused(stacks.update_stack, body(**{name: OTHERS[name] if name in OTHERS else CREATE_ONLY[name][0]}))

    assert text.endswith("Rename job and update the stack again.")
    assert job(fleet.iot) == before


def test_another_id_replaces_the_job(stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body())
    stacks.update_stack(StackName="s", TemplateBody=body(JobId="renamed", Document='{"b": 2}'))
    (resource,) = stacks.describe_stack_resources(StackName="s")["StackResources"]

    assert jobs(iot) == ["renamed"]
    assert resource["PhysicalResourceId"] == f"{ARN}job/renamed"


def test_tags_arrive_and_change_in_place(mock, stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body(Tags=tagged(kept="1", changed="1", removed="1")))
    assert tags(iot) == {"kept": "1", "changed": "1", "removed": "1"}

    stacks.update_stack(StackName="s", TemplateBody=body(Tags=tagged(kept="1", changed="2", added="3")))
    assert tags(iot) == {"kept": "1", "changed": "2", "added": "3"}
    assert not [call for call in mock.calls if call.operation == "UpdateJob"]

    stacks.update_stack(StackName="s", TemplateBody=body())
    assert tags(iot) == {}


def test_an_update_whose_tags_are_refused_changes_nothing(mock, stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body(Description="before", Tags=tagged(a="1")))
    mock.faults.add("iot", "untag_resource", "InternalFailureException", message="on purpose", times=None)

    assert "on purpose" in refused(stacks.update_stack, body(Description="after", Tags=tagged(b="1")))
    assert job(iot)["description"] == "before"
    assert tags(iot)["a"] == "1"


def test_an_update_that_fails_later_is_taken_back(stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body(Description="before", Tags=tagged(a="1")))
    template = json.loads(body(Description="after", Tags=tagged(b="2")))
    template["Resources"]["K"] = {"Type": TYPE, "Properties": {**MINIMAL, "JobId": "bad id!"}}
    template["Resources"]["K"]["DependsOn"] = "J"

    assert "bad id!" in refused(stacks.update_stack, json.dumps(template))
    assert (job(iot)["description"], tags(iot)) == ("before", {"a": "1"})
    assert jobs(iot) == ["job"]


# Deletion


def test_deleting_a_stack_deletes_a_job_in_progress(stacks, fleet):
    stacks.create_stack(StackName="s", TemplateBody=body())
    fleet.start("t")
    stacks.delete_stack(StackName="s")

    assert jobs(fleet.iot) == []
    assert stacks.describe_stacks()["Stacks"] == []


def test_a_job_that_is_gone_does_not_hinder_the_deletion(stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body())
    iot.delete_job(jobId="job", force=True)
    stacks.delete_stack(StackName="s")

    assert stacks.describe_stacks()["Stacks"] == []
