"""The configurations of CreateJob: which are invalid, which are accepted, and which are not emulated yet."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from support.fleet import ARN

ROLE = "arn:aws:iam::123456789012:role/reader"
START = datetime(2030, 6, 1, 10, 0, tzinfo=timezone.utc)


@pytest.fixture
def one(fleet):
    fleet.things("t")
    return fleet


def too(value, member, rule):
    return f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {rule}"


def criterion(**members):
    return {
        "failureType": "FAILED",
        "action": "CANCEL",
        "thresholdPercentage": 50.0,
        "minNumberOfExecutedThings": 1,
        **members,
    }


def abort(*criteria):
    return {"abortConfig": {"criteriaList": list(criteria)}}


def retry(*criteria):
    return {
        "jobExecutionsRetryConfig": {
            "criteriaList": [{"failureType": kind, "numberOfRetries": number} for kind, number in criteria]
        }
    }


def rollout(**members):
    return {"jobExecutionsRolloutConfig": members}


def exponential(base=10, factor=2, **criteria):
    return {
        "baseRatePerMinute": base,
        "incrementFactor": factor,
        "rateIncreaseCriteria": criteria or {"numberOfNotifiedThings": 10},
    }


FOUR_TYPES = "satisfy enum value set: [ALL, TIMED_OUT, FAILED, REJECTED]"
THREE_TYPES = "satisfy enum value set: [ALL, TIMED_OUT, FAILED]"
RATE = "jobExecutionsRolloutConfig"
EXPONENTIAL = f"{RATE}.exponentialRate"
ABORT = "abortConfig.criteriaList.1.member"
RETRY = "jobExecutionsRetryConfig.criteriaList"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        # Timeouts
        *(
            pytest.param(
                {"timeoutConfig": {"inProgressTimeoutInMinutes": minutes}},
                f"Provide valid timeout value, inProgressTimeoutInMinutes cannot be {minutes}.",
                id=f"timeout {minutes}",
            )
            for minutes in (-1, 0, 10081)
        ),
        # Abort criteria
        pytest.param(abort(criterion(failureType="NONE")), too("NONE", f"{ABORT}.failureType", FOUR_TYPES), id="abort type"),
        pytest.param(
            abort(criterion(action="STOP")), too("STOP", f"{ABORT}.action", "satisfy enum value set: [CANCEL]"), id="abort action"
        ),
        pytest.param(
            abort(criterion(thresholdPercentage=101)),
            too("101.0", f"{ABORT}.thresholdPercentage", "have value less than or equal to 100"),
            id="threshold 101",
        ),
        pytest.param(
            abort(criterion(thresholdPercentage=0)),
            "ThresholdPercentage value 0.0 for AbortCriteria must have value greater than 0",
            id="threshold 0",
        ),
        pytest.param(
            abort(criterion(thresholdPercentage=-2.5)),
            "ThresholdPercentage value -2.5 for AbortCriteria must have value greater than 0",
            id="threshold negative",
        ),
        pytest.param(
            abort(criterion(thresholdPercentage=10.125)),
            "Abort thresholdPercentage must have two or less decimal digits",
            id="threshold with three decimals",
        ),
        pytest.param(
            abort(criterion(), criterion()), "Multiple AbortCriteria cannot have the same failure type", id="abort type twice"
        ),
        pytest.param(
            abort(criterion(), criterion(thresholdPercentage=0)),
            "Multiple AbortCriteria cannot have the same failure type",
            id="criterion by criterion",
        ),
        # Rollout
        pytest.param(
            rollout(maximumPerMinute=1001),
            too(1001, f"{RATE}.maximumPerMinute", "have value less than or equal to 1000"),
            id="1001 per minute",
        ),
        pytest.param(
            rollout(exponentialRate=exponential()),
            "Provide MaximumPerMinute value when ExponentialRate is defined",
            id="no maximum",
        ),
        pytest.param(
            rollout(maximumPerMinute=100, exponentialRate=exponential(numberOfNotifiedThings=1, numberOfSucceededThings=1)),
            "Provide only one of NumberOfNotifiedThings or NumberOfSucceededThings when RateIncreaseCriteria is defined",
            id="two criteria",
        ),
        pytest.param(
            rollout(maximumPerMinute=100, exponentialRate={**exponential(), "rateIncreaseCriteria": {}}),
            "Provide either NumberOfNotifiedThings or NumberOfSucceededThings when RateIncreaseCriteria is defined",
            id="no criterion",
        ),
        pytest.param(
            rollout(maximumPerMinute=100, exponentialRate=exponential(base=101)),
            "Exponential rollout baseRatePerMinute should be less than maximumPerMinute.",
            id="base above maximum",
        ),
        pytest.param(
            rollout(maximumPerMinute=1000, exponentialRate=exponential(base=1001)),
            too(1001, f"{EXPONENTIAL}.baseRatePerMinute", "have value less than or equal to 1000"),
            id="base 1001",
        ),
        pytest.param(
            rollout(maximumPerMinute=1000, exponentialRate=exponential(factor=5.1)),
            too(5.1, f"{EXPONENTIAL}.incrementFactor", "have value less than or equal to 5"),
            id="factor 5.1",
        ),
        pytest.param(
            rollout(maximumPerMinute=1000, exponentialRate=exponential(factor=1.25)),
            "Exponential rollout incrementFactor must have one or less decimal digits",
            id="factor 1.25",
        ),
        # Retries
        pytest.param(
            retry(("ALL", 1), ("FAILED", 1)),
            "A retryCriteria with failure type ALL must be used by itself.",
            id="ALL with another",
        ),
        pytest.param(
            retry(("FAILED", 1), ("FAILED", 1)), "Multiple RetryCriteria cannot have the same failure type", id="retry type twice"
        ),
        pytest.param(
            retry(("FAILED", 5), ("TIMED_OUT", 6)),
            "The total number of retries is 11, and 10 is the limit.",
            id="11 retries in all",
        ),
        pytest.param(
            retry(("FAILED", 11)),
            too(11, f"{RETRY}.1.member.numberOfRetries", "have value less than or equal to 10"),
            id="11 retries",
        ),
        pytest.param(retry(("REJECTED", 1)), too("REJECTED", f"{RETRY}.1.member.failureType", THREE_TYPES), id="retry type"),
        # Presigned URLs
        pytest.param(
            {"presignedUrlConfig": {"roleArn": ROLE, "expiresInSec": 3601}},
            too(3601, "presignedUrlConfig.expiresInSec", "have value less than or equal to 3600"),
            id="expires in 3601 s",
        ),
        pytest.param(
            {"presignedUrlConfig": {"roleArn": f"{ARN}thing/no-role"}},
            f"Given role {ARN}thing/no-role is invalid.",
            id="role that is none",
        ),
        pytest.param(
            {"presignedUrlConfig": {"roleArn": f"{ARN}thing/no-role"}, **rollout(exponentialRate=exponential())},
            "Provide MaximumPerMinute value when ExponentialRate is defined",
            id="role that is none, after the rollout",
        ),
        # The rest
        pytest.param(
            {"targetSelection": "snapshot"},
            too("snapshot", "targetSelection", "satisfy enum value set: [CONTINUOUS, SNAPSHOT]"),
            id="selection in lower case",
        ),
        pytest.param(
            {"targetSelection": ""},
            too("", "targetSelection", "satisfy enum value set: [CONTINUOUS, SNAPSHOT]"),
            id="selection empty",
        ),
        pytest.param(
            {"description": "d" * 2029},
            too("d" * 2029, "description", "have length less than or equal to 2028"),
            id="description of 2029",
        ),
        pytest.param(
            {"description": "a\x00b"},
            too("a\x00b", "description", "satisfy regular expression pattern: [^\\p{C}]+"),
            id="description with a control character",
        ),
        pytest.param(
            {"namespaceId": "a.b"},
            too("a.b", "namespaceId", "satisfy regular expression pattern: [a-zA-Z0-9_-]+"),
            id="namespace",
        ),
        pytest.param({"jobId": "j" * 65}, too("j" * 65, "jobId", "have length less than or equal to 64"), id="id of 65"),
        pytest.param(
            {"targets": ["a" * 2049]},
            too("a" * 2049, "targets.1.member", "have length less than or equal to 2048"),
            id="target of 2049",
        ),
        pytest.param(
            {"documentSource": "s" * 1351, "document": None},
            too("s" * 1351, "documentSource", "have length less than or equal to 1350"),
            id="source of 1351",
        ),
        # Tags
        pytest.param(
            {"tags": [{"Key": "a"}]}, "Invalid tag parameter exception. Please check the input.", id="tag without value"
        ),
        *(
            pytest.param(
                {"tags": [{"Key": key, "Value": "v"}]}, f'Tags cannot begin with "aws:", offending tag: {key}', id=f"tag {key}"
            )
            for key in ("aws:x", "AWS:x")
        ),
        pytest.param(
            {"tags": [{"Key": "k" * 129, "Value": "v"}]},
            too("k" * 129, "tags.1.member.key", "have length less than or equal to 128"),
            id="tag key of 129",
        ),
    ],
)
def test_create_job_refuses_a_bad_configuration(one, members, message):
    request = {"jobId": "job", "targets": [f"{ARN}thing/t"], "document": "{}", **members}

    with one.refused("InvalidRequestException", 400, message):
        one.iot.create_job(**{name: value for name, value in request.items() if value is not None})


def test_a_retry_configuration_has_two_criteria_at_most(one):
    with one.refused("InvalidRequestException", 400) as caught:
        one.job("t", **retry(("FAILED", 1), ("TIMED_OUT", 1), ("ALL", 1)))

    assert str(caught.value).endswith(
        f"at '{RETRY}' failed to satisfy constraint: Member must have length less than or equal to 2"
    )


@pytest.mark.parametrize(
    ("members", "constraint"),
    [
        pytest.param(rollout(maximumPerMinute=0), "value greater than or equal to 1", id="0 per minute"),
        pytest.param(
            rollout(maximumPerMinute=10, exponentialRate=exponential(base=0)), "value greater than or equal to 1", id="base 0"
        ),
        pytest.param(
            rollout(maximumPerMinute=10, exponentialRate=exponential(factor=1)),
            "value greater than or equal to 1.1",
            id="factor 1",
        ),
        pytest.param(abort(), "length greater than or equal to 1", id="no abort criterion"),
        pytest.param(abort(criterion(minNumberOfExecutedThings=0)), "value greater than or equal to 1", id="minimum 0"),
        pytest.param(retry(), "length greater than or equal to 1", id="no retry criterion"),
        pytest.param(retry(("FAILED", -1)), "value greater than or equal to 0", id="-1 retries"),
        pytest.param(
            {"presignedUrlConfig": {"roleArn": ROLE, "expiresInSec": 59}}, "value greater than or equal to 60", id="59 s"
        ),
        pytest.param({"presignedUrlConfig": {"roleArn": "r" * 19}}, "length greater than or equal to 20", id="role of 19"),
        pytest.param({"tags": [{"Key": "", "Value": ""}]}, "length greater than or equal to 1", id="empty tag key"),
        pytest.param({"abortConfig": {}}, "Member must not be null", id="abort without criteria"),
    ],
)
def test_what_boto3_refuses_already_is_refused_when_it_is_sent(one, unchecked_iot, members, constraint):
    before = one.snapshot()

    with pytest.raises(ClientError) as caught:
        unchecked_iot.create_job(jobId="job", targets=[f"{ARN}thing/t"], document="{}", **members)

    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["Error"]["Message"].startswith("1 validation error detected: ")
    assert constraint in caught.value.response["Error"]["Message"]
    assert one.snapshot() == before


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"timeoutConfig": {}}, id="timeout"),
        pytest.param({"schedulingConfig": {}}, id="scheduling"),
        pytest.param({"presignedUrlConfig": {}}, id="presign"),
        pytest.param(rollout(), id="rollout"),
        pytest.param({"destinationPackageVersions": []}, id="packages"),
        pytest.param({"documentParameters": {}}, id="parameters"),
        pytest.param({"tags": []}, id="tags"),
    ],
)
def test_an_empty_configuration_counts_as_unset(one, members):
    one.job("t", job_id="plain")
    one.job("t", **members)

    assert set(one.describe()) == set(one.describe("plain"))
    assert [one.describe()[name] for name in ("timeoutConfig", "schedulingConfig", "presignedUrlConfig")] == [{}, {}, {}]


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(abort(criterion(thresholdPercentage=100)), id="threshold 100"),
        pytest.param(abort(criterion(thresholdPercentage=0.01), criterion(failureType="ALL")), id="ALL with another"),
        pytest.param(retry(("FAILED", 4), ("TIMED_OUT", 6)), id="10 retries"),
        pytest.param({"timeoutConfig": {"inProgressTimeoutInMinutes": 1}}, id="timeout 1"),
        pytest.param({"timeoutConfig": {"inProgressTimeoutInMinutes": 10080}}, id="timeout 10080"),
        pytest.param(
            rollout(maximumPerMinute=1000, exponentialRate=exponential(base=1000, factor=1.1, numberOfNotifiedThings=1)),
            id="exponential by notified things",
        ),
        pytest.param(
            rollout(maximumPerMinute=1, exponentialRate=exponential(base=1, factor=5, numberOfSucceededThings=1)),
            id="exponential by succeeded things",
        ),
    ],
)
def test_a_good_configuration_is_shown_as_it_was_given(one, members):
    one.job("t", **members)

    assert {name: one.describe()[name] for name in members} == members


# Schedules: it is 10:00:00


def at(**delta):
    return (START + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M")


HALF_HOUR_AHEAD = "StartTime must be at least 30 minutes and at most one year from now."
END = "EndTime must be at least 30 minutes and at most two years from now."
SPAN = "EndTime must be at least 30 minutes and at most two years after StartTime."
WINDOWS = [{"startTime": "cron(0 18 ? * MON *)", "durationInMinutes": 60}]


@pytest.mark.parametrize(
    ("schedule", "selection", "message"),
    [
        pytest.param({"startTime": at(minutes=29)}, "SNAPSHOT", HALF_HOUR_AHEAD, id="start in 29 minutes"),
        pytest.param({"startTime": at(minutes=-1)}, "SNAPSHOT", HALF_HOUR_AHEAD, id="start in the past"),
        pytest.param({"startTime": at(days=365, minutes=1)}, "SNAPSHOT", HALF_HOUR_AHEAD, id="start in over a year"),
        pytest.param({"endTime": at(minutes=29)}, "SNAPSHOT", END, id="end in 29 minutes"),
        pytest.param({"endTime": at(days=730, minutes=1)}, "SNAPSHOT", END, id="end in over two years"),
        pytest.param({"startTime": at(minutes=30), "endTime": at(minutes=59)}, "SNAPSHOT", SPAN, id="29 minutes long"),
        pytest.param({"startTime": at(minutes=60), "endTime": at(minutes=40)}, "SNAPSHOT", SPAN, id="end before start"),
        *(
            pytest.param(
                {"startTime": text},
                "SNAPSHOT",
                f"1 validation error detected: Provided time {text} UTC must follow the format YYYY-MM-DDThh:mm.",
                id=text,
            )
            for text in (
                "2030-06-02T10:00:00",
                "2030-06-02T10:00Z",
                "2030-06-02 10:00",
                "2030-6-2T10:00",
                "2030-13-02T10:00",
                "x",
            )
        ),
        pytest.param(
            {"startTime": at(days=1), "maintenanceWindows": WINDOWS},
            "SNAPSHOT",
            "TargetSelection is invalid. MaintenanceWindow cannot be used with SNAPSHOT job.",
            id="windows for a snapshot",
        ),
        pytest.param(
            {"maintenanceWindows": WINDOWS},
            "CONTINUOUS",
            "MaintenanceWindow cannot be used without StartTime of SchedulingConfig.",
            id="windows without start",
        ),
        pytest.param(
            {"startTime": at(days=1), "endBehavior": "EXPLODE"},
            "SNAPSHOT",
            too("EXPLODE", "schedulingConfig.endBehavior", "satisfy enum value set: [STOP_ROLLOUT, CANCEL, FORCE_CANCEL]"),
            id="end behaviour",
        ),
        pytest.param(
            {"startTime": at(days=1), "maintenanceWindows": [{**WINDOWS[0], "durationInMinutes": 1431}]},
            "CONTINUOUS",
            too(1431, "schedulingConfig.maintenanceWindows.1.member.durationInMinutes", "have value less than or equal to 1430"),
            id="window of 1431 minutes",
        ),
    ],
)
def test_create_job_refuses_a_bad_schedule(mock, one, schedule, selection, message):
    mock.clock.freeze()
    mock.clock.move_to(START)

    with one.refused("InvalidRequestException", 400, message):
        one.job("t", schedulingConfig=schedule, targetSelection=selection)


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param({"startTime": at(minutes=30)}, id="start in 30 minutes"),
        pytest.param({"startTime": at(days=365)}, id="start in a year"),
        pytest.param({"endTime": at(minutes=30)}, id="end in 30 minutes"),
        pytest.param({"startTime": at(minutes=30), "endTime": at(minutes=60)}, id="30 minutes long"),
        pytest.param({"endTime": at(days=730), "endBehavior": "CANCEL"}, id="end in two years"),
        pytest.param({"endBehavior": "FORCE_CANCEL"}, id="behaviour without end"),
        pytest.param({"startTime": at(days=1), "maintenanceWindows": []}, id="no windows"),
    ],
)
def test_a_good_schedule_is_shown_as_it_was_given(mock, one, schedule):
    mock.clock.freeze()
    mock.clock.move_to(START)
    one.job("t", schedulingConfig=schedule)

    assert one.describe()["schedulingConfig"] == schedule
