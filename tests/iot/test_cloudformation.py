"""Job templates as resources of the CloudFormation stacks of moto."""

from __future__ import annotations

import json
import threading

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudformation.parsing import get_model_map
from moto.iot.models import FakeJobTemplate, iot_backends

from mock_jobs.moto_adapters.cloudformation import seam as cloudformation_seam

from support.constants import ACCOUNT, NO_RETRIES, REGION
from support.fleet import ARN

TYPE = "AWS::IoT::JobTemplate"
MINIMAL = {"JobTemplateId": "template", "Description": "d", "Document": "{}"}
ROLE = "arn:aws:iam::123456789012:role/presign"

# property as the registry's schema names it: (value, member, value of the member)
PROPERTIES = {
    "Description": ("text", "description", "text"),
    "Document": ('{ "a": 1 }', "document", '{ "a": 1 }'),
    "TimeoutConfig": ({"InProgressTimeoutInMinutes": 5}, "timeoutConfig", {"inProgressTimeoutInMinutes": 5}),
    "PresignedUrlConfig": ({"RoleArn": ROLE, "ExpiresInSec": 60}, "presignedUrlConfig", {"roleArn": ROLE, "expiresInSec": 60}),
    "JobExecutionsRolloutConfig": (
        {
            "ExponentialRolloutRate": {
                "BaseRatePerMinute": 1,
                "IncrementFactor": 1.5,
                "RateIncreaseCriteria": {"NumberOfSucceededThings": 2},
            },
            "MaximumPerMinute": 10,
        },
        "jobExecutionsRolloutConfig",
        {
            "exponentialRate": {
                "baseRatePerMinute": 1,
                "incrementFactor": 1.5,
                "rateIncreaseCriteria": {"numberOfSucceededThings": 2},
            },
            "maximumPerMinute": 10,
        },
    ),
    "AbortConfig": (
        {
            "CriteriaList": [
                {"Action": "CANCEL", "FailureType": "ALL", "MinNumberOfExecutedThings": 1, "ThresholdPercentage": 12.5}
            ]
        },
        "abortConfig",
        {
            "criteriaList": [
                {"action": "CANCEL", "failureType": "ALL", "minNumberOfExecutedThings": 1, "thresholdPercentage": 12.5}
            ]
        },
    ),
    "JobExecutionsRetryConfig": (
        {"RetryCriteriaList": [{"FailureType": "FAILED", "NumberOfRetries": 2}]},
        "jobExecutionsRetryConfig",
        {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]},
    ),
    "MaintenanceWindows": (
        [{"StartTime": "0 0 18 ? * MON *", "DurationInMinutes": 60}],
        "maintenanceWindows",
        [{"startTime": "0 0 18 ? * MON *", "durationInMinutes": 60}],
    ),
    "DestinationPackageVersions": (
        [f"{ARN}package/p/version/1"],
        "destinationPackageVersions",
        [f"{ARN}package/p/version/1"],
    ),
}


@pytest.fixture
def stacks(mock):
    return boto3.client("cloudformation", region_name="us-east-1", config=NO_RETRIES)


def body(properties=None, outputs=None, **more):
    """A template with the resource `J`, and more resources by their logical ids."""
    resources = {"J": {"Type": TYPE, "Properties": MINIMAL if properties is None else properties}}
    return json.dumps({"Resources": resources | more, "Outputs": outputs or {}})


def job_template(template_id, **properties):
    return {"Type": TYPE, "Properties": {**MINIMAL, "JobTemplateId": template_id, **properties}}


def templates(iot):
    return sorted(each["jobTemplateId"] for each in iot.list_job_templates()["jobTemplates"])


def stack_names(stacks):
    return [each["StackName"] for each in stacks.describe_stacks()["Stacks"]]


@pytest.mark.parametrize("name", PROPERTIES)
def test_each_property_arrives(stacks, iot, name):
    value, member, expected = PROPERTIES[name]
    stacks.create_stack(StackName="s", TemplateBody=body({**MINIMAL, name: value}))

    assert iot.describe_job_template(jobTemplateId="template")[member] == expected


def test_tags_arrive(stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body({**MINIMAL, "Tags": [{"Key": "k", "Value": "v"}]}))

    assert iot.list_tags_for_resource(resourceArn=f"{ARN}jobtemplate/template")["tags"] == [{"Key": "k", "Value": "v"}]


def test_a_document_is_read_from_s3(stacks, iot):
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b'{ "from": "s3" }')
    source = "https://s3.amazonaws.com/bucket/key"
    stacks.create_stack(
        StackName="s", TemplateBody=body({"JobTemplateId": "template", "Description": "d", "DocumentSource": source})
    )
    template = iot.describe_job_template(jobTemplateId="template")

    assert (template["document"], template["documentSource"]) == ('{ "from": "s3" }', source)


def test_a_template_is_made_from_a_job(stacks, fleet):
    fleet.things("t")
    fleet.job("t", document='{ "of": "job" }', timeoutConfig={"inProgressTimeoutInMinutes": 7})
    properties = {"JobTemplateId": "template", "Description": "d", "JobArn": f"{ARN}job/job"}
    stacks.create_stack(StackName="s", TemplateBody=body(properties))
    template = fleet.iot.describe_job_template(jobTemplateId="template")

    assert template["document"] == '{ "of": "job" }'
    assert template["timeoutConfig"] == {"inProgressTimeoutInMinutes": 7}


def test_every_member_of_the_operation_is_a_property(iot):
    """As the schema of the type in the registry has it; each of them is given by a test here."""
    others = {"JobTemplateId", "JobArn", "Tags", "DocumentSource"}
    members = iot.meta.service_model.operation_model("CreateJobTemplate").input_shape.members

    assert {f"{each[0].upper()}{each[1:]}" for each in members} == others | PROPERTIES.keys()


def test_ref_is_the_id_and_get_att_gives_the_arn(stacks):
    outputs = {"Ref": {"Value": {"Ref": "J"}}, "Arn": {"Value": {"Fn::GetAtt": ["J", "Arn"]}}}
    stacks.create_stack(StackName="s", TemplateBody=body(outputs=outputs))
    (stack,) = stacks.describe_stacks(StackName="s")["Stacks"]
    (resource,) = stacks.describe_stack_resources(StackName="s")["StackResources"]

    shown = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert shown == {"Ref": "template", "Arn": f"{ARN}jobtemplate/template"}
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert (resource["PhysicalResourceId"], resource["ResourceType"]) == ("template", TYPE)


def test_another_attribute_is_refused(stacks, iot):
    with pytest.raises(ClientError, match="Template error: resource JobTemplate does not support attribute type Name"):
        stacks.create_stack(StackName="s", TemplateBody=body(outputs={"O": {"Value": {"Fn::GetAtt": ["J", "Name"]}}}))
    with pytest.raises(ClientError, match="Template error: resource J does not support attribute type Name"):
        stacks.create_stack(StackName="s", TemplateBody=body(J2=job_template("other", Description={"Fn::GetAtt": ["J", "Name"]})))

    assert templates(iot) == []


def test_a_job_can_be_made_from_a_template_of_a_stack(stacks, fleet):
    fleet.things("t")
    stacks.create_stack(StackName="s", TemplateBody=body({**MINIMAL, "Document": '{"a": 1}'}))
    fleet.job("t", jobTemplateArn=f"{ARN}jobtemplate/template")

    assert fleet.start("t")["jobDocument"] == '{"a":1}'


def test_parameters_of_stacks_are_strings_and_become_numbers(stacks, iot):
    template = json.dumps(
        {
            "Parameters": {"Minutes": {"Type": "String"}, "Factor": {"Type": "String"}},
            "Resources": {
                "J": job_template(
                    "template",
                    Description=5,
                    TimeoutConfig={"InProgressTimeoutInMinutes": {"Ref": "Minutes"}},
                    JobExecutionsRolloutConfig={
                        "MaximumPerMinute": "10",
                        "ExponentialRolloutRate": {
                            "BaseRatePerMinute": "1",
                            "IncrementFactor": {"Ref": "Factor"},
                            "RateIncreaseCriteria": {"NumberOfNotifiedThings": "2"},
                        },
                    },
                )
            },
        }
    )
    given = {"Minutes": "15", "Factor": "1.5"}
    stacks.create_stack(
        StackName="s",
        TemplateBody=template,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    found = iot.describe_job_template(jobTemplateId="template")

    assert found["description"] == "5"
    assert found["timeoutConfig"] == {"inProgressTimeoutInMinutes": 15}
    assert found["jobExecutionsRolloutConfig"]["exponentialRate"]["incrementFactor"] == 1.5


# Refusals


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        pytest.param(
            {**MINIMAL, "JobTemplateId": "bad id!"},
            "Value 'bad id!' at 'jobTemplateId' failed to satisfy constraint: Member must satisfy regular expression pattern",
            id="constraint of the model",
        ),
        pytest.param(
            {**MINIMAL, "TimeoutConfig": {"InProgressTimeoutInMinutes": "soon"}},
            "Member must be of type long",
            id="a text that is no number",
        ),
        pytest.param(
            {**MINIMAL, "Document": {"a": 1}}, "at 'document' failed to satisfy constraint", id="a document that is no text"
        ),
        pytest.param(
            {**MINIMAL, "Document": "{"},
            "Job document located at request input is an invalid JSON document.",
            id="rule of the service",
        ),
        pytest.param({**MINIMAL, "JobTemplateId": "taken"}, "Job Template taken already exists.", id="id in use"),
        pytest.param(
            {"JobTemplateId": "template", "Description": "d", "JobArn": f"{ARN}job/nope"},
            "Job nope cannot be found.",
            id="unknown job",
        ),
        pytest.param(
            {"JobTemplateId": "template", "Document": "{}"}, "Value null at 'description' failed to satisfy", id="no description"
        ),
        pytest.param({"Description": "d", "Document": "{}"}, "required key [JobTemplateId] not found", id="no id"),
        pytest.param({**MINIMAL, "Name": "x"}, "#: extraneous key [Name] is not permitted", id="unknown property"),
        pytest.param(
            {**MINIMAL, "JobExecutionsRetryConfig": {"CriteriaList": []}},
            "#/JobExecutionsRetryConfig: extraneous key [CriteriaList] is not permitted",
            id="member that has another name as property",
        ),
    ],
)
def test_a_bad_resource_fails_the_stack_and_nothing_stays(stacks, iot, properties, message):
    """What was created before it is taken back, moto's resources included, and the name of the stack is free again."""
    iot.create_job_template(jobTemplateId="taken", description="d", document="{}")
    policy = {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "p", "PolicyDocument": {}}}
    resources = {"A": policy, "B": job_template("before"), "J": {"Type": TYPE, "Properties": properties}}

    with pytest.raises(ClientError) as caught:
        stacks.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": resources}))

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert message in caught.value.response["Error"]["Message"]
    assert templates(iot) == ["taken"]
    assert iot.list_policies()["policies"] == []
    assert stack_names(stacks) == []
    stacks.create_stack(StackName="s", TemplateBody=body())


def test_a_resource_of_moto_s_that_fails_takes_ours_back(stacks, iot):
    iot.create_policy(policyName="taken", policyDocument="{}")
    policy = {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "taken", "PolicyDocument": {}}}

    with pytest.raises(Exception, match="taken"):
        stacks.create_stack(StackName="s", TemplateBody=body(Z=policy))

    assert templates(iot) == []
    assert stack_names(stacks) == []


def test_exports_of_a_stack_that_failed_are_taken_back(stacks, iot):
    outputs = {"O": {"Value": {"Ref": "J"}, "Export": {"Name": "exported"}}}

    with pytest.raises(ClientError):
        stacks.create_stack(StackName="s", TemplateBody=body(outputs=outputs, Z=job_template("bad id!")))

    assert stacks.list_exports()["Exports"] == []
    assert templates(iot) == []


def test_a_fault_of_the_test_reaches_a_stack(mock, stacks, iot):
    mock.faults.add("iot", "create_job_template", "InternalFailureException", message="on purpose")

    with pytest.raises(ClientError, match=r"on purpose \(Service: iot, Status Code: 500\)"):
        stacks.create_stack(StackName="s", TemplateBody=body())
    assert templates(iot) == []


# Update and delete


def test_deleting_a_stack_deletes_its_templates(stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body(K=job_template("second")))
    iot.create_job_template(jobTemplateId="own", description="d", document="{}")
    iot.delete_job_template(jobTemplateId="second")
    stacks.delete_stack(StackName="s")

    assert templates(iot) == ["own"]
    assert stack_names(stacks) == []


def test_a_retained_template_outlives_its_stack(stacks, iot):
    resource = {**job_template("template"), "DeletionPolicy": "Retain"}
    stacks.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"J": resource}}))
    stacks.delete_stack(StackName="s")

    assert templates(iot) == ["template"]


def test_an_update_adds_and_removes(stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body(A=job_template("removed")))
    stacks.update_stack(StackName="s", TemplateBody=body(B=job_template("added")))

    assert templates(iot) == ["added", "template"]


def test_a_change_replaces_the_template(stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body())
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["J", "Arn"]}}}
    stacks.update_stack(
        StackName="s", TemplateBody=body({**MINIMAL, "JobTemplateId": "renamed", "Description": "new"}, outputs=outputs)
    )
    (resource,) = stacks.describe_stack_resources(StackName="s")["StackResources"]

    assert templates(iot) == ["renamed"]
    assert iot.describe_job_template(jobTemplateId="renamed")["description"] == "new"
    assert resource["PhysicalResourceId"] == "renamed"
    stacks.delete_stack(StackName="s")
    assert templates(iot) == []


def test_a_change_that_keeps_the_id_is_refused(stacks, iot):
    """All properties are create-only, and CloudFormation does not replace what has a name of its own."""
    stacks.create_stack(StackName="s", TemplateBody=body())

    with pytest.raises(ClientError, match="Rename template and update the stack again") as caught:
        stacks.update_stack(StackName="s", TemplateBody=body({**MINIMAL, "Description": "new"}))

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert iot.describe_job_template(jobTemplateId="template")["description"] == "d"


def test_an_update_that_does_not_change_the_properties_keeps_the_template(stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body())
    before = iot.describe_job_template(jobTemplateId="template")["createdAt"]
    resource = {**job_template("template"), "Metadata": {"note": "new"}}
    stacks.update_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"J": resource}}))

    assert iot.describe_job_template(jobTemplateId="template")["createdAt"] == before


def test_an_update_that_fails_leaves_the_templates_as_they_were(stacks, iot):
    stacks.create_stack(StackName="s", TemplateBody=body(A=job_template("removed")))
    changed = body({**MINIMAL, "JobTemplateId": "renamed"}, B=job_template("added"), C=job_template("bad id!"))

    with pytest.raises(ClientError, match="bad id!"):
        stacks.update_stack(StackName="s", TemplateBody=changed)

    assert templates(iot) == ["removed", "template"]
    assert stack_names(stacks) == ["s"]


def test_a_change_set_creates_templates(stacks, iot):
    stacks.create_change_set(StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body())
    assert templates(iot) == []
    stacks.execute_change_set(StackName="s", ChangeSetName="c")

    assert templates(iot) == ["template"]


# Where they land


def test_stacks_of_regions_and_accounts_have_templates_of_their_own(mock):
    there = {"region_name": "eu-west-1", "aws_access_key_id": "222222222222", "aws_secret_access_key": "x"}
    boto3.client("cloudformation", **there).create_stack(StackName="s", TemplateBody=body())

    found = boto3.client("iot", **there).describe_job_template(jobTemplateId="template")
    assert found["jobTemplateArn"] == "arn:aws:iot:eu-west-1:222222222222:jobtemplate/template"
    assert templates(boto3.client("iot", region_name="eu-west-1")) == []


def test_the_call_is_in_the_call_log(mock, stacks):
    stacks.create_stack(StackName="s", TemplateBody=body())

    (call,) = mock.calls
    assert (call.service, call.operation, call.parameters["jobTemplateId"]) == ("iot", "CreateJobTemplate", "template")


def test_moto_is_as_it_was_outside_of_requests_for_stacks(mock, stacks):
    stacks.create_stack(StackName="s", TemplateBody=body())
    with pytest.raises(ClientError):
        stacks.create_stack(StackName="t", TemplateBody=body())

    assert get_model_map()[TYPE] is FakeJobTemplate


def test_stacks_of_mock_aws_keep_to_moto():
    with mock_aws():
        boto3.client("cloudformation", region_name="us-east-1").create_stack(StackName="s", TemplateBody=body())

        assert templates(boto3.client("iot", region_name="us-east-1")) == ["template"]


def test_of_requests_that_run_at_once_the_last_puts_moto_s_table_back(mock):
    with cloudformation_seam.stack_run(lambda _: None):
        with cloudformation_seam.stack_run(lambda _: None):
            assert get_model_map()[TYPE] is not FakeJobTemplate
        assert get_model_map()[TYPE] is not FakeJobTemplate
    assert get_model_map()[TYPE] is FakeJobTemplate


def test_a_thread_that_is_in_no_such_request_gets_moto_s_resources(mock, iot):
    """While our types stand in the table, which all threads share, a thread of a plain `mock_aws` may come by."""
    made = []

    def make_replace_and_delete():
        ours = get_model_map()[TYPE]
        made.append(ours.create_from_cloudformation_json("name", {"Properties": dict(MINIMAL)}, ACCOUNT, REGION, StackId="s"))
        properties = {"Properties": {**MINIMAL, "JobTemplateId": "renamed"}}
        made.append(
            ours.update_from_cloudformation_json(
                original_resource=made[0],
                new_resource_name="name",
                cloudformation_json=properties,
                account_id=ACCOUNT,
                region_name=REGION,
            )
        )
        ours.delete_from_cloudformation_json("renamed", properties, ACCOUNT, REGION)

    with cloudformation_seam.stack_run(lambda _: None):
        thread = threading.Thread(target=make_replace_and_delete)
        thread.start()
        thread.join()

    assert [type(each) for each in made] == [FakeJobTemplate, FakeJobTemplate]
    assert templates(iot) == []
    assert iot_backends[ACCOUNT][REGION].jobs_templates == {}
