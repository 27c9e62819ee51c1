"""Types of resources that fail a stack because nobody makes them, and those that only get moto's warning."""

from __future__ import annotations

import json
import threading

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudformation import parsing

from mock_jobs.moto_adapters.cloudformation import seam as cloudformation_seam

from support.constants import NO_RETRIES, REGION

NOT_EMULATED = ["AWS::Batch::Nonsense", "AWS::IoT::Command", "AWS::IoT::OTAUpdate", "AWS::IoT::Stream"]
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "topic"}}


@pytest.fixture
def stacks(mock):
    return boto3.client("cloudformation", region_name=REGION, config=NO_RETRIES)


def body(kind, outputs=None, **more):
    return json.dumps({"Resources": {**more, "R": {"Type": kind}}, "Outputs": outputs or {}})


def refused(call, template):
    with pytest.raises(ClientError) as caught:
        call(StackName="s", TemplateBody=template)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    return caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("kind", NOT_EMULATED)
def test_a_type_of_a_job_service_that_nobody_makes_fails_the_stack(stacks, kind):
    text = refused(stacks.create_stack, body(kind, T=TOPIC))

    assert text == f"mock_jobs does not emulate resources of type {kind}"
    assert stacks.describe_stacks()["Stacks"] == []
    assert boto3.client("sns", region_name=REGION).list_topics()["Topics"] == []


def test_it_fails_an_update_too(stacks):
    stacks.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"T": TOPIC}}))

    assert "AWS::IoT::Command" in refused(stacks.update_stack, body("AWS::IoT::Command", T=TOPIC))


def test_it_fails_a_stack_for_the_type_and_not_for_an_attribute(stacks):
    outputs = {"O": {"Value": {"Fn::GetAtt": ["R", "CommandArn"]}}}

    assert "does not emulate" in refused(stacks.create_stack, body("AWS::IoT::Command", outputs))


def test_it_is_ignored_if_its_condition_is_false(stacks):
    template = json.loads(body("AWS::IoT::Command", T=TOPIC))
    template["Conditions"] = {"Never": {"Fn::Equals": ["a", "b"]}}
    template["Resources"]["R"]["Condition"] = "Never"
    stacks.create_stack(StackName="s", TemplateBody=json.dumps(template))

    assert stacks.describe_stacks()["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize("kind", ["AWS::IoT::ThingPrincipalAttachment", "AWS::EC2::PlacementGroup", "AWS::Lex::Bot"])
@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_other_types_stay_a_warning_of_moto(stacks, kind):
    stacks.create_stack(StackName="s", TemplateBody=body(kind, T=TOPIC))

    assert stacks.describe_stacks()["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize("kind", NOT_EMULATED)
@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_stacks_of_mock_aws_keep_to_moto(kind):
    with mock_aws():
        stacks = boto3.client("cloudformation", region_name=REGION)
        stacks.create_stack(StackName="s", TemplateBody=body(kind, T=TOPIC))

        assert stacks.describe_stacks()["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


def test_moto_finds_types_as_before_after_each_request(stacks):
    before = parsing.resource_class_from_type
    refused(stacks.create_stack, body("AWS::IoT::Command"))

    with cloudformation_seam.stack_run(lambda _: None):
        assert parsing.resource_class_from_type is not before
    assert parsing.resource_class_from_type is before


@pytest.mark.parametrize("kind", ["AWS::IoT::Job", "AWS::IoT::Command"])
@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_a_thread_that_is_in_no_such_request_keeps_to_moto(kind):
    made = []

    def create():
        with mock_aws():
            stacks = boto3.client("cloudformation", region_name=REGION)
            stacks.create_stack(StackName="s", TemplateBody=body(kind, T=TOPIC))
            made.extend(stacks.describe_stacks()["Stacks"])

    with cloudformation_seam.stack_run(lambda _: None):
        thread = threading.Thread(target=create)
        thread.start()
        thread.join()

    assert [each["StackStatus"] for each in made] == ["CREATE_COMPLETE"]


def test_types_that_moto_makes_are_moto_s(stacks):
    with cloudformation_seam.stack_run(lambda _: None):
        assert parsing.resource_class_from_type("AWS::IoT::Policy") is parsing.get_model_map()["AWS::IoT::Policy"]
