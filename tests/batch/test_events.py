"""The events that AWS Batch sends to EventBridge about its jobs.

Documents: AWS Batch user guide, "AWS Batch events", with its samples of a job event and of a blocked queue.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone

import boto3
import pytest

from support.batch import PREFIX, Timeline, container
from support.batch_site import Site
from support.constants import ACCOUNT, REGION

STATE_CHANGE = "Batch Job State Change"
QUEUE_BLOCKED = "Batch Job Queue Blocked"
TOO_SMALL = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of "
    "the job."
)


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


def details(mock, job_id=None, topic=STATE_CHANGE):
    found = [event.payload["detail"] for event in mock.events if event.topic == topic]
    return [each for each in found if job_id in (None, each["jobId"])]


def statuses_of(mock, job_id):
    return [each["status"] for each in details(mock, job_id)]


def test_the_envelope_is_that_of_eventbridge(mock, site):
    timeline = Timeline(mock)
    job_id = site.submit()
    timeline.go_to(0)
    first = mock.events[0]

    assert first[:5] == (mock.clock.now_ms, "batch", ACCOUNT, REGION, STATE_CHANGE)
    payload = dict(first.payload)
    assert list(payload) == ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]
    assert len(payload.pop("id")) == 36
    assert payload.pop("detail")["jobId"] == job_id
    assert payload == {
        "version": "0",
        "detail-type": STATE_CHANGE,
        "source": "aws.batch",
        "account": ACCOUNT,
        "time": datetime.fromtimestamp(mock.clock.now_ms // 1000, timezone.utc).isoformat().replace("+00:00", "Z"),
        "region": REGION,
        "resources": [f"{PREFIX}job/{job_id}"],
    }


def test_the_detail_of_a_runnable_job_is_that_of_the_published_sample(mock, site):
    site.make_definition("sample", containerProperties=container(2, command=["sleep", "600"]))
    job_id = site.submit("event-test", jobDefinition="sample", retryStrategy={"attempts": 2})
    created_ms = site.detail(job_id)["createdAt"]
    site.reach(job_id, "RUNNABLE")

    assert details(mock) == [
        {
            "jobArn": f"{PREFIX}job/{job_id}",
            "jobName": "event-test",
            "jobId": job_id,
            "jobQueue": f"{PREFIX}job-queue/q",
            "status": "RUNNABLE",
            "attempts": [],
            "createdAt": created_ms,
            "retryStrategy": {"attempts": 2, "evaluateOnExit": []},
            "dependsOn": [],
            "jobDefinition": f"{PREFIX}job-definition/sample:1",
            "parameters": {},
            "container": {
                "image": "busybox",
                "command": ["sleep", "600"],
                "volumes": [],
                "environment": [],
                "mountPoints": [],
                "ulimits": [],
                "networkInterfaces": [],
                "resourceRequirements": [{"value": "2", "type": "VCPU"}, {"value": "128", "type": "MEMORY"}],
                "secrets": [],
            },
            "tags": {"resourceArn": f"{PREFIX}job/{job_id}"},
            "propagateTags": False,
            "platformCapabilities": [],
        }
    ]


def test_each_change_of_status_after_the_submission_is_an_event(mock, site):
    job_id = site.submit()
    mock.batch.run_all()

    assert statuses_of(mock, job_id) == ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    assert len({event.payload["id"] for event in mock.events}) == 4


def test_a_retry_is_runnable_once_more(mock, site):
    mock.batch.plan(exit_code=3, attempt=1)
    job_id = site.submit(retryStrategy={"attempts": 2})
    mock.batch.run_all()

    found = details(mock, job_id)
    assert [(each["status"], len(each["attempts"])) for each in found] == [
        ("RUNNABLE", 0),
        ("STARTING", 0),
        ("RUNNING", 0),
        ("RUNNABLE", 1),
        ("STARTING", 1),
        ("RUNNING", 1),
        ("SUCCEEDED", 2),
    ]
    assert found[3]["statusReason"] == "Essential container in task exited"
    assert "statusReason" not in found[4]


def test_a_job_that_waits_is_pending_first(mock, site):
    first = site.submit()
    second = site.submit(after=[first])
    mock.batch.plan(exit_code=1)
    mock.batch.run_all()

    assert statuses_of(mock, second) == ["PENDING", "FAILED"]
    assert details(mock, second)[-1]["statusReason"] == "Dependent Job failed"


def test_an_event_holds_the_state_of_its_moment_however_late_it_is_read(mock, batch, site):
    timeline = Timeline(mock)
    mock.batch.plan(duration=10, exit_code=7)
    job_id = site.submit(tags={"a": "1"})
    timeline.go_to(20)
    batch.tag_resource(resourceArn=f"{PREFIX}job/{job_id}", tags={"a": "2", "b": "3"})
    runnable, starting, running, failed = details(mock, job_id)

    assert "startedAt" not in starting
    assert "taskArn" not in runnable["container"]
    assert "taskArn" in starting["container"]
    assert "logStreamName" not in starting["container"]
    assert timeline.span(running) == (0, None)
    assert "exitCode" not in running["container"]
    assert running["attempts"] == []
    assert timeline.span(failed) == (0, 10)
    assert failed["container"]["exitCode"] == failed["attempts"][0]["container"]["exitCode"] == 7
    assert running["tags"] == failed["tags"] == {"a": "1", "resourceArn": f"{PREFIX}job/{job_id}"}
    assert [event.at_ms - mock.events[0].at_ms for event in mock.events] == [0, 0, 0, 10_000]


def test_the_last_event_says_what_describe_jobs_says(mock, site):
    job_id = site.submit(timeout={"attemptDurationSeconds": 60}, propagateTags=True, retryStrategy={"attempts": 1})
    mock.batch.settings.legacy_container_fields = False
    mock.batch.run_all()
    last, described = details(mock, job_id)[-1], site.detail(job_id)

    assert last.pop("tags") == {"resourceArn": described["jobArn"]}
    for member in ("tags", "eksAttempts"):
        described.pop(member)
    assert last == described


@pytest.mark.parametrize(("call", "flag"), [("cancel_job", "isCancelled"), ("terminate_job", "isTerminated")])
def test_a_job_that_is_stopped_fails_with_the_reason_of_the_caller(mock, batch, site, call, flag):
    job_id = site.submit()
    getattr(batch, call)(jobId=job_id, reason="enough")

    (only,) = details(mock, job_id)
    assert (only["status"], only["statusReason"], only[flag]) == ("FAILED", "enough", True)


def test_children_of_arrays_and_their_parent_have_events_of_their_own(mock, site):
    mock.batch.plan(array_index=1, exit_code=1)
    array_id = site.submit(size=2, tags={"k": "v"})
    mock.batch.run_all()

    assert statuses_of(mock, array_id) == ["PENDING", "FAILED"]
    assert statuses_of(mock, f"{array_id}:0") == ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    assert statuses_of(mock, f"{array_id}:1") == ["RUNNABLE", "STARTING", "RUNNING", "FAILED"]
    parent, child = details(mock, array_id), details(mock, f"{array_id}:1")[-1]
    assert [each["arrayProperties"]["statusSummary"]["PENDING"] for each in parent] == [2, 0]
    assert parent[-1]["arrayProperties"]["statusSummary"]["FAILED"] == 1
    assert parent[-1]["statusReason"] == "Array Child Job failed"
    assert parent[-1]["tags"] == {"k": "v", "resourceArn": f"{PREFIX}job/{array_id}"}
    assert child["arrayProperties"]["index"] == 1
    assert child["tags"] == {"resourceArn": f"{PREFIX}job/{array_id}:1"}


def test_events_stand_in_the_order_in_which_things_happened(mock, site):
    array_id = site.submit(size=2)
    mock.batch.run_all()

    last = [(each["jobId"], each["status"]) for each in details(mock)][-3:]
    assert last == [(f"{array_id}:0", "SUCCEEDED"), (f"{array_id}:1", "SUCCEEDED"), (array_id, "SUCCEEDED")]


# A blocked queue


def test_a_job_that_can_never_be_placed_blocks_its_queue_once(mock, site):
    job_id = site.submit(vcpus=64)
    mock.batch.run_all()
    site.submit()
    mock.batch.run_all()

    (event,) = [event for event in mock.events if event.topic == QUEUE_BLOCKED]
    assert event.payload["detail-type"] == QUEUE_BLOCKED
    assert event.payload["resources"] == [f"{PREFIX}job/{job_id}", f"{PREFIX}job-queue/q"]
    assert event.payload["detail"]["status"] == "RUNNABLE"
    assert event.payload["detail"]["statusReason"] == TOO_SMALL


def test_a_new_reason_for_the_block_is_news(mock, batch, site):
    job_id = site.submit(vcpus=64)
    mock.batch.run_all()
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    mock.batch.run_all()

    reasons = [each["statusReason"] for each in details(mock, job_id, QUEUE_BLOCKED)]
    assert reasons == [TOO_SMALL, "ACTION_REQUIRED - CE(s) associated with the job queue are disabled."]


def test_a_queue_that_merely_waits_for_room_is_not_blocked(mock, site):
    mock.batch.plan(duration=None)
    site.submit(vcpus=16)
    site.submit(vcpus=16)
    mock.batch.run_all()

    assert details(mock, topic=QUEUE_BLOCKED) == []


# The list


def test_who_changes_what_events_holds_changes_nothing(mock, site):
    site.submit()
    mock.batch.run_all()
    mock.events[0].payload["detail"]["status"] = mock.events[0].payload["source"] = "changed"

    assert mock.events[0].payload["detail"]["status"] == "RUNNABLE"
    assert mock.events[0].payload["source"] == "aws.batch"
    json.dumps(mock.events[0].payload)


def test_events_of_all_regions_stand_in_one_list(mock, batch):
    elsewhere = Site(boto3.client("batch", region_name="eu-west-1"))
    elsewhere.make_environment()
    elsewhere.make_queue()
    elsewhere.make_definition()
    job_id = elsewhere.submit()
    mock.batch.run_all()

    assert {(event.region, event.payload["region"]) for event in mock.events} == {("eu-west-1", "eu-west-1")}
    assert mock.events[0].payload["resources"] == [f"arn:aws:batch:eu-west-1:{ACCOUNT}:job/{job_id}"]


def test_a_reset_forgets_events(mock, site):
    site.submit()
    mock.batch.run_all()
    mock.reset()

    assert mock.events == ()
