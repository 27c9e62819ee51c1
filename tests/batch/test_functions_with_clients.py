"""Functions that run in place of containers may use clients, of their own mock and of a server."""

from __future__ import annotations

import sys
import threading

import boto3
import pytest

from mock_jobs import MockJobsServer, UsageValueError

from support.batch import Timeline
from support.batch_site import Site
from support.constants import ACCOUNT, REGION
from support.job_logs import GROUP, log_of, wait_for


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


def test_it_may_use_other_services(mock, site):
    def copy(run):
        s3 = boto3.client("s3", region_name=REGION)
        print(boto3.client("sts", region_name=REGION).get_caller_identity()["Account"])
        content = s3.get_object(Bucket="files", Key="a")["Body"].read()
        s3.put_object(Bucket="files", Key=run.command[0], Body=content.upper())

    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="a", Body=b"content")
    mock.batch.plan(run=copy)
    job_id = site.submit(containerOverrides={"command": ["b"]})
    wait_for(site, job_id)

    assert s3.get_object(Bucket="files", Key="b")["Body"].read() == b"CONTENT"
    assert log_of(site, job_id) == [ACCOUNT]


@pytest.mark.parametrize("pace", ["poll", "clock"])
def test_it_may_submit_a_job_and_wait_for_it(mock, site, pace):
    mock.batch.pace = pace
    mock.clock.freeze()
    ended = []

    def lead(_):
        inner_id = site.submit("inner")
        if pace == "clock":
            mock.clock.advance(60)
        ended.append(wait_for(site, inner_id))

    mock.batch.plan("outer", run=lead)
    mock.batch.plan("inner", duration=30, logs=["inner line"])
    outer = wait_for(site, site.submit("outer"))

    (inner,) = ended
    assert outer["status"] == inner["status"] == "SUCCEEDED"
    assert outer["startedAt"] <= inner["startedAt"] < inner["stoppedAt"] <= outer["stoppedAt"]
    assert inner["stoppedAt"] - inner["startedAt"] == 30_000
    assert outer["stoppedAt"] - outer["startedAt"] == (30_000 if pace == "poll" else 60_000)


def test_time_that_it_lets_pass_is_not_taken_back(mock, site):
    timeline = Timeline(mock)
    mock.batch.plan(run=lambda _: mock.clock.advance(100))
    job_id = site.submit()
    timeline.go_to(10)

    assert timeline.seconds(mock.clock.now_ms) == 100
    assert timeline.span(site.detail(job_id)) == (0, 100)


def test_its_timeout_counts_the_time_that_passed(mock, site):
    timeline = Timeline(mock)
    mock.batch.plan(run=lambda _: mock.clock.advance(100))
    job_id = site.submit(timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3})
    timeline.go_to(10)
    job = site.detail(job_id)

    assert (job["status"], job["statusReason"]) == ("FAILED", "Job attempt duration exceeded timeout")
    assert job["container"]["exitCode"] == 137
    assert len(job["attempts"]) == 1


@pytest.mark.parametrize("pace", ["poll", "clock"])
def test_it_may_describe_itself_without_moving_the_world(mock, site, pace):
    mock.batch.pace = pace
    seen = []
    other_id = site.submit("other", vcpus=16)

    def look(run):
        seen.extend(site.status(run.job_id) for _ in range(5))

    mock.batch.plan("looker", run=look)
    mock.batch.plan("other", duration=500)
    job_id = site.submit("looker", vcpus=16)
    start_ms = mock.clock.now_ms
    mock.batch.run_until(job_id, "RUNNING")

    assert site.status(other_id) == "SUCCEEDED"
    assert seen == ["RUNNING"] * 5
    assert 500_000 <= mock.clock.now_ms - start_ms < 510_000


def test_it_may_terminate_itself(mock, batch, site):
    def give_up(run):
        batch.terminate_job(jobId=run.job_id, reason="gave up")
        print("too late")

    mock.batch.plan(run=give_up)
    job_id = site.submit(retryStrategy={"attempts": 3})
    mock.batch.run_all()
    job = site.detail(job_id)

    assert (job["status"], job["statusReason"], job["container"]["exitCode"]) == ("FAILED", "gave up", 137)
    assert len(job["attempts"]) == 1
    assert log_of(site, job_id) == []


def test_one_that_is_terminated_before_its_turn_is_not_called(mock, batch, site):
    seen = []

    def work(run):
        seen.append(run.array_index)
        batch.terminate_job(jobId=f"{run.job_id.partition(':')[0]}:1", reason="not needed")

    mock.batch.plan(run=work)
    array_id = site.submit(size=2)
    mock.batch.run_all()

    assert seen == [0]
    assert site.detail(f"{array_id}:1")["statusReason"] == "not needed"


def test_a_termination_with_a_grace_stands_whatever_it_returns(mock, batch, site):
    timeline = Timeline(mock)
    mock.batch.settings.terminate_grace_seconds = 20
    mock.batch.plan(run=lambda run: batch.terminate_job(jobId=run.job_id, reason="gave up") and None)
    job_id = site.submit()
    timeline.go_to(60)
    job = site.detail(job_id)

    assert (job["status"], job["statusReason"]) == ("FAILED", "gave up")
    assert timeline.span(job) == (0, 20)


@pytest.mark.parametrize("pace", ["poll", "clock"])
def test_one_may_wait_for_another_that_stands_behind_it(mock, site, pace):
    mock.batch.pace = pace
    seen = []

    def work(run):
        if run.array_index == 0:
            seen.append(wait_for(site, f"{run.environment['AWS_BATCH_JOB_ID'].partition(':')[0]}:1")["status"])
        return 0

    mock.batch.plan(run=work)
    array_id = site.submit(size=2)
    mock.batch.run_all()

    assert seen == ["SUCCEEDED"]
    assert site.status(array_id) == "SUCCEEDED"


@pytest.mark.parametrize("pace", ["poll", "clock"])
def test_an_array_of_many_functions_that_make_requests_does_not_go_deep(mock, site, pace):
    mock.batch.pace = pace
    seen = []

    def look(run):
        seen.append((run.array_index, site.status(run.job_id)))

    mock.batch.plan(run=look)
    site.make_environment("big", max_vcpus=1000)
    site.make_queue("bigq", ("big",))
    array_id = site.submit(size=400, jobQueue="bigq")
    mock.batch.run_all()

    assert seen == [(index, "RUNNING") for index in range(400)]
    assert site.status(array_id) == "SUCCEEDED"


def test_it_cannot_step_itself(mock, site):
    def step(run):
        with pytest.raises(UsageValueError, match="its function has not returned"):
            mock.batch.step(run.job_id)

    mock.batch.plan(run=step)
    job_id = site.submit()
    mock.batch.run_all()

    assert site.status(job_id) == "SUCCEEDED"


def test_a_reset_from_inside_leaves_nothing_behind(mock, site):
    mock.batch.plan(run=lambda _: mock.reset())
    site.submit()
    mock.batch.run_all()

    assert mock.events == ()
    site.make_queue_and_definition()
    job_id = site.submit()
    mock.batch.run_all()
    assert site.status(job_id) == "SUCCEEDED"


def test_events_that_it_leads_to_reach_a_rule_before_it_returns(mock, site):
    sqs = boto3.client("sqs", region_name=REGION)
    events = boto3.client("events", region_name=REGION)
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    events.put_rule(Name="r", EventPattern='{"detail": {"jobName": ["inner"], "status": ["SUCCEEDED"]}}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox"}])
    received = []

    def lead(_):
        wait_for(site, site.submit("inner"))
        received.extend(sqs.receive_message(QueueUrl=url).get("Messages", []))

    mock.batch.plan("outer", run=lead)
    wait_for(site, site.submit("outer"))

    assert len(received) == 1


def test_in_a_server_it_may_make_requests_to_the_server():
    with MockJobsServer() as server:
        access = {"region_name": REGION, "aws_access_key_id": ACCOUNT, "aws_secret_access_key": "x"}
        site = Site(boto3.client("batch", endpoint_url=server.url, **access))
        site.make_queue_and_definition()
        seen = []

        def lead(run):
            seen.append(site.status(run.job_id))
            seen.append(wait_for(site, site.submit("inner"))["status"])
            print("done")

        server.account(ACCOUNT).batch.plan("outer", run=lead)
        outer = wait_for(site, site.submit("outer"))

        assert seen == ["RUNNING", "SUCCEEDED"]
        assert outer["status"] == "SUCCEEDED"


def test_in_a_server_two_may_run_at_a_time():
    with MockJobsServer() as server:
        barrier = threading.Barrier(2, timeout=10)
        accounts = ["111111111111", "222222222222"]
        logs = {}

        def use(account):
            options = {"endpoint_url": server.url, "region_name": REGION, "aws_access_key_id": account}
            site = Site(boto3.client("batch", **options, aws_secret_access_key="x"))
            site.make_queue_and_definition()

            def meet(run):
                barrier.wait()
                print(f"in {account}")
                barrier.wait()

            server.account(account).batch.plan(run=meet)
            job = wait_for(site, site.submit())
            stream = job["container"]["logStreamName"]
            client = boto3.client("logs", **options, aws_secret_access_key="x")
            events = client.get_log_events(logGroupName=GROUP, logStreamName=stream)["events"]
            logs[account] = [event["message"] for event in events]

        out = sys.stdout
        threads = [threading.Thread(target=use, args=[account]) for account in accounts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert logs == {account: [f"in {account}"] for account in accounts}
        assert sys.stdout is out
