"""Run tests against a mutant, in a process of its own; no file is changed."""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[2]
_OPTIONS = (
    *("-q", "-x", "--tb=no", "--hypothesis-seed=0"),
    *("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"),
    # Some plugins, mock_jobs among them, are loaded before pytest starts.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)

# Trials start as copies of a process that has loaded what takes long.
_START = multiprocessing.get_context("forkserver")
_START.set_forkserver_preload(["mutation.warm"])


def path_of(module: str) -> Path:
    """Return the file of a module of this repository."""
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


class Trials:
    """Tries mutants of one module. Tests that have found many mutants run first, so that most are found at once.

    Args:
        module: The module.
        tests: The files of the tests.
    """

    def __init__(self, module: str, tests: tuple[str, ...]) -> None:
        self._module = module
        self._tests = tests
        self._found: Counter[str] = Counter()

    def passes(self, source: str, timeout_s: float) -> bool:
        """Return whether the tests pass within a time limit, with this source text of the module."""
        receiver, sender = _START.Pipe(duplex=False)
        trial = _START.Process(target=_run, args=(self._module, source, self._tests, self._found, sender))
        trial.start()
        sender.close()
        trial.join(timeout_s)
        if trial.is_alive():
            trial.kill()
            trial.join()
        if trial.exitcode and receiver.poll():
            # It ends at once if the module could not be loaded.
            with suppress(EOFError):
                self._found[receiver.recv()] += 1
        receiver.close()
        return trial.exitcode == 0


class _Loader(SourceFileLoader):
    def __init__(self, module: str, source: str) -> None:
        super().__init__(module, str(path_of(module)))
        self._source = source

    def get_code(self, fullname):
        return compile(self._source, self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, loader: _Loader) -> None:
        self._loader = loader

    def find_spec(self, fullname, path, target=None):
        if fullname != self._loader.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._loader.path, loader=self._loader)


class _Plugin:
    """Runs some tests first, and sends the id of a test that fails."""

    def __init__(self, found: Mapping[str, int], sender: Connection) -> None:
        self._found = found
        self._sender = sender

    def pytest_collection_modifyitems(self, items):
        items.sort(key=lambda item: -self._found.get(item.nodeid, 0))

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self._sender.send(report.nodeid)


def _run(module: str, source: str, tests: tuple[str, ...], found: Mapping[str, int], sender: Connection) -> None:
    import pytest

    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere.fileno(), stream.fileno())
    os.chdir(ROOT)
    sys.meta_path.insert(0, _Finder(_Loader(module, source)))
    # Before pytest, whose own finder would come first.
    importlib.import_module(module)
    status = pytest.main([*_OPTIONS, *tests], plugins=[_Plugin(found, sender)])
    # A mutant may have left threads behind.
    os._exit(int(status))
