"""One activation of the mock: what is replaced while it is active, and put back when it ends."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mock_jobs.core.errors import HIDDEN
from mock_jobs.core.overrides import Override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_jobs.core.setups import SetUp
    from mock_jobs.options import Options
    from mock_jobs.transports.botocore_hook import BotocoreHook

__tracebackhide__ = HIDDEN

_REGION_VARIABLE = "AWS_DEFAULT_REGION"


def _put_region(region: str | None) -> None:
    if region is None:
        os.environ.pop(_REGION_VARIABLE, None)
    else:
        os.environ[_REGION_VARIABLE] = region


_region = Override(lambda: os.environ.get(_REGION_VARIABLE), _put_region)


class Activation:
    """One activation of a mock.

    Args:
        options: What the mock was made with.

    Attributes:
        hook: What answers in process; None before it is entered, and if moto answers from another process.
        is_entered: Whether there is something to put back.
    """

    def __init__(self, options: Options) -> None:
        from mock_jobs.moto_adapters.starts import MotoMock  # noqa: PLC0415 - moto comes when a mock starts

        self._options = options
        self._moto = MotoMock(options.config)
        self.hook: BotocoreHook | None = None
        self.is_entered = False
        self._left = ExitStack()
        self._seeded = ExitStack()

    def enter(self, *, reset: bool) -> None:
        """Replace what has to be replaced, or nothing if that fails.

        Args:
            reset: Whether to delete state that is left from before, if this is the outermost mock.
        """
        from mock_jobs.moto_adapters import core as moto_core  # noqa: PLC0415

        hook: BotocoreHook | None = None
        if moto_core.is_in_process():
            from mock_jobs.transports.botocore_hook import the_hook  # noqa: PLC0415

            hook = the_hook()
        else:
            self._options.check_for_another_process()
        with ExitStack() as seeded:
            if hook is not None:
                hook.begin_seed(self, self._options.seed)
                seeded.callback(hook.end_seed, self)
            self._moto.start(reset=reset)
            try:
                self._enter_started(hook, is_behind_proxy=moto_core.is_behind_proxy())
            except BaseException:
                self._moto.stop()
                raise
            self._seeded = seeded.pop_all()
        self.hook = hook
        self.is_entered = True

    def _enter_started(self, hook: BotocoreHook | None, *, is_behind_proxy: bool) -> None:
        with ExitStack() as entered:
            if hook is not None:
                hook.open()
                entered.callback(hook.close)
            if not is_behind_proxy:
                self._guard_network(entered)
            self._enter_region(self._options.region, entered)
            if hook is not None:
                self._enter_world(hook, entered)
            self._left = entered.pop_all()

    def _enter_world(self, hook: BotocoreHook, entered: ExitStack) -> None:
        options = self._options
        if options.pace is not None:
            # Found before anything begins, since finding it may fail.
            pace_stack = hook.pace_stack
            pace_stack.begin_default(self, options.pace)
            entered.callback(pace_stack.end, self)
        if not options.strict:
            entered.enter_context(hook.world.accepting_unused())
        if options.sleep is not None:
            entered.enter_context(hook.world.clock.skipping_sleep())

    def _enter_region(self, region: str | None, entered: ExitStack) -> None:
        if region is not None:
            _region.begin(self, region)
            entered.callback(_region.end, self)

    def _guard_network(self, entered: ExitStack) -> None:
        from mock_jobs.transports.network_guard import network_guard  # noqa: PLC0415

        network_guard.open()
        entered.callback(network_guard.close)

    def leave(self, *, remove_data: bool) -> None:
        """Put everything back.

        Args:
            remove_data: Whether to delete all state, if this is the outermost mock.
        """
        with self._seeded as last:
            if self.hook is not None:
                last.callback(self.hook.tidy)
            last.callback(self._moto.stop, remove_data=remove_data)
            last.callback(self._left.close)

    def take_unused(self) -> Sequence[SetUp]:
        """Return what nothing has used and nobody was told of."""
        return () if self.hook is None else self.hook.world.take_unused()

    def reset(self) -> None:
        """Delete all state."""
        self._moto.reset()
