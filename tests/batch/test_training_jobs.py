"""The training jobs of service jobs, in moto's SageMaker. Documents: user guide, service job status; SageMaker's API reference."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_jobs import MockJobsServer, mock_jobs

from support.batch import Timeline
from support.batch_site import Site
from support.constants import REGION
from support.needs import needs
from support.server import ACCOUNT_A, ACCOUNT_B, client_of
from support.service_jobs import M5, payload

REQUEST = {
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::123456789012:role/train",
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    "HyperParameters": {"epochs": "3"},
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}}
    ],
    "Environment": {"A": "1"},
    "EnableNetworkIsolation": True,
    "RetryStrategy": {"MaximumRetryAttempts": 2},
}


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_service_queue_and_environment()
    return timeline


@pytest.fixture
def sagemaker(mock):
    return boto3.client("sagemaker", region_name=REGION)


def name_of(attempt):
    return attempt["serviceResourceId"]["value"].rpartition("/")[2]


def latest(site, job_id):
    return name_of(site.service_detail(job_id)["latestAttempt"])


def described(sagemaker, name):
    answer = sagemaker.describe_training_job(TrainingJobName=name)
    return {member: value for member, value in answer.items() if member != "ResponseMetadata"}


def states(training_job):
    return training_job["TrainingJobStatus"], training_job["SecondaryStatus"]


def stages(training_job):
    return [each["Status"] for each in training_job["SecondaryStatusTransitions"]]


def listed(sagemaker):
    return [each["TrainingJobName"] for each in sagemaker.list_training_jobs()["TrainingJobSummaries"]]


def test_the_training_job_follows_the_states_of_the_service_job(mock, site, sagemaker):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    job_id = site.submit_service()
    for _ in range(2):
        mock.batch.step(job_id)
    assert site.service_status(job_id) == "SCHEDULED"
    assert listed(sagemaker) == []

    seen = []
    for _ in range(3):
        mock.batch.step(job_id)
        training_job = described(sagemaker, latest(site, job_id))
        assert training_job["TrainingJobArn"] == site.service_detail(job_id)["latestAttempt"]["serviceResourceId"]["value"]
        seen.append((site.service_status(job_id), *states(training_job)))
    assert seen == [
        ("STARTING", "InProgress", "Starting"),
        ("RUNNING", "InProgress", "Training"),
        ("SUCCEEDED", "Completed", "Completed"),
    ]
    assert listed(sagemaker) == [latest(site, job_id)]


def test_reads_of_sagemaker_move_no_job(mock, site, sagemaker):
    mock.batch.pace = "poll"
    site.make_service_queue_and_environment()
    job_id = site.submit_service()
    while site.service_status(job_id) != "STARTING":
        pass

    assert {states(described(sagemaker, listed(sagemaker)[0])) for _ in range(5)} == {("InProgress", "Starting")}
    assert site.service_status(job_id) == "RUNNING"


def test_its_times_are_those_of_the_clock(mock, site, sagemaker, at):
    mock.batch.settings.starting_seconds = 5
    mock.batch.plan(duration=20)
    job_id = site.submit_service()
    at.go_to(3)
    name = latest(site, job_id)
    starting = described(sagemaker, name)
    at.go_to(100)
    ended = described(sagemaker, name)

    def second(moment):
        return at.seconds(round(moment.timestamp() * 1000))

    assert "TrainingStartTime" not in starting
    assert "TrainingEndTime" not in starting
    times = [ended[f"{each}Time"] for each in ("Creation", "TrainingStart", "TrainingEnd", "LastModified")]
    assert [second(each) for each in times] == [0, 5, 25, 25]
    assert (ended["TrainingTimeInSeconds"], ended["BillableTimeInSeconds"]) == (20, 20)
    steps = ended["SecondaryStatusTransitions"]
    assert [(each["Status"], second(each["StartTime"]), second(each["EndTime"])) for each in steps] == [
        ("Starting", 0, 5),
        ("Training", 5, 25),
        ("Completed", 25, 25),
    ]
    assert all(each["StatusMessage"] for each in steps)
    (only,) = starting["SecondaryStatusTransitions"]
    assert "EndTime" not in only
    (summary,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    assert (summary["TrainingJobStatus"], second(summary["TrainingEndTime"])) == ("Completed", 25)


def test_it_has_what_the_request_has_and_nothing_invented(mock, batch, site, sagemaker, at):
    resources = json.loads(payload(2))["ResourceConfig"]
    job_id = site.submit_service(serviceRequestPayload=payload(2, **REQUEST))
    at.go_to(1)
    training_job = described(sagemaker, latest(site, job_id))

    assert {member: training_job[member] for member in REQUEST} == REQUEST
    assert training_job["ResourceConfig"] == resources
    assert training_job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://bucket/out/{latest(site, job_id)}/output/model.tar.gz"
    assert "FinalMetricDataList" not in training_job


def test_its_tags_are_those_of_the_request(mock, site, sagemaker, at):
    tags = [{"Key": "a", "Value": "b"}]
    job_id = site.submit_service(serviceRequestPayload=payload(Tags=tags))
    at.go_to(1)
    arn = described(sagemaker, latest(site, job_id))["TrainingJobArn"]

    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
    found = boto3.client("resourcegroupstaggingapi", region_name=REGION).get_resources(ResourceTypeFilters=["sagemaker"])
    assert [each["ResourceARN"] for each in found["ResourceTagMappingList"]] == [arn]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"OutputDataConfig": {"KmsKeyId": "key"}},
        {"AlgorithmSpecification": None, "OutputDataConfig": None},
        {"AlgorithmSpecification": "image", "OutputDataConfig": ["s3://bucket"], "RoleArn": {}},
        {"HyperParameters": {"epochs": 3}},
        {"HyperParameters": ["epochs"]},
        {"InputDataConfig": [{"ChannelName": ["train"]}]},
        {"InputDataConfig": ["train"]},
        {"StoppingCondition": {"MaxRuntimeInSeconds": "long"}},
        {"Tags": "tag"},
        {"TrainingJobName": "mine", "TrainingJobStatus": "Failed", "NoSuchMember": 1},
    ],
    ids=str,
)
def test_what_the_request_lacks_or_has_wrong_the_training_job_lacks(mock, site, sagemaker, at, more):
    job_id = site.submit_service(serviceRequestPayload=payload(**more))
    at.go_to(1)
    name = latest(site, job_id)
    training_job = described(sagemaker, name)

    assert (training_job["TrainingJobName"], *states(training_job)) == (name, "Completed", "Completed")
    assert training_job["ResourceConfig"]["InstanceType"] == M5
    given = {"KmsKeyId": "key"} if more.get("OutputDataConfig") == {"KmsKeyId": "key"} else None
    assert training_job.get("OutputDataConfig") == given
    assert "ModelArtifacts" not in training_job
    for member in ("AlgorithmSpecification", "HyperParameters", "InputDataConfig", "StoppingCondition", "RoleArn"):
        assert member not in training_job


def test_each_attempt_has_a_training_job_of_its_own(mock, site, sagemaker, at):
    mock.batch.plan("train", attempt=1, duration=10, exit_code=1, reason="ResourceLimitExceeded: no")
    job_id = site.submit_service(retryStrategy={"attempts": 2})
    at.go_to(100)
    attempts = site.service_detail(job_id)["attempts"]
    names = [name_of(each) for each in attempts]

    assert listed(sagemaker) == names
    assert len(set(names)) == 2
    failed, succeeded = (described(sagemaker, name) for name in names)
    assert states(failed) == ("Failed", "Failed")
    assert failed["FailureReason"] == "ResourceLimitExceeded: no"
    assert attempts[0]["statusReason"] == f"Received status from SageMaker: {failed['FailureReason']}"
    assert failed["SecondaryStatusTransitions"][-1]["StatusMessage"] == failed["FailureReason"]
    assert states(succeeded) == ("Completed", "Completed")
    assert "FailureReason" not in succeeded


def test_a_training_job_that_cannot_start_has_failed_without_a_start(mock, site, sagemaker, at):
    mock.batch.plan(start_failure="CapacityError: no instances")
    job_id = site.submit_service()
    at.go_to(1)
    training_job = described(sagemaker, latest(site, job_id))

    assert states(training_job) == ("Failed", "Failed")
    assert training_job["FailureReason"] == "CapacityError: no instances"
    assert "TrainingStartTime" not in training_job
    assert "TrainingTimeInSeconds" not in training_job


@pytest.mark.parametrize(("status", "steps"), [("STARTING", 3), ("RUNNING", 4)])
def test_a_terminated_job_leaves_a_stopped_training_job(mock, batch, site, sagemaker, status, steps):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    mock.batch.plan(duration=None, optional=True)
    job_id = site.submit_service()
    for _ in range(steps):
        mock.batch.step(job_id)
    assert site.service_status(job_id) == status
    batch.terminate_service_job(jobId=job_id, reason="enough")

    training_job = described(sagemaker, latest(site, job_id))
    assert states(training_job) == ("Stopped", "Stopped")
    assert "FailureReason" not in training_job
    assert "TrainingEndTime" in training_job


def test_a_training_job_takes_its_time_to_stop(mock, batch, site, sagemaker, at):
    mock.batch.settings.terminate_grace_seconds = 30
    mock.batch.plan(duration=None)
    job_id = site.submit_service()
    at.go_to(10)
    for _ in range(2):
        batch.terminate_service_job(jobId=job_id, reason="enough")
    stopping = described(sagemaker, latest(site, job_id))
    at.go_to(40)
    stopped = described(sagemaker, latest(site, job_id))

    assert states(stopping) == ("Stopping", "Stopping")
    assert "TrainingEndTime" not in stopping
    assert states(stopped) == ("Stopped", "Stopped")
    assert stages(stopped) == ["Starting", "Training", "Stopping", "Stopped"]


def test_a_job_that_is_terminated_before_it_starts_leaves_none(mock, batch, site, sagemaker):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    for steps in range(3):
        job_id = site.submit_service()
        for _ in range(steps):
            mock.batch.step(job_id)
        batch.terminate_service_job(jobId=job_id, reason="enough")

    assert listed(sagemaker) == []


def test_capacity_that_lacks_leaves_none(mock, site, sagemaker, at):
    mock.batch.block("sq", "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY")
    site.submit_service()
    at.go_to(10)

    assert listed(sagemaker) == []


def test_an_attempt_that_times_out_leaves_a_stopped_training_job(mock, site, sagemaker, at):
    mock.batch.plan(duration=None)
    job_id = site.submit_service(timeoutConfig={"attemptDurationSeconds": 60})
    at.go_to(61)

    assert states(described(sagemaker, latest(site, job_id))) == ("Stopped", "Stopped")


@needs("batch CreateQuotaShare")
def test_a_preempted_attempt_leaves_a_stopped_training_job_and_the_next_has_another(mock, site, sagemaker):
    mock.batch.plan(duration=1000)
    at = Timeline(mock)
    site.make_quota_queue_and_environment()
    site.make_share("lender", 2, "LEND")
    site.make_share("borrower", 2, "LEND_AND_BORROW")
    borrowers = [site.submit_service(f"b{place}", quotaShareName="borrower") for place in range(4)]
    at.go_to(10)
    before = {job_id: latest(site, job_id) for job_id in borrowers}
    owner = site.submit_service("owner", quotaShareName="lender")
    at.go_to(11)
    (victim,) = [job_id for job_id in borrowers if site.service_status(job_id) == "RUNNABLE"]

    assert states(described(sagemaker, before[victim])) == ("Stopped", "Stopped")
    assert states(described(sagemaker, latest(site, owner))) == ("InProgress", "Training")
    at.go_to(1500)
    assert latest(site, victim) != before[victim]
    assert states(described(sagemaker, latest(site, victim))) == ("InProgress", "Training")
    assert states(described(sagemaker, before[victim])) == ("Stopped", "Stopped")


def test_users_find_their_own_training_jobs_unchanged(mock, site, sagemaker, at):
    sagemaker.create_training_job(
        TrainingJobName="mine",
        ResourceConfig=json.loads(payload())["ResourceConfig"],
        **{each: REQUEST[each] for each in ("AlgorithmSpecification", "RoleArn", "OutputDataConfig", "StoppingCondition")},
    )
    before = described(sagemaker, "mine")
    job_id = site.submit_service()
    at.go_to(1)

    assert described(sagemaker, "mine") == before
    assert listed(sagemaker) == ["mine", latest(site, job_id)]


def test_regions_have_training_jobs_of_their_own(mock, site, sagemaker, at):
    site.submit_service()
    at.go_to(1)

    assert listed(boto3.client("sagemaker", region_name="eu-west-1")) == []
    assert len(listed(sagemaker)) == 1


def test_a_region_that_moto_does_not_know_does_not_disturb_sagemaker(mock, sagemaker):
    at = Timeline(mock)
    far = Site(boto3.client("batch", region_name="xx-nowhere-1"))
    far.make_service_queue_and_environment()
    far.submit_service()
    at.go_to(1)

    assert listed(sagemaker) == []


def test_nothing_is_left_after_the_mock():
    for _ in range(2):
        with mock_jobs(region=REGION) as mock:
            site, sagemaker = Site(boto3.client("batch", region_name=REGION)), boto3.client("sagemaker", region_name=REGION)
            assert listed(sagemaker) == []
            site.make_service_queue_and_environment()
            site.submit_service()
            mock.batch.run_all()
            assert len(listed(sagemaker)) == 1


def test_a_server_shows_the_training_jobs_of_each_account():
    with MockJobsServer() as server:
        names = {}
        for account in (ACCOUNT_A, ACCOUNT_B):
            site = Site(client_of(server, "batch", account))
            site.make_service_queue_and_environment()
            job_id = site.submit_service()
            while (detail := site.service_detail(job_id))["status"] != "RUNNING":
                pass
            names[account] = name_of(detail["latestAttempt"])
            sagemaker = client_of(server, "sagemaker", account)
            assert states(described(sagemaker, names[account])) == ("InProgress", "Training")
            while site.service_status(job_id) != "SUCCEEDED":
                pass
            assert states(described(sagemaker, names[account])) == ("Completed", "Completed")

        assert listed(client_of(server, "sagemaker", ACCOUNT_B)) == [names[ACCOUNT_B]]
        with pytest.raises(ClientError, match="Could not find training job"):
            described(client_of(server, "sagemaker", ACCOUNT_A), names[ACCOUNT_B])


def test_a_tag_without_a_value_does_not_break_searches(mock, batch, site):
    site.make_service_queue_and_environment()
    tags = [{"Key": "a"}, {"Key": "b", "Value": "1"}]
    site.submit_service(serviceRequestPayload=payload(1, Tags=tags))
    mock.batch.run_all()
    sagemaker = boto3.client("sagemaker", region_name=REGION)

    for key, count in (("a", 0), ("b", 1)):
        wanted = {"Filters": [{"Name": f"Tags.{key}", "Operator": "Equals", "Value": "1"}]}
        found = sagemaker.search(Resource="TrainingJob", SearchExpression=wanted)["Results"]
        assert len(found) == count
