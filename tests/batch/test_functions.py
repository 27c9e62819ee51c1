"""Functions of a test that stand for containers.

Documents: AWS Batch user guide, "Job environment variables", "Job timeouts", "Automated job retries".
"""

from __future__ import annotations

import io
import logging
import sys
import threading

import boto3
import pytest

from mock_jobs import JobRun, MockJobsServer, UsageTypeError, UsageValueError

from support.batch import PREFIX, Timeline, container
from support.batch_site import Site
from support.constants import ACCOUNT, REGION

GROUP = "/aws/batch/job"


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


def log_of(site, job_id):
    stream = site.detail(job_id)["container"]["logStreamName"]
    logs = boto3.client("logs", region_name=REGION)
    return [event["message"] for event in logs.get_log_events(logGroupName=GROUP, logStreamName=stream)["events"]]


def wait_for(site, job_id):
    """Poll a job as code under test does."""
    for _ in range(20):
        job = site.detail(job_id)
        if job["status"] in ("SUCCEEDED", "FAILED"):
            return job
    raise AssertionError(job["status"])


# What it is given


def test_a_function_is_given_what_the_container_would_have(mock, site):
    seen = []
    environment = [{"name": "A", "value": "definition"}, {"name": "B", "value": "definition"}]
    properties = container(1, command=["copy", "Ref::file", "Ref::to"], environment=environment)
    site.make_definition("copy", containerProperties=properties, parameters={"to": "there", "file": "none"})
    mock.batch.plan("copy-it", run=seen.append)
    overrides = {"environment": [{"name": "B", "value": "request"}]}
    job_id = site.submit(
        "copy-it",
        jobDefinition="copy",
        parameters={"file": "a.txt"},
        containerOverrides=overrides,
        timeout={"attemptDurationSeconds": 600},
    )
    mock.batch.run_all()

    assert seen == [
        JobRun(
            job_id=job_id,
            job_name="copy-it",
            job_queue="q",
            job_definition=f"{PREFIX}job-definition/copy:1",
            attempt=1,
            array_index=None,
            node_index=None,
            command=("copy", "a.txt", "there"),
            environment={
                "A": "definition",
                "B": "request",
                "AWS_BATCH_CE_NAME": "ce",
                "AWS_BATCH_JQ_NAME": "q",
                "AWS_BATCH_JOB_ID": job_id,
                "AWS_BATCH_JOB_ATTEMPT": "1",
            },
            parameters={"file": "a.txt", "to": "there"},
            timeout_seconds=600,
        )
    ]


def test_what_batch_adds_to_the_environment_is_not_described(mock, site):
    mock.batch.plan(run=lambda run: None)
    job_id = site.submit()
    mock.batch.run_all()

    assert site.detail(job_id)["container"]["environment"] == []


def test_a_child_knows_its_index_and_an_attempt_its_number(mock, site):
    seen = []

    def fail_once(run):
        seen.append((run.job_id, run.array_index, run.attempt))
        assert run.environment["AWS_BATCH_JOB_ID"] == run.job_id
        assert run.environment["AWS_BATCH_JOB_ARRAY_INDEX"] == str(run.array_index)
        assert run.environment["AWS_BATCH_JOB_ARRAY_SIZE"] == "2"
        assert run.environment["AWS_BATCH_JOB_ATTEMPT"] == str(run.attempt)
        return 1 if run.attempt == 1 else 0

    mock.batch.plan(run=fail_once)
    array_id = site.submit(size=2, retryStrategy={"attempts": 2})
    mock.batch.run_all()

    assert seen == [(f"{array_id}:{index}", index, attempt) for attempt in (1, 2) for index in (0, 1)]
    assert site.status(array_id) == "SUCCEEDED"


def test_what_it_is_given_cannot_be_changed(mock, site):
    def change(run):
        with pytest.raises(TypeError):
            run.environment["A"] = "x"
        with pytest.raises(TypeError):
            run.parameters["A"] = "x"
        with pytest.raises(AttributeError):
            run.attempt = 7

    mock.batch.plan(run=change)
    job_id = site.submit()
    mock.batch.run_all()

    assert site.status(job_id) == "SUCCEEDED"


def test_it_is_called_once_when_the_container_starts(mock, site):
    mock.batch.pace = "manual"
    seen = []
    mock.batch.plan(run=lambda run: seen.append(site.status(run.job_id)))
    job_id = site.submit()
    site.reach(job_id, "STARTING")
    assert seen == []
    site.reach(job_id, "RUNNING")
    assert seen == ["RUNNING"]
    site.reach(job_id, "SUCCEEDED")

    assert seen == ["RUNNING"]


# How it ends


def leave(value):
    def run(_):
        sys.exit(value)

    return run


def fail(_):
    raise LookupError("no such thing")


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (lambda _: None, 0),
        (lambda _: 0, 0),
        (lambda _: 1, 1),
        (lambda _: 255, 255),
        (leave(None), 0),
        (leave(0), 0),
        (leave(3), 3),
        (leave(-1), 255),
        (leave(256), 0),
        (leave("went wrong"), 1),
        (fail, 1),
    ],
    ids=["none", "0", "1", "255", "exit", "exit 0", "exit 3", "exit -1", "exit 256", "exit text", "exception"],
)
def test_the_exit_code_is_that_of_a_process(mock, site, run, code):
    mock.batch.plan(run=run)
    job_id = site.submit()
    mock.batch.run_all()
    job = site.detail(job_id)

    assert job["status"] == ("FAILED" if code else "SUCCEEDED")
    assert job["container"]["exitCode"] == job["attempts"][0]["container"]["exitCode"] == code
    assert job["statusReason"] == "Essential container in task exited"
    assert "reason" not in job["container"]


def test_the_trace_of_an_exception_is_logged_from_the_function_on(mock, site):
    mock.batch.plan(run=fail)
    job_id = site.submit()
    mock.batch.run_all()
    lines = log_of(site, job_id)

    assert lines[0] == "Traceback (most recent call last):"
    assert "in fail" in lines[1]
    assert lines[-1] == "LookupError: no such thing"


def test_the_text_of_an_exit_is_logged(mock, site):
    mock.batch.plan(run=leave("went wrong"))
    job_id = site.submit()
    mock.batch.run_all()

    assert log_of(site, job_id) == ["went wrong"]


def test_a_function_may_last_and_have_a_reason(mock, site):
    timeline = Timeline(mock)
    mock.batch.plan(run=lambda _: 137, duration=30, reason="OutOfMemoryError: Container killed due to memory usage")
    job_id = site.submit()
    timeline.go_to(29)
    assert site.status(job_id) == "RUNNING"
    timeline.go_to(60)
    job = site.detail(job_id)

    assert timeline.span(job) == (0, 30)
    assert job["container"]["reason"] == "OutOfMemoryError: Container killed due to memory usage"


def test_a_function_may_hang_after_it_has_returned(mock, site):
    mock.batch.plan(run=lambda _: 1, duration=None)
    job_id = site.submit()
    mock.batch.run_all()

    assert site.status(job_id) == "RUNNING"


def test_a_retry_rule_sees_the_exit_code(mock, site):
    mock.batch.plan(run=lambda run: 42 if run.attempt < 3 else 7)
    rules = [{"onExitCode": "42", "action": "RETRY"}, {"onExitCode": "*", "action": "EXIT"}]
    job_id = site.submit(retryStrategy={"attempts": 5, "evaluateOnExit": rules})
    mock.batch.run_all()

    assert [attempt["container"]["exitCode"] for attempt in site.detail(job_id)["attempts"]] == [42, 42, 7]


@pytest.mark.parametrize(
    ("result", "error"), [("0", UsageTypeError), (True, UsageTypeError), (-1, UsageValueError), (256, UsageValueError)]
)
def test_what_is_no_exit_code_is_a_mistake_of_the_test_and_fails_the_job(mock, site, result, error):
    mock.batch.plan(run=lambda _: result)
    job_id = site.submit()
    with pytest.raises(error, match=f"the function planned for job job .* returned {result!r}"):
        mock.batch.run_all()

    mock.batch.run_all()
    assert site.detail(job_id)["container"]["exitCode"] == 1


def test_an_interrupt_reaches_the_test(mock, site):
    def interrupt(_):
        raise KeyboardInterrupt

    mock.batch.plan(run=interrupt)
    job_id = site.submit()
    with pytest.raises(KeyboardInterrupt):
        mock.batch.run_all()

    mock.batch.run_all()
    assert site.status(job_id) == "FAILED"


# What it prints


def test_what_is_printed_is_the_log(mock, site, capsys):
    def talk(_):
        print("one")
        print("two", "parts", file=sys.stderr)
        print("three", end="")
        print(" in pieces\n\nfour")
        sys.stdout.write("unfinished")
        sys.stdout.flush()

    out, err = sys.stdout, sys.stderr
    mock.batch.plan(run=talk)
    job_id = site.submit()
    mock.batch.run_all()

    assert log_of(site, job_id) == ["one", "two parts", "three in pieces", "four", "unfinished"]
    assert (sys.stdout, sys.stderr) == (out, err)
    assert capsys.readouterr() == ("", "")


def test_a_handler_of_logging_that_is_made_inside_writes_the_log(mock, site):
    def talk(_):
        logger, handler = logging.getLogger("job"), logging.StreamHandler()
        logger.addHandler(handler)
        logger.warning("careful")
        logger.removeHandler(handler)

    mock.batch.plan(run=talk)
    job_id = site.submit()
    mock.batch.run_all()

    assert log_of(site, job_id) == ["careful"]


def test_lines_of_the_plan_and_printed_ones_stand_together(mock, site):
    timeline = Timeline(mock)

    def talk(_):
        mock.clock.advance(5)
        print("printed")

    mock.batch.plan(run=talk, duration=10, logs=["planned at 0", (8, "planned at 8")])
    job_id = site.submit()
    timeline.go_to(30)

    assert log_of(site, job_id) == ["planned at 0", "printed", "planned at 8"]


def test_who_puts_another_standard_output_in_place_keeps_it(mock, site, monkeypatch):
    other = io.StringIO()
    mock.batch.plan(run=lambda _: monkeypatch.setattr(sys, "stdout", other))
    job_id = site.submit()
    mock.batch.run_all()

    assert site.status(job_id) == "SUCCEEDED"
    assert sys.stdout is other


def test_other_threads_print_where_they_did(mock, site, capsys):
    def talk(_):
        other = threading.Thread(target=print, args=["from the thread"])
        other.start()
        other.join()
        print("from the job")

    mock.batch.plan(run=talk)
    job_id = site.submit()
    mock.batch.run_all()

    assert log_of(site, job_id) == ["from the job"]
    assert capsys.readouterr().out == "from the thread\n"


# What it may do


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


# What is refused


async def coroutine(run):
    return 0


@pytest.mark.parametrize(
    ("plan", "error", "text"),
    [
        ({"run": "function"}, UsageTypeError, "run must be a function"),
        ({"run": coroutine}, UsageTypeError, "no coroutine function"),
        ({"run": lambda: 0}, UsageTypeError, "called with one argument"),
        ({"run": lambda _one, _two: 0}, UsageTypeError, "called with one argument"),
        ({"run": fail, "exit_code": 0}, UsageValueError, "leave exit_code"),
        ({"run": fail, "host_lost": True}, UsageValueError, "host_lost"),
        ({"run": fail, "start_failure": "x"}, UsageValueError, "start_failure"),
    ],
    ids=[
        "no function",
        "coroutine function",
        "no argument",
        "two arguments",
        "with an exit code",
        "with a lost host",
        "with a start failure",
    ],
)
def test_an_impossible_function_is_refused_and_does_not_count(mock, site, plan, error, text):
    with pytest.raises(error, match=text):
        mock.batch.plan(**plan)

    job_id = site.submit()
    mock.batch.run_all()
    assert site.status(job_id) == "SUCCEEDED"


def test_a_function_that_does_not_tell_its_arguments_is_tried(mock, site):
    mock.batch.plan(run=dict)
    job_id = site.submit()
    mock.batch.run_all()

    assert site.detail(job_id)["container"]["exitCode"] == 1
    assert log_of(site, job_id)[-1].startswith("TypeError: ")


def test_a_function_is_no_plan_for_service_jobs(mock, site):
    site.make_service_queue_and_environment()
    mock.batch.plan(run=fail)
    job_id = site.submit_service()
    mock.batch.run_all()

    assert site.service_status(job_id) == "SUCCEEDED"


def test_a_mistake_in_the_use_of_the_mock_reaches_the_test(mock, site):
    mock.batch.plan(run=lambda _: mock.clock.advance(-1))
    job_id = site.submit()
    with pytest.raises(UsageValueError, match="forward only"):
        mock.batch.run_all()

    mock.batch.run_all()
    assert site.detail(job_id)["container"]["exitCode"] == 1


def test_each_node_has_a_function_of_its_own(mock, batch, site):
    seen = {}
    make_multi_node(batch)
    mock.batch.plan(run=lambda run: seen.update({run.node_index: dict(run.environment)}))
    job_id = site.submit(jobDefinition="gang")
    mock.batch.run_all()

    assert site.status(job_id) == "SUCCEEDED"
    assert sorted(seen) == [0, 1, 2]
    assert {each["AWS_BATCH_JOB_NUM_NODES"] for each in seen.values()} == {"3"}
    assert [seen[index]["AWS_BATCH_JOB_NODE_INDEX"] for index in range(3)] == ["0", "1", "2"]


def test_the_main_node_does_not_wait_for_the_function_of_another(mock, batch, site):
    make_multi_node(batch)

    def work(run):
        return wait_for(site, run.job_id.partition("#")[0]) and None

    mock.batch.plan(node_index=1, run=work)
    job_id = site.submit(jobDefinition="gang")
    mock.batch.run_all()

    assert site.status(job_id) == "SUCCEEDED"
    assert site.detail(f"{job_id}#1")["statusReason"] == "Main node exited"


def make_multi_node(batch):
    groups = [{"targetNodes": "0:2", "container": container(1)}]
    properties = {"numNodes": 3, "mainNode": 0, "nodeRangeProperties": groups}
    batch.register_job_definition(jobDefinitionName="gang", type="multinode", nodeProperties=properties)
