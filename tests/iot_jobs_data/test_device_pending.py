"""The pending executions of a thing: GetPendingJobExecutions and StartNextPendingJobExecution."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from botocore.exceptions import ClientError

NOON = datetime(2030, 6, 1, 12, 0, 0, 987000, tzinfo=timezone.utc)
NOON_S = int(NOON.timestamp())


@pytest.fixture
def noon(mock):
    mock.clock.freeze()
    mock.clock.move_to(NOON)
    return mock.clock


def pending(fleet, thing="t"):
    answer = fleet.data.get_pending_job_executions(thingName=thing)
    return [each["jobId"] for each in answer["inProgressJobs"]], [each["jobId"] for each in answer["queuedJobs"]]


# GetPendingJobExecutions


def test_both_lists_are_there_for_an_idle_thing(fleet):
    fleet.things("t")
    fleet.data.get_pending_job_executions(thingName="t")

    assert fleet.json == {"inProgressJobs": [], "queuedJobs": []}


def test_a_pending_execution_shows_its_summary_in_whole_seconds(noon, fleet):
    fleet.things("t")
    fleet.job("t", job_id="j1")
    fleet.job("t", job_id="j2")
    noon.advance(5)
    fleet.report("t", "IN_PROGRESS", "j2", statusDetails={"step": "1"})
    fleet.data.get_pending_job_executions(thingName="t")

    assert fleet.json == {
        "inProgressJobs": [
            {
                "jobId": "j2",
                "queuedAt": NOON_S,
                "startedAt": NOON_S + 5,
                "lastUpdatedAt": NOON_S + 5,
                "versionNumber": 2,
                "executionNumber": 1,
            }
        ],
        "queuedJobs": [{"jobId": "j1", "queuedAt": NOON_S, "lastUpdatedAt": NOON_S, "versionNumber": 1, "executionNumber": 1}],
    }


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED", "CANCELED"])
def test_what_is_finished_is_not_pending(fleet, status):
    fleet.things("t")
    fleet.job("t")
    fleet.bring("t", status)

    assert pending(fleet) == ([], [])


def test_pending_executions_are_listed_in_the_order_of_queueing(fleet):
    fleet.things("t")
    for job_id in ("c", "a", "b", "d"):
        fleet.job("t", job_id=job_id)
    fleet.report("t", "IN_PROGRESS", "b")
    fleet.report("t", "IN_PROGRESS", "a")

    assert pending(fleet) == (["a", "b"], ["c", "d"])


def test_ten_pending_executions_are_shown_at_most_those_in_progress_first(fleet):
    fleet.things("t")
    names = [f"j{number:02}" for number in range(12)]
    for job_id in names:
        fleet.job("t", job_id=job_id)
    assert pending(fleet) == ([], names[:10])
    fleet.report("t", "IN_PROGRESS", "j11")
    fleet.report("t", "IN_PROGRESS", "j05")

    assert pending(fleet) == (["j05", "j11"], [each for each in names[:9] if each != "j05"])


def test_jobs_of_a_namespace_are_left_to_their_own_interfaces(fleet):
    fleet.things("t")
    fleet.job("t", job_id="own", namespaceId="N")

    assert pending(fleet) == ([], [])
    assert fleet.start("t") is None
    assert "execution" not in fleet.data.describe_job_execution(thingName="t", jobId="$next")
    assert fleet.data.describe_job_execution(thingName="t", jobId="own")["execution"]["status"] == "QUEUED"
    fleet.report("t", "SUCCEEDED", "own")
    assert fleet.describe("own")["status"] == "COMPLETED"


@pytest.mark.parametrize("operation", ["get_pending_job_executions", "start_next_pending_job_execution"])
def test_a_thing_that_is_not_registered_is_not_found(fleet, operation):
    with fleet.refused("ResourceNotFoundException", 404, "Thing nope cannot be found."):
        getattr(fleet.data, operation)(thingName="nope")


@pytest.mark.parametrize("operation", ["get_pending_job_executions", "start_next_pending_job_execution"])
@pytest.mark.parametrize(
    ("thing", "rule"),
    [
        ("t" * 129, "Member must have length less than or equal to 128"),
        ("bad thing", "Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]+"),
    ],
    ids=["129", "pattern"],
)
def test_a_bad_thing_name_is_refused(fleet, operation, thing, rule):
    message = f"1 validation error detected: Value '{thing}' at 'thingName' failed to satisfy constraint: {rule}"

    with fleet.refused("InvalidRequestException", 400, message):
        getattr(fleet.data, operation)(thingName=thing)


# StartNextPendingJobExecution


def test_start_next_starts_the_first_queued_execution(noon, fleet):
    fleet.things("t")
    fleet.job("t", document='{ "do": "it" }')
    fleet.job("t", job_id="later")
    noon.advance(2)
    fleet.start("t", statusDetails={"step": "1"})

    assert fleet.json == {
        "execution": {
            "jobId": "job",
            "thingName": "t",
            "status": "IN_PROGRESS",
            "statusDetails": {"step": "1"},
            "queuedAt": NOON_S,
            "startedAt": NOON_S + 2,
            "lastUpdatedAt": NOON_S + 2,
            "versionNumber": 2,
            "executionNumber": 1,
            "jobDocument": '{"do":"it"}',
        }
    }
    assert pending(fleet) == (["job"], ["later"])


def test_start_next_without_details_shows_none(fleet):
    fleet.things("t")
    fleet.job("t")

    assert "statusDetails" not in fleet.start("t")


def test_start_next_gives_what_runs_already_again_and_changes_nothing(mock, fleet):
    fleet.things("t")
    fleet.job("t", job_id="first")
    fleet.job("t", job_id="second")
    first = fleet.start("t", statusDetails={"step": "1"})
    before = fleet.snapshot()
    mock.clock.advance(10)
    again = fleet.start("t", statusDetails={"step": "2"})

    assert again == first
    assert fleet.snapshot() == before


def test_start_next_gives_the_next_one_when_the_first_is_finished(fleet):
    fleet.things("t")
    for job_id in ("first", "second"):
        fleet.job("t", job_id=job_id)
    started = []
    while (execution := fleet.start("t")) is not None:
        started.append(execution["jobId"])
        fleet.report("t", "SUCCEEDED", execution["jobId"])

    assert started == ["first", "second"]


def test_start_next_of_an_idle_thing_answers_an_empty_object(fleet):
    fleet.things("t")
    fleet.data.start_next_pending_job_execution(thingName="t")

    assert fleet.json == {}


def test_each_thing_has_a_queue_of_its_own(fleet):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.start("t")

    assert pending(fleet, "t") == (["job"], [])
    assert pending(fleet, "u") == ([], ["job"])


@pytest.mark.parametrize("minutes", [0, -1, -2, 10081])
def test_start_next_refuses_a_step_timer_out_of_range(fleet, minutes):
    fleet.things("t")
    fleet.job("t")

    with fleet.refused("InvalidRequestException", 400, f"Provide valid timeout value, stepTimeoutInMinutes cannot be {minutes}."):
        fleet.start("t", stepTimeoutInMinutes=minutes)


def test_a_body_that_is_no_object_is_refused(fleet):
    """What boto3 never sends, other clients may."""
    fleet.things("t")
    fleet.job("t")

    def break_body(params, **_):
        params["body"] = b'["not", "an", "object"]'

    fleet.data.meta.events.register("before-call", break_body)
    with pytest.raises(ClientError) as caught:
        fleet.start("t")
    fleet.data.meta.events.unregister("before-call", break_body)

    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert fleet.status("t") == "QUEUED"
