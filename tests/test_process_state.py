"""What a mock changes in the process is put back, in whatever order mocks end, from whatever thread, and wherever one fails."""

from __future__ import annotations

import itertools
import os
import pkgutil
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

import boto3
import pytest
import requests
from moto import mock_aws
from moto.core.config import default_user_config
from moto.core.models import MockAWS

from mock_jobs import mock as mock_module
from mock_jobs import mock_jobs
from mock_jobs.moto_adapters import starts

from support.process_state import changes, patched, snapshot
from support.threads import PATIENCE, at_once

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """One of the keys is set, as on the machine of a developer, and the other is not."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the developer")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.session.Session(region_name="eu-west-3"))


@pytest.fixture(scope="module")
def _all_is_loaded():
    _use_all()


@pytest.fixture
def unchanged(_all_is_loaded):
    """Fail the test if it leaves any global changed; what the first mock of a process loads is loaded by then."""
    before = snapshot()
    yield
    assert changes(before, snapshot()) == []


def _use_all(**options):
    """Make all that the package replaces in moto and botocore be replaced."""
    with mock_jobs(**options):
        clients = {name: boto3.client(name, "us-east-1") for name in ("batch", "events", "iot", "s3", "stepfunctions")}
        clients["iot"].list_things()
        clients["iot"].list_jobs()
        clients["batch"].describe_job_queues()
        clients["events"].list_rules()
        clients["s3"].list_buckets()
        clients["stepfunctions"].list_state_machines()
        boto3.client("cloudformation", "us-east-1").list_stacks()
        requests.get("https://s3.amazonaws.com/", timeout=5)


_FIRST = """
import http.client, urllib.request
import boto3, moto, requests
from support.process_state import changes, snapshot
import mock_jobs
before = snapshot()
with mock_jobs.mock_jobs(region="us-east-1", pace="clock"):
    pass
for name in changes(before, snapshot()):
    print(name)
"""


def test_the_first_mock_of_a_process_changes_only_what_listens_to_resets():
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", _FIRST], capture_output=True, text=True, check=True, env=environment)

    # The world of the process outlives its mocks, and hears of moto's resets by this list.
    assert {name.rpartition(".")[2] for name in done.stdout.splitlines()} == {"_instances"}


_SYNC = """
import sys
import boto3
from mock_jobs import mock_jobs
with mock_jobs(region="us-east-1", sleep="skip"):
    boto3.client("iot").list_jobs()
    boto3.client("batch").describe_job_queues()
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="k", Body=b"x")
    s3.get_object(Bucket="files", Key="k")["Body"].read()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.usefixtures("_unmeasured")
def test_nothing_is_imported_of_libraries_that_the_test_does_not_use():
    done = subprocess.run([sys.executable, "-c", _SYNC], capture_output=True, text=True, check=True)

    used = set(done.stdout.split())
    assert {"boto3", "mock_jobs", "moto"} <= used
    assert used.isdisjoint(
        {"aioboto3", "aiobotocore", "aiohttp", "anyio", "fsspec", "httpcore", "httpx", "httpx2", "s3fs", "trio"}
    )


@pytest.mark.usefixtures("unchanged")
def test_using_all_that_is_replaced_leaves_it_as_it_was():
    _use_all(region="us-east-1", pace="clock", config={"batch": {"use_docker": False}})


# Overlaps

OPTIONS = (
    {"region": "eu-west-1", "pace": "manual", "config": {"batch": {"use_docker": False}}},
    {"region": "eu-west-2", "config": {"iam": {"load_aws_managed_policies": True}}},
    {"pace": "clock", "config": {"batch": {"use_docker": True}, "core": {"mock_credentials": True}}},
)
ORDERS = [order for order in itertools.product(range(3), repeat=6) if sorted(order) == [0, 0, 1, 1, 2, 2]]
"""Each mock is named twice: at its start and at its end."""


def _make(kind, options):
    return mock_jobs(**options) if kind is mock_jobs else mock_aws(config=options["config"])


def _is_left_to_moto(kinds, order):
    """Return whether one of moto's own mocks starts inside another while none of ours is active; moto leaves a patch then."""
    ours, alone = set(), set()
    for position, number in enumerate(order):
        is_start = number not in order[:position]
        group = ours if number in ours or (is_start and (ours or kinds[number] is mock_jobs)) else alone
        group ^= {number}
        if len(alone) > 1:
            return True
    return False


@pytest.mark.parametrize(
    "kinds",
    [kinds for kinds in itertools.product([mock_jobs, mock_aws], repeat=3) if mock_jobs in kinds],
    ids=lambda kinds: "-".join(kind.__name__ for kind in kinds),
)
@pytest.mark.usefixtures("unchanged")
def test_three_mocks_may_start_and_end_in_any_order(kinds):
    before = patched()
    for order in ORDERS:
        if _is_left_to_moto(kinds, order):
            continue
        mocks = [_make(kind, options) for kind, options in zip(kinds, OPTIONS, strict=True)]
        active = []
        for number in order:
            if number in active:
                mocks[number].stop()
                active.remove(number)
            else:
                mocks[number].start()
                active.append(number)
            if active:
                assert boto3.DEFAULT_SESSION is None, (order, number)
                if mock_jobs in {kinds[each] for each in active}:
                    assert [os.environ[key] for key in KEYS] == ["FOOBARKEY", "FOOBARSECRET"], (order, number)
        assert changes(before, patched()) == [], order


def test_settings_of_mocks_that_overlap_apply_while_their_mock_does():
    def docker():
        return default_user_config["batch"]["use_docker"], default_user_config["iam"]["load_aws_managed_policies"]

    mocks = [mock_jobs(**options) for options in OPTIONS]
    seen = []
    for act in (mocks[0].start, mocks[1].start, mocks[2].start, mocks[0].stop, mocks[1].stop, mocks[2].stop):
        act()
        seen.append(docker())

    assert seen == [(False, False), (False, True), (True, True), (True, True), (True, False), (True, False)]


@pytest.mark.usefixtures("unchanged")
def test_settings_that_decide_what_a_mock_replaces_may_change_while_it_is_active():
    core = {"mock_credentials": False, "reset_boto3_session": False}
    for configs in ({}, {"core": core}), ({"core": core}, {}):
        for order in ORDERS:
            if 2 in order[:4]:
                continue
            mocks = [mock_jobs(config=config) for config in configs]
            started = set()
            for number in (each for each in order if each != 2):
                mocks[number].stop() if number in started else mocks[number].start()
                started.add(number)


@pytest.mark.usefixtures("unchanged")
def test_a_mock_of_moto_may_start_twice_while_ours_is_active():
    motos = mock_aws()
    with mock_jobs(), motos, motos:
        pass
    with motos, mock_jobs(), motos:
        pass


@pytest.mark.usefixtures("unchanged")
def test_stopping_a_mock_of_moto_that_was_not_started_ends_no_other():
    with mock_jobs(region="us-east-1"):
        with pytest.raises(RuntimeError, match=r"Called stop\(\) before start\(\)"):
            mock_aws().stop()
        assert boto3.client("iot").list_jobs()["jobs"] == []


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("value", [None, "", "of the developer"])
def test_a_test_may_delete_or_set_the_variables_that_are_faked(value):
    for key in KEYS:
        with pytest.MonkeyPatch.context() as patch:
            if value is None:
                patch.delenv(key, raising=False)
            else:
                patch.setenv(key, value)
            before = os.environ.get(key)
            for act in (partial(os.environ.pop, key, None), partial(os.environ.__setitem__, key, "of the test")):
                with mock_jobs():
                    act()
                assert os.environ.get(key) == before
                with mock_jobs():
                    with mock_jobs():
                        act()
                    assert os.environ[key] == "FOOBARKEY" if key == KEYS[0] else "FOOBARSECRET"
                assert os.environ.get(key) == before


def test_users_of_requests_stay_mocked_after_a_reset():
    for reset in (lambda mock: mock.reset(), lambda _: mock_aws().reset()):
        with mock_jobs() as mock:
            reset(mock)
            assert b"ListAllMyBucketsResult" in requests.get("https://s3.amazonaws.com/", timeout=5).content
            assert requests.get("https://unknown.us-east-1.amazonaws.com/x", timeout=5).status_code == 400


# Failures

OURS_OR_MOTOS = tuple(f"{os.sep}{name}{os.sep}" for name in ("mock_jobs", "moto", "responses", "boto3"))
MOTOS = OURS_OR_MOTOS[1:]


# All of the first, and some of the many for patterns of URLs
STEPS = (*range(1, 60), *(int(60 * 1.25**power) for power in range(40)))


class StepError(Exception):
    """What the test lets fail."""


class FailAt:
    """Lets the nth call of a function in some files fail, in this thread; afterwards `calls` says how many there were."""

    def __init__(self, nth, files):
        self._nth = nth
        self._files = files
        self.calls = 0

    def __enter__(self):
        sys.setprofile(self._count)
        return self

    def __exit__(self, *error):
        sys.setprofile(None)

    def _count(self, frame, event, _):
        if event == "call" and any(name in frame.f_code.co_filename for name in self._files):
            self.calls += 1
            if self.calls == self._nth:
                raise StepError(f"{frame.f_code.co_name} in {frame.f_code.co_filename}")


@pytest.mark.parametrize("around", [[], [mock_jobs], [mock_aws]], ids=["alone", "in mock_jobs", "in mock_aws"])
@pytest.mark.usefixtures("unchanged")
def test_a_start_that_fails_at_any_step_leaves_all_as_it_was(around):
    outer = [make() for make in around]
    for mock in outer:
        mock.start()
    before = patched()
    for nth in STEPS:
        mock = mock_jobs(**OPTIONS[0])
        with suppress(StepError), FailAt(nth, OURS_OR_MOTOS) as steps:
            mock.start()
        if steps.calls < nth:
            mock.stop()
            break
        assert changes(before, patched()) == [], nth
    assert nth > 30
    assert changes(before, patched()) == []
    for mock in outer:
        mock.stop()


@pytest.mark.parametrize("around", [[], [mock_jobs], [mock_aws]], ids=["alone", "in mock_jobs", "in mock_aws"])
@pytest.mark.usefixtures("unchanged")
def test_a_stop_that_fails_at_any_step_of_moto_puts_back_all_the_same(around):
    outer = [make() for make in around]
    for mock in outer:
        mock.start()
    before = patched()
    s3 = boto3.session.Session().client("s3", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    for nth in STEPS:
        mock = mock_jobs(**OPTIONS[0])
        mock.start()
        s3.list_buckets()
        with suppress(StepError), FailAt(nth, MOTOS) as steps:
            mock.stop()
        assert changes(before, patched()) == [], nth
        if steps.calls < nth:
            break
    assert nth > (1 if around else 10)
    for mock in outer:
        mock.stop()


@pytest.mark.parametrize("fails", ["start", "stop", "neither"])
def test_a_server_of_moto_that_does_not_answer_leaves_all_as_it_was(monkeypatch, fails):
    monkeypatch.setattr("moto.settings.TEST_SERVER_MODE", True)
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("MOTO_CALL_RESET_API", "false")
    with mock_jobs():
        pass
    before = snapshot()

    for _ in range(2):
        first, second = mock_jobs(region="eu-west-1"), mock_jobs(config=OPTIONS[0]["config"])
        if fails == "start":
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("MOTO_CALL_RESET_API", "true")
                with pytest.raises(requests.ConnectionError):
                    first.start()
            assert changes(before, snapshot()) == []
        first.start()
        second.start()
        first.stop()
        assert boto3.client("iot", "us-east-1").meta.endpoint_url == "http://127.0.0.1:1"
        with pytest.MonkeyPatch.context() as patch:
            if fails == "stop":
                patch.setenv("MOTO_CALL_RESET_API", "true")
                with pytest.raises(requests.ConnectionError):
                    second.stop()
            else:
                second.stop()
        assert changes(before, snapshot()) == []


# Threads


class ToldLock:
    """A lock that tells when a thread has to wait for it."""

    def __init__(self, lock, is_wanted):
        self._lock = lock
        self._is_wanted = is_wanted

    def __enter__(self):
        if not self._lock.acquire(blocking=False):
            self._is_wanted.set()
            self._lock.acquire()

    def __exit__(self, *error):
        self._lock.release()


def _started_and_stopped(kind, options):
    with _make(kind, options):
        pass


def _overlapping(kind, options):
    first, second = _make(kind, options), _make(mock_jobs, OPTIONS[2])
    first.start()
    second.start()
    first.stop()
    second.stop()


@pytest.mark.parametrize("act", [_started_and_stopped, _overlapping])
@pytest.mark.parametrize("kind", [mock_jobs, mock_aws])
@pytest.mark.parametrize(
    "step",
    [
        "moto.core.models.MockAWS._mock_env_variables",
        "moto.core.models.MockAWS._enable_patching",
        "moto.core.models.reset_responses_mock",
        "moto.core.models.MockAWS._disable_patching",
        "mock_jobs.transports.botocore_hook.BotocoreHook._patch",
        "mock_jobs.transports.botocore_hook.BotocoreHook.close",
        "mock_jobs.moto_adapters.core.serve_requests_library",
        "mock_jobs.moto_adapters.core.tidy_requests_library",
        "mock_jobs.transports.worlds.Worlds.pause",
        "mock_jobs.batch.scenario.pace_stack.PaceStack.end",
        "mock_jobs.moto_adapters.starts._new_mock",
        "mock_jobs.moto_adapters.starts._put_setting",
        "mock_jobs.moto_adapters.starts._put_back",
    ],
)
def test_two_threads_may_start_and_stop_at_the_same_time(step, kind, act):
    """While the first thread is amid the step, the second does all that it can."""
    _use_all()
    before = patched()
    is_amid, may_go_on = threading.Event(), threading.Event()
    owner, _, name = step.rpartition(".")

    with pytest.MonkeyPatch.context() as patch:
        for lock_owner, lock in ((starts, "start_lock"), (mock_module, "start_lock"), (MockAWS, "_mock_init_lock")):
            patch.setattr(lock_owner, lock, ToldLock(getattr(lock_owner, lock), may_go_on))
        original = getattr(pkgutil.resolve_name(owner), name)

        def pause(*args, **kwargs):
            if not is_amid.is_set() and threading.current_thread().name == "first":
                is_amid.set()
                assert may_go_on.wait(PATIENCE)
            return original(*args, **kwargs)

        def first():
            threading.current_thread().name = "first"
            _started_and_stopped(mock_jobs, OPTIONS[0])

        def second():
            assert is_amid.wait(PATIENCE)
            act(kind, OPTIONS[1])
            may_go_on.set()

        patch.setattr(step, pause)
        at_once(first, second)

    assert changes(before, patched()) == []


@pytest.mark.usefixtures("unchanged")
def test_many_threads_may_start_and_stop_many_times():
    def start_and_stop(number):
        for turn in range(200):
            with _make(mock_jobs if (number + turn) % 3 else mock_aws, OPTIONS[turn % 3]):
                pass

    # Without an outer one, a mock of moto may overlap with another of them alone, which leaves a patch of theirs.
    with mock_jobs():
        at_once(*(partial(start_and_stop, number) for number in range(4)))
    at_once(*[partial(_turns, 200)] * 4)


def _turns(count):
    for _ in range(count):
        with mock_jobs():
            pass


@pytest.mark.parametrize("inner", [mock_aws, mock_jobs, partial(mock_jobs, config={"batch": {"use_docker": True}})])
@pytest.mark.parametrize("outer", [mock_aws, mock_jobs])
def test_what_moto_s_configuration_api_sets_outlives_an_inner_mock(outer, inner):
    with outer():
        requests.post("http://motoapi.amazonaws.com/moto-api/config", json={"batch": {"use_docker": False}}, timeout=5)
        with inner():
            pass
        assert default_user_config["batch"]["use_docker"] is False
    assert default_user_config["batch"]["use_docker"] is True
