"""UpdateJob: its decision table, and when a change takes effect."""

from __future__ import annotations

from datetime import timedelta

import pytest

ROLE = "arn:aws:iam::123456789012:role/reader"


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    return mock.clock


def limit(minutes):
    return {"timeoutConfig": {"inProgressTimeoutInMinutes": minutes}}


def rate(number, **members):
    return {"jobExecutionsRolloutConfig": {"maximumPerMinute": number, **members}}


def exponential(base=10, **criteria):
    return {
        "exponentialRate": {
            "baseRatePerMinute": base,
            "incrementFactor": 2,
            "rateIncreaseCriteria": criteria or {"numberOfNotifiedThings": 1},
        }
    }


def abort(*criteria):
    return {
        "abortConfig": {
            "criteriaList": [
                {"failureType": kind, "action": "CANCEL", "thresholdPercentage": percent, "minNumberOfExecutedThings": minimum}
                for kind, percent, minimum in criteria
            ]
        }
    }


def retry(*criteria):
    return {
        "jobExecutionsRetryConfig": {
            "criteriaList": [{"failureType": kind, "numberOfRetries": number} for kind, number in criteria]
        }
    }


def role(arn):
    return {"presignedUrlConfig": {"roleArn": arn}}


@pytest.fixture
def one(fleet):
    fleet.things("t", "u")
    fleet.job("t", "u")
    return fleet


def update(fleet, job_id="job", **members):
    return fleet.iot.update_job(jobId=job_id, **members)


# What is refused, row by row

BAD_TIMEOUT = "Provide valid timeout value, inProgressTimeoutInMinutes cannot be {}."
BAD_RETRIES = "The number of retries cannot be updated to any number other than 0."
NO_RETRY = "RetryConfig cannot be updated if the job has no RetryConfig defined during creation."


@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param({}, "Update Job request for job job cannot be empty.", id="2: nothing given"),
        pytest.param({"namespaceId": "n"}, "Update Job request for job job cannot be empty.", id="2: a namespace is no change"),
        pytest.param({"timeoutConfig": {}}, BAD_TIMEOUT.format("null"), id="3: no minutes"),
        *(pytest.param(limit(minutes), BAD_TIMEOUT.format(minutes), id=f"3: {minutes} minutes") for minutes in (-1, 0, 10081)),
        pytest.param(
            abort(("FAILED", 1, 1), ("FAILED", 2, 2)),
            "Multiple AbortCriteria cannot have the same failure type",
            id="4: abort type twice",
        ),
        pytest.param(
            abort(("FAILED", 0, 1)),
            "ThresholdPercentage value 0.0 for AbortCriteria must have value greater than 0",
            id="4: threshold 0",
        ),
        pytest.param(
            abort(("FAILED", 1.125, 1)),
            "Abort thresholdPercentage must have two or less decimal digits",
            id="4: threshold with three decimals",
        ),
        pytest.param(
            {"jobExecutionsRolloutConfig": {}},
            "Provide MaximumPerMinute value or provide ExponentialRate and MaximumPerMinute",
            id="4: no rate",
        ),
        pytest.param(
            {"jobExecutionsRolloutConfig": exponential()},
            "Provide MaximumPerMinute value when ExponentialRate is defined",
            id="4: exponential without maximum",
        ),
        pytest.param(
            rate(100, **exponential(numberOfNotifiedThings=1, numberOfSucceededThings=1)),
            "Provide only one of NumberOfNotifiedThings or NumberOfSucceededThings when RateIncreaseCriteria is defined",
            id="4: two rate criteria",
        ),
        pytest.param(
            rate(100, **exponential(base=101)),
            "Exponential rollout baseRatePerMinute should be less than maximumPerMinute.",
            id="4: base above maximum",
        ),
        *(
            pytest.param(role(arn), f"Given role {arn} is invalid.", id=f"5: {arn}")
            for arn in ("arn:aws:iam::123456789012:user/reader", "x" * 20, "arn:aws:iam::123456789012:role/")
        ),
        pytest.param(retry(("FAILED", 1)), BAD_RETRIES, id="8: retries"),
        pytest.param(
            retry(("ALL", 0), ("FAILED", 0)), "A retryCriteria with failure type ALL must be used by itself.", id="9: ALL"
        ),
        pytest.param(retry(("FAILED", 0)), NO_RETRY, id="10: created without retries"),
        # The rows are looked at in their order
        pytest.param(limit(0) | abort(("FAILED", 0, 1)), BAD_TIMEOUT.format(0), id="3 before 4"),
        pytest.param(
            abort(("FAILED", 0, 1)) | {"jobExecutionsRolloutConfig": {}},
            "ThresholdPercentage value 0.0 for AbortCriteria must have value greater than 0",
            id="4: abort before rollout",
        ),
        pytest.param(
            {"jobExecutionsRolloutConfig": {}} | role("x" * 20),
            "Provide MaximumPerMinute value or provide ExponentialRate and MaximumPerMinute",
            id="4 before 5",
        ),
        pytest.param(role("x" * 20) | retry(("FAILED", 1)), f"Given role {'x' * 20} is invalid.", id="5 before 8"),
        pytest.param(retry(("ALL", 1), ("FAILED", 0)), BAD_RETRIES, id="8 before 9"),
    ],
)
def test_a_bad_update_is_refused(one, members, message):
    with one.refused("InvalidRequestException", 400, message):
        update(one, **members)


def test_a_job_that_is_not_there_cannot_be_updated(one):
    with one.refused("ResourceNotFoundException", 404, "Job nope cannot be found."):
        update(one, "nope", description="d")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "Update Job request for job nope cannot be empty."),
        (limit(0), BAD_TIMEOUT.format(0)),
        (role("x" * 20), f"Given role {'x' * 20} is invalid."),
    ],
    ids=["empty", "timeout", "role"],
)
def test_what_is_invalid_in_itself_is_refused_before_the_job_is_looked_up(one, members, message):
    with one.refused("InvalidRequestException", 400, message):
        update(one, "nope", **members)


def test_a_job_is_looked_up_before_the_retries_are_compared(one):
    with one.refused("ResourceNotFoundException", 404):
        update(one, "nope", **retry(("FAILED", 1)))


@pytest.mark.parametrize("namespace", ["other", "N"])
def test_a_job_is_found_in_its_own_namespace_only(one, namespace):
    one.job("t", job_id="named", namespaceId="N")
    if namespace == "N":
        update(one, "named", description="d", namespaceId=namespace)
        assert one.describe("named")["description"] == "d"
        return
    with one.refused("ResourceNotFoundException", 404, "Job named cannot be found."):
        update(one, "named", description="d", namespaceId=namespace)


@pytest.mark.parametrize("members", [{"description": "d"}, retry(("FAILED", 1))], ids=["description", "7 before 8"])
@pytest.mark.parametrize("status", ["COMPLETED", "CANCELED"])
def test_a_job_that_is_over_cannot_be_updated(one, status, members):
    if status == "CANCELED":
        one.iot.cancel_job(jobId="job")
    else:
        one.report("t", "FAILED")
        one.report("u", "FAILED")

    with one.refused("InvalidRequestException", 400, f"Job job in status {status} cannot be updated."):
        update(one, **members)


@pytest.mark.parametrize(
    ("created", "updated"),
    [
        ((("FAILED", 2),), (("TIMED_OUT", 0),)),
        ((("FAILED", 2),), (("ALL", 0),)),
        ((("FAILED", 2),), (("FAILED", 0), ("TIMED_OUT", 0))),
        ((("FAILED", 2), ("TIMED_OUT", 1)), (("FAILED", 0),)),
        ((("FAILED", 2),), (("FAILED", 0), ("FAILED", 0))),
    ],
    ids=str,
)
def test_the_failure_types_of_retries_must_be_those_of_the_creation(one, created, updated):
    one.job("t", job_id="retried", **retry(*created))

    with one.refused("InvalidRequestException", 400, "FailureTypes must match existing FailureTypes defined in RetryConfig."):
        update(one, "retried", **retry(*updated))


def test_clauses_come_in_the_order_of_the_service(one):
    """It is not that of the request, nor that of the model."""
    bad = {"failureType": "NONE", "action": "STOP", "thresholdPercentage": 101, "minNumberOfExecutedThings": 1}
    with one.refused("InvalidRequestException", 400) as caught:
        update(
            one,
            "bad id",
            abortConfig={"criteriaList": [bad]},
            jobExecutionsRetryConfig={"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 11}]},
            presignedUrlConfig={"expiresInSec": 3601},
            description="d" * 2029,
            jobExecutionsRolloutConfig={"maximumPerMinute": 10, **exponential(base=1001)},
        )
    message = caught.value.response["Error"]["Message"]
    members = [clause.split("' at '")[1].split("' failed")[0] for clause in message.split("; ")]

    assert message.startswith("8 validation errors detected: ")
    assert members == [
        "jobId",
        "jobExecutionsRolloutConfig.exponentialRate.baseRatePerMinute",
        "description",
        "presignedUrlConfig.expiresInSec",
        "jobExecutionsRetryConfig.criteriaList.1.member.numberOfRetries",
        "abortConfig.criteriaList.1.member.failureType",
        "abortConfig.criteriaList.1.member.action",
        "abortConfig.criteriaList.1.member.thresholdPercentage",
    ]


def test_a_rate_above_1000_is_a_constraint_and_comes_first(one):
    with one.refused("InvalidRequestException", 400) as caught:
        update(one, **rate(1001), **limit(0))

    assert "'1001' at 'jobExecutionsRolloutConfig.maximumPerMinute' failed" in str(caught.value)


def test_a_bound_beyond_the_model_is_listed_with_those_of_the_model(one):
    """The model lacks the 1000; the order is that of the service all the same."""
    with one.refused(
        "InvalidRequestException",
        400,
        "2 validation errors detected: Value '1001' at 'jobExecutionsRolloutConfig.maximumPerMinute' failed to satisfy "
        "constraint: Member must have value less than or equal to 1000; Value 'a\n' at 'description' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: [^\p{C}]+",
    ):
        update(one, **rate(1001), description="a\n")


def test_a_clause_without_an_order_of_its_own_leaves_the_others_in_theirs(one, unchecked_iot):
    with one.refused("InvalidRequestException", 400) as caught:
        unchecked_iot.update_job(
            jobId="job", description="a\n", timeoutConfig={"inProgressTimeoutInMinutes": "long"}, **rate(1001)
        )
    message = caught.value.response["Error"]["Message"]

    assert [clause.split("' at '")[1].split("' failed")[0] for clause in message.split("; ")] == [
        "jobExecutionsRolloutConfig.maximumPerMinute",
        "description",
        "timeoutConfig.inProgressTimeoutInMinutes",
    ]


# What is accepted


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"description": "new"}, id="description"),
        pytest.param(role(ROLE), id="role"),
        pytest.param(role("arn:aws:iam::1234:role/path/reader"), id="role of a short account"),
        pytest.param({"presignedUrlConfig": {"expiresInSec": 60}}, id="presign without role"),
        pytest.param(rate(7), id="rollout"),
        pytest.param(rate(10, **exponential(base=10)), id="exponential rollout"),
        pytest.param(abort(("ALL", 100, 1), ("FAILED", 0.01, 1)), id="abort"),
        pytest.param(limit(1), id="timeout 1"),
        pytest.param(limit(10080), id="timeout 10080"),
        pytest.param(retry(("TIMED_OUT", 0), ("FAILED", 0)), id="retry, types in another order"),
        pytest.param({"description": "new", **rate(3), **limit(5)}, id="several"),
    ],
)
def test_an_update_replaces_what_is_given_and_leaves_the_rest(clock, one, members):
    one.job(
        "t",
        job_id="full",
        description="old",
        **rate(9, **exponential(base=2)),
        **limit(9),
        **abort(("REJECTED", 9, 9)),
        **retry(("FAILED", 2), ("TIMED_OUT", 3)),
        presignedUrlConfig={"roleArn": ROLE, "expiresInSec": 600},
    )
    before = one.describe("full")
    clock.advance(5)
    update(one, "full", **members)

    assert one.body == b""
    assert one.describe("full") == before | members | {"lastUpdatedAt": before["lastUpdatedAt"] + timedelta(seconds=5)}


def test_a_new_rate_counts_from_the_next_minute_on(clock, fleet):
    fleet.things(*"abcdef")
    fleet.job(*"abcdef", **rate(1))
    update(fleet, **rate(3))
    assert fleet.counters() == {"QUEUED": 1}
    clock.advance(59)
    assert fleet.counters() == {"QUEUED": 1}
    clock.advance(1)

    assert fleet.counters() == {"QUEUED": 4}


def test_new_abort_criteria_are_looked_at_by_the_next_end(fleet):
    fleet.things(*"abc")
    fleet.job(*"abc")
    fleet.report("a", "FAILED")
    update(fleet, **abort(("FAILED", 50, 1)))
    assert fleet.describe()["status"] == "IN_PROGRESS"
    fleet.report("b", "SUCCEEDED")

    assert (fleet.describe()["status"], fleet.describe()["reasonCode"]) == ("CANCELED", "ABORT_CANCEL")


@pytest.mark.parametrize("before", [None, 10])
def test_a_new_time_limit_counts_for_later_starts_only(clock, fleet, before):
    fleet.things("t", "u")
    fleet.job("t", "u", **({} if before is None else limit(before)))
    fleet.start("t")
    update(fleet, **limit(2))
    fleet.start("u")
    clock.advance(120)

    assert (fleet.status("t"), fleet.status("u")) == ("IN_PROGRESS", "TIMED_OUT")
    clock.advance(480)
    assert fleet.status("t") == ("IN_PROGRESS" if before is None else "TIMED_OUT")


def test_retries_can_be_turned_off(fleet):
    fleet.things("t")
    fleet.job("t", **retry(("FAILED", 5)))
    fleet.report("t", "FAILED")
    update(fleet, **retry(("FAILED", 0)))
    fleet.report("t", "FAILED")

    assert fleet.counters() == {"FAILED": 2}
    assert fleet.describe()["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InvalidRequestException", 400),
        ("ResourceNotFoundException", 404),
        ("ThrottlingException", 400),
        ("ServiceUnavailableException", 503),
    ],
)
def test_each_error_that_is_documented_can_be_had_with_its_status(mock, one, code, status):
    mock.faults.add("iot", "UpdateJob", code)
    with one.refused(code, status):
        update(one, description="d")
