"""Long polls of coroutines: the other tasks go on while a poll of SQS waits for a message."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from mock_jobs.core.errors import HIDDEN, NotActiveError
from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.moto_adapters import polls

__tracebackhide__ = HIDDEN

ResultT = TypeVar("ResultT")

# A message that another task sends is found so much later at most.
_INTERVAL_S: Final = 0.02


async def answer_poll(answer: Callable[[Any], Awaitable[ResultT] | None], request: Any) -> ResultT | None:
    """Answer a request to SQS. If it has to wait for a message, look again and again until its time is up.

    Args:
        answer: Answers a request; returns None if it goes to the network.
        request: The request, in botocore's form.

    Raises:
        NotActiveError: The mock has ended meanwhile.
    """
    begin = time.monotonic()
    is_last = False
    while True:
        try:
            with polls.looking_once(is_last=is_last):
                answered = answer(request)
        except polls.MustWaitError as error:  # noqa: PERF203 - it waits anyway
            left_s = begin + error.seconds - time.monotonic()
            await _pause(min(max(left_s, 0), _INTERVAL_S))
            is_last = left_s <= _INTERVAL_S
            if not moto_core.stubber.enabled:
                raise NotActiveError("the mock has ended while this long poll of SQS waited for a message") from None
        else:
            return None if answered is None else await answered


async def _pause(seconds: float) -> None:
    """Sleep in real time."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        await trio.sleep(seconds)
    else:
        await asyncio.sleep(seconds)
