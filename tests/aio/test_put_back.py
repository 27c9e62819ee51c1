"""What a mock replaces for aiobotocore is put back, in whatever order mocks end."""

from __future__ import annotations

import asyncio
import itertools
import threading

import aiobotocore.credentials
import aiobotocore.session
import pytest
from aiobotocore.config import AioConfig
from aiobotocore.endpoint import AioEndpoint
from aiobotocore.hooks import AioHierarchicalEmitter
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.httpxsession import HttpxSession
from aiobotocore.signers import AioRequestSigner
from moto.core.botocore_stubber import BotocoreStubber

from mock_jobs import mock_jobs

from support import process_state
from support.constants import REGION
from support.process_state import changes, patched, snapshot
from support.threads import PATIENCE

ORDERS = [order for order in itertools.product(range(3), repeat=6) if sorted(order) == [0, 0, 1, 1, 2, 2]]
"""Each of three mocks is named twice: at its start and at its end."""
REPLACED = [(AioEndpoint, "_send"), (aiobotocore.session, "get_session"), (BotocoreStubber, "__call__")]
SIGNING = [(AioRequestSigner, "get_auth_instance"), (AioRequestSigner, "get_auth")]


def seen():
    """Return what mocks replace, here and in boto3, and classes of aiobotocore that they leave alone."""
    found = {str(owner): dict(vars(owner)) for owner, _ in REPLACED + SIGNING}
    found.update(
        {
            str(owner): dict(vars(owner))
            for owner in (AIOHTTPSession, HttpxSession, AioHierarchicalEmitter, aiobotocore.credentials)
        }
    )
    return {**found, **patched()}


def values(attributes):
    return [vars(owner)[name] for owner, name in attributes]


async def use(http_session):
    session = aiobotocore.session.get_session()
    config = AioConfig(http_session_cls=http_session)
    async with session.create_client("iot", REGION, config=config) as iot, session.create_client("s3", REGION) as s3:
        await iot.list_jobs()
        await s3.list_buckets()


def await_threads_of_anyio():
    """They end soon after their event loop."""
    for thread in threading.enumerate():
        if thread.name.startswith("AnyIO"):
            thread.join(PATIENCE)


@pytest.fixture(autouse=True)
def _loaded():
    """What the first mock of a process loads is loaded by then."""
    with mock_jobs():
        for http_session in (AIOHTTPSession, HttpxSession):
            asyncio.run(use(http_session))


def test_a_mock_replaces_and_puts_back():
    before, genuine, signing = seen(), values(REPLACED), values(SIGNING)

    with mock_jobs():
        assert not [each for each, was in zip(values(REPLACED), genuine, strict=True) if each is was]
        assert not [each for each, was in zip(values(SIGNING), signing, strict=True) if each is was]

    assert changes(before, seen()) == []
    assert values(REPLACED + SIGNING) == genuine + signing


def test_signers_stay_as_they_are_if_moto_shall_not_fake_credentials():
    signing = values(SIGNING)

    with mock_jobs(config={"core": {"mock_credentials": False}}):
        assert values(SIGNING) == signing


def test_three_mocks_may_start_and_end_in_any_order():
    before, genuine = seen(), values(REPLACED)
    options = [{"region": "eu-west-1"}, {"pace": "manual"}, {"pace": "clock"}]
    for order in ORDERS:
        mocks, active = [mock_jobs(**each) for each in options], set()
        for number in order:
            mocks[number].stop() if number in active else mocks[number].start()
            active ^= {number}
            is_replaced = [each is not was for each, was in zip(values(REPLACED), genuine, strict=True)]
            assert set(is_replaced) == {bool(active)}, order
        assert changes(before, seen()) == [], order


@pytest.mark.parametrize("http_session", [AIOHTTPSession, HttpxSession])
def test_using_clients_leaves_the_process_as_it_was(monkeypatch, http_session):
    packages = (*process_state.PACKAGES, "aiobotocore", "anyio", "httpcore", "trio")
    monkeypatch.setattr(process_state, "PACKAGES", packages)
    await_threads_of_anyio()
    before = snapshot()

    with mock_jobs(region=REGION), mock_jobs():
        asyncio.run(use(http_session))
    await_threads_of_anyio()

    assert changes(before, snapshot()) == []


def handlers_of(session, events):
    """Return by name what a session calls; some handlers are made anew for each session."""
    emitter = session.get_component("event_emitter")._emitter
    assert type(emitter) is AioHierarchicalEmitter
    return {
        event: [getattr(each, "__qualname__", type(each)) for each in emitter._handlers.prefix_search(event)] for event in events
    }


def test_sessions_share_no_handlers_and_have_those_that_they_have_without_a_mock():
    events = ("before-send.iot.CreateJob", "before-parameter-build.s3.PutObject", "creating-client-class.s3")
    before = handlers_of(aiobotocore.session.get_session(), events)

    with mock_jobs():
        first, second = aiobotocore.session.get_session(), aiobotocore.session.get_session()
        first.register("before-send.iot.CreateJob", lambda **_: None)
        found, others = handlers_of(second, events), handlers_of(first, events)

    assert found == before
    assert len(others["before-send.iot.CreateJob"]) == len(before["before-send.iot.CreateJob"]) + 1
