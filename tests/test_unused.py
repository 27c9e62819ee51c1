"""A plan, a fault or a refusal that nothing has used fails the test, and says what there was instead."""

from __future__ import annotations

import asyncio
import inspect
import unittest
import warnings

import boto3
import moto
import pytest
import requests

from mock_jobs import (
    MockJobs,
    MockJobsServer,
    UnusedError,
    UnusedWarning,
    UsageTypeError,
    UsageValueError,
    current_mock,
    mock_jobs,
)

from support.batch import UNKNOWN_ID
from support.batch_site import Site
from support.constants import ACCOUNT, NO_RETRIES, REGION
from support.needs import needs

ADVICE = "Mend or remove it, or say optional=True where it is set up; strict=False for the mock accepts all."


def plan(name="never", **more):
    return current_mock().batch.plan(name, **more)


# What is told


def load(run):
    return None


@pytest.fixture(scope="class")
def jobs():
    """Jobs of all kinds: some have run, some never will."""
    with mock_jobs(region=REGION, pace="manual", strict=False) as mock:
        site = Site(boto3.client("batch", config=NO_RETRIES), mock)
        site.make_queue_and_definition()
        site.make_nodes()
        site.make_service_queue_and_environment()
        mock.batch.plan("early", optional=True)
        ran = [site.submit("Etl-1"), site.submit("load", size=2), site.submit("nodes", jobDefinition="m")]
        ran += [site.submit(f"other-{number}") for number in range(6)]
        ran.append(site.submit_service("train"))
        mock.batch.run_all()
        for _ in range(2):
            site.submit("late")
        yield mock


CASES = {
    "no such name": (
        [("jobs-*", {"exit_code": 3})],
        "plan('jobs-*', exit_code=3) matched no attempt; jobs that ran: nodes, other-0, other-1, other-2, other-3 and 5 more",
    ),
    "another case": (
        [("etl-*", {})],
        "jobs that ran: Etl-1, other-0, other-1, other-2, other-3 and 5 more (patterns are case-sensitive)",
    ),
    "no run": ([("late", {"duration": None})], "2 jobs match and did not run: late is SUBMITTED, late is SUBMITTED"),
    "no such attempt": (
        [("load", {"attempt": 2, "host_lost": True})],
        "matched no attempt; 2 jobs match and did not make so many attempts: load:0 made 1, load:1 made 1",
    ),
    "another queue": ([("Etl-*", {"queue": "p"})], "the name fits, but not queue: Etl-1"),
    "another definition": ([("Etl-*", {"definition": "m"})], "the name fits, but not definition: Etl-1"),
    "no such child": ([("load", {"array_index": 2, "queue": "q"})], "the name fits, but not array_index: load:0, load:1"),
    "no such node": ([("nodes", {"node_index": 3})], "the name fits, but not node_index: nodes, nodes#1, nodes#2"),
    "not all at once": (
        [("*", {"array_index": 1, "node_index": 1})],
        "the name fits, but not all of array_index, node_index: Etl-1, load:0, load:1, nodes, nodes#1 and 9 more",
    ),
    "a service job": (
        [("train", {"run": load})],
        "plan('train', run=load) matched no attempt; the name fits, but not run: train",
    ),
    "too late": ([("Etl-1", {})], "it was added when the attempts that match had started already: Etl-1"),
    "a later plan": (
        [("Etl-1", {"attempt": 1}), ("*", {"logs": ["a", "b", "c", "d"], "optional": True})],
        "plan('*', logs=['a', 'b', 'c', ...]) was added later and matches too, so it came first for Etl-1",
    ),
}


class TestText:
    @pytest.mark.parametrize(("plans", "text"), CASES.values(), ids=CASES)
    def test_says_why_no_attempt_has_followed_a_plan(self, jobs, plans, text):
        made = [jobs.batch.plan(name, **asked) for name, asked in plans]

        assert made[0].unused_text().endswith(text)
        for each in made:
            each.remove()


def test_the_text_tells_of_jobs_that_were_only_submitted_or_of_none(mock, batch):
    never = plan(optional=True)
    assert never.unused_text() == "plan('never') matched no attempt; no job was submitted"
    mock.batch.pace = "manual"
    site = Site(batch)
    site.make_queue_and_definition()
    site.submit("once")

    assert never.unused_text().endswith("no job ran; jobs that were submitted: once")


@needs("batch CancelJobs")
def test_the_text_says_which_requests_a_refusal_did_not_meet(mock, batch):
    refusal = mock.batch.refuse(UNKNOWN_ID, "AccessDenied", optional=True)
    start = f"refuse({UNKNOWN_ID!r}, 'AccessDenied') met no request; "
    bulk = "CancelJobs, TerminateJobs, TerminateServiceJobs"
    assert refusal.unused_text() == f"{start}there was no request of {bulk}"
    other = UNKNOWN_ID.replace("1", "2")
    batch.cancel_jobs(jobs=[other], reason="r")
    assert refusal.unused_text() == f"{start}{bulk} named: {other}"

    batch.terminate_job(jobId=UNKNOWN_ID, reason="r")

    assert refusal.unused_text() == f"{start}TerminateJob has no list of errors; only {bulk} have one"


def told(act):
    """Return the error at the end of a mock in which something happens."""
    with pytest.raises(UnusedError) as caught:
        in_a_block(act)
    return caught.value


def test_one_error_lists_all_that_is_unused():
    made = []

    def act():
        mock = current_mock()
        made.append(mock.faults.add("batch", "cancel_job", "ServerException"))
        made.extend([plan(), plan("other"), mock.batch.refuse(UNKNOWN_ID, "AccessDenied")])
        assert mock.unused == tuple(made)
        made.append([f"{each.unused_text()} (set up at {each.place})" for each in made])

    error = told(act)

    texts = made.pop()
    assert str(error).split("\n") == ["4 set-ups were not used", *(f"{n}. {text}" for n, text in enumerate(texts, 1)), ADVICE]
    assert error.setups == tuple(made)
    line = inspect.getsourcelines(act)[1] + 2
    assert made[0].place == f"test_unused.py:{line}"
    assert made[3].place == f"test_unused.py:{line + 1}"


# What counts as used


def test_each_attempt_child_node_and_service_job_counts_once(mock, batch):
    site = Site(batch)
    site.make_queue_and_definition()
    site.make_nodes()
    site.make_service_queue_and_environment()
    kinds = {name: mock.batch.plan(name) for name in ("load", "nodes", "train")}
    first = mock.batch.plan("retried", attempt=1, start_failure="CannotPullContainerError")
    second = mock.batch.plan("retried", attempt=2)
    site.submit("load", size=3)
    site.submit("nodes", jobDefinition="m")
    site.submit_service("train")
    site.submit("retried", retryStrategy={"attempts": 2})

    mock.batch.run_all()

    assert {name: each.used for name, each in kinds.items()} == {"load": 3, "nodes": 3, "train": 1}
    assert (first.used, second.used) == (1, 1)
    assert repr(first) == "<plan('retried', attempt=1, start_failure='CannotPullContainerError'), used once>"
    assert repr(kinds["load"]) == "<plan('load'), used 3 times>"
    assert mock.unused == ()


@needs("batch CancelJobs")
def test_plans_and_refusals_are_listed_and_removed(mock, batch):
    one, two = plan("one"), plan("two")
    refusal = mock.batch.refuse(UNKNOWN_ID, "AccessDenied", times=None)
    assert mock.batch.plans == (two, one)
    assert mock.batch.refusals == (refusal,)
    codes = [batch.cancel_jobs(jobs=[UNKNOWN_ID], reason="r")["errors"][0]["code"] for _ in range(3)]
    assert (codes, refusal.used, refusal.times) == (["AccessDenied"] * 3, 3, None)
    assert repr(refusal) == f"<refuse({UNKNOWN_ID!r}, 'AccessDenied'), used 3 times>"

    for each in (one, two, refusal, one):
        each.remove()

    assert (mock.batch.plans, mock.batch.refusals) == ((), ())
    assert batch.cancel_jobs(jobs=[UNKNOWN_ID], reason="r")["errors"] == []


def test_removing_a_refusal_that_was_replaced_leaves_the_other(mock):
    replaced = mock.batch.refuse(UNKNOWN_ID, "AccessDenied")
    other = mock.batch.refuse(UNKNOWN_ID, "ServerException", optional=True)

    replaced.remove()

    assert mock.batch.refusals == (other,)


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plan("nightly job"), UsageValueError, "no job has such a name"),
        (lambda: plan(""), UsageValueError, "no job has such a name"),
        (lambda: plan(optional=1), UsageTypeError, "optional must be True or False"),
        (lambda: current_mock().batch.refuse("nightly", "AccessDenied"), UsageValueError, "must be the id or the ARN of a job"),
        (lambda: MockJobs(strict="no"), UsageTypeError, "strict must be True or False"),
    ],
)
@pytest.mark.usefixtures("mock")
def test_what_can_never_be_used_is_refused_at_once(act, error, text):
    with pytest.raises(error, match=text):
        act()


# Where it is told


def in_a_block(act):
    with mock_jobs(region=REGION):
        act()


def by_stop(act):
    mock = mock_jobs(region=REGION)
    mock.start()
    act()
    mock.stop()


def in_a_function(act):
    mock_jobs(region=REGION)(act)()


def in_a_coroutine_function(act):
    async def run():
        act()

    asyncio.run(mock_jobs(region=REGION)(run)())


def in_a_generator_function(act):
    def run():
        yield act()

    list(mock_jobs(region=REGION)(run)())


def in_nested_mocks(act):
    with mock_jobs(region=REGION), mock_jobs():
        act()


def inside_of_motos_mock(act):
    with moto.mock_aws(), mock_jobs(region=REGION):
        act()


ENDS = [
    in_a_block,
    by_stop,
    in_a_function,
    in_a_coroutine_function,
    in_a_generator_function,
    in_nested_mocks,
    inside_of_motos_mock,
]


@pytest.mark.parametrize("whole", ENDS)
def test_the_end_of_the_outermost_mock_raises_it(whole):
    with pytest.raises(UnusedError, match=r"plan\('never'\)"):
        whole(plan)

    # Nothing is left over, and the mock has ended.
    in_a_block(lambda: None)


@pytest.mark.parametrize(
    "act",
    [
        lambda: plan(optional=True),
        lambda: plan().remove(),
        lambda: (plan(), current_mock().reset()),
        lambda: (
            plan(),
            current_mock().faults.add("iot", "list_jobs", "ThrottlingException"),
            requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=5),
        ),
    ],
    ids=["optional", "removed", "reset", "reset by moto"],
)
def test_what_is_optional_removed_or_reset_is_not_told(act):
    in_a_block(act)


def test_an_error_of_the_body_comes_alone():
    def fail():
        plan()
        raise LookupError

    with pytest.raises(LookupError) as caught:
        in_a_block(fail)

    assert caught.value.__context__ is None


def test_a_generator_that_is_closed_before_its_end_is_not_checked():
    @mock_jobs(region=REGION)
    def run():
        yield plan()

    running = run()
    next(running)
    running.close()


def test_a_mock_that_is_not_strict_accepts_what_is_set_up_inside_of_it():
    made = []

    def act():
        made.append(plan())
        with mock_jobs(strict=False):
            plan()
        made.append(plan())

    assert told(act).setups == tuple(made)
    with mock_jobs(region=REGION, strict=False):
        plan()


def test_each_is_told_once_although_the_state_stays():
    with moto.mock_aws():
        told(plan)
        error = told(lambda: (plan("other"), requests))

    assert [each.name for each in error.setups] == ["plan('other')"]


def test_state_that_is_kept_is_checked_later():
    mock = mock_jobs(region=REGION)
    mock.start()
    kept = plan()
    mock.stop(remove_data=False)

    mock.start(reset=False)
    with pytest.raises(UnusedError) as caught:
        mock.stop()

    assert caught.value.setups == (kept,)


# Test runners


@mock_jobs(region=REGION)
class Cases(unittest.TestCase):
    def setUp(self):
        self.plan = plan()

    def tearDown(self):
        self.plan.remove()

    def test_used_in_the_test(self):
        self.plan.used = 1

    def test_unused(self):
        pass

    def test_failing(self):
        raise LookupError

    def test_skipped(self):
        self.skipTest("not here")

    def test_failing_in_a_part(self):
        with self.subTest():
            raise LookupError

    @unittest.expectedFailure
    def test_expected_to_fail(self):
        raise LookupError

    @unittest.expectedFailure
    def test_unexpected_success(self):
        pass


class Cleaning(unittest.TestCase):
    def setUp(self):
        mock = mock_jobs(region=REGION)
        mock.start()
        self.addCleanup(mock.stop)
        plan()

    def test_passing(self):
        pass

    def test_failing(self):
        raise LookupError


Cases.__test__ = Cleaning.__test__ = False


@pytest.mark.parametrize(
    ("case", "errors"),
    [
        (
            Cases,
            {"test_unused": "UnusedError", "test_failing": "LookupError", "test_failing_in_a_part": "LookupError"},
        ),
        (Cleaning, {"test_passing": "UnusedError", "test_failing": "LookupError"}),
    ],
)
def test_a_test_of_unittest_hears_of_it_at_its_end_unless_it_has_failed(case, errors):
    result = unittest.TestResult()

    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)

    told = [(str(test).split(" ")[0], text.strip().splitlines()) for test, text in result.errors + result.failures]
    assert sorted(name for name, _ in told) == sorted(errors)
    for name, lines in told:
        assert any(line.removeprefix("mock_jobs.core.errors.").startswith(errors[name]) for line in lines), lines
    assert (len(result.skipped), len(result.expectedFailures), len(result.unexpectedSuccesses)) == (
        (1, 1, 1) if case is Cases else (0, 0, 0)
    )


INSIDE = """
import unittest
import pytest
from mock_jobs import current_mock, mock_jobs as decorate

def unused():
    current_mock().batch.plan("never")

# passed or failed, and an error at the teardown

def test_fixture_error(mock_jobs):
    unused()

@pytest.mark.mock_jobs
def test_marker_error():
    unused()

@pytest.fixture
def own():
    with decorate(region="us-east-1") as mock:
        yield mock

def test_own_error(own):
    unused()

@pytest.mark.xfail(False, reason="never", strict=True)
def test_no_xfail_error(own):
    unused()

def test_decorated_fails():
    with decorate(region="us-east-1"):
        unused()

# no error

@pytest.mark.mock_jobs(strict=False)
def test_lenient():
    unused()

def test_own_fails(own):
    unused()
    assert False

def test_part_fails(own, subtests):
    unused()
    with subtests.test():
        assert False

def test_skipped(own):
    unused()
    pytest.skip("no")

def test_xfail(own):
    unused()
    pytest.xfail("no")

@pytest.mark.xfail(strict=True)
def test_marked_xfail(own):
    unused()
    assert False

@pytest.mark.xfail("True", reason="text")
def test_marked_xpass(own):
    unused()

@pytest.mark.xfail(condition=True, reason="the body alone would hide it")
@decorate(region="us-east-1")
def test_decorated_xpass():
    unused()

# wider scopes

class TestClass:
    @classmethod
    def setup_class(cls):
        cls.mock = decorate(region="us-east-1")
        cls.mock.start()

    @classmethod
    def teardown_class(cls):
        cls.mock.stop()

    def test_class(self):
        self.mock.batch.plan("class")

left = decorate(region="us-east-1")

def test_begin():
    left.start()
    left.batch.plan("left")

def test_end():
    left.stop()

@pytest.fixture(scope="module")
def wide():
    with decorate(region="us-east-1") as mock:
        yield mock

def test_wide(wide):
    wide.batch.plan("wide")
"""


@pytest.mark.parametrize("is_strict", [True, False])
def test_pytest_hears_of_it_at_the_teardown_unless_the_test_has_failed(pytester, is_strict):
    if not is_strict:
        pytester.makeini("[pytest]\nmock_jobs_strict = false\n")
    text = INSIDE.replace("subtests", "own") if is_old_pytest() else INSIDE
    pytester.makepyfile(text.replace("with own.test():", "if True:"))

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", "-rA", "--tb=short", "-W", "always")

    listed = {line.split(" - ")[0] for line in result.outlines if line.startswith(("ERROR ", "FAILED ", "SUBFAILED"))}
    names = {line.rpartition("::")[2] for line in listed if line.startswith("ERROR ")}
    by_ini = {"test_fixture_error", "test_marker_error"} if is_strict else set()
    assert names == {"test_own_error", "test_no_xfail_error"} | by_ini
    result.assert_outcomes(
        errors=len(names),
        failed=3 if is_old_pytest() else 4,
        passed=result.parseoutcomes()["passed"],
        skipped=1,
        xfailed=2,
        xpassed=2,
        warnings=4,
    )
    shown = result.stdout.str()
    assert "AssertionError" not in shown.replace("UnusedError", "")[: shown.index("FAILURES")]
    assert (
        shown.count("E   mock_jobs.core.errors.UnusedError: plan('never') matched no attempt; no job was submitted")
        == len(names) + 1
    )
    assert "MockJobsWarning: this test has started a mock and has not stopped it" in shown
    for name in ("wide", "class", "left"):
        assert f"UnusedWarning: plan({name!r}) matched no attempt" in shown
    for ours in ("mock_jobs/mock.py:", "core/setups.py:"):
        assert ours not in shown.partition("warnings summary")[0]


def is_old_pytest():
    return int(pytest.__version__.split(".")[0]) < 9


# A server


def test_a_server_raises_nothing_and_lists_it():
    with MockJobsServer() as server, warnings.catch_warnings():
        warnings.simplefilter("error", UnusedWarning)
        handle = server.account(ACCOUNT)
        made = handle.batch.plan("never", run=load, duration=None)
        handle.batch.refuse(UNKNOWN_ID, "AccessDenied", times=2, optional=True)

        def read(name):
            return requests.get(f"{server.url}/mock-jobs-api/{name}?account={ACCOUNT}", timeout=5).json()[name.rpartition("/")[2]]

        assert read("unused") == [made.unused_text()]
        (shown,) = read("batch/plans")
        assert {name: shown[name] for name in ("job_name", "run", "duration", "used", "optional")} == {
            "job_name": "never",
            "run": "load",
            "duration": None,
            "used": 0,
            "optional": False,
        }
        assert read("batch/refusals") == [
            {
                "job_id": UNKNOWN_ID,
                "code": "AccessDenied",
                "message": "AccessDenied, asked for by the test",
                "times": 2,
                "optional": True,
                "used": 0,
            }
        ]
        assert handle.unused == (made,)
