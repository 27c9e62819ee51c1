"""CreateJob: requirements on the document."""

from __future__ import annotations

import json

import pytest

from support.fleet import ARN

ROLE = "arn:aws:iam::123456789012:role/reader"
THING = f"{ARN}thing/t"


@pytest.fixture
def one(fleet):
    fleet.things("t")
    return fleet


def create(fleet, **members):
    return fleet.iot.create_job(**{"jobId": "job", "targets": [THING], **members})


# Documents

INVALID = "Job document located at request input is an invalid JSON document."


def nested(depth, opening="[", closing="]"):
    return opening * depth + closing * depth


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "{} {}",
        "plain text",
        "{'a': 1}",
        '{"a": 1,}',
        '{"a" 1}',
        '{"a":}',
        "{1: 2}",
        "[1,]",
        "[1 2]",
        "]",
        "[}",
        "01",
        "1.",
        ".5",
        "+1",
        "NaN",
        '{"a": NaN}',
        "[Infinity]",
        "[-Infinity]",
        "True",
        '"a',
        '"\\x"',
        '"\\u12"',
        '"a\nb"',
        nested(1001),
        nested(1001, '{"a":', "}").replace(":}", ":1}", 1),
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_a_document_that_is_not_json_is_refused(one, document):
    with one.refused("InvalidRequestException", 400, INVALID):
        create(one, document=document)


@pytest.mark.parametrize(
    "document",
    [
        "{}",
        "[]",
        "null",
        "3",
        '"text"',
        " \t\r\n{ } ",
        '{"a": 1E400}',
        '{"a": ' + "9" * 5000 + "}",
        nested(1000),
        nested(1000, '{"a":', "}").replace(":}", ":1}", 1),
        '{"a":"\\ud83d\\ude00 \\ud800 ü"}',
    ],
    ids=lambda text: text[:20],
)
def test_get_job_document_gives_any_json_back_byte_for_byte(one, document):
    create(one, document=document)

    assert one.iot.get_job_document(jobId="job")["document"] == document


def test_a_document_of_32768_bytes_is_taken(one):
    document = json.dumps("ü" * ((32768 - 2) // 2), ensure_ascii=False)
    assert len(document.encode()) == 32768
    create(one, document=document)

    assert one.iot.get_job_document(jobId="job")["document"] == document


@pytest.mark.parametrize("filling", ["a", "ü"], ids=["ascii", "two bytes each"])
def test_a_longer_document_is_refused(one, filling):
    document = json.dumps(filling * ((32768 - 2) // len(filling.encode()) + 1), ensure_ascii=False)
    assert len(document.encode()) > 32768

    with one.refused("InvalidRequestException", 400) as caught:
        create(one, document=document)
    assert str(caught.value).endswith(
        "at 'document' failed to satisfy constraint: Member must have length less than or equal to 32768"
    )


RATE = "jobExecutionsRolloutConfig.maximumPerMinute"


def test_the_length_of_a_document_is_listed_with_all_that_breaks_a_constraint(one):
    with one.refused("InvalidRequestException", 400) as caught:
        create(
            one,
            document="\u00fc" * 16385,
            description="a\n",
            jobExecutionsRolloutConfig={"maximumPerMinute": 1001},
            destinationPackageVersions=["arn:p"] * 26,
        )
    message = caught.value.response["Error"]["Message"]

    assert message.startswith("4 validation errors detected: ")
    assert {clause.split("' at '")[1] for clause in message.split("; ")} == {
        "document' failed to satisfy constraint: Member must have length less than or equal to 32768",
        r"description' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\p{C}]+",
        f"{RATE}' failed to satisfy constraint: Member must have value less than or equal to 1000",
        "destinationPackageVersions' failed to satisfy constraint: Member must have length less than or equal to 25",
    }


# Placeholders


def placeholder(url, variant=""):
    return json.dumps({"file": f"${{aws:iot:s3-presigned-url{variant}:{url}}}"})


S3 = "https://s3.amazonaws.com/bucket/key"
V2 = "https%3A%2F%2Fs3.amazonaws.com%2Fbucket%2Fkey"
NO_ROLE = "Role must be provided for pre-sign S3 urls in job document of job job."
NO_ROLE_V2 = "presignedUrlConfig role ARN is required to generate an S3 presigned url in job document."


@pytest.mark.parametrize(
    ("document", "config", "message"),
    [
        pytest.param(placeholder(S3), None, NO_ROLE, id="no config"),
        pytest.param(placeholder(S3), {"expiresInSec": 60}, NO_ROLE, id="config without role"),
        pytest.param(placeholder(S3, "-v1"), None, NO_ROLE, id="v1"),
        pytest.param(placeholder(S3, "-upload"), None, NO_ROLE, id="upload"),
        pytest.param(placeholder(V2, "-v2"), None, NO_ROLE_V2, id="v2"),
        pytest.param(f"[{placeholder(V2, '-v2')},{placeholder(S3)}]", None, NO_ROLE, id="both kinds"),
        pytest.param(
            placeholder("https://example.com/k"), {"roleArn": ROLE}, "Given S3 url https://example.com/k is invalid.", id="not S3"
        ),
        pytest.param(
            placeholder("https://s3.amazonaws.com/a b/c", "-v2"),
            {"roleArn": ROLE},
            "Given S3 url https://s3.amazonaws.com/a b/c is invalid.",
            id="raw space in v2",
        ),
        pytest.param(
            placeholder("https://s3.amazonaws.com/bucket"),
            {"roleArn": ROLE},
            "Provided S3 url is not valid: https://s3.amazonaws.com/bucket. Error: Key cannot be null",
            id="no key",
        ),
        pytest.param(
            '{"a": "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/k"}',
            {"roleArn": ROLE},
            "One or more parameters or placeholders are not terminated.",
            id="unclosed",
        ),
        pytest.param(
            '{"a": "${aws:iot:parameter:x"}',
            None,
            "One or more parameters or placeholders are not terminated.",
            id="unclosed parameter",
        ),
        pytest.param(
            '{"a": "${aws:iot:parameter:${aws:iot:parameter:x}"}',
            None,
            "One or more parameters or placeholders are not terminated.",
            id="one in another",
        ),
    ],
)
def test_bad_placeholders_are_refused(one, document, config, message):
    members = {} if config is None else {"presignedUrlConfig": config}

    with one.refused("InvalidRequestException", 400, message):
        create(one, document=document, **members)


@pytest.mark.parametrize(
    "text", ["${aws:iot:parameter:name}", "${aws:other:x}", "${thingName}", "${aws", "$aws:iot:s3-presigned-url:x"]
)
def test_what_nothing_replaces_reaches_the_device_as_it_is(one, text):
    document = json.dumps({"a": text}, separators=(",", ":"))
    create(one, document=document)

    assert one.start("t")["jobDocument"] == document


def test_a_presign_configuration_without_placeholder_is_harmless_and_shown(one):
    create(one, document="{}", presignedUrlConfig={"roleArn": ROLE, "expiresInSec": 3600})

    assert one.describe()["presignedUrlConfig"] == {"roleArn": ROLE, "expiresInSec": 3600}
