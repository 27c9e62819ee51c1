"""Functions of a test that run in place of containers.

Documents: AWS Batch user guide, "Job environment variables", "Job timeouts", "Automated job retries".
"""

from __future__ import annotations

import io
import logging
import sys
import threading

import pytest

from mock_jobs import JobRun, UsageTypeError, UsageValueError

from support.batch import PREFIX, Timeline, container
from support.job_logs import log_of, wait_for


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


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


def test_a_coroutine_that_a_function_returns_is_closed_with_what_to_do(mock, site):
    mock.batch.plan(run=lambda run: coroutine(run))  # noqa: PLW0108 - it is no coroutine function
    site.submit()

    # That it was never awaited would be a warning, and so an error.
    with pytest.raises(UsageTypeError, match="returned a coroutine, which nothing awaits: run it in a thread"):
        mock.batch.run_all()


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


# What is refused


async def coroutine(run):
    return 0


class AsyncRun:
    async def __call__(self, run):
        return 0


@pytest.mark.parametrize(
    ("plan", "error", "text"),
    [
        ({"run": "function"}, UsageTypeError, "run must be a function"),
        ({"run": coroutine}, UsageTypeError, "not a coroutine function"),
        ({"run": AsyncRun()}, UsageTypeError, "not a coroutine function"),
        ({"run": lambda: 0}, UsageTypeError, "must take one argument"),
        ({"run": lambda _one, _two: 0}, UsageTypeError, "must take one argument"),
        ({"run": fail, "exit_code": 0}, UsageValueError, "leave exit_code"),
        ({"run": fail, "host_lost": True}, UsageValueError, "host_lost"),
        ({"run": fail, "start_failure": "x"}, UsageValueError, "start_failure"),
    ],
    ids=[
        "no function",
        "coroutine function",
        "object called as one",
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
    mock.batch.plan(run=fail, optional=True)
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
