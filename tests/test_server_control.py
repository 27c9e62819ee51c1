"""Server mode: what a test controls over HTTP, and the command that starts a server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.parse
from dataclasses import asdict
from threading import Event

import pytest
import requests
from botocore.exceptions import ClientError
from moto.iot import models as moto_iot
from moto.moto_api import state_manager
from moto.moto_server import werkzeug_app

from mock_jobs import MockJobsServer, UsageValueError, cli
from mock_jobs.batch.scenario.scenario import Scenario
from mock_jobs.batch.scenario.settings import BatchSettings
from mock_jobs.core.clock import Clock
from mock_jobs.handle import world_of
from mock_jobs.iot.settings import IoTSettings
from mock_jobs.moto_adapters import thing_watch

from support.server import ACCOUNT_A, ACCOUNT_B, authorization, client_of, create_job


@pytest.fixture
def server():
    with MockJobsServer() as running:
        yield running


# Clock, faults, settings and pace over HTTP


def _control(server, command, account=ACCOUNT_A, method="POST", **arguments):
    return requests.request(
        method,
        f"{server.url}/mock-jobs-api/{command}",
        data=json.dumps(arguments),
        headers={"x-moto-account-id": account},
        timeout=5,
    )


def test_the_clock_is_moved_over_http(server):
    now = _control(server, "clock/freeze").json()["now"]

    answer = _control(server, "clock/advance", seconds=90)

    assert answer.status_code == 200
    assert answer.json()["now"] == pytest.approx(now + 90)
    assert server.account(ACCOUNT_A).clock.now_s == pytest.approx(now + 90)
    assert not server.account(ACCOUNT_B).clock.is_frozen
    assert _control(server, "clock/move-to", moment=now + 100).json()["now"] == pytest.approx(now + 100)
    assert _control(server, "clock/unfreeze").status_code == 200
    assert not server.account(ACCOUNT_A).clock.is_frozen


def test_faults_are_added_over_http(server):
    _control(server, "faults/add", service="batch", operation="describe_jobs", code="ServerException", times=2)
    batch = client_of(server, "batch")

    with pytest.raises(batch.exceptions.ServerException):
        batch.describe_jobs(jobs=["x"])
    _control(server, "faults/clear")
    assert batch.describe_jobs(jobs=["x"])["jobs"] == []


def test_calls_and_events_are_read_over_http(server):
    create_job(server, account=ACCOUNT_A)
    client_of(server, "iot", ACCOUNT_A).cancel_job(jobId="job-1")

    calls = _control(server, "calls", method="GET").json()["calls"]
    events = _control(server, "events", method="GET").json()["events"]

    assert [(call["operation"], call["error"]) for call in calls] == [("CreateJob", None), ("CancelJob", None)]
    assert calls[1]["parameters"] == {"jobId": "job-1"}
    assert (events[-1]["topic"], events[-1]["payload"]["status"]) == ("$aws/events/job/job-1/canceled", "CANCELED")
    assert _control(server, "events", method="GET", account=ACCOUNT_B).json()["events"] == []
    assert _control(server, "events").status_code == 405


def test_settings_are_changed_over_http(server):
    iot, batch = server.account(ACCOUNT_A).iot.settings, server.account(ACCOUNT_A).batch.settings

    assert _control(server, "iot/settings", max_targets=7).status_code == 200
    assert _control(server, "batch/settings", strict_fifo=False, starting_seconds=5).status_code == 200

    assert (iot.max_targets, batch.strict_fifo, batch.starting_seconds) == (7, False, 5)
    assert server.account(ACCOUNT_B).iot.settings.max_targets == 100
    assert _control(server, "batch/settings", starting_seconds=6, strict_fifo=1).status_code == 400
    assert batch.starting_seconds == 5


def test_settings_are_read_over_http(server):
    _control(server, "iot/settings", max_targets=7)

    iot = _control(server, "iot/settings", method="GET")
    batch = _control(server, "batch/settings", method="GET").json()["settings"]

    assert iot.status_code == 200
    assert iot.json()["settings"] == {**asdict(IoTSettings()), "max_targets": 7}
    assert batch == json.loads(json.dumps(asdict(BatchSettings())))
    assert _control(server, "batch/settings", **batch).status_code == 200
    assert _control(server, "iot/settings", method="GET", account=ACCOUNT_B).json()["settings"]["max_targets"] == 100


def test_the_world_of_one_account_is_reset_over_http(server):
    for account in (ACCOUNT_A, ACCOUNT_B):
        create_job(server, account=account)
        _control(server, "iot/settings", account, max_targets=7)
        _control(server, "clock/freeze", account)

    assert _control(server, "reset").status_code == 200

    jobs = {account: client_of(server, "iot", account).list_jobs()["jobs"] for account in (ACCOUNT_A, ACCOUNT_B)}
    assert [len(each) for each in jobs.values()] == [0, 1]
    assert server.account(ACCOUNT_A).iot.settings.max_targets == 100
    assert server.account(ACCOUNT_B).iot.settings.max_targets == 7
    assert not server.account(ACCOUNT_A).clock.is_frozen
    assert server.account(ACCOUNT_B).clock.is_frozen
    # Things are moto's.
    assert len(client_of(server, "iot", ACCOUNT_A).list_things()["things"]) == 1


def test_what_a_reset_account_starts_anew_works(server):
    create_job(server)
    _control(server, "reset")
    iot = client_of(server, "iot")
    (thing,) = iot.list_things()["things"]
    iot.create_job(jobId="job-1", targets=[thing["thingArn"]], document="{}")
    iot.delete_thing(thingName=thing["thingName"])

    assert iot.describe_job(jobId="job-1")["job"]["status"] == "COMPLETED"


def test_a_bug_of_ours_in_a_command_is_answered_as_such(server, monkeypatch, caplog):
    """Nothing but what the caller got wrong is a client's error."""
    monkeypatch.setattr(Clock, "advance", lambda *_: int("x"))

    answer = _control(server, "clock/advance", seconds=1)

    assert answer.status_code == 500
    assert "ValueError" in answer.json()["message"]
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("command", "arguments", "status", "text"),
    [
        ("clock/advance", {"seconds": -1}, 400, "forward only"),
        ("clock/advance", {"seconds": "x"}, 400, "'x'"),
        ("clock/advance", {"seconds": None}, 400, "None"),
        ("clock/advance", {"seconds": True}, 400, "True"),
        ("clock/advance", {"seconds": float("inf")}, 400, "inf"),
        ("clock/advance", {"seconds": float("nan")}, 400, "nan"),
        ("clock/advance", {"seconds": 10**400}, 400, "1000"),
        ("clock/move-to", {"moment": 1e300}, 400, "1e+300"),
        ("clock/move-to", {"moment": []}, 400, "[]"),
        ("clock/advance", {}, 400, "clock/advance takes seconds; missing: seconds"),
        ("clock/advance", {"minutes": 1}, 400, "clock/advance takes seconds; unknown: minutes; missing: seconds"),
        ("clock/advance", {"seconds": 1, "world": 1, "self": 2}, 400, "clock/advance takes seconds; unknown: self, world"),
        ("clock/freeze", {"seconds": 1}, 400, "clock/freeze takes no members; unknown: seconds"),
        ("reset", {"all": True}, 400, "reset takes no members; unknown: all"),
        (
            "faults/add",
            {"service": "batch"},
            400,
            "takes service, operation, code, times (optional), after (optional), when (optional), probability (optional), delay (opt",
        ),
        ("faults/add", {"service": [], "operation": {}, "code": []}, 400, "service"),
        ("faults/add", {"service": "batch", "operation": {}, "code": []}, 400, "operation"),
        ("faults/add", {"service": "batch", "operation": "cancel_job", "code": []}, 400, "code"),
        ("batch/plan", {"attempts": 1}, 400, "batch/plan takes job_name (optional), queue (optional)"),
        ("batch/plan", {"exit_code": "x"}, 400, "exit_code"),
        ("batch/plan", {"job_name": 5}, 400, "job_name"),
        ("batch/plan", {"logs": 5}, 400, "logs"),
        ("batch/plan", {"run": 5}, 400, "run"),
        ("batch/plan", {"duration": "x"}, 400, "duration"),
        ("batch/pace", {"pace": {}}, 400, "pace"),
        ("batch/pace", {"pace": 5}, 400, "pace"),
        ("batch/step", {"job_id": 5}, 400, "job_id"),
        ("batch/step", {"job_id": {}}, 400, "job_id"),
        ("batch/run-until", {"job_id": [], "status": 5}, 400, "job_id"),
        ("batch/block", {"queue": [], "code": {}}, 400, ""),
        ("batch/block", {"queue": "q", "code": {}}, 400, ""),
        ("batch/unblock", {"queue": 7}, 400, "queue"),
        ("batch/settings", {"self": 1}, 400, "there is no setting 'self'"),
        ("iot/settings", {"world": 1}, 400, "there is no setting 'world'"),
        ("clock/rewind", {}, 404, "POST /mock-jobs-api/clock/advance"),
        ("batch/pace", {"pace": "fast"}, 400, "no such pace"),
        ("batch/settings", {"terminate_grace": 5}, 400, "there are: "),
        ("iot/settings", {"max_targets": "many"}, 400, "max_targets must be a whole number"),
        ("faults/add", {"service": "batch", "operation": "cancel_job", "code": "Nope"}, 400, "It may answer"),
    ],
)
def test_wrong_commands_say_what_is_wrong(server, command, arguments, status, text):
    answer = _control(server, command, **arguments)

    assert answer.status_code == status
    assert text in answer.json()["message"]


# The command


@pytest.fixture
def command():
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "mock_jobs", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_where_it_listens_and_ends_when_interrupted(command, number):
    process = command("server", "--port", "0")

    ready = process.stdout.readline()
    url = urllib.parse.urlsplit(ready.split()[-1])
    assert ready.startswith("mock_jobs server is ready at http://127.0.0.1:")
    answer = requests.post(
        f"{url.geturl()}/v1/describejobs", data=b'{"jobs": []}', headers={"Authorization": authorization("batch")}, timeout=10
    )
    assert answer.json() == {"jobs": []}

    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def test_the_command_says_in_a_line_when_it_cannot_listen(command, server):
    process = command("server", "--port", str(server.port))

    _, errors = process.communicate(timeout=20)

    assert process.returncode == 1
    assert errors.startswith("mock-jobs: ")
    assert "in use" in errors
    assert errors.count(os.linesep) == 1


def test_the_command_without_words_shows_its_usage(command):
    process = command()

    _, errors = process.communicate(timeout=20)

    assert process.returncode == 2
    assert "usage: mock-jobs" in errors


def test_batch_jobs_are_moved_over_http(server):
    batch = client_of(server, "batch")
    batch.create_compute_environment(
        computeEnvironmentName="ce", type="UNMANAGED", serviceRole="arn:aws:iam::111111111111:role/r", unmanagedvCpus=4
    )
    batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "ce"}])
    container = {
        "image": "busybox",
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "128"}],
    }
    batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container)
    _control(server, "batch/pace", pace="manual")
    _control(server, "batch/plan", job_name="j", duration=30, exit_code=4)
    job_id = batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")["jobId"]

    def status():
        return batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"]

    assert status() == status() == "SUBMITTED"
    _control(server, "batch/step", job_id=job_id)
    assert status() == "RUNNABLE"
    _control(server, "batch/block", queue="q", code="UNDETERMINED")
    assert "its queue is blocked" in _control(server, "batch/step", job_id=job_id).json()["message"]
    _control(server, "batch/unblock", queue="q")
    _control(server, "batch/run-until", job_id=job_id, status="FAILED")
    (job,) = batch.describe_jobs(jobs=[job_id])["jobs"]
    assert job["container"]["exitCode"] == 4
    answer = _control(server, "batch/run-until", job_id=job_id, status="SUCCEEDED")
    assert answer.status_code == 400
    assert "will never be SUCCEEDED" in answer.json()["message"]


def test_an_environment_is_made_invalid_over_http(server):
    batch = client_of(server, "batch")
    batch.create_compute_environment(computeEnvironmentName="ce", type="UNMANAGED", serviceRole="r")
    _control(server, "batch/invalidate", compute_environment="ce", reason="CLIENT_ERROR - no")

    (found,) = batch.describe_compute_environments()["computeEnvironments"]
    assert (found["status"], found["statusReason"]) == ("INVALID", "CLIENT_ERROR - no")


def _at_once(number, act):
    barrier = threading.Barrier(number)
    threads = [threading.Thread(target=lambda: (barrier.wait(), act())) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_first_requests_that_come_at_once_are_steered_alike(server, monkeypatch):
    made = []
    init = Scenario.__init__

    def slow(self, world):
        made.append(self)
        Event().wait(0.05)
        init(self, world)

    monkeypatch.setattr(Scenario, "__init__", slow)

    _at_once(4, lambda: client_of(server, "batch").describe_jobs(jobs=["x"]))

    assert made == [world_of(server.account(ACCOUNT_A)).shared(Scenario)]


def test_accounts_that_come_at_once_listen_to_moto_once(monkeypatch):
    watch = thing_watch.watch_things
    original = moto_iot.IoTBackend.delete_thing

    def slow(heard):
        Event().wait(0.05)
        return watch(heard)

    monkeypatch.setattr(thing_watch, "watch_things", slow)
    accounts = iter(f"{number:012}" for number in range(4))
    with MockJobsServer() as server:
        _at_once(4, lambda: create_job(server, account=next(accounts)))
        assert len(thing_watch._watches) == 1
    assert thing_watch._watches == []
    assert moto_iot.IoTBackend.delete_thing is original


@pytest.mark.parametrize("body", [b"[" * 5000, b"[1]", b'"x"', b"{", b"3"], ids=["deep", "list", "string", "open", "number"])
def test_a_command_needs_a_json_object(server, body):
    answer = requests.post(f"{server.url}/mock-jobs-api/clock/advance", data=body, timeout=5)

    assert (answer.status_code, answer.json()) == (400, {"message": "the body must be a JSON object"})


def test_a_usage_error_is_not_called_a_bug(server):
    transition = {"model_name": "batch::job", "transition": {"progression": "sometimes"}}
    requests.post(f"{server.url}/moto-api/state-manager/set-transition", json=transition, timeout=5)
    try:
        with pytest.raises(ClientError, match=r"\(MockJobsUsageError\).*there is no transition") as caught:
            client_of(server, "batch").describe_jobs(jobs=["x"])
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    finally:
        state_manager.unset_transition("batch::job")


# A server that others start


def test_the_index_lists_all_commands_and_reports_with_their_members(server):
    index = _control(server, "", method="GET").json()

    commands = {each["path"]: each for each in index["commands"]}
    assert len(commands) == 23
    assert commands["/mock-jobs-api/clock/advance"]["members"] == [{"name": "seconds", "required": True}]
    assert commands["/mock-jobs-api/clock/freeze"]["method"] == "POST"
    plan = {each["name"]: each for each in commands["/mock-jobs-api/batch/plan"]["members"]}
    assert plan["exit_code"] == {"name": "exit_code", "required": False, "default": None}
    assert {each["name"] for each in commands["/mock-jobs-api/batch/settings"]["members"]} == set(asdict(BatchSettings()))
    assert commands["/mock-jobs-api/reset"]["does"].startswith("Delete the jobs")
    reports = {each["path"]: each["members"] for each in index["reports"]}
    assert reports["/mock-jobs-api/calls"] == ["now", "calls"]
    assert len(reports) == 9


def test_every_path_of_the_index_answers(server):
    index = _control(server, "", method="GET").json()

    for each in (*index["commands"], *index["reports"]):
        answer = requests.request(each["method"], server.url + each["path"], timeout=5)
        # Without members, a command works or says which one is missing.
        assert answer.status_code in (200, 400), each


def test_the_health_of_a_server_is_told_while_a_request_holds_all_locks(server):
    with world_of(server.account(ACCOUNT_A)).lock:
        answer = _control(server, "health", method="GET")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("headers", [{}, {"x-moto-account-id": ACCOUNT_B}, {"Authorization": authorization("iot", ACCOUNT_B)}])
def test_an_account_in_the_query_comes_first(server, headers):
    requests.post(f"{server.url}/mock-jobs-api/clock/freeze?account={ACCOUNT_A}", headers=headers, timeout=5)

    assert server.account(ACCOUNT_A).clock.is_frozen
    assert not server.account(ACCOUNT_B).clock.is_frozen
    report = requests.get(f"{server.url}/mock-jobs-api/calls?account={ACCOUNT_A}", headers=headers, timeout=5).json()
    assert report["now"] == server.account(ACCOUNT_A).clock.now_s


@pytest.mark.parametrize(
    "query",
    ["account=nope", "account=", "account", "account=1", "acount=111111111111", "account=111111111111&account=222222222222"],
)
def test_a_query_that_names_no_account_is_refused_and_nothing_is_done(server, query):
    answer = requests.post(f"{server.url}/mock-jobs-api/clock/freeze?{query}", timeout=5)

    assert answer.status_code == 400
    assert "?account= must name one account id of 12 digits" in answer.json()["message"]
    assert not server.account().clock.is_frozen


def test_a_server_starts_with_a_pace_that_resets_keep():
    with MockJobsServer(pace="manual") as server:
        for account in (ACCOUNT_A, ACCOUNT_B):
            assert server.account(account).batch.pace == "manual"
        server.account(ACCOUNT_A).batch.pace = "clock"
        requests.post(f"{server.url}/moto-api/reset", timeout=5)
        assert server.account(ACCOUNT_A).batch.pace == "manual"


def test_a_server_has_no_other_pace():
    with pytest.raises(UsageValueError, match="pace must be one of poll, clock, manual, got 'fast'"):
        MockJobsServer(pace="fast")


def _url_of(process):
    return process.stdout.readline().split()[-1]


def test_the_command_takes_pace_hosts_and_log_level(command):
    process = command(
        *("server", "--port", "0", "--pace", "manual", "--log-level", "debug"),
        *("--allow-host", "aws.example.test", "--allow-host", ".inner.test"),
    )
    url = _url_of(process)

    for host, status in (("aws.example.test", 200), ("a.inner.test", 200), ("other.test", 403)):
        assert requests.get(f"{url}/mock-jobs-api/health", headers={"Host": host}, timeout=5).status_code == status
    requests.post(f"{url}/v1/describejobs?x", data=b'{"jobs": []}', headers={"Authorization": authorization("batch")}, timeout=5)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)

    lines = errors.splitlines()
    assert [line.partition(": ")[2] for line in lines if "mock_jobs.server" in line] == [
        "GET /mock-jobs-api/health 200",
        "GET /mock-jobs-api/health 200",
        "GET /mock-jobs-api/health 403",
        "POST /v1/describejobs 200",
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--pace", "fast"), "invalid choice: 'fast'"),
        (("--log-level", "loud"), "invalid choice: 'loud'"),
        (("--allow-host", "a:80"), "an allowed host is a name without scheme, port or *"),
    ],
)
def test_the_command_refuses_wrong_options(command, arguments, text):
    process = command("server", "--port", "0", *arguments)

    _, errors = process.communicate(timeout=20)

    assert process.returncode in (1, 2)
    assert text in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("account", ["nope", "1", "\u00b9" * 12])
def test_a_header_that_names_no_account_is_refused(server, account):
    answer = requests.post(
        f"{server.url}/mock-jobs-api/clock/freeze", headers={"x-moto-account-id": account.encode("latin-1")}, timeout=5
    )

    assert answer.status_code == 400
    assert "x-moto-account-id must be 12 digits" in answer.json()["message"]


@pytest.mark.parametrize(
    ("now", "most", "put"),
    [
        (1_024, 524_288, 65_536),
        (1_024, 4_096, 4_096),
        (1_024, -1, 65_536),
        (1_048_576, 1_048_576, None),
        (-1, -1, None),
    ],
)
def test_the_command_raises_the_limit_of_open_files_and_never_lowers_it(monkeypatch, now, most, put):
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    done = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (now, most))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: done.append(limits))

    cli._allow_more_connections()

    assert done == ([] if put is None else [(put, most)])


def test_a_service_of_moto_is_made_again_where_python_fails_to_compile_its_routes(monkeypatch):
    make = werkzeug_app.create_backend_app
    tried = []

    def fail_once(service):
        tried.append(service)
        if len(tried) == 1:
            raise SystemError("AST constructor recursion depth mismatch (before=120, after=99)")
        return make(service)

    monkeypatch.setattr(werkzeug_app, "create_backend_app", fail_once)

    with MockJobsServer() as server:
        assert client_of(server, "sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert tried == ["sqs", "sqs"]
