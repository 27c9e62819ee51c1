"""Skipped sleeps: they move the mock's clock, take no time, and leave the process as it was."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import pickle
import sys
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import anyio
import boto3
import freezegun
import pytest
import time_machine
from botocore.config import Config
from botocore.exceptions import WaiterError

from mock_jobs import EndlessSleepError, JobRun, MockJobsServer, UsageTypeError, UsageValueError, mock_jobs
from mock_jobs.handle import world_of
from mock_jobs.sleeping import skipping

from support.batch_site import Site
from support.constants import REGION
from support.fleet import Fleet
from support.threads import PATIENCE, at_once

PYTHON = Path(threading.__file__).parent
INSTALLED = PYTHON / "site-packages"
APP = """
import asyncio, datetime, time
import datetime as days
from datetime import datetime as Moment
from time import monotonic, sleep, time as wall
nap = sleep

def by_default(seconds, act=time.sleep):
    act(seconds)

def wait_until(read, end, pause):
    turns = 0
    while read() < end:
        time.sleep(pause)
        turns += 1
    return turns
"""


@pytest.fixture
def make_module(monkeypatch):
    """Return a function that makes an imported module of some code, as if it stood in a file."""

    def make(name="app", file="/home/me/app.py", code=APP):
        module = types.ModuleType(name)
        module.__file__ = str(file)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(code, str(file), "exec"), vars(module))
        return module

    return make


@pytest.fixture
def skipping_mock(mock):
    """A frozen mock that skips sleeps, so that its times are exact."""
    with mock.clock.frozen(), mock.clock.skipping_sleep():
        yield mock


def moved_s(clock, act):
    """Return how far a call moves a clock, in seconds."""
    begin = clock.now
    act()
    return (clock.now - begin).total_seconds()


# What sleeps


@pytest.mark.parametrize(
    "sleep",
    [
        lambda app: app.time.sleep(3600),
        lambda app: app.sleep(3600.0),
        lambda app: app.nap(3600),
        lambda app: asyncio.run(app.asyncio.sleep(3600)),
        lambda app: anyio.run(anyio.sleep, 3600),
        lambda app: threading.Thread(target=app.sleep, args=[3600]).run(),
    ],
    ids=["time.sleep", "from time import sleep", "another name", "asyncio", "anyio", "given to a thread"],
)
def test_a_sleep_moves_the_clock_and_takes_no_time(mock, make_module, sleep):
    app = make_module()
    begin = time.perf_counter()
    with mock.clock.frozen(), mock.clock.skipping_sleep():
        assert moved_s(mock.clock, lambda: sleep(app)) == 3600
    assert time.perf_counter() - begin < 30


def test_a_module_that_was_imported_meanwhile_sleeps_alike(skipping_mock, make_module):
    app = make_module()

    assert moved_s(skipping_mock.clock, lambda: app.by_default(60)) == 60
    assert moved_s(skipping_mock.clock, lambda: app.nap(60)) == 60


@pytest.mark.parametrize(
    ("name", "file", "moved"),
    [
        ("poller.loops", INSTALLED / "poller" / "loops.py", 0.001),
        ("subprocess", PYTHON / "subprocess.py", 0),
        ("importlib._bootstrap", "<frozen importlib._bootstrap>", 0),
        ("_pytest.runner", INSTALLED / "_pytest" / "runner.py", 0),
        ("pytest_rerun", INSTALLED / "pytest_rerun.py", 0),
        ("mock_jobs.some", Path(skipping.__file__), 0),
    ],
)
def test_installed_packages_skip_sleeps_and_pytest_and_python_do_not(skipping_mock, make_module, name, file, moved):
    caller = make_module(name, file, "import asyncio, time\ndef run():\n    time.sleep(0.001); return asyncio.sleep(0.001)")

    with pytest.MonkeyPatch.context() as patch:
        # No real module may be hidden from the others.
        patch.delitem(sys.modules, name)
        patch.undo()
        assert moved_s(skipping_mock.clock, lambda: asyncio.run(caller.run())) == 2 * moved


@pytest.mark.parametrize("argument", [(), (-1,), ("1",), (None,), (float("nan"),), (float("inf"),), (10**10,), (1, 2)])
def test_a_wrong_duration_is_what_it_is_for_python(mock, argument):
    def refusal():
        with pytest.raises((TypeError, ValueError, OverflowError)) as raised:
            time.sleep(*argument)
        return raised.type, str(raised.value)

    expected = refusal()
    with mock.clock.skipping_sleep():
        assert refusal() == (expected[0], expected[1].replace("time.sleep", "sleep")) or refusal() == expected


def test_a_wrong_duration_for_asyncio_is_what_it_is_for_python(skipping_mock):
    async def run(*arguments, **named):
        return await asyncio.sleep(*arguments, **named)

    assert moved_s(skipping_mock.clock, lambda: asyncio.run(run(-1))) == 0
    for arguments, named in (("1",), {}), ((), {}), ((1,), {"loop": None}):
        with pytest.raises(TypeError):
            asyncio.run(run(*arguments, **named))


def test_sleeps_are_precise_to_the_millisecond_and_no_shorter(mock):
    clock = mock.clock
    with clock.skipping_sleep():
        with clock.frozen():
            assert [moved_s(clock, partial(time.sleep, n)) for n in (1.1, 0.0001, True, 0)] == [1.1, 0.001, 1, 0]
        for _ in range(50):
            begin, day, wall = time.monotonic(), dt.datetime.now(dt.timezone.utc), time.time()
            time.sleep(0.5)
            assert time.monotonic() - begin >= 0.5
            assert time.time() - wall >= 0.5
            assert (dt.datetime.now(dt.timezone.utc) - day).total_seconds() >= 0.5


def test_asyncio_gives_the_result_and_may_be_cancelled(skipping_mock):
    async def main():
        assert asyncio.iscoroutinefunction(asyncio.sleep)
        sleeping = asyncio.ensure_future(asyncio.sleep(50))
        await asyncio.sleep(0)
        sleeping.cancel()
        assert await asyncio.sleep(3, "result") == "result"
        assert sleeping.cancelled()

    assert moved_s(skipping_mock.clock, lambda: asyncio.run(main())) == 3


# What is read meanwhile

WAITS = {
    "time.time": ("app.wall", 60),
    "time.time_ns": ("app.time.time_ns", 60 * 10**9),
    "time.monotonic": ("app.monotonic", 60),
    "time.monotonic_ns": ("app.time.monotonic_ns", 60 * 10**9),
    "time.perf_counter": ("app.time.perf_counter", 60),
    "time.perf_counter_ns": ("app.time.perf_counter_ns", 60 * 10**9),
    "datetime.now": ("app.Moment.now", dt.timedelta(seconds=60)),
    "datetime.now of the module": ("app.days.datetime.now", dt.timedelta(seconds=60)),
    "datetime.utcnow": ("app.datetime.datetime.utcnow", dt.timedelta(seconds=60)),
    "datetime.today": ("app.Moment.today", dt.timedelta(seconds=60)),
    "aware": ("(lambda: app.Moment.now(app.days.timezone(app.days.timedelta(hours=5))))", dt.timedelta(seconds=60)),
}


@pytest.mark.parametrize("is_frozen", [False, True], ids=["running", "frozen"])
@pytest.mark.parametrize(("read", "duration"), WAITS.values(), ids=WAITS)
def test_a_deadline_is_reached(mock, make_module, read, duration, is_frozen):
    app = make_module()
    with ExitStack() as stack:
        if is_frozen:
            stack.enter_context(mock.clock.frozen())
        stack.enter_context(mock.clock.skipping_sleep())
        reading = eval(read, {"app": app})
        assert app.wait_until(reading, reading() + duration, 30) == 2


def test_the_code_under_test_reads_the_time_of_the_mock(mock):
    with mock.clock.skipping_sleep():
        mock.clock.advance(1000)
        time.sleep(500)
        assert abs(time.time() - mock.clock.now_s) < 5
        with mock.clock.frozen():
            assert dt.datetime.now(dt.timezone.utc) == mock.clock.now
            assert dt.datetime.now() == mock.clock.now.astimezone().replace(tzinfo=None)  # noqa: DTZ005 - naive on purpose
            assert time.time() == mock.clock.now_s
            assert time.time_ns() == mock.clock.now_ms * 10**6


READER = "import time\ndef read():\n    return time.time(), time.monotonic()\ndef sleep(n):\n    time.sleep(n)\n"


def test_what_python_and_installed_packages_read_stays_real(mock, make_module):
    quiet = make_module("quiet", INSTALLED / "quiet.py", READER)
    python = make_module("ssl_of_python", PYTHON / "ssl_of_python.py", READER)
    before = [*quiet.read(), *python.read()]

    with mock.clock.skipping_sleep():
        time.sleep(10_000)
        during = [*quiet.read(), *python.read()]

    assert max(after - first for first, after in zip(before, during, strict=True)) < 1000


def test_an_installed_poller_reads_along_from_its_first_sleep_on(mock, make_module):
    poller = make_module("poller", INSTALLED / "poller" / "__init__.py", READER)
    with mock.clock.skipping_sleep():
        time.sleep(10_000)
        begin = poller.read()
        poller.sleep(60)
        end = poller.read()

    assert all(60 <= after - before < 1000 for before, after in zip(begin, end, strict=True))


def test_an_event_loop_keeps_real_time(skipping_mock):
    async def main():
        async with asyncio.timeout(60) if hasattr(asyncio, "timeout") else ExitStackLike():
            await asyncio.wait_for(asyncio.sleep(10_000), timeout=60)

    assert moved_s(skipping_mock.clock, lambda: asyncio.run(main())) == 10_000


class ExitStackLike:
    """Does nothing, where Python is older than `asyncio.timeout`."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None


def test_the_class_of_moments_is_as_good_as_that_of_python(skipping_mock, make_module):
    app, real = make_module(), sys.modules["datetime"].datetime
    time.sleep(1)
    moment = app.Moment(2040, 1, 2, 3)
    later = type("Later", (app.Moment,), {})

    assert app.Moment is not real
    assert type(moment) is type(app.Moment.now()) is type(app.Moment.fromisoformat("2040-01-02")) is real
    assert isinstance(moment, app.Moment)
    assert issubclass(real, app.Moment)
    assert isinstance(later.now(), later)
    assert not isinstance(moment, later)
    assert not issubclass(real, later)
    assert {real: "found"}[app.Moment] == "found"
    assert len({app.Moment, later, real}) == 2
    assert pickle.loads(pickle.dumps(moment)) == moment
    assert pickle.loads(pickle.dumps(app.sleep)) is app.sleep
    assert app.days.timedelta is dt.timedelta
    assert "timezone" in dir(app.days)
    assert app.Moment.__get_pydantic_core_schema__(None, lambda each: each) is real
    assert "mock_jobs" in repr(app.sleep)


# Several sleepers


def test_threads_that_sleep_together_wake_in_order_and_take_the_longest(skipping_mock):
    woken = []

    def sleep(seconds):
        time.sleep(seconds)
        woken.append((seconds, skipping_mock.clock.now))

    begin = skipping_mock.clock.now
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sleep, [30, 10, 40, 20]))

    assert [(seconds, (at - begin).total_seconds()) for seconds, at in woken] == [(n, n) for n in (10, 20, 30, 40)]


def test_a_thread_that_sleeps_often_lets_the_others_wake_in_between(skipping_mock):
    clock, woken, is_ready = skipping_mock.clock, [], threading.Barrier(2, timeout=PATIENCE)

    def sleep(seconds, times):
        is_ready.wait()
        for _ in range(times):
            time.sleep(seconds)
            woken.append(seconds)

    assert moved_s(clock, lambda: at_once(partial(sleep, 10, 4), partial(sleep, 25, 1))) == 40
    assert woken == [10, 10, 25, 10, 10]


def test_tasks_that_sleep_together_wake_in_order_and_take_the_longest(skipping_mock):
    woken = []

    async def sleep(seconds):
        woken.append(await asyncio.sleep(seconds, seconds))

    async def main():
        blocking = asyncio.to_thread(time.sleep, 3.5)
        await asyncio.gather(sleep(3), sleep(1), sleep(2), blocking, asyncio.sleep(5))

    assert moved_s(skipping_mock.clock, lambda: asyncio.run(main())) == 5
    assert woken == [1, 2, 3]


def test_a_task_goes_on_before_the_clock_moves_when_its_thread_has_ended(skipping_mock):
    def work():
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass

    async def work_in_a_thread():
        await asyncio.to_thread(work)
        return skipping_mock.clock.now_s

    async def main():
        begin = skipping_mock.clock.now_s
        working = asyncio.create_task(work_in_a_thread())
        await asyncio.sleep(60)
        return await working - begin

    assert asyncio.run(main()) < 1


def test_two_loops_and_a_thread_sleep_on_one_clock(skipping_mock):
    woken = []
    is_ready = threading.Barrier(3, timeout=PATIENCE)

    async def nap(*durations):
        is_ready.wait()
        for seconds in durations:
            await asyncio.sleep(seconds)
            woken.append(seconds)

    def sleep():
        is_ready.wait()
        time.sleep(12)
        woken.append(12)

    acts = [lambda: asyncio.run(nap(5, 6)), lambda: asyncio.run(nap(10, 9)), sleep]
    assert moved_s(skipping_mock.clock, lambda: at_once(*acts)) == 19
    assert woken == [5, 10, 6, 12, 9]


def test_a_task_that_blocks_its_loop_or_never_rests_lets_the_clock_go_on(skipping_mock):
    async def main():
        async def blocks():
            time.sleep(20)  # noqa: ASYNC251 - the mistake of a user

        async def spins():
            while not over:  # noqa: ASYNC110 - it never rests
                await asyncio.sleep(0)

        over = []
        spinning = asyncio.ensure_future(spins())
        await asyncio.gather(asyncio.sleep(10), blocks())
        await asyncio.sleep(5)
        over.append(True)
        await spinning

    assert moved_s(skipping_mock.clock, lambda: asyncio.run(main())) == 25


def test_a_loop_that_closes_amid_a_sleep_holds_nobody_up(skipping_mock):
    loop = asyncio.new_event_loop()
    sleeping = loop.create_task(asyncio.sleep(10))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    assert moved_s(skipping_mock.clock, lambda: time.sleep(20)) == 20
    assert skipping._current().sleepers._present == []
    sleeping._log_destroy_pending = False
    del sleeping, loop
    gc.collect()


def test_a_sleep_raises_what_keeps_the_clock_from_moving(skipping_mock):
    skipping_mock.clock.advance(250_000_000_000)
    for sleep in (lambda: time.sleep(9e9), lambda: asyncio.run(asyncio.sleep(9e9))):
        with pytest.raises(UsageValueError, match="the year 9999"):
            sleep()


def test_a_sleep_that_was_cancelled_as_it_ended_is_cancelled(skipping_mock):
    async def main():
        sleeping = asyncio.ensure_future(asyncio.sleep(10))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(sleeping.cancel)
        skipping_mock.clock.advance(10)
        skipping._current().sleepers._wake_due()
        await asyncio.wait([sleeping])
        assert sleeping.cancelled()

    asyncio.run(main())


# Sleeps inside the mock


@pytest.fixture
def site(mock, batch):
    site = Site(batch, mock)
    site.make_environment()
    site.make_queue()
    site.make_definition()
    return site


@pytest.mark.parametrize("pace", ["poll", "clock"])
def test_the_sleep_of_a_function_is_part_of_its_running_time(skipping_mock, site, pace):
    seen = []

    def work(run: JobRun):
        begin = time.time()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(time.sleep, [100, 100]))
        time.sleep(50)
        seen.append(time.time() - begin)

    skipping_mock.batch.pace = pace
    skipping_mock.batch.plan("slow", run=work)
    job_id = site.submit("slow")
    skipping_mock.batch.run_until(job_id, "SUCCEEDED")

    job = site.batch.describe_jobs(jobs=[job_id])["jobs"][0]
    assert job["stoppedAt"] - job["startedAt"] == 150_000
    assert seen == [pytest.approx(150)]


def test_a_function_that_begins_later_reads_the_time_at_which_it_begins(skipping_mock, site):
    seen = []
    skipping_mock.batch.plan("late", run=lambda run: seen.append((time.time(), skipping_mock.clock.now_s)))
    skipping_mock.batch.settings.starting_seconds = 60
    skipping_mock.batch.pace = "clock"
    site.submit("late")
    time.sleep(3600)

    assert seen[0][0] == pytest.approx(seen[0][1])


def test_who_sleeps_amid_a_request_waits_for_nobody(skipping_mock):
    woken = []

    def sleep_long():
        time.sleep(100)
        woken.append(skipping_mock.clock.now)

    def sleep_inside():
        with world_of(skipping_mock).lock:
            time.sleep(5)

    assert moved_s(skipping_mock.clock, lambda: at_once(sleep_inside, sleep_long)) in (100, 105)
    assert len(woken) == 1


def test_a_failed_assertion_of_a_function_is_raised_at_the_end_of_the_mock():
    def fail(run):
        raise AssertionError("wrong")

    mock = mock_jobs(region=REGION, pace="clock", sleep="skip")
    mock.start()
    site = Site(boto3.client("batch"), mock)
    site.make_environment()
    site.make_queue()
    site.make_definition()
    mock.batch.plan(run=fail)
    site.submit()
    time.sleep(1)
    time.sleep(1)
    with pytest.raises(AssertionError, match="wrong"):
        mock.stop()


# Sleeps without end


def test_sleeps_that_lead_to_nothing_are_an_error_that_says_why(mock, site, iot, iot_data):
    fleet = Fleet(iot, iot_data)
    fleet.things("pump")
    fleet.job("pump")
    mock.batch.pace = "manual"
    job_id = site.submit("stuck")
    with mock.clock.skipping_sleep():
        for _ in range(1000):
            time.sleep(30)
        for sleep in (lambda: time.sleep(30), lambda: asyncio.run(asyncio.sleep(30))):
            with pytest.raises(EndlessSleepError) as raised:
                sleep()
            text = str(raised.value)
            assert "during 1,000 skipped sleeps, the last one of 30 s" in text
            assert "pace manual" in text
            assert f"Batch job 'stuck' ({job_id}) SUBMITTED" in text
            assert "IoT job 'job' IN_PROGRESS: its executions are not finished: 1 QUEUED" in text
        mock.batch.step(job_id)
        time.sleep(30)


def test_code_that_swallows_the_error_comes_to_an_end_and_fails_the_test():
    def work():
        while True:
            with contextlib.suppress(Exception):
                time.sleep(1)

    mock = mock_jobs(region=REGION, sleep="skip").start()
    with pytest.raises(pytest.fail.Exception, match="1,000 skipped sleeps"):
        work()
    with pytest.raises(EndlessSleepError):
        mock.stop()


def test_an_error_names_a_few_of_many_jobs(mock, site):
    mock.batch.pace = "manual"
    for number in range(5):
        site.submit(f"job-{number}")
    with mock.clock.skipping_sleep():
        for _ in range(1000):
            time.sleep(1)
        with pytest.raises(EndlessSleepError, match=r"SUBMITTED, Batch job 'job-2' \S+ SUBMITTED, and 2 more[.] "):
            time.sleep(1)


def test_sleeps_go_on_while_a_job_is_soon_to_end(mock, site):
    mock.batch.pace = "clock"
    mock.batch.plan("long", duration=2500)
    job_id = site.submit("long")
    with mock.clock.skipping_sleep():
        for _ in range(2600):
            time.sleep(1)
        assert site.batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"] == "SUCCEEDED"


# Options


@pytest.mark.parametrize(
    ("value", "error", "text"), [("skpi", UsageValueError, "did you mean 'skip'"), (True, UsageTypeError, "string")]
)
def test_another_value_of_sleep_is_refused(value, error, text):
    with pytest.raises(error, match=text):
        mock_jobs(sleep=value)


def test_the_option_the_marker_and_the_ini_option_skip_sleeps(pytester):
    pytester.makeini("[pytest]\nmock_jobs_sleep = skip")
    pytester.makepyfile(
        """
        import time
        import pytest
        from mock_jobs import mock_jobs as make

        def test_ini(mock_jobs):
            begin = mock_jobs.clock.now
            time.sleep(1000)
            assert (mock_jobs.clock.now - begin).total_seconds() >= 1000

        @pytest.mark.mock_jobs(sleep=None)
        def test_marker(mock_jobs):
            assert "mock_jobs" not in repr(time.sleep)

        @make(sleep="skip", region="us-east-1")
        def test_option():
            time.sleep(1000)
        """
    )

    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=3)


def test_a_mock_whose_clock_is_in_another_process_cannot_skip(monkeypatch):
    monkeypatch.setattr("moto.settings.TEST_SERVER_MODE", True)
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", "http://127.0.0.1:5999")
    with pytest.raises(UsageValueError, match="leave `sleep` out"), mock_jobs(sleep="skip"):
        pass


def test_an_account_of_a_server_moves_its_own_clock():
    with MockJobsServer() as server:
        account, other = server.account("111111111111").clock, server.account().clock
        with account.frozen(), other.frozen(), account.skipping_sleep():
            assert moved_s(other, lambda: time.sleep(60)) == 0
            assert moved_s(account, lambda: time.sleep(60)) == 60
            with other.skipping_sleep():
                assert moved_s(account, lambda: time.sleep(60)) == 0


# Beside other tools


@pytest.mark.parametrize(
    "tool", [partial(time_machine.travel, tick=False), freezegun.freeze_time], ids=["time-machine", "freezegun"]
)
@pytest.mark.parametrize("is_outside", [True, False], ids=["outside", "inside"])
def test_tools_that_set_the_time_set_where_sleeps_begin(make_module, tool, is_outside):
    app = make_module()
    with ExitStack() as stack:
        enter = [partial(tool, dt.datetime(2040, 1, 1, tzinfo=dt.timezone.utc)), partial(mock_jobs, region=REGION, sleep="skip")]
        entered = [stack.enter_context(each()) for each in (enter if is_outside else reversed(enter))]
        mock = entered[1 if is_outside else 0]
        assert mock.clock.now.year == 2040
        app.sleep(60)
        assert mock.clock.now == dt.datetime(2040, 1, 1, 0, 1, tzinfo=dt.timezone.utc)
        assert app.Moment.now(app.days.timezone.utc) == mock.clock.now
        assert app.time.time() == mock.clock.now_s
        assert app.wait_until(app.time.time, app.time.time() + 60, 30) == 2
    assert app.Moment is dt.datetime
    assert "mock_jobs" not in f"{app.sleep!r} {time.time!r} {dt.datetime!r}"


def test_a_patch_of_the_test_itself_is_left_on_top(skipping_mock, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 5)
    time.sleep(60)
    assert time.time() == 5


def test_retries_and_waiters_of_botocore_take_no_time(skipping_mock):
    skipping_mock.faults.add("iot", "list_jobs", "ThrottlingException", times=2)
    iot = boto3.client("iot", config=Config(retries={"mode": "standard"}))

    assert moved_s(skipping_mock.clock, iot.list_jobs) > 0
    with pytest.raises(WaiterError):
        boto3.client("s3").get_waiter("bucket_exists").wait(Bucket="none")
    assert skipping_mock.calls[-1].at_ms < skipping_mock.clock.now_ms - 90_000


# What is left behind


def all_patched():
    """Return each attribute of each module by name. hypothesis counts in some of its own."""
    return {
        (name, attribute): value
        for name, module in list(sys.modules.items())
        if isinstance(module, types.ModuleType) and not name.startswith("hypothesis.")
        for attribute, value in list(vars(module).items())
    }


def test_everything_is_put_back(mock, make_module):
    app = make_module()
    with mock.clock.skipping_sleep():
        time.sleep(1)
    before = all_patched()
    with mock.clock.skipping_sleep():
        late = make_module("late")
        escaped, moment, module = app.sleep, app.Moment, app.days
        time.sleep(1)
        app.new = app.sleep
    after = all_patched()

    assert [key for key in before if after[key] is not before[key]] == []
    assert late.nap is late.sleep is app.new is app.time.sleep is app.sleep
    assert late.by_default.__defaults__[0] is escaped
    assert moved_s(mock.clock, lambda: escaped(0.001)) < 5
    assert (moment.now() - module.datetime.now()).total_seconds() < 5
    assert asyncio.run(mixed(mock)) == "real"


async def mixed(mock):
    """Return the result of a sleep that was made while sleeps were skipped, and begins later."""
    with mock.clock.skipping_sleep():
        late = asyncio.sleep(0.001, "real")
    return await late


def test_a_sleep_that_is_awaited_after_the_block_takes_real_time_and_moves_nothing(mock, monkeypatch):
    rests = []

    async def rest(seconds, result=None):
        rests.append(seconds)
        return result

    async def nap():
        with mock.clock.skipping_sleep():
            late = asyncio.sleep(3600, "slept")
        assert await late == "slept"

    monkeypatch.setattr(asyncio, "sleep", rest)
    with mock.clock.frozen():
        assert moved_s(mock.clock, lambda: asyncio.run(nap())) == 0
    assert rests == [3600]


def test_blocks_may_end_in_any_order(mock):
    first, second = mock.clock.skipping_sleep(), mock.clock.skipping_sleep()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert moved_s(mock.clock, lambda: time.sleep(1000)) >= 1000
    second.__exit__(None, None, None)
    assert "mock_jobs" not in repr(time.sleep)


def test_a_stand_in_that_another_patch_has_brought_back_goes_at_its_next_call(mock):
    patch = pytest.MonkeyPatch()
    genuine = time.sleep
    with mock.clock.skipping_sleep():
        patch.setattr(time, "sleep", None)
    patch.undo()
    assert time.sleep is not genuine
    time.sleep(0)
    assert time.sleep is genuine


def test_who_sleeps_when_the_block_ends_sleeps_on_in_real_time(mock, monkeypatch):
    is_asleep, may_go_on, rests = threading.Event(), threading.Event(), []
    monkeypatch.setattr(skipping.OtherThreads, "settle", lambda *_: (is_asleep.set(), may_go_on.wait(PATIENCE)))
    monkeypatch.setattr(time, "sleep", rests.append)

    def end():
        assert is_asleep.wait(PATIENCE)
        block.__exit__(None, None, None)
        may_go_on.set()

    async def nap():
        with mock.clock.skipping_sleep():
            sleeping = asyncio.ensure_future(asyncio.sleep(0.002, "slept"))
            await asyncio.sleep(0)
        return await sleeping

    block = mock.clock.skipping_sleep()
    block.__enter__()
    at_once(lambda: time.sleep(1000), end)
    assert len(rests) == 1 or mock.clock.now_s - time.time() > 900
    assert asyncio.run(nap()) == "slept"
    if rests:
        assert 0 < rests[0] <= 1001


def test_a_forked_child_does_not_wait_for_sleepers_that_are_not_there(skipping_mock, monkeypatch):
    sleepers = skipping._current().sleepers
    monkeypatch.setattr(sleepers, "_is_choosing", True)
    skipping._forget_sleepers()

    assert moved_s(skipping_mock.clock, lambda: time.sleep(60)) == 60
