"""Functions of all kinds that run with a mock active."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, aclosing
from typing import Any

from mock_jobs.core.errors import HIDDEN

__tracebackhide__ = HIDDEN


def decorated(target: Callable[..., Any], entered: Callable[[], AbstractContextManager[object]]) -> Callable[..., Any]:
    """Return a function of the same kind that keeps a mock active while the target runs.

    A generator keeps it active from its first step to its end, so that a fixture may yield.

    Args:
        target: A function, coroutine function, generator function or async generator function.
        entered: Makes the context manager of one run.
    """
    if inspect.iscoroutinefunction(target):

        @functools.wraps(target)
        async def mocked_coroutine(*args: Any, **kwargs: Any) -> Any:
            with entered():
                return await target(*args, **kwargs)

        return mocked_coroutine

    if inspect.isgeneratorfunction(target):

        @functools.wraps(target)
        def mocked_generator(*args: Any, **kwargs: Any) -> Any:
            with entered():
                return (yield from target(*args, **kwargs))

        return mocked_generator

    if inspect.isasyncgenfunction(target):

        @functools.wraps(target)
        async def mocked_async_generator(*args: Any, **kwargs: Any) -> Any:
            with entered():
                async with aclosing(target(*args, **kwargs)) as steps:
                    # By hand: an `async for` passes on neither what is sent nor what is thrown.
                    next_step = anext(steps)
                    while True:
                        try:
                            step = await next_step
                        except StopAsyncIteration:
                            return
                        try:
                            sent = yield step
                        except BaseException as error:  # noqa: BLE001 - the target decides
                            next_step = steps.athrow(error)
                        else:
                            next_step = steps.asend(sent)

        return mocked_async_generator

    @functools.wraps(target)
    def mocked(*args: Any, **kwargs: Any) -> Any:
        with entered():
            return target(*args, **kwargs)

    return mocked
