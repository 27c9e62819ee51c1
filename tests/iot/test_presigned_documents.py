"""Invalid placeholders for presigned URLs, and documents with any number of placeholders."""

from __future__ import annotations

import json
import re

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_jobs.handle import world_of

from support.presigned import ROLE, URL, job, placeholder, texts, upload

NOT_TERMINATED = "One or more parameters or placeholders are not terminated."


@pytest.fixture
def files(s3):
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="a/key", Body=b"content")
    return s3


@pytest.fixture
def one(fleet):
    fleet.things("t")
    return fleet


# Refusals


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            upload("${thingName}${thingName}${thingName}"),
            "Given S3 url https://s3.us-east-1.amazonaws.com/files/${thingName}${thingName}${thingName} "
            "holds the local keyword thingName more than 2 times.",
            id="a local keyword three times",
        ),
        pytest.param(
            upload("${thing}"),
            "Given S3 url https://s3.us-east-1.amazonaws.com/files/${thing} holds the unknown local keyword thing. "
            "There are: ${thingName}, ${jobId}, ${executionNumber}.",
            id="unknown local keyword",
        ),
        pytest.param(
            upload("key", "https://s3.amazonaws.com/${thingName}/"),
            "Given S3 url https://s3.amazonaws.com/${thingName}/key holds a local keyword in the name of the bucket, "
            "which only the key can.",
            id="local keyword for the bucket",
        ),
        pytest.param(
            upload("key", "https://${thingName}.s3.amazonaws.com/"),
            "Given S3 url https://${thingName}.s3.amazonaws.com/key is invalid.",
            id="local keyword for the bucket in the host",
        ),
        pytest.param(
            upload("", "https://s3.amazonaws.com/${thingName}"),
            "Provided S3 url is not valid: https://s3.amazonaws.com/${thingName}. Error: Key cannot be null",
            id="local keyword for the bucket, and no key",
        ),
        pytest.param(
            placeholder(f"{URL}/${{thingName}}"),
            f"Given S3 url {URL}/${{thingName}} holds a local keyword, which only the key of an upload can.",
            id="local keyword in a download",
        ),
        pytest.param(
            upload("key?versionId=x"),
            "Given S3 url https://s3.us-east-1.amazonaws.com/files/key?versionId=x is invalid.",
            id="version of an upload",
        ),
        pytest.param(placeholder("https://example.com/k"), "Given S3 url https://example.com/k is invalid.", id="not S3"),
        pytest.param(placeholder("https://s3.amazonaws.com/a\ud800/b"), None, id="half a surrogate pair"),
        pytest.param(placeholder("https://s3.amazonaws.com/a\n/b"), None, id="new line"),
        pytest.param(placeholder(""), "Given S3 url  is invalid.", id="empty"),
        pytest.param(
            "${aws:iot:s3-presigned-url-upload:https://s3.amazonaws.com/b/${thingName}", NOT_TERMINATED, id="inner brace only"
        ),
        pytest.param("${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/${", NOT_TERMINATED, id="open inner brace"),
        pytest.param(placeholder('https://s3.amazonaws.com/b/"'), NOT_TERMINATED, id="quotation mark"),
    ],
)
def test_bad_placeholders_are_refused(one, text, message):
    with one.refused("InvalidRequestException", 400, message):
        job(one, text)


def test_ten_substitutions_are_taken(one, files):
    job(one, *[placeholder()] * 5, placeholder() * 5)

    assert one.start("t")["jobDocument"].count("X-Amz-Signature") == 10


def test_eleven_substitutions_are_too_many(one):
    message = "The job document has 11 placeholders to be substituted, and 10 is the limit."
    with one.refused("InvalidRequestException", 400, message):
        job(one, *[placeholder()] * 11)


# Many executions, and any document


def test_executions_share_what_is_kept_of_the_document(one, files, mock):
    from mock_jobs.iot.backend import IoTBackend

    one.things("u")
    job(one, placeholder(), upload("${thingName}"), things=("t", "u"))
    kept = world_of(mock).store(IoTBackend, "123456789012", "us-east-1").store.get_job("job")
    documents = {one.start(thing)["jobDocument"] for thing in "tu"}

    assert len(documents) == 2
    assert kept.device_document is kept.device_document
    assert len(kept.device_document.pieces) == 5


def test_a_document_without_placeholders_is_the_same_text_for_all(one, mock):
    from mock_jobs.iot.backend import IoTBackend

    one.job("t", document='{ "a" : 1 }')
    kept = world_of(mock).store(IoTBackend, "123456789012", "us-east-1").store.get_job("job")

    assert kept.device_document.write(pytest.fail) is kept.device_document.write(pytest.fail)


documents = st.recursive(
    texts | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def create_and_delete(fleet, text):
    """Return what the device gets, None if the document is refused."""
    before = fleet.iot.list_jobs()["jobs"]
    code = None
    try:
        fleet.job("t", job_id="any", document=text, presignedUrlConfig={"roleArn": ROLE})
    except ClientError as error:
        code = error.response["Error"]["Code"]
    if code is not None:
        assert code in ("InvalidRequestException", "NotEmulatedYet")
        assert fleet.iot.list_jobs()["jobs"] == before
        return None
    try:
        assert fleet.iot.get_job_document(jobId="any")["document"] == text
        return fleet.data.describe_job_execution(jobId="any", thingName="t")["execution"]["jobDocument"]
    finally:
        fleet.iot.delete_job(jobId="any", force=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=documents)
def test_any_placement_of_placeholders_is_refused_or_gives_valid_json(one, document):
    copy = create_and_delete(one, json.dumps(document))

    if copy is not None:
        json.loads(copy)
        assert "${aws:iot:s3-presigned-url:" not in copy


def all_escaped(value):
    """Return a value as JSON, with each character of each string written as its code."""
    if isinstance(value, str):
        units = value.encode("utf-16-be", "surrogatepass").hex()
        return f'"{re.sub("(.{4})", lambda match: chr(92) + "u" + match[0], units)}"'
    if isinstance(value, list):
        return f"[{','.join(map(all_escaped, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{all_escaped(key)}:{all_escaped(each)}' for key, each in value.items())}}}"
    return json.dumps(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=documents)
def test_escapes_make_no_difference_to_placeholders(one, mock, document):
    if not mock.clock.is_frozen:
        mock.clock.freeze()

    assert create_and_delete(one, all_escaped(document)) == create_and_delete(one, json.dumps(document))
