"""Ids and chances repeat with a seed: ours and moto's, in process and in a server."""

from __future__ import annotations

from random import Random

import boto3
import pytest
import requests
from moto import mock_aws
from moto.moto_api._internal import mock_random

from mock_jobs import MockJobsServer, UsageTypeError, UsageValueError, cli, mock_jobs
from mock_jobs.core.seed import Seed

from support.batch_site import Site
from support.server import ACCOUNT_A, ACCOUNT_B, client_of


def _ids(batch=None):
    """Return an id of ours and one of moto's."""
    batch = batch or boto3.client("batch", "us-east-1")
    Site(batch).make_queue_and_definition()
    submitted = batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")
    return submitted["jobId"], submitted["ResponseMetadata"]["RequestId"], mock_random.uuid4()


@pytest.fixture
def moto_is_by_chance():
    """Check that moto's generator is not left in a state that repeats."""
    yield
    assert mock_random.getrandbits(64) not in [Random(seed).getrandbits(64) for seed in range(10)]
    assert "seed" not in vars(mock_random)


def _of_a_mock(**options):
    with mock_jobs(region="us-east-1", **options) as mock:
        return mock.seed, _ids()


@pytest.mark.usefixtures("moto_is_by_chance")
def test_ids_repeat_with_the_seed_and_only_with_it():
    seeded = _of_a_mock(seed=1)

    assert seeded[0] == 1
    assert _of_a_mock(seed=1) == seeded
    assert not set(_of_a_mock(seed=2)[1]) & set(seeded[1])
    assert not set(_of_a_mock()[1]) & set(seeded[1])


@pytest.mark.usefixtures("moto_is_by_chance")
def test_a_mock_without_a_seed_draws_one_that_repeats_its_ids():
    drawn, (job_id, request_id, _) = _of_a_mock()

    assert 0 <= drawn < 1 << 32
    assert _of_a_mock(seed=drawn)[1][:2] == (job_id, request_id)
    assert _of_a_mock()[0] != drawn


@pytest.mark.usefixtures("moto_is_by_chance")
def test_a_reset_begins_the_seed_anew():
    with mock_jobs(region="us-east-1", seed=1) as mock:
        first = _ids()
        mock.reset()

        assert (mock.seed, _ids()) == (1, first)


@pytest.mark.usefixtures("moto_is_by_chance")
@pytest.mark.parametrize(
    "seed",
    [lambda: mock_random.seed(7), lambda: requests.post("https://motoapi.amazonaws.com/moto-api/seed?a=7", timeout=5)],
    ids=["in process", "by a request"],
)
def test_the_seed_of_moto_is_the_seed_of_all(seed):
    found = []
    for _ in range(2):
        with mock_jobs(region="us-east-1") as mock:
            seed()
            found.append((mock.seed, _ids()))

    assert found == [(7, found[0][1])] * 2
    assert _of_a_mock(seed=7) == found[0]


@pytest.mark.parametrize(("given", "heard"), [(-7, 7), ("seven", None), (7.5, None)])
def test_other_seeds_of_moto_repeat_too(mock, given, heard):
    mock_random.seed(given)
    first = mock.seed
    mock_random.seed(1)
    mock_random.seed(given)

    assert mock.seed == first
    assert first == heard or (heard is None and first >= 0)


def test_moto_without_a_seed_lets_the_next_reset_draw(mock):
    mock_random.seed(7)
    mock_random.seed()
    assert mock.seed == 7

    mock.reset()

    assert mock.seed != 7


@pytest.mark.usefixtures("moto_is_by_chance")
def test_the_outermost_mock_has_the_seed():
    with mock_jobs(seed=1) as outer:
        with mock_jobs() as inner, mock_jobs(seed=1):
            assert (inner.seed, outer.seed) == (1, 1)
        with pytest.raises(UsageValueError, match="draws its ids from the seed 1 already: give seed=2 to the outermost mock"):
            mock_jobs(seed=2).start()
        assert outer.seed == 1
    with mock_jobs(seed=2) as later:
        assert later.seed == 2


@pytest.mark.usefixtures("moto_is_by_chance")
@pytest.mark.parametrize("around", ["nothing", "mock_aws"])
def test_state_that_is_kept_goes_on_with_the_seed(around):
    """The class decorator keeps what setUp has made, so no id may come twice."""
    outer = mock_aws()
    if around == "mock_aws":
        outer.start()
    mock = mock_jobs(region="us-east-1", seed=1)
    mock.start()
    first = _ids()
    mock.stop(remove_data=False)
    mock.start(reset=False)
    batch = boto3.client("batch")
    second = batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")["jobId"], mock_random.uuid4()
    statuses = {each["jobId"] for each in batch.describe_jobs(jobs=[first[0], second[0]])["jobs"]}
    mock.stop()
    if around == "mock_aws":
        outer.stop()

    assert not set(first) & set(second)
    assert len(statuses) == 2


@pytest.mark.parametrize(("seed", "error"), [(-1, UsageValueError), ("1", UsageTypeError), (True, UsageTypeError)])
def test_a_seed_is_a_whole_number(seed, error):
    for make in (mock_jobs, MockJobsServer):
        with pytest.raises(error, match="seed must be"):
            make(seed=seed)


def test_a_seed_out_of_reach_is_refused(monkeypatch):
    monkeypatch.setattr("moto.settings.TEST_SERVER_MODE", True)

    with pytest.raises(UsageValueError, match=r"seed cannot be set from here; POST to /moto-api/seed\?a=5"):
        mock_jobs(seed=5).start()


@pytest.mark.usefixtures("moto_is_by_chance")
def test_each_account_of_a_server_has_the_seed():
    found = []
    for _ in range(2):
        with MockJobsServer(seed=3) as server:
            found.append([_ids(client_of(server, "batch", account))[0] for account in (ACCOUNT_A, ACCOUNT_B)])
            assert server.account(ACCOUNT_A).seed == 3
            requests.post(f"{server.url}/moto-api/seed?a=4", timeout=5)
            assert [server.account(each).seed for each in (ACCOUNT_A, ACCOUNT_B, "333333333333")] == [4, 4, 4]

    assert found == [[found[0][0]] * 2] * 2


def test_the_command_takes_a_seed():
    assert cli.parser().parse_args(["server", "--seed", "5"]).seed == 5
    assert cli.parser().parse_args(["server"]).seed is None


def test_the_plugin_takes_a_seed(pytester):
    pytester.makeini("[pytest]\nmock_jobs_seed = 5")
    pytester.makepyfile("""
        import pytest

        def test_of_the_file(mock_jobs):
            assert mock_jobs.seed == 5

        @pytest.mark.mock_jobs(seed=6)
        def test_of_the_marker(mock_jobs):
            assert mock_jobs.seed == 6
    """)
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=2)
    pytester.makeini("[pytest]\nmock_jobs_seed = five")

    result = pytester.runpytest("-p", "no:cacheprovider")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*the ini option mock_jobs_seed must be a whole number, got 'five'"])


def test_a_drawn_seed_changes_at_each_reset():
    seed = Seed(None)
    first = seed.value
    seed.reset()

    assert seed.value != first
