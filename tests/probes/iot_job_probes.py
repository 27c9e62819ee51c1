"""Probes of AWS IoT Jobs: creating and updating jobs, job templates, schedules and windows."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from probes.making import DOCUMENT, arn_of, group, job, job_name, status_of, thing, try_job
from probes.probing import ACCEPTED, error, probe

REJECTED = error("InvalidRequestException")
NOT_FOUND = error("ResourceNotFoundException", 404)
EXPONENTIAL = {"baseRatePerMinute": 10, "incrementFactor": 2, "rateIncreaseCriteria": {"numberOfNotifiedThings": 10}}


def moment(hours):
    """Return a time that many hours from now, as schedules have it."""
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def windows(start, *, minutes=60, hours=2):
    """Return the schedule of a job that begins after some hours and works in windows."""
    return {"startTime": moment(hours), "maintenanceWindows": [{"startTime": start, "durationInMinutes": minutes}]}


# Requests


@probe("any-1", says=REJECTED)
def body_that_is_no_object(aws):
    def send_list(params, **_):
        params["body"] = b"[]"

    arn = arn_of(aws, thing(aws))
    job_id = job_name(aws)
    aws.iot.meta.events.register("before-call.iot.CreateJob", send_list)
    return aws.asked(aws.iot.create_job, jobId=job_id, targets=[arn], document=DOCUMENT)


@probe("any-2", says=error("SerializationException"))
def number_that_is_none(aws):
    return aws.asked(aws.client("iot", parameter_validation=False).list_jobs, maxResults="many")


@probe("any-5", says={"2028 units": ACCEPTED, "2030 units": REJECTED})
def length_of_a_description(aws):
    units = {"2028 units": "\N{PARTY POPPER}" * 1014, "2030 units": "\N{PARTY POPPER}" * 1015}
    return {name: try_job(aws, description=text) for name, text in units.items()}


# Creating and updating jobs


@probe("iot-1", says=error("ResourceAlreadyExistsException", 409))
def same_job_again(aws):
    name = thing(aws)
    job_id = job(aws, name)
    return aws.asked(aws.iot.create_job, jobId=job_id, targets=[arn_of(aws, name)], document=DOCUMENT)


@probe(
    "iot-2",
    says={
        "CreateJob": {"timeoutConfig": ACCEPTED, "jobExecutionsRolloutConfig": ACCEPTED, "abortConfig": REJECTED},
        "UpdateJob": {"timeoutConfig": REJECTED, "jobExecutionsRolloutConfig": REJECTED, "abortConfig": REJECTED},
    },
)
def empty_configuration(aws):
    iot = aws.client("iot", parameter_validation=False)
    names = ("timeoutConfig", "jobExecutionsRolloutConfig", "abortConfig")
    arn = arn_of(aws, thing(aws))
    job_id = job(aws, arn)
    common = {"targets": [arn], "document": DOCUMENT}
    return {
        "CreateJob": {name: aws.asked(iot.create_job, jobId=job_name(aws), **common, **{name: {}}) for name in names},
        "UpdateJob": {name: aws.asked(iot.update_job, jobId=job_id, **{name: {}}) for name in names},
    }


@probe("iot-3", says=REJECTED)
def update_with_a_namespace_only(aws):
    return aws.asked(aws.iot.update_job, jobId=job(aws, thing(aws)), namespaceId="probe")


@probe(
    "iot-4",
    says={"no maximum": REJECTED, "two criteria": REJECTED, "base above maximum": REJECTED},
)
def rules_of_rollouts(aws):
    both = {"numberOfNotifiedThings": 10, "numberOfSucceededThings": 10}
    rollouts = {
        "no maximum": {"exponentialRate": EXPONENTIAL},
        "two criteria": {"maximumPerMinute": 100, "exponentialRate": {**EXPONENTIAL, "rateIncreaseCriteria": both}},
        "base above maximum": {"maximumPerMinute": 50, "exponentialRate": {**EXPONENTIAL, "baseRatePerMinute": 60}},
    }
    return {name: try_job(aws, jobExecutionsRolloutConfig=each) for name, each in rollouts.items()}


@probe("iot-5", says={"1000": ACCEPTED, "1001": REJECTED})
def highest_rate(aws):
    return {str(rate): try_job(aws, jobExecutionsRolloutConfig={"maximumPerMinute": rate}) for rate in (1000, 1001)}


@probe("iot-6", says=REJECTED)
def role_that_is_none(aws):
    return try_job(aws, presignedUrlConfig={"roleArn": arn_of(aws, thing(aws)), "expiresInSec": 60})


@probe("iot-7", says=REJECTED)
def document_that_is_no_json(aws):
    return try_job(aws, document='{"operation": ')


@probe("iot-9", says=ACCEPTED)
def one_target_101_times(aws):
    return try_job(aws, targets=[arn_of(aws, thing(aws))] * 101)


@probe("iot-10", says={"51 tags": ACCEPTED, "key twice": "second"})
def tags_of_a_job(aws):
    job_id = job_name(aws)
    tags = [{"Key": "key", "Value": "first"}, {"Key": "key", "Value": "second"}]
    arguments = {"jobId": job_id, "targets": [arn_of(aws, thing(aws))], "document": DOCUMENT, "tags": tags}

    def show(answer):
        kept = aws.iot.list_tags_for_resource(resourceArn=answer["jobArn"])["tags"]
        return ", ".join(each["Value"] for each in kept)

    return {
        "51 tags": try_job(aws, tags=[{"Key": f"key-{number}", "Value": ""} for number in range(51)]),
        "key twice": aws.asked(aws.iot.create_job, show=show, **arguments),
    }


@probe("iot-12", says="COMPLETED")
def job_for_an_empty_group(aws):
    job_id = job(aws, group(aws)["arn"])
    return aws.until(lambda: status_of(aws, job_id), "COMPLETED", seconds=30)


@probe("iot-75", says=NOT_FOUND)
def package_version_elsewhere(aws):
    _, partition, _, region, account, _ = arn_of(aws, thing(aws)).split(":", 5)
    other = f"arn:{partition}:iot:{region}:{(int(account) + 1) % 10**12:012}:package/mock-jobs-probe/version/1"
    return try_job(aws, destinationPackageVersions=[other])


# Job templates


def make_template(aws, **arguments):
    """Ask CreateJobTemplate, and return its id and what was answered."""
    name = aws.name()
    aws.later(aws.iot.delete_job_template, jobTemplateId=name)
    return name, aws.asked(aws.iot.create_job_template, jobTemplateId=name, description="a probe", **arguments)


def managed_template(aws, name):
    """Return the ARN of the newest version of a template that AWS provides."""
    return aws.iot.describe_managed_job_template(templateName=name)["templateArn"]


@probe("iot-54", says=REJECTED)
def template_of_what_is_no_job(aws):
    return make_template(aws, jobArn=arn_of(aws, thing(aws)))[1]


@probe("iot-55", says={"create": ACCEPTED, "windows": 1})
def template_of_a_job_with_windows(aws):
    schedule = windows("cron(30 18 * * ? *)")
    job_id = job(aws, group(aws)["arn"], targetSelection="CONTINUOUS", schedulingConfig=schedule)
    name, created = make_template(aws, jobArn=aws.iot.describe_job(jobId=job_id)["job"]["jobArn"])
    shown = aws.iot.describe_job_template(jobTemplateId=name) if created == ACCEPTED else {}
    return {"create": created, "windows": len(shown.get("maintenanceWindows", []))}


@probe("iot-57", says=NOT_FOUND)
def template_in_another_region(aws):
    name, _ = make_template(aws, document=DOCUMENT)
    arn = aws.iot.describe_job_template(jobTemplateId=name)["jobTemplateArn"]
    region = arn.split(":")[3]
    other = arn.replace(region, "eu-west-1" if region != "eu-west-1" else "eu-central-1")
    job_id = job_name(aws)
    return aws.asked(aws.iot.create_job, jobId=job_id, targets=[arn_of(aws, thing(aws))], jobTemplateArn=other)


@probe("iot-58", says={"name": NOT_FOUND, "version": NOT_FOUND})
def unknown_template_of_aws(aws):
    describe = aws.iot.describe_managed_job_template
    return {
        "name": aws.asked(describe, templateName="AWS-Mock-Jobs-Probe"),
        "version": aws.asked(describe, templateName="AWS-Reboot", templateVersion="9.9"),
    }


@probe("iot-59", says="by name")
def order_of_the_templates_of_aws(aws):
    names = [each["templateName"] for each in aws.iot.list_managed_job_templates()["managedJobTemplates"]]
    return "by name" if names == sorted(names) else names


@probe("iot-61", says={"unknown": REJECTED, "missing": REJECTED, "no match": REJECTED})
def wrong_parameters_of_a_template_of_aws(aws):
    install = managed_template(aws, "AWS-Install-Application")
    reboot = managed_template(aws, "AWS-Reboot")
    cases = {
        "unknown": (reboot, {"colour": "red"}),
        "missing": (install, {}),
        "no match": (reboot, {"pathToHandler": "x" * 5000}),
    }
    arn = arn_of(aws, thing(aws))
    return {
        name: aws.asked(
            aws.iot.create_job, jobId=job_name(aws), targets=[arn], jobTemplateArn=template, documentParameters=parameters
        )
        for name, (template, parameters) in cases.items()
    }


def document_of(aws, **arguments):
    """Create a job for one thing, and return its document."""
    job_id = job_name(aws)
    arguments = {"jobId": job_id, "targets": [arn_of(aws, thing(aws))], **arguments}
    return aws.asked(aws.iot.create_job, show=lambda _: aws.iot.get_job_document(jobId=job_id)["document"], **arguments)


@probe("iot-62", says={"runAsUser": False})
def optional_parameter_of_a_template_of_aws(aws):
    document = document_of(aws, jobTemplateArn=managed_template(aws, "AWS-Run-Command"), documentParameters={"command": "true"})
    return document if isinstance(document, dict) else {"runAsUser": "runAsUser" in document}


@probe("iot-63", says={"operation": "nothing"})
def document_beside_a_template_of_aws(aws):
    document = document_of(aws, jobTemplateArn=managed_template(aws, "AWS-Reboot"), document=DOCUMENT)
    return document if isinstance(document, dict) else json.loads(document)


# Schedules and maintenance windows


@probe(
    "iot-82",
    says={
        "30 18 * * *": "18:30",
        "0 30 18 * * ?": "18:30",
        "cron(30 18 * * ? *)": "18:30",
        "0 30 18 * * ? *": "18:30",
        "cron(0 30 18 * * ? *)": "18:30",
    },
)
def dialects_of_cron(aws):
    target = group(aws)["arn"]

    def first_opening(expression):
        job_id = job_name(aws)
        arguments = {"jobId": job_id, "targets": [target], "document": DOCUMENT, "targetSelection": "CONTINUOUS"}

        def show(_):
            openings = aws.iot.describe_job(jobId=job_id)["job"].get("scheduledJobRollouts")
            return openings[0]["startTime"][-5:] if openings else None

        return aws.asked(aws.iot.create_job, show=show, schedulingConfig=windows(expression), **arguments)

    forms = ("30 18 * * *", "0 30 18 * * ?", "cron(30 18 * * ? *)", "0 30 18 * * ? *", "cron(0 30 18 * * ? *)")
    return {form: first_opening(form) for form in forms}


@probe("iot-83", says={"snapshot": REJECTED, "no start": REJECTED})
def windows_that_a_job_may_not_have(aws):
    schedule = windows("cron(30 18 * * ? *)")
    target = group(aws)["arn"]
    return {
        "snapshot": try_job(aws, schedulingConfig=schedule),
        "no start": try_job(
            aws,
            targets=[target],
            targetSelection="CONTINUOUS",
            schedulingConfig={"maintenanceWindows": schedule["maintenanceWindows"]},
        ),
    }


@probe("iot-89", says={"openings": 7, "form": "YYYY-MM-DDThh:mm"})
def openings_that_are_listed(aws):
    job_id = job(aws, group(aws)["arn"], targetSelection="CONTINUOUS", schedulingConfig=windows("cron(30 18 * * ? *)"))
    openings = aws.iot.describe_job(jobId=job_id)["job"].get("scheduledJobRollouts", [])
    first = openings[0]["startTime"] if openings else None
    try:
        datetime.strptime(first, "%Y-%m-%dT%H:%M")  # noqa: DTZ007
    except (TypeError, ValueError):
        return {"openings": len(openings), "form": first}
    return {"openings": len(openings), "form": "YYYY-MM-DDThh:mm"}
