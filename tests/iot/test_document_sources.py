"""CreateJob with a document that is read from S3."""

from __future__ import annotations

import json

import boto3
import pytest

from mock_jobs import UsageTypeError

SOURCE = "https://s3.us-east-1.amazonaws.com/documents/a/key"
INVALID = "Job document located at {source} is an invalid JSON document."


@pytest.fixture
def bucket(s3):
    s3.create_bucket(Bucket="documents")
    return s3


@pytest.fixture
def one(fleet):
    fleet.things("t")
    return fleet


def create(fleet, source):
    return fleet.job("t", documentSource=source)


@pytest.mark.parametrize(
    "source",
    [
        "s3://documents/a/key",
        "https://s3.us-east-1.amazonaws.com/documents/a/key",
        "https://s3-us-east-1.amazonaws.com/documents/a/key",
        "https://s3.amazonaws.com/documents/a/key",
        "http://s3.amazonaws.com/documents/a%2Fkey",
        "https://documents.s3.amazonaws.com/a/key",
        "https://documents.s3.us-east-1.amazonaws.com/a/key",
        "https://documents.s3.dualstack.us-east-1.amazonaws.com/%61/key",
    ],
)
def test_the_document_is_what_the_object_holds_byte_for_byte(one, bucket, source):
    document = '{ "a" : "\\u00fc ü" , "n": null }'
    bucket.put_object(Bucket="documents", Key="a/key", Body=document.encode())
    create(one, source)

    assert one.iot.get_job_document(jobId="job")["document"] == document
    assert one.iot.describe_job(jobId="job")["documentSource"] == source
    assert "documentSource" not in one.describe()
    assert one.start("t")["jobDocument"] == '{"a":"ü ü"}'


def test_an_s3_url_names_the_key_as_it_is_written(one, bucket):
    bucket.put_object(Bucket="documents", Key="a%2Fkey ü", Body=b"1")
    create(one, "s3://documents/a%2Fkey ü")

    assert one.iot.get_job_document(jobId="job")["document"] == "1"


def test_the_document_stays_as_it_was_when_the_job_was_created(one, bucket):
    bucket.put_object(Bucket="documents", Key="a/key", Body=b'"before"')
    create(one, SOURCE)
    bucket.put_object(Bucket="documents", Key="a/key", Body=b'"after"')
    bucket.delete_object(Bucket="documents", Key="a/key")

    assert one.iot.get_job_document(jobId="job")["document"] == '"before"'
    assert one.start("t")["jobDocument"] == '"before"'


def test_a_version_can_be_named(one, bucket):
    bucket.put_bucket_versioning(Bucket="documents", VersioningConfiguration={"Status": "Enabled"})
    version = bucket.put_object(Bucket="documents", Key="a/key", Body=b'"first"')["VersionId"]
    bucket.put_object(Bucket="documents", Key="a/key", Body=b'"second"')
    create(one, f"{SOURCE}?versionId={version}")

    assert one.iot.get_job_document(jobId="job")["document"] == '"first"'


def test_buckets_of_other_regions_are_read(one, mock):
    frankfurt = boto3.client("s3", region_name="eu-central-1")
    frankfurt.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    frankfurt.put_object(Bucket="far", Key="key", Body=b"1")
    create(one, "https://far.s3.eu-central-1.amazonaws.com/key")

    assert one.iot.get_job_document(jobId="job")["document"] == "1"


def test_placeholders_in_the_object_need_a_role_too(one, bucket):
    document = '["${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/k}"]'
    bucket.put_object(Bucket="documents", Key="a/key", Body=document)

    message = "Role must be provided for pre-sign S3 urls in job document of job job."
    with one.refused("InvalidRequestException", 400, message):
        create(one, SOURCE)


@pytest.mark.parametrize(
    ("content", "source", "message"),
    [
        pytest.param(None, SOURCE, f"Job document located at {SOURCE} is not found.", id="no object"),
        pytest.param(
            b"{}", f"{SOURCE}?versionId=x", f"Job document located at {SOURCE}?versionId=x is not found.", id="no such version"
        ),
        pytest.param(b"", SOURCE, INVALID.format(source=SOURCE), id="empty"),
        pytest.param(b"{", SOURCE, INVALID.format(source=SOURCE), id="not JSON"),
        pytest.param(b'{"a": NaN}', SOURCE, INVALID.format(source=SOURCE), id="NaN"),
        pytest.param('"ü"'.encode("latin-1"), SOURCE, INVALID.format(source=SOURCE), id="not UTF-8"),
        pytest.param("\ufeff{}".encode(), SOURCE, INVALID.format(source=SOURCE), id="byte order mark"),
        pytest.param(b"[" * 1001 + b"]" * 1001, SOURCE, INVALID.format(source=SOURCE), id="too deep"),
        pytest.param(
            b"{",
            "s3://documents/a/key",
            INVALID.format(source="s3://documents/a/key"),
            id="the text names the source as it was given",
        ),
    ],
)
def test_a_source_that_gives_no_document_is_refused(one, bucket, content, source, message):
    if content is not None:
        bucket.put_object(Bucket="documents", Key="a/key", Body=content)

    with one.refused("InvalidRequestException", 400, message):
        create(one, source)


def test_a_deleted_object_is_not_found_although_its_versions_are_there(one, bucket):
    bucket.put_bucket_versioning(Bucket="documents", VersioningConfiguration={"Status": "Enabled"})
    bucket.put_object(Bucket="documents", Key="a/key", Body=b"{}")
    bucket.delete_object(Bucket="documents", Key="a/key")

    with one.refused("InvalidRequestException", 400, f"Job document located at {SOURCE} is not found."):
        create(one, SOURCE)


@pytest.mark.parametrize("filling", ["a", "ü"], ids=["ascii", "two bytes each"])
def test_an_object_of_32768_bytes_is_taken(one, bucket, filling):
    content = json.dumps(filling * ((32768 - 2) // len(filling.encode())), ensure_ascii=False).encode()
    assert len(content) == 32768
    bucket.put_object(Bucket="documents", Key="a/key", Body=content)
    create(one, SOURCE)

    assert one.iot.get_job_document(jobId="job")["document"] == content.decode()


@pytest.mark.parametrize("content", [b'"' + b"a" * 32767 + b'"', b"x" * 32769], ids=["JSON", "or not"])
def test_a_longer_object_is_over_the_limit(one, bucket, content):
    bucket.put_object(Bucket="documents", Key="a/key", Body=content)

    message = f"Job document from {SOURCE} exceeds size limit 32768 bytes."
    with one.refused("LimitExceededException", 410, message):
        create(one, SOURCE)


def test_a_bucket_that_is_not_there_gives_a_document_that_tells_the_source(one):
    create(one, SOURCE)

    assert json.loads(one.iot.get_job_document(jobId="job")["document"]) == {"documentSource": SOURCE}
    assert one.iot.describe_job(jobId="job")["documentSource"] == SOURCE
    assert json.loads(one.start("t")["jobDocument"]) == {"documentSource": SOURCE}


def test_a_bucket_that_is_not_there_is_refused_when_asked_for(one, mock):
    mock.iot.settings.strict_document_sources = True

    with one.refused("InvalidRequestException", 400, f"Bucket specified by url: {SOURCE} is not found."):
        create(one, SOURCE)


def test_a_bucket_that_another_account_keeps_to_itself_is_not_found(one, mock, monkeypatch):
    mock.iot.settings.strict_document_sources = True
    other = boto3.client("s3", region_name="us-east-1", aws_access_key_id="111111111111", aws_secret_access_key="x")
    other.create_bucket(Bucket="documents")
    other.put_object(Bucket="documents", Key="a/key", Body=b"1")
    monkeypatch.setenv("MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS", "false")

    with one.refused("InvalidRequestException", 400, f"Bucket specified by url: {SOURCE} is not found."):
        create(one, SOURCE)


def test_the_id_is_looked_up_after_the_source(one, bucket):
    one.job("t")

    with one.refused("InvalidRequestException", 400, f"Job document located at {SOURCE} is not found."):
        create(one, SOURCE)


def test_a_template_reads_its_source_once(one, bucket):
    bucket.put_object(Bucket="documents", Key="a/key", Body=b'"before"')
    template = one.iot.create_job_template(jobTemplateId="template", description="d", documentSource=SOURCE)["jobTemplateArn"]
    bucket.put_object(Bucket="documents", Key="a/key", Body=b'"after"')
    one.job("t", jobTemplateArn=template)

    described = one.iot.describe_job_template(jobTemplateId="template")
    assert (described["document"], described["documentSource"]) == ('"before"', SOURCE)
    assert one.iot.get_job_document(jobId="job")["document"] == '"before"'
    assert one.iot.describe_job(jobId="job")["documentSource"] == SOURCE


def test_a_template_with_a_bad_source_is_not_created(one, bucket):
    with one.refused("InvalidRequestException", 400, f"Job document located at {SOURCE} is not found."):
        one.iot.create_job_template(jobTemplateId="template", description="d", documentSource=SOURCE)
    assert one.iot.list_job_templates()["jobTemplates"] == []


def test_the_source_of_a_request_replaces_the_document_of_a_template(one, bucket):
    bucket.put_object(Bucket="documents", Key="a/key", Body=b'"of the source"')
    template = one.iot.create_job_template(jobTemplateId="template", description="d", document="{}")["jobTemplateArn"]
    one.job("t", jobTemplateArn=template, documentSource=SOURCE)

    assert one.iot.get_job_document(jobId="job")["document"] == '"of the source"'


def test_parameters_are_put_into_a_document_that_was_read(one, bucket):
    document = '["${aws:iot:parameter:runAsUser}"]'
    bucket.put_object(Bucket="documents", Key="a/key", Body=document)
    one.job(
        "t",
        jobTemplateArn="arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0",
        documentSource=SOURCE,
        documentParameters={"runAsUser": "root"},
    )

    assert one.iot.get_job_document(jobId="job")["document"] == '["root"]'
    assert one.iot.get_job_document(jobId="job", beforeSubstitution=True)["document"] == document
    assert one.iot.describe_job(jobId="job")["documentSource"] == SOURCE
    assert one.start("t")["jobDocument"] == '["root"]'


def test_strictness_is_checked_when_it_is_set(mock):
    with pytest.raises(UsageTypeError):
        mock.iot.settings.strict_document_sources = "yes"


def test_a_partition_has_buckets_of_its_own(mock):
    s3 = boto3.client("s3", region_name="cn-north-1")
    s3.create_bucket(Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
    s3.put_object(Bucket="documents", Key="key", Body=b"1")
    iot = boto3.client("iot", region_name="cn-north-1")
    arn = iot.create_thing(thingName="t")["thingArn"]
    iot.create_job(jobId="job", targets=[arn], documentSource="https://documents.s3.cn-north-1.amazonaws.com.cn/key")

    assert arn.startswith("arn:aws-cn:")
    assert iot.get_job_document(jobId="job")["document"] == "1"
