"""Replace functions wherever modules have them as attributes, and put them back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mock_jobs.sleeping.callers import is_installed, is_of_a_tool, is_of_python, is_ours

if TYPE_CHECKING:
    from mock_jobs.sleeping.stand_ins import StandIn

# Ours covers again what freezegun puts over it, and what stands there when that ends. A patch of the test itself stays on top.
_COVERED = ("freezegun", "time", "asyncio")


class Patches:
    """Attributes of modules that are replaced.

    In its own module a function is replaced for all. Other modules, apart from Python's, may have it as an attribute too.

    Args:
        functions: The stand-ins of functions.
        tested_only: Returns what else to replace in modules of the code under test, each with its stand-in.
    """

    def __init__(self, functions: Sequence[StandIn], tested_only: Callable[[], Sequence[tuple[object, object]]]) -> None:
        self._functions = list(functions)
        self._tested_only = tested_only
        self._is_put = False
        # Stand-ins by the identity of what they replace, in all modules and in those of the code under test
        self._everywhere: dict[int, object] = {}
        self._in_tested: dict[int, object] = {}
        # For freezegun: it keeps what it replaces, and if it was imported meanwhile, that is ours.
        self._genuine = {id(each): each.genuine for each in functions}
        self._put: list[tuple[dict[str, Any], str, object]] = []
        self._seen: set[str] = set()
        # How many attributes a module has in which nothing is to be replaced; never one of the code under test
        self._without: dict[str, int] = {}

    def add(self, function: StandIn) -> None:
        """Add the stand-in of a function whose module was imported since."""
        self._functions.append(function)
        self._genuine[id(function)] = function.genuine
        self._without.clear()
        if self._is_put:
            self._everywhere[id(function.genuine)] = self._in_tested[id(function.genuine)] = function
            self._cover(function)
            self._seen.clear()
            self._scan()

    def put(self) -> None:
        """Replace them everywhere."""
        self._is_put = True
        self._everywhere = {id(each.genuine): each for each in self._functions}
        for each in self._functions:
            self._cover(each)
        self._in_tested = {**self._everywhere, **{id(value): stand_in for value, stand_in in self._tested_only()}}
        self._seen.clear()
        self._scan()

    def renew(self) -> None:
        """Replace them in modules that were imported since, and where freezegun has replaced them or put them back."""
        if len(self._seen) != len(sys.modules):
            self._scan()
        for each in self._functions:
            found = vars(each.owner)[each.name]
            if found is not each and (getattr(found, "__module__", None) or "").startswith(_COVERED):
                self._cover(each)

    def put_back(self) -> None:
        """Put back what was replaced, and what other modules have taken of it meanwhile."""
        self._is_put = False
        ours = {id(stand_in) for stand_in in self._in_tested.values()}
        for attributes, name, value in self._put:
            if id(attributes.get(name)) in ours:
                attributes[name] = value
        self._put.clear()
        for each in self._functions:
            if vars(each.owner)[each.name] is each:
                setattr(each.owner, each.name, each.replaced)
        originals = {id(each): each.replaced for each in self._functions}
        originals.update((id(stand_in), value) for value, stand_in in self._tested_only())
        for name, module in self._modules():
            self._replace(name, module, originals)
        self._put.clear()

    def _cover(self, stand_in: StandIn) -> None:
        """Put a stand-in in the place of a function in its own module."""
        found = vars(stand_in.owner)[stand_in.name]
        if found is not stand_in:
            if id(found) not in self._everywhere:
                # Modules that were searched before may have this one.
                self._without.clear()
            self._everywhere[id(found)] = stand_in
            stand_in.replaced = found
            setattr(stand_in.owner, stand_in.name, stand_in)

    def _scan(self) -> None:
        for name, module in self._modules():
            if name in self._seen:
                continue
            if _is_installed(module):
                self._replace(name, module, self._genuine if is_of_a_tool(name) else self._everywhere)
            else:
                self._replace(name, module, self._in_tested)
        self._seen = set(sys.modules)

    def _replace(self, module_name: str, module: ModuleType, by_identity: Mapping[int, object]) -> None:
        attributes = list(vars(module).items())
        if by_identity.keys().isdisjoint(id(value) for _, value in attributes):
            if by_identity is self._everywhere or by_identity is self._genuine:
                self._without[module_name] = len(attributes)
            return
        for name, value in attributes:
            stand_in = by_identity.get(id(value))
            if stand_in is not None:
                self._put.append((vars(module), name, value))
                setattr(module, name, stand_in)

    def _modules(self) -> Iterator[tuple[str, ModuleType]]:
        """Yield the modules in which functions may have to be replaced."""
        modules: dict[str, object] = dict(sys.modules)
        for name, module in modules.items():
            if not isinstance(module, ModuleType) or self._without.get(name) == len(vars(module)):
                continue
            if _keeps_real_time(module):
                self._without[name] = len(vars(module))
            else:
                yield name, module


def _keeps_real_time(module: ModuleType) -> bool:
    file = vars(module).get("__file__")
    if file is None:
        # A module that a test has made, or what Python was given on its command line, has no file either.
        return getattr(vars(module).get("__spec__"), "origin", None) in ("built-in", "frozen")
    return _is_of_python_or_ours(file)


def _is_installed(module: ModuleType) -> bool:
    return _is_file_installed(vars(module).get("__file__") or "")


@cache
def _is_of_python_or_ours(file: str) -> bool:
    return is_of_python(file) or is_ours(file)


_is_file_installed = cache(is_installed)
