"""Long polls of coroutines: the other tasks go on while a poll of SQS waits for a message."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final, TypeVar

from mock_jobs.core.errors import HIDDEN
from mock_jobs.moto_adapters import polls
from mock_jobs.transports.either_response import running_trio

__tracebackhide__ = HIDDEN

ResultT = TypeVar("ResultT")

# FIPS, endpoints in a VPC and the older names included. A bucket of such a name comes to no harm.
_QUEUES: Final = re.compile(r"https?://[^/]*(?:sqs|queue\.amazonaws)")
# A message that another task sends is found so much later at most.
_INTERVAL_S: Final = 0.02
# What only time changes, such as a message that becomes visible, is found so much later at most.
_MOST_S: Final = 0.5


def may_wait(url: str) -> bool:
    """Return whether a request may be a long poll."""
    return _QUEUES.match(url) is not None


async def answer_poll(answer: Callable[[], ResultT], check: Callable[[], None]) -> ResultT:
    """Answer a request to SQS. If it has to wait for a message, look again and again until its time is up.

    Args:
        answer: Answers the request.
        check: Called after each pause; raises if the mock of the request has ended.
    """
    begin = _time()
    is_last = False
    while True:
        try:
            with polls.looking_once(is_last=is_last):
                return answer()
        except polls.MustWaitError as waiting:  # noqa: PERF203 - it waits anyway
            left_s = begin + waiting.seconds - _time()
            await _wait(min(left_s, _MOST_S), waiting.has_news)
            is_last = left_s <= _MOST_S
            check()


async def _wait(seconds: float, has_news: Callable[[], bool]) -> None:
    end = _time() + seconds
    while (left_s := end - _time()) > 0 and not has_news():
        await _pause(min(left_s, _INTERVAL_S))
    # Once at least
    await _pause(0)


def _time() -> float:
    # The clocks by which the pauses end: tools that freeze the time of the code under test leave them.
    trio = running_trio()
    return asyncio.get_running_loop().time() if trio is None else float(trio.current_time())


async def _pause(seconds: float) -> None:
    """Sleep in real time."""
    trio = running_trio()
    await (asyncio if trio is None else trio).sleep(seconds)
