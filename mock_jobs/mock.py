"""`mock_jobs`: the mock as decorator, context manager and class decorator, in place of moto's `mock_aws`."""

from __future__ import annotations

import functools
import inspect
import unittest
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from mock_jobs.activation import Activation
from mock_jobs.core import losses
from mock_jobs.core.errors import HIDDEN, MockJobsWarning, NotActiveError, UsageTypeError
from mock_jobs.core.failures import log_late, report
from mock_jobs.core.process import start_lock
from mock_jobs.core.setups import Nest, complain
from mock_jobs.decorated import decorated
from mock_jobs.handle import Handle
from mock_jobs.options import Options
from mock_jobs.reporting import watched

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig

    from mock_jobs.batch.scenario.pace import PaceName
    from mock_jobs.core.failures import Failed
    from mock_jobs.core.world import World
    from mock_jobs.options import SleepName

__tracebackhide__ = HIDDEN

P = ParamSpec("P")
T = TypeVar("T")
ClassT = TypeVar("ClassT", bound=type)


class MockJobs(Handle):
    """A mock of AWS: moto's `mock_aws`, with AWS IoT Jobs and AWS Batch as AWS documents them.

    `mock_jobs()` returns it. Use it in a `with` block, as a decorator of functions, coroutine functions and classes, or with
    `start` and `stop`. While it is active it is the handle of its world: `clock`, `faults`, `calls`, `events`, `batch`, `iot`.

    Mocks nest, with each other and with `mock_aws`. All active mocks share one state, which is deleted when the outermost
    one ends.

    Args:
        config: moto's configuration, as for `mock_aws`.
        region: Region of clients that name none; None leaves the environment as it is.
        pace: What moves Batch jobs: `poll`, `clock` or `manual`; None means `poll`.
        seed: Makes ids repeat, as `mock_jobs` takes it; None draws a seed.
        sleep: `skip` lets sleeps move the mock's clock and take no time, as `mock.clock.skipping_sleep()` does; None changes nothing.
        strict: Whether a plan, fault or refusal that nothing has used is an error when the outermost mock ends. False accepts
            those that are set up while this mock is active.

    Attributes:
        region: The region that was given, or None.
    """

    def __init__(
        self,
        config: DefaultConfig | None = None,
        *,
        region: str | None = None,
        pace: PaceName | None = None,
        seed: int | None = None,
        sleep: SleepName | None = None,
        strict: bool = True,
    ) -> None:
        self._options = Options(config, region, pace, seed, sleep, strict).checked()
        self.region = region
        self._active: list[Activation] = []

    # The handle

    @property
    def _why_absent(self) -> str:  # type: ignore[override]  # a property in place of a constant
        return "moto answers in another process" if self._active else "not active"

    @property
    def _world(self) -> World:
        """The state that this mock controls.

        Raises:
            NotActiveError: The mock is not active, or moto answers from another process (TEST_SERVER_MODE).
        """
        if not self._active:
            raise NotActiveError("this mock is not active: enter it first, with a `with` block, the decorator or start()")
        hook = self._active[-1].hook
        if hook is None:
            raise NotActiveError(
                "the mock answers from another process (TEST_SERVER_MODE or proxy mode), whose clock and state are out of reach"
            )
        return hook.world

    # Starting and stopping

    def start(self, reset: bool = True) -> MockJobs:
        """Activate this mock: from now on it answers requests to AWS.

        Args:
            reset: Whether to delete state that is left from before, if this is the outermost mock.

        Returns:
            The mock itself, which is the handle.

        Raises:
            UsageValueError: `pace`, `sleep` or `seed` was given, and moto answers from another process (TEST_SERVER_MODE). Or this
                mock is inside another one that has another seed.
        """
        with start_lock:
            activation = Activation(self._options)
            try:
                with losses.collected() as lost:
                    activation.enter(reset=reset)
                if not _innermost:
                    self._begin(activation)
            except BaseException:
                if activation.is_entered:
                    activation.leave(remove_data=reset)
                raise
            self._active.append(activation)
            _innermost.append(self)
        try:
            losses.warn("the start of mock_jobs", lost)
        except BaseException:
            # A warning may be an error.
            self.stop()
            raise
        return self

    def _begin(self, activation: Activation) -> None:
        """Begin what all mocks share that are active together."""
        _nest.begin()
        if activation.hook is not None:
            # What a thread that outlived an earlier mock has left behind is no failure of this one.
            log_late(activation.hook.world.failures.take())
            watched.begin(MockJobs, partial(_worlds, activation.hook.world))

    def stop(self, remove_data: bool = True) -> None:
        """Deactivate this mock.

        Args:
            remove_data: Whether to delete all state, if this is the outermost mock.

        Raises:
            NotActiveError: `start` was not called.
            AssertionError: An assertion failed in the function of a plan, during a request. The mock has stopped.
            UnusedError: This was the outermost mock, `remove_data` is True, and nothing has used a plan, fault or refusal. The mock
                has stopped.
        """
        self._end(None, remove_data=remove_data, is_last=remove_data)

    def _end(self, error: BaseException | None, *, remove_data: bool, is_last: bool) -> None:
        """Deactivate this mock.

        Args:
            error: What the code under the mock has raised. It takes precedence over failed assertions in functions of plans, and
                over set-ups that nothing has used.
            remove_data: As `stop` takes it.
            is_last: Whether nothing can use the set-ups any more if this is the outermost mock.
        """
        with start_lock, losses.collected() as lost:
            if not self._active:
                raise NotActiveError("stop() was called before start()")
            # The last entry of this mock: another one may have been entered since, in an overlapping order.
            del _innermost[len(_innermost) - 1 - _innermost[::-1].index(self)]
            activation = self._active.pop()
            failed: list[Failed] = []
            complaint = None
            try:
                try:
                    if not _innermost:
                        watched.end(MockJobs)
                    failed = [] if activation.hook is None else activation.hook.world.failures.take()
                    is_checked = self._options.strict and is_last and not _innermost and error is None and not failed
                    complaint = _nest.complaint(activation.take_unused()) if is_checked else None
                finally:
                    activation.leave(remove_data=remove_data)
            except BaseException as other:
                report(failed, other)
                raise
        try:
            # A generator that is closed before its end has not failed.
            report(failed, None if isinstance(error, GeneratorExit) else error)
            complain(complaint)
        finally:
            losses.warn("the end of mock_jobs", lost)

    def reset(self) -> None:
        """Delete all state, moto's too, and stay active.

        Calls and events are deleted. Clock, faults, plans and settings go back to their defaults, and the pace to the one that
        the mock was made with. Plans, faults and refusals that nothing has used are forgotten without an error.

        Raises:
            NotActiveError: The mock is not active.
        """
        if not self._active:
            raise NotActiveError("reset() needs an active mock; call start() first")
        self._active[-1].reset()

    def __enter__(self) -> MockJobs:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end(error, remove_data=True, is_last=True)

    # Decorating

    @overload
    def __call__(self, target: ClassT, reset: bool = ..., remove_data: bool = ...) -> ClassT: ...

    @overload
    def __call__(self, target: Callable[P, T], reset: bool = ..., remove_data: bool = ...) -> Callable[P, T]: ...

    def __call__(self, target: Any, reset: bool = True, remove_data: bool = True) -> Any:
        """Decorate a function, a coroutine function, a generator function of either kind (a fixture that yields) or a class.

        Args:
            target: What to decorate. The mock is active while it runs. Each public method of a class is decorated by itself, and
                the class is changed in place. If it defines `setUp` (`asyncSetUp`, `setup_method`), each test begins there with
                empty state, which stays until a mock next starts with `reset`. If it inherits one that is not decorated,
                the tests share state. With none, each test method has its own state.
            reset: As `start` takes it; ignored for a class.
            remove_data: As `stop` takes it; ignored for a class.

        Returns:
            The decorated function, or the class itself.

        Raises:
            UsageTypeError: The target can neither be called nor is it a class.
        """
        if inspect.isclass(target):
            return self._decorate_class(target)
        if not callable(target):
            raise UsageTypeError(
                f"mock_jobs decorates functions, coroutine functions, generator functions and classes, not {target!r}"
            )
        return decorated(target, lambda: _Entered(self, reset=reset, remove_data=remove_data, is_last=remove_data))

    def _decorate_class(self, target: ClassT) -> ClassT:
        """Decorate each public method of a class by itself, as `mock_aws` does.

        A `setUp` that this class defines deletes all state. What the test leaves stays until a mock next starts with `reset`.
        With an inherited `setUp` that is not decorated, tests share state. Without any, each test method has its own state.
        What a `setUp` has planned must be used when the test method ends.
        """
        setups = _setups_of(target)
        has_setup = _has_own(target, setups)
        for name, attribute in list(vars(target).items()):
            if name.startswith("_"):
                continue
            if inspect.isclass(attribute):
                setattr(target, name, self(attribute))
            elif inspect.isfunction(attribute):
                is_test = name.startswith(unittest.TestLoader.testMethodPrefix)
                alone = is_test and not has_setup
                entered = functools.partial(_Entered, self, reset=alone or name in setups, remove_data=alone, is_last=is_test)
                setattr(target, name, decorated(attribute, entered))
        return target


class _Entered:
    """A context manager that keeps a mock active, with the arguments of `start` and of its end."""

    def __init__(self, mock: MockJobs, *, reset: bool, remove_data: bool, is_last: bool) -> None:
        self._mock = mock
        self._reset = reset
        self._remove_data = remove_data
        self._is_last = is_last

    def __enter__(self) -> None:
        self._mock.start(reset=self._reset)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._mock._end(error, remove_data=self._remove_data, is_last=self._is_last)  # noqa: SLF001 - part of it


def _setups_of(target: type) -> frozenset[str]:
    """Return the names of the methods that begin the state of a test in this class."""
    if issubclass(target, unittest.TestCase):
        return frozenset({"setUp", "asyncSetUp"})
    return frozenset({"setup_method"})


def _has_own(target: type, names: frozenset[str]) -> bool:
    library = (unittest.TestCase, unittest.IsolatedAsyncioTestCase)
    return any(names & vars(each).keys() for each in target.__mro__ if each not in library)


_innermost: list[MockJobs] = []
_nest = Nest()


def is_left_by(test: object) -> bool:
    """Return whether a test has ended, but a mock that it has started has not; for the plugin."""
    return bool(_innermost) and _nest.was_begun_by(test)


def left_warning() -> MockJobsWarning:
    """Return the warning about such a mock."""
    return MockJobsWarning(
        "this test has started a mock and has not stopped it, so its state goes on in the tests that follow, which are not checked "
        "for what they leave unused: call stop() in tearDown or by addCleanup, or use a `with` block"
    )


def _worlds(world: World) -> list[tuple[str, World]]:
    return [("mock_jobs", world)]


def current_mock() -> MockJobs:
    """Return the innermost active mock, for decorated tests, which get no handle.

    Raises:
        NotActiveError: No mock is active.

    Example:
        `current_mock().clock.advance(60)`
    """
    with start_lock:
        if not _innermost:
            raise NotActiveError("no mock is active: decorate the test with @mock_jobs, or enter `with mock_jobs():`")
        return _innermost[-1]


@overload
def mock_jobs(target: ClassT) -> ClassT: ...


@overload
def mock_jobs(target: Callable[P, T]) -> Callable[P, T]: ...


@overload
def mock_jobs(
    target: None = None,
    config: DefaultConfig | None = None,
    *,
    region: str | None = None,
    pace: PaceName | None = None,
    seed: int | None = None,
    sleep: SleepName | None = None,
    strict: bool = True,
) -> MockJobs: ...


def mock_jobs(
    target: Any = None,
    config: DefaultConfig | None = None,
    *,
    region: str | None = None,
    pace: PaceName | None = None,
    seed: int | None = None,
    sleep: SleepName | None = None,
    strict: bool = True,
) -> Any:
    """Mock AWS: AWS IoT Jobs on both planes, AWS Batch, and everything that moto mocks.

    Use it in place of `mock_aws`: `@mock_jobs` and `@mock_jobs(...)` on functions, coroutine functions and classes,
    `with mock_jobs() as mock:`, or `mock = mock_jobs()` with `mock.start()` and `mock.stop()`.

    Args:
        target: What to decorate, if used as `@mock_jobs` without parentheses.
        config: moto's configuration, as for `mock_aws`.
        region: Region of clients that name none. It is `AWS_DEFAULT_REGION` while the mock is active; None changes nothing.
        pace: What moves Batch jobs from state to state: `poll` (reads; the default), `clock` (time) or `manual` (the test).
        seed: A whole number that makes ids, moto's too, and faults with a `probability` repeat, from its begin after each
            reset; None draws one, which `mock.seed` shows. An inner mock has the seed of the outermost one.
        sleep: `skip` lets sleeps move the mock's clock and take no time, as `mock.clock.skipping_sleep()` does; None changes nothing.
        strict: Whether the end of the mock raises `UnusedError` if nothing has used a plan, fault or refusal of the test.

    Returns:
        The decorated target, or the mock if there is no target.

    Raises:
        UsageTypeError: An argument has the wrong type.
        UsageValueError: There is no such pace, `sleep` is neither `skip` nor None, or the seed is negative.
    """
    mock = MockJobs(config, region=region, pace=pace, seed=seed, sleep=sleep, strict=strict)
    return mock if target is None else mock(target)
