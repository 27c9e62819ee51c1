"""Things, groups, jobs and devices for the tests of both planes of AWS IoT Jobs; everything through boto3."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

ARN = "arn:aws:iot:us-east-1:123456789012:"
STATUSES = ("QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "TIMED_OUT", "REJECTED", "REMOVED", "CANCELED")
COUNTERS = {
    "QUEUED": "numberOfQueuedThings",
    "IN_PROGRESS": "numberOfInProgressThings",
    "SUCCEEDED": "numberOfSucceededThings",
    "FAILED": "numberOfFailedThings",
    "TIMED_OUT": "numberOfTimedOutThings",
    "REJECTED": "numberOfRejectedThings",
    "REMOVED": "numberOfRemovedThings",
    "CANCELED": "numberOfCanceledThings",
}


class Fleet:
    def __init__(self, iot, iot_data):
        self.iot = iot
        self.data = iot_data
        self.body = b""
        self.names = []
        for client in (iot, iot_data):
            client.meta.events.register("response-received", self._remember)

    def _remember(self, response_dict, **_):
        # boto3 drops members of errors that the model does not have.
        self.body = b"" if response_dict is None else response_dict["body"]

    @property
    def json(self):
        return json.loads(self.body)

    def things(self, *names):
        for name in names:
            self.iot.create_thing(thingName=name)
            self.names.append(name)

    def group(self, name, *things, parent=None):
        self.iot.create_thing_group(thingGroupName=name, **({"parentGroupName": parent} if parent else {}))
        for thing in things:
            self.join(thing, name)

    def join(self, thing, group):
        self.iot.add_thing_to_thing_group(thingGroupName=group, thingName=thing)

    def leave(self, thing, group):
        self.iot.remove_thing_from_thing_group(thingGroupName=group, thingName=thing)

    def follow(self, *groups, things=(), **members):
        """Create a continuous job for groups and things, all of which exist."""
        return self.job(*things, groups=groups, targetSelection="CONTINUOUS", **members)

    def executions(self, thing, job_id="job"):
        """Return number, status and version of all executions of a registered thing, the oldest first."""
        found = self.iot.list_job_executions_for_thing(thingName=thing, jobId=job_id)["executionSummaries"]
        numbers = sorted(each["jobExecutionSummary"]["executionNumber"] for each in found)
        described = [self.execution(thing, job_id, executionNumber=number) for number in numbers]
        return [(each["executionNumber"], each["status"], each["versionNumber"]) for each in described]

    def job(self, *things, job_id="job", groups=(), **members):
        """Create a job for things and groups, all of which exist."""
        targets = [f"{ARN}thing/{each}" for each in things] + [f"{ARN}thinggroup/{each}" for each in groups]
        if "document" not in members and "documentSource" not in members and "jobTemplateArn" not in members:
            members["document"] = "{}"
        return self.iot.create_job(jobId=job_id, targets=targets, **members)

    def describe(self, job_id="job"):
        return self.iot.describe_job(jobId=job_id)["job"]

    def execution(self, thing, job_id="job", **members):
        return self.iot.describe_job_execution(jobId=job_id, thingName=thing, **members)["execution"]

    def status(self, thing, job_id="job"):
        return self.execution(thing, job_id)["status"]

    def version(self, thing, job_id="job"):
        return self.execution(thing, job_id)["versionNumber"]

    def counters(self, job_id="job"):
        """Return the counters that are not zero, by status."""
        details = self.describe(job_id)["jobProcessDetails"]
        return {status: details[name] for status, name in COUNTERS.items() if details[name]}

    def start(self, thing, **members):
        return self.data.start_next_pending_job_execution(thingName=thing, **members).get("execution")

    def report(self, thing, status, job_id="job", **members):
        return self.data.update_job_execution(thingName=thing, jobId=job_id, status=status, **members)

    def bring(self, thing, status, job_id="job"):
        """Bring a QUEUED execution to a status, the way AWS documents."""
        if status in ("IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"):
            self.report(thing, "IN_PROGRESS", job_id)
        if status in ("SUCCEEDED", "FAILED", "REJECTED"):
            self.report(thing, status, job_id)
        if status == "CANCELED":
            self.iot.cancel_job_execution(jobId=job_id, thingName=thing)
        if status == "REMOVED":
            self.iot.delete_thing(thingName=thing)
            self.names.remove(thing)
        assert self.status(thing, job_id) == status

    def _template(self, template_id):
        return {**self.iot.describe_job_template(jobTemplateId=template_id), "ResponseMetadata": None}

    def snapshot(self):
        """Return all that can be seen."""
        jobs = [each["jobId"] for each in self.iot.list_jobs()["jobs"]]
        templates = [each["jobTemplateId"] for each in self.iot.list_job_templates()["jobTemplates"]]
        return {
            "templates": [self._template(each) for each in templates],
            "jobs": {each: self.describe(each) for each in jobs},
            "documents": {each: self.iot.get_job_document(jobId=each)["document"] for each in jobs},
            "executions": {
                each: [
                    (summary, self.execution(summary["thingArn"].rpartition("/")[2], each))
                    for summary in self.iot.list_job_executions_for_job(jobId=each)["executionSummaries"]
                ]
                for each in jobs
            },
            "pending": {
                each: [self.data.get_pending_job_executions(thingName=each)[kind] for kind in ("inProgressJobs", "queuedJobs")]
                for each in self.names
            },
        }

    @contextmanager
    def refused(self, code, status, message=None):
        """Expect an AWS error, and that nothing that can be seen has changed."""
        before = self.snapshot()
        with pytest.raises(ClientError) as caught:
            yield caught
        body = self.body
        response = caught.value.response
        assert response["Error"]["Code"] == code
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status
        if message is not None:
            assert response["Error"]["Message"] == message
        assert self.snapshot() == before
        self.body = body
