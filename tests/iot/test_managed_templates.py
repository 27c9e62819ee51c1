"""The templates that AWS provides, and the jobs that are created from them."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_jobs import mock_jobs

from support.constants import NO_RETRIES
from support.fleet import ARN

MANAGED = "arn:aws:iot:us-east-1::jobtemplate/"
PACKAGES, SERVICES = ["packages"], ["services"]

# name: (purpose, required parameters, type, handler). Source: developer guide, "Create a job from an AWS managed template".
TABLE = {
    "AWS-Download-File": ("downloading a file", ["downloadUrl", "filePath"], "runHandler", "download-file.sh"),
    "AWS-Install-Application": ("installing one or more applications", PACKAGES, "runHandler", "install-packages.sh"),
    "AWS-Reboot": ("rebooting the device", [], "runHandler", "reboot.sh"),
    "AWS-Remove-Application": ("uninstalling one or more applications", PACKAGES, "runHandler", "remove-packages.sh"),
    "AWS-Restart-Application": ("stopping and restarting one or more services", SERVICES, "runHandler", "restart-services.sh"),
    "AWS-Run-Command": ("running a shell command", ["command"], "runCommand", None),
    "AWS-Start-Application": ("starting one or more services", SERVICES, "runHandler", "start-services.sh"),
    "AWS-Stop-Application": ("stopping one or more services", SERVICES, "runHandler", "stop-services.sh"),
}
OPTIONAL = {"pathToHandler": "(.){0,4096}", "runAsUser": "(.){0,256}"}


def placeholder(name):
    return f"${{aws:iot:parameter:{name}}}"


def expected_document(name, value_of):
    """The document of a template; a member whose value is None is not there."""
    _, required, kind, handler = TABLE[name]
    if handler is None:
        step_input = {each: value_of(each) for each in required}
    else:
        step_input = {
            "handler": handler,
            "args": [value_of(each) for each in required] or None,
            "path": value_of("pathToHandler"),
        }
    step_input = {key: value for key, value in step_input.items() if value is not None}
    action = {"name": name.removeprefix("AWS-"), "type": kind, "input": step_input, "runAsUser": value_of("runAsUser")}
    return {"version": "1.0", "steps": [{"action": {key: value for key, value in action.items() if value is not None}}]}


@pytest.fixture
def one(fleet):
    fleet.things("t")
    return fleet


def documents(fleet):
    raw = fleet.iot.get_job_document(jobId="job", beforeSubstitution=True)["document"]
    return json.loads(fleet.iot.get_job_document(jobId="job")["document"]), json.loads(raw)


@pytest.mark.parametrize("name", TABLE)
def test_each_template_is_described_as_the_guide_has_it(iot, name):
    purpose, required, _, handler = TABLE[name]
    template = iot.describe_managed_job_template(templateName=name)

    assert template["templateName"] == name
    assert template["templateArn"] == f"{MANAGED}{name}:1.0"
    assert template["description"] == f"A managed job template for {purpose}."
    assert template["templateVersion"] == "1.0"
    assert template["environments"] == ["LINUX"]
    assert json.loads(template["document"]) == expected_document(name, placeholder)
    optional = OPTIONAL if handler else {"runAsUser": OPTIONAL["runAsUser"]}
    shown = {each["key"]: (each["regex"], each["optional"]) for each in template["documentParameters"]}
    assert shown == dict.fromkeys(required, ("(.*?)", False)) | {each: (regex, True) for each, regex in optional.items()}
    assert all(each["description"] and each["example"] for each in template["documentParameters"])


def test_a_version_can_be_named(iot):
    assert iot.describe_managed_job_template(templateName="AWS-Reboot", templateVersion="1.0")["templateVersion"] == "1.0"


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"templateName": "AWS-Nothing"}, "AWS-Nothing"),
        ({"templateName": "AWS-Reboot", "templateVersion": "1.1"}, "AWS-Reboot:1.1"),
        ({"templateName": "own"}, "own"),
    ],
)
def test_an_unknown_name_or_version_is_not_found(fleet, members, name):
    fleet.iot.create_job_template(jobTemplateId="own", description="d", document="{}")

    with fleet.refused("ResourceNotFoundException", 404, f"Job Template {name} cannot be found."):
        fleet.iot.describe_managed_job_template(**members)


@pytest.mark.parametrize("version", ["0.1", "1", "latest", "1.0.0"])
def test_a_bad_version_is_refused(iot, version):
    with pytest.raises(ClientError) as caught:
        iot.describe_managed_job_template(templateName="AWS-Reboot", templateVersion=version)

    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    assert f"Value '{version}' at 'templateVersion' failed to satisfy constraint" in caught.value.response["Error"]["Message"]


def test_all_templates_are_listed(iot):
    answer = iot.list_managed_job_templates()

    assert [each["templateName"] for each in answer["managedJobTemplates"]] == sorted(TABLE)
    assert "nextToken" not in answer
    assert answer["managedJobTemplates"][2] == {
        "templateArn": f"{MANAGED}AWS-Reboot:1.0",
        "templateName": "AWS-Reboot",
        "description": "A managed job template for rebooting the device.",
        "environments": ["LINUX"],
        "templateVersion": "1.0",
    }


def test_pages_hold_every_template_once(iot):
    pages = list(iot.get_paginator("list_managed_job_templates").paginate(PaginationConfig={"PageSize": 3}))

    assert [len(each["managedJobTemplates"]) for each in pages] == [3, 3, 2]
    assert [each["templateName"] for page in pages for each in page["managedJobTemplates"]] == sorted(TABLE)


def test_a_name_finds_its_versions(iot):
    (found,) = iot.list_managed_job_templates(templateName="AWS-Run-Command")["managedJobTemplates"]

    assert (found["templateName"], found["templateVersion"]) == ("AWS-Run-Command", "1.0")


def test_the_listing_of_an_unknown_name_is_not_found(fleet):
    with fleet.refused("ResourceNotFoundException", 404, "Job Template nope cannot be found."):
        fleet.iot.list_managed_job_templates(templateName="nope")


@pytest.mark.parametrize("token", ["nonsense", "W10="])
def test_a_bad_token_is_refused(fleet, token):
    with fleet.refused("InvalidRequestException", 400, "Next token is invalid."):
        fleet.iot.list_managed_job_templates(nextToken=token)


def test_a_token_of_the_unfiltered_listing_does_not_continue_a_filtered_one(fleet):
    token = fleet.iot.list_managed_job_templates(maxResults=1)["nextToken"]

    with fleet.refused("InvalidRequestException", 400, "Next token is invalid."):
        fleet.iot.list_managed_job_templates(nextToken=token, templateName="AWS-Reboot")


def test_managed_templates_are_not_listed_among_one_s_own(iot):
    assert iot.list_job_templates()["jobTemplates"] == []


def test_the_arn_has_the_partition_and_the_region_of_the_caller(mock):
    iot = boto3.client("iot", region_name="cn-north-1")

    arn = iot.describe_managed_job_template(templateName="AWS-Reboot")["templateArn"]
    assert arn == "arn:aws-cn:iot:cn-north-1::jobtemplate/AWS-Reboot:1.0"


# Jobs


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("with_optional", [True, False], ids=["all", "required only"])
def test_parameters_come_into_their_places_and_optional_ones_leave_theirs(one, name, with_optional):
    _, required, _, handler = TABLE[name]
    given = {each: f"value of {each}" for each in required}
    if with_optional:
        given |= {"runAsUser": "me"} | ({"pathToHandler": "/here"} if handler else {})
    one.job("t", jobTemplateArn=f"{MANAGED}{name}:1.0", documentParameters=given)
    substituted, raw = documents(one)

    assert substituted == expected_document(name, given.get)
    assert raw == expected_document(name, placeholder)
    assert json.loads(one.start("t")["jobDocument"]) == substituted


def test_describe_job_shows_template_and_parameters(one):
    one.job("t", jobTemplateArn=f"{MANAGED}AWS-Run-Command:1.0", documentParameters={"command": "echo,hello"})
    job = one.describe()

    assert job["jobTemplateArn"] == f"{MANAGED}AWS-Run-Command:1.0"
    assert job["documentParameters"] == {"command": "echo,hello"}


def test_a_template_without_required_parameters_needs_none(one):
    one.job("t", jobTemplateArn=f"{MANAGED}AWS-Reboot:1.0")

    assert documents(one)[0] == expected_document("AWS-Reboot", lambda _: None)
    assert "documentParameters" not in one.describe()


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        *(
            pytest.param(
                name,
                {other: "x" for other in required if other != missing},
                f"Job Template {name} requires the document parameter {missing}.",
                id=f"{name} without {missing}",
            )
            for name, (_, required, _, _) in TABLE.items()
            for missing in required
        ),
        ("AWS-Reboot", {"command": "x"}, "Job Template AWS-Reboot has no document parameter command."),
        (
            "AWS-Run-Command",
            {"command": "x", "pathToHandler": "/x"},
            "Job Template AWS-Run-Command has no document parameter pathToHandler.",
        ),
        (
            "AWS-Reboot",
            {"runAsUser": "x" * 257},
            "Document parameter runAsUser of Job Template AWS-Reboot must satisfy regular expression pattern: (.){0,256}",
        ),
        (
            "AWS-Reboot",
            {"pathToHandler": "x" * 4097},
            "Document parameter pathToHandler of Job Template AWS-Reboot must satisfy regular expression pattern: (.){0,4096}",
        ),
    ],
)
def test_bad_parameters_are_refused(one, name, parameters, message):
    with one.refused("InvalidRequestException", 400, message):
        one.job("t", jobTemplateArn=f"{MANAGED}{name}:1.0", documentParameters=parameters)


@pytest.mark.parametrize(
    "parameters", [{"command": ""}, {"command": "x" * 30721}, {"command": "a\nb"}, {"bad key": "x"}, {"x" * 129: "x"}]
)
def test_constraints_of_the_model_hold_for_parameters(one, unchecked_iot, parameters):
    with one.refused("InvalidRequestException", 400) as caught:
        unchecked_iot.create_job(
            jobId="job",
            targets=[f"{ARN}thing/t"],
            jobTemplateArn=f"{MANAGED}AWS-Run-Command:1.0",
            documentParameters=parameters,
        )
    assert "at 'documentParameters." in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("parameters", [{}, {"command": "x"}])
def test_a_template_of_one_s_own_takes_no_parameters_and_keeps_their_placeholders(one, parameters):
    one.iot.create_job_template(jobTemplateId="own", description="d", document='{"a":"${aws:iot:parameter:command}"}')
    if parameters:
        message = "Document parameters can be specified only with the ARN of a managed job template."
        with one.refused("InvalidRequestException", 400, message):
            one.job("t", jobTemplateArn=f"{ARN}jobtemplate/own", documentParameters=parameters)
    else:
        one.job("t", jobTemplateArn=f"{ARN}jobtemplate/own")
        assert documents(one)[0] == {"a": "${aws:iot:parameter:command}"}


def test_a_document_of_the_request_replaces_the_template_s_and_gets_the_parameters(one):
    own = '{ "run": "now: ${aws:iot:parameter:command}", "as": "${aws:iot:parameter:runAsUser}" }'
    one.job("t", jobTemplateArn=f"{MANAGED}AWS-Run-Command:1.0", documentParameters={"command": 'a "b"'}, document=own)

    assert one.iot.get_job_document(jobId="job", beforeSubstitution=True)["document"] == own
    assert one.iot.get_job_document(jobId="job")["document"] == (
        '{ "run": "now: a \\"b\\"", "as": "${aws:iot:parameter:runAsUser}" }'
    )


def test_a_value_cannot_make_json_of_a_document_that_is_none(one):
    message = "Job document located at request input is an invalid JSON document."

    with one.refused("InvalidRequestException", 400, message):
        one.job(
            "t",
            jobTemplateArn=f"{MANAGED}AWS-Run-Command:1.0",
            documentParameters={"command": "5"},
            document='{"a": ${aws:iot:parameter:command}}',
        )


def test_a_placeholder_in_a_value_is_checked_like_one_in_the_document(one):
    url = "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/bucket/key}"
    message = "Role must be provided for pre-sign S3 urls in job document of job job."

    with one.refused("InvalidRequestException", 400, message):
        one.job(
            "t",
            jobTemplateArn=f"{MANAGED}AWS-Download-File:1.0",
            documentParameters={"downloadUrl": url, "filePath": "/tmp/x"},
        )


def test_values_are_not_searched_for_further_parameters(one):
    given = {"downloadUrl": placeholder("filePath"), "filePath": placeholder("downloadUrl")}
    one.job("t", jobTemplateArn=f"{MANAGED}AWS-Download-File:1.0", documentParameters=given)

    assert documents(one)[0]["steps"][0]["action"]["input"]["args"] == list(given.values())


def test_a_template_made_from_a_managed_one_s_job_holds_the_parameters_in_place(one):
    one.job("t", jobTemplateArn="arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0", documentParameters={"runAsUser": "me"})
    one.iot.create_job_template(jobTemplateId="own", description="d", jobArn=f"{ARN}job/job")

    assert json.loads(one.iot.describe_job_template(jobTemplateId="own")["document"])["steps"][0]["action"]["runAsUser"] == "me"


# All that the service takes as a value. A placeholder without end would be refused, and has a test of its own.
VALUES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=60).filter(lambda text: "${aws:" not in text)


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(command=st.one_of(VALUES, st.sampled_from(['"', "\\", '\\"', "\\n", "\\u0041", "{}", '","x":"', "${", "$}"])), user=VALUES)
def test_any_value_survives_into_valid_json(command, user):
    with mock_jobs():
        iot = boto3.client("iot", region_name="us-east-1", config=NO_RETRIES)
        device = boto3.client("iot-jobs-data", region_name="us-east-1", config=NO_RETRIES)
        arn = iot.create_thing(thingName="t")["thingArn"]
        iot.create_job(
            jobId="job",
            targets=[arn],
            jobTemplateArn=f"{MANAGED}AWS-Run-Command:1.0",
            documentParameters={"command": command, "runAsUser": user},
        )
        kept = iot.get_job_document(jobId="job")["document"]
        sent = device.start_next_pending_job_execution(thingName="t")["execution"]["jobDocument"]

    for text in (kept, sent):
        action = json.loads(text)["steps"][0]["action"]
        assert (action["input"]["command"], action["runAsUser"]) == (command, user)
