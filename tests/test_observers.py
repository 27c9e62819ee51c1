from __future__ import annotations

from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from mock_jobs.batch.exceptions import DoesNotExistError
from mock_jobs.handle import world_of


class SpyObserver:
    def __init__(self):
        self.seen = []

    def __call__(self, call, answer):
        self.seen.append((call, answer))


@contextmanager
def observed(world):
    spy = SpyObserver()
    remove = world.observe(spy)
    yield spy
    remove()


def test_an_observer_gets_each_operation_with_its_answer(mock, batch):
    with observed(world_of(mock)) as spy:
        batch.describe_jobs(jobs=["a"])

    ((call, answer),) = spy.seen
    assert (call.service, call.operation, call.parameters, call.error) == ("batch", "DescribeJobs", {"jobs": ["a"]}, None)
    assert (answer.status, answer.body, answer.error) == (200, b'{"jobs":[]}', None)


def test_an_observer_gets_the_error_that_is_answered(mock, batch):
    with observed(world_of(mock)) as spy, pytest.raises(ClientError):
        batch.update_scheduling_policy(arn="arn:aws:batch:eu-west-1:123456789012:scheduling-policy/p")

    ((call, answer),) = spy.seen
    assert call.error == "ClientException"
    assert isinstance(answer.error, DoesNotExistError)


def test_an_observer_gets_faults(mock, batch):
    mock.faults.add("batch", "describe_jobs", "ServerException")
    with observed(world_of(mock)) as spy, pytest.raises(ClientError):
        batch.describe_jobs(jobs=["a"])

    ((call, answer),) = spy.seen
    assert (call.error, answer.status, answer.error) == ("ServerException", 500, None)


def test_an_observer_gets_nothing_that_moto_answers(mock, iot):
    with observed(world_of(mock)) as spy:
        iot.create_thing(thingName="thing")

    assert spy.seen == []


def test_an_observer_outlives_resets_until_it_is_removed(mock, batch):
    with observed(world_of(mock)) as spy:
        mock.reset()
        batch.describe_jobs(jobs=["a"])
    batch.describe_jobs(jobs=["a"])

    assert len(spy.seen) == 1


def test_of_equal_observers_one_is_removed_at_a_time(mock, batch):
    spy = SpyObserver()
    removals = [world_of(mock).observe(spy), world_of(mock).observe(spy)]
    removals[0]()
    batch.describe_jobs(jobs=["a"])
    removals[1]()
    batch.describe_jobs(jobs=["a"])

    assert len(spy.seen) == 1


def test_an_error_of_an_observer_takes_the_place_of_the_answer(mock, batch):
    def refuse(call, _):
        raise AssertionError(call.operation)

    remove = world_of(mock).observe(refuse)

    with pytest.raises(AssertionError, match="DescribeJobs"):
        batch.describe_jobs(jobs=["a"])

    remove()
