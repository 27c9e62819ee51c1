"""Servers that lose their state, because something else in their process has reset moto: nobody loses it silently."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from mock_jobs.core.errors import MockJobsWarning, level_outside


class _Losses(local):
    """What was lost in this thread.

    Attributes:
        expected: Whether a reset in this thread is one that a client of a server has asked for.
        collected: The servers that have lost their state, while somebody collects them; else None.
    """

    expected = False
    collected: list[str] | None = None


_losses = _Losses()


@contextmanager
def expected() -> Iterator[None]:
    """Say nothing about what is lost inside a `with` block: a client of a server has asked for it."""
    before, _losses.expected = _losses.expected, True
    try:
        yield
    finally:
        _losses.expected = before


@contextmanager
def collected() -> Iterator[list[str]]:
    """Collect what is lost inside a `with` block, for code that must not be interrupted by a warning that is an error.

    Yields:
        The servers that have lost their state, for `warn`.
    """
    before = _losses.collected
    found: list[str] = []
    _losses.collected = found
    try:
        yield found
    finally:
        _losses.collected = before


def note(server: str) -> MockJobsWarning | None:
    """Warn that a server has lost its state, unless that is expected or collected.

    Returns:
        The warning, if warnings are errors: it must not interrupt moto here, so the server raises it at its end.
    """
    if _losses.collected is not None:
        _losses.collected.append(server)
    elif not _losses.expected:
        try:
            warn("mock_aws, or a reset of moto,", [server])
        except MockJobsWarning as error:
            return error
    return None


def warn(cause: str, servers: list[str]) -> None:
    """Warn the code of the test that servers have lost their state; do nothing if there are none.

    Args:
        cause: What has reset moto.
        servers: What names the servers.
    """
    if servers:
        text = (
            f"{cause} has deleted the state of {' and '.join(servers)}: moto keeps one state per process. Run the server in a "
            "process of its own (`mock-jobs server`), or stop it before"
        )
        warnings.warn(text, MockJobsWarning, stacklevel=level_outside())
