"""Start and stop moto's mocks in any order, from any thread, and leave nothing behind if that fails.

Each of moto's mocks puts back the environment, the default session and the settings that it found. This works only if mocks end in the
reverse order of their starts. So the mocks that really run are a stack here: whoever ends, the last of them is stopped.
While one of ours is active, those of the user's `mock_aws` are part of the stack.
A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import moto
from moto.core import models as core_models
from moto.core.base_backend import BackendDict, backend_lock
from moto.core.config import default_user_config
from moto.core.models import MockAWS

from mock_jobs.core.process import start_lock
from mock_jobs.moto_adapters.core import is_in_process

_settings: dict[str, Any] = default_user_config  # type: ignore[assignment]  # a typed dictionary


class MotoMock:
    """moto's `mock_aws` for moto's current mode: in process, server or proxy.

    Args:
        config: As `mock_aws` takes it. It applies until this mock stops.
    """

    def __init__(self, config: Mapping[str, Any] | None) -> None:
        self._config = {} if config is None else dict(config)

    def start(self, *, reset: bool) -> None:
        """Start it.

        Args:
            reset: Whether to delete state that is left from before, if this is the outermost mock.
        """
        _stack.start(self, self._config, _mock_without_patterns, reset=reset)

    def stop(self, *, remove_data: bool = True) -> None:
        """Stop it.

        Args:
            remove_data: Whether to delete all state, if this is the outermost mock.
        """
        _stack.stop(self, remove_data=remove_data)

    def reset(self) -> None:
        """Delete all state of moto."""
        moto.mock_aws().reset()


class _User(NamedTuple):
    """Who started a mock and has not stopped it.

    Attributes:
        owner: Who it is.
        before: What the settings that it has given were before.
    """

    owner: object
    before: dict[str, Any]


class _Stack:
    """The mocks that run, and who has started one.

    There is one mock for each user, but it does not matter which one a user has started.
    """

    def __init__(self) -> None:
        self._users: list[_User] = []
        self._running: list[MockAWS] = []
        self._settings_before: dict[str, Any] = {}
        self._start: Callable[..., None] = MockAWS.start
        self._stop: Callable[..., None] = MockAWS.stop

    def start(self, owner: object, config: Mapping[str, Any], make: Callable[[], MockAWS], *, reset: bool) -> None:
        with start_lock:
            user = _User(owner, {section: _settings.get(section) for section in config})
            if not self._users:
                self._open()
            self._users.append(user)
            try:
                _settings.update(config)
                mock = make()
                self._start_one(mock, reset=reset)
            except BaseException:
                self._leave(user)
                raise
            self._running.append(mock)

    def stop(self, owner: object, *, remove_data: bool) -> None:
        with start_lock:
            user = next((each for each in reversed(self._users) if each.owner is owner), None)
            if user is None:
                assert isinstance(owner, MockAWS)
                if type(owner)._nested_count <= len(self._running):  # noqa: SLF001 - the seam
                    raise RuntimeError("Called stop() before start().")
                # A `mock_aws` from before our first mock. It is the first that was started, and so the last to be stopped.
                user = _User(owner, {})
                self._users.append(user)
                self._running.insert(0, owner)
            mock = self._running.pop()
            try:
                self._leave(user)
            finally:
                self._stop_one(mock, remove_data=remove_data)

    def _open(self) -> None:
        # Stops without a start leave moto with less than no mock.
        MockAWS._nested_count = max(MockAWS._nested_count, 0)  # noqa: SLF001 - the seam
        self._settings_before = dict(_settings)
        self._start, self._stop = MockAWS.start, MockAWS.stop
        MockAWS.start = _start_in_stack  # type: ignore[method-assign]
        MockAWS.stop = _stop_in_stack  # type: ignore[method-assign]

    def _leave(self, user: _User) -> None:
        """Take back the settings of a user, and with the last one whatever else was replaced."""
        index = next(index for index, each in enumerate(self._users) if each is user)
        later = self._users[index + 1 :]
        del self._users[index]
        for section, before in user.before.items():
            heir = next((each for each in later if section in each.before), None)
            if heir is None:
                _put_setting(section, before)
            else:
                heir.before[section] = before
        if self._users:
            return
        for section in [*_settings, *self._settings_before]:
            _put_setting(section, self._settings_before.get(section))
        self._settings_before = {}
        MockAWS.start = self._start  # type: ignore[method-assign]
        MockAWS.stop = self._stop  # type: ignore[method-assign]

    def _start_one(self, mock: MockAWS, *, reset: bool) -> None:
        kind = type(mock)
        nesting = kind._nested_count  # noqa: SLF001 - the seam
        try:
            self._start(mock, reset=reset)
        except BaseException:
            _give_up(mock, nesting, forget=reset)
            raise

    def _stop_one(self, mock: MockAWS, *, remove_data: bool) -> None:
        nesting = type(mock)._nested_count - 1  # noqa: SLF001
        # moto's own method fails if the test has deleted a variable meanwhile.
        mock._unmock_env_variables = partial(_put_back_environment, mock)  # type: ignore[method-assign]  # noqa: SLF001
        try:
            self._stop(mock, remove_data=remove_data)
        except BaseException:
            _give_up(mock, nesting, forget=remove_data)
            raise
        finally:
            # The settings of now may differ from those that it was started with.
            _put_back(mock)
            del mock._unmock_env_variables  # noqa: SLF001


_stack = _Stack()


def _start_in_stack(self: MockAWS, reset: bool = True) -> None:
    """Start a `mock_aws` while the stack is in use; another one takes its part, so that it may start twice."""
    config = self._user_config_mock.values  # the seam
    _stack.start(self, config, partial(_new_mock, type(self)), reset=reset)


def _stop_in_stack(self: MockAWS, remove_data: bool = True) -> None:
    _stack.stop(self, remove_data=remove_data)


class _NoPatch:
    """Stands for the patch of moto's settings, which the stack keeps."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def _new_mock(kind: type[MockAWS]) -> MockAWS:
    mock = kind()
    mock._user_config_mock = _NoPatch()  # type: ignore[assignment]  # noqa: SLF001
    return mock


def _mock_without_patterns() -> MockAWS:
    """Return a mock that adds no patterns to the `responses` registry when it starts, which takes most of its starting time.

    `serve_requests_library` then adds two entries for each HTTP method instead.
    """
    mock = _new_mock(type(moto.mock_aws()))
    if is_in_process():
        # moto calls it in a lock of its own, so no other mock starts while the list of methods is empty.
        mock._enable_patching = partial(_enable_without_patterns, mock)  # type: ignore[method-assign]  # noqa: SLF001
    return mock


def _enable_without_patterns(mock: MockAWS, reset: bool = True) -> None:
    methods = core_models.RESPONSES_METHODS
    core_models.RESPONSES_METHODS = []
    try:
        type(mock)._enable_patching(mock, reset=reset)  # noqa: SLF001
    finally:
        core_models.RESPONSES_METHODS = methods


def _put_setting(section: str, value: Any) -> None:
    if value is None:
        _settings.pop(section, None)
    else:
        _settings[section] = value


def _give_up(mock: MockAWS, nesting: int, *, forget: bool) -> None:
    """Take back what a mock has changed, at whatever step its start or stop has failed.

    Args:
        mock: The mock.
        nesting: How many mocks stay active.
        forget: Whether to delete all state, if there is none.
    """
    kind = type(mock)
    kind._nested_count = nesting  # noqa: SLF001
    _put_back(mock)
    if nesting > 0:
        return
    kind._mocks_active = False  # noqa: SLF001
    if kind is MockAWS:
        core_models.botocore_stubber.enabled = False
        core_models.responses_mock.stop(allow_assert=False)
        if forget:
            _forget_backends()
        return
    # A server or proxy that does not answer lets resets fail.
    kind._RESET_IN_PROGRESS = False  # type: ignore[attr-defined]  # noqa: SLF001
    for name in ("_client_patcher", "_resource_patcher"):
        if hasattr(mock, name):
            getattr(mock, name).stop()


def _forget_backends() -> None:
    """Delete the state of moto's services without asking them; one that failed to reset itself would fail in all later mocks."""
    with backend_lock:
        in_use: list[BackendDict[Any]] = BackendDict._instances  # type: ignore[misc]  # noqa: SLF001
        for backend in in_use:
            backend.clear()
        in_use.clear()


def _put_back(mock: MockAWS) -> None:
    _put_back_environment(mock)
    # Without effect if they were not started, or are stopped already
    mock._default_session_mock.stop()  # noqa: SLF001
    mock._user_config_mock.stop()  # noqa: SLF001


def _put_back_environment(mock: MockAWS) -> None:
    for name, value in mock._orig_creds.items():  # noqa: SLF001
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    mock._orig_creds.clear()  # noqa: SLF001
