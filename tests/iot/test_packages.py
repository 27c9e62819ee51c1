"""Software packages in jobs: the versions that a job installs, and the placeholders that refer to one."""

from __future__ import annotations

import json

import pytest

from support.fleet import ARN

ROLE = "arn:aws:iam::123456789012:role/reader"


def arn(package="p", version="1.0"):
    return f"{ARN}package/{package}/version/{version}"


def placeholder(package="p", version="1.0", what="attributes:key"):
    return f"${{aws:iot:package:{package}:version:{version}:{what}}}"


@pytest.fixture
def one(fleet):
    fleet.things("t")
    return fleet


# Destination package versions


@pytest.mark.parametrize(
    "arns",
    [
        pytest.param([arn()], id="one"),
        pytest.param([arn(), arn("q_-.", "2")], id="two"),
        pytest.param([arn(version="$default")], id="default"),
        pytest.param([arn(version="$null")], id="none"),
        pytest.param([arn("p" * 128, "v" * 64)], id="longest names"),
        pytest.param([arn(version=str(each)) for each in range(25)], id="twenty-five"),
    ],
)
def test_package_versions_are_shown_as_they_were_given(one, arns):
    one.job("t", destinationPackageVersions=arns)

    for before_substitution in (False, True):
        job = one.iot.describe_job(jobId="job", beforeSubstitution=before_substitution)["job"]
        assert job["destinationPackageVersions"] == arns


@pytest.mark.parametrize("members", [{}, {"destinationPackageVersions": []}], ids=["none", "empty"])
def test_a_job_without_package_versions_shows_none(one, members):
    one.job("t", **members)

    assert "destinationPackageVersions" not in one.describe()


@pytest.mark.parametrize(
    "bad",
    [
        f"{ARN}thing/t",
        f"{ARN}package/p",
        f"{ARN}package/p/version/",
        f"{ARN}package//version/1",
        f"{ARN}package/p/version/1/more",
        arn("p", "$latest"),
        arn("$null", "1"),
        arn("p" * 129),
        arn("p", "v" * 65),
        arn("p:q"),
        arn().replace(":iot:", ":s3:"),
    ],
)
def test_what_is_no_package_version_is_refused(one, bad):
    with one.refused("InvalidRequestException", 400, f"{bad} is not the ARN of a package version."):
        one.job("t", destinationPackageVersions=[arn(), bad])


def test_the_26th_package_version_is_refused(one):
    with one.refused("InvalidRequestException", 400) as caught:
        one.job("t", destinationPackageVersions=[arn(version=str(each)) for each in range(26)])
    assert str(caught.value).endswith(
        "at 'destinationPackageVersions' failed to satisfy constraint: Member must have length less than or equal to 25"
    )


def test_the_constraints_of_the_model_come_first(one):
    with one.refused("InvalidRequestException", 400) as caught:
        one.job("t", destinationPackageVersions=["p"])
    assert "at 'destinationPackageVersions.1.member' failed to satisfy constraint: Member must satisfy regular" in str(
        caught.value
    )


@pytest.mark.parametrize("other", ["arn:aws-cn:", "eu-west-1", "210987654321"])
def test_a_package_version_that_is_elsewhere_is_not_found(one, other):
    elsewhere = {
        "arn:aws-cn:": arn().replace("arn:aws:", other),
        "eu-west-1": arn().replace("us-east-1", other),
        "210987654321": arn().replace("123456789012", other),
    }[other]

    with one.refused("ResourceNotFoundException", 404, f"Package version {elsewhere} cannot be found."):
        one.job("t", destinationPackageVersions=[elsewhere])


def test_a_template_keeps_the_package_versions_for_its_jobs(one):
    template = one.iot.create_job_template(
        jobTemplateId="template", description="d", document="{}", destinationPackageVersions=[arn()]
    )["jobTemplateArn"]
    one.job("t", jobTemplateArn=template)

    assert one.iot.describe_job_template(jobTemplateId="template")["destinationPackageVersions"] == [arn()]
    assert one.describe()["destinationPackageVersions"] == [arn()]


def test_a_template_refuses_a_package_version_that_is_elsewhere(one):
    elsewhere = arn().replace("us-east-1", "eu-west-1")

    with one.refused("ResourceNotFoundException", 404, f"Package version {elsewhere} cannot be found."):
        one.iot.create_job_template(
            jobTemplateId="template", description="d", document="{}", destinationPackageVersions=[elsewhere]
        )
    assert one.iot.list_job_templates()["jobTemplates"] == []


# Placeholders


@pytest.mark.parametrize(
    ("text", "arns", "message"),
    [
        pytest.param(
            placeholder(package=""),
            [arn()],
            "Empty package name and empty version must be used in pair, but not so in ${aws:iot:package::version:1.0:attributes:key}.",
            id="empty package only",
        ),
        pytest.param(
            placeholder(version=""),
            [arn()],
            "Empty package name and empty version must be used in pair, but not so in ${aws:iot:package:p:version::attributes:key}.",
            id="empty version only",
        ),
        pytest.param(
            placeholder("", ""),
            [arn(), arn("q")],
            "Empty package name and version in ${aws:iot:package::version::attributes:key} need exactly one destination package "
            "version, and there are 2.",
            id="empty names, two versions",
        ),
        pytest.param(
            placeholder("", ""),
            None,
            "Empty package name and version in ${aws:iot:package::version::attributes:key} need exactly one destination package "
            "version, and there are 0.",
            id="empty names, no version",
        ),
        pytest.param(
            placeholder(version="$null"),
            [arn(version="$null")],
            "Package version $null is not allowed in a job document, but used in "
            "${aws:iot:package:p:version:$null:attributes:key}.",
            id="none",
        ),
        pytest.param(
            placeholder("", ""),
            [arn(version="$null")],
            "Package version $null is not allowed in a job document, but used in ${aws:iot:package::version::attributes:key}.",
            id="none by empty names",
        ),
        pytest.param(
            f"x{placeholder(what='attributes')}",
            [arn()],
            "The placeholder ${aws:iot:package:p:version:1.0:attributes} of all attributes must stand alone as a JSON value.",
            id="all attributes behind text",
        ),
        pytest.param(
            f"{placeholder(what='attributes')}x",
            [arn()],
            "The placeholder ${aws:iot:package:p:version:1.0:attributes} of all attributes must stand alone as a JSON value.",
            id="all attributes before text",
        ),
        pytest.param(
            f'"{placeholder(what="attributes")}"',
            [arn()],
            "The placeholder ${aws:iot:package:p:version:1.0:attributes} of all attributes must stand alone as a JSON value.",
            id="all attributes in quotation marks of their own",
        ),
        pytest.param(
            placeholder("q"),
            [arn()],
            "The package version in ${aws:iot:package:q:version:1.0:attributes:key} is not among the destination package versions.",
            id="other package",
        ),
        pytest.param(
            placeholder(version="2.0"),
            [arn(), arn("q", "2.0")],
            "The package version in ${aws:iot:package:p:version:2.0:attributes:key} is not among the destination package versions.",
            id="other version",
        ),
        *(
            pytest.param(text, [arn()], f"The placeholder {text} is invalid.", id=text)
            for text in (
                "${aws:iot:package:p}",
                "${aws:iot:package:p:version:1.0}",
                "${aws:iot:package:p:version:1.0:attributes:}",
                "${aws:iot:package:p:version:1.0:artifact}",
                "${aws:iot:package:p q:version:1.0:attributes}",
                "${aws:iot:package:p:version:$latest:attributes}",
            )
        ),
        pytest.param(
            "${aws:iot:package:p:version:1.0:attributes",
            [arn()],
            "One or more parameters or placeholders are not terminated.",
            id="no end",
        ),
        pytest.param(
            placeholder(what="artifact:s3-presigned-url"),
            [arn()],
            "presignedUrlConfig role ARN is required to generate an S3 presigned url in job document.",
            id="artifact without role",
        ),
        pytest.param(
            placeholder() * 11,
            [arn()],
            "The job document has 11 placeholders to be substituted, and 10 is the limit.",
            id="eleven",
        ),
    ],
)
def test_bad_placeholders_are_refused(one, text, arns, message):
    members = {} if arns is None else {"destinationPackageVersions": arns}

    with one.refused("InvalidRequestException", 400, message):
        one.job("t", document=json.dumps({"a": text}), **members)


def test_all_attributes_cannot_be_the_name_of_a_member(one):
    text = placeholder(what="attributes")

    message = f"The placeholder {text} of all attributes must stand alone as a JSON value."
    with one.refused("InvalidRequestException", 400, message):
        one.job("t", document=json.dumps({text: 1}))


@pytest.mark.parametrize(
    ("text", "arns"),
    [
        pytest.param(placeholder(), None, id="attribute"),
        pytest.param(f"a {placeholder()} b", [arn()], id="attribute within text"),
        pytest.param(placeholder(what="attributes"), [arn("q"), arn()], id="all attributes"),
        pytest.param(placeholder("", ""), [arn()], id="empty names"),
        pytest.param(placeholder(version="$default"), [arn(version="3")], id="default"),
        pytest.param(placeholder(version="3"), [arn(version="$default")], id="a version that may be the default"),
        pytest.param(placeholder(what="artifact:s3-presigned-url"), [arn()], id="artifact"),
        pytest.param(placeholder() * 10, [arn()], id="ten"),
    ],
)
def test_good_placeholders_are_refused_loudly_for_want_of_a_registry(one, text, arns):
    members = {} if arns is None else {"destinationPackageVersions": arns}

    with one.refused("NotEmulatedYet", 501) as caught:
        one.job("t", document=json.dumps({"a": text}), presignedUrlConfig={"roleArn": ROLE}, **members)
    assert "the registry of software packages, which ${aws:iot:package:" in str(caught.value)
