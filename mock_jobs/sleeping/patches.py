"""Replace functions wherever modules have them as attributes, and put them back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
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
        self._functions = functions
        self._tested_only = tested_only
        # Stand-ins by the identity of what they replace, in all modules and in those of the code under test
        self._everywhere: dict[int, object] = {}
        self._in_tested: dict[int, object] = {}
        self._put: list[tuple[dict[str, Any], str, object]] = []
        self._seen: set[str] = set()
        # How many attributes an installed module has that has none of these functions
        self._without: dict[str, int] = {}

    def put(self) -> None:
        """Replace them everywhere."""
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
        for name, module in _modules():
            self._replace(name, module, originals)
        self._put.clear()

    def _cover(self, stand_in: StandIn) -> None:
        """Put a stand-in in the place of a function in its own module."""
        found = vars(stand_in.owner)[stand_in.name]
        if found is not stand_in:
            self._everywhere[id(found)] = stand_in
            stand_in.replaced = found
            setattr(stand_in.owner, stand_in.name, stand_in)

    def _scan(self) -> None:
        # freezegun keeps what it replaces; if it was imported meanwhile, that is ours.
        genuine = {id(each): each.genuine for each in self._functions}
        for name, module in _modules():
            if name in self._seen:
                continue
            if _is_installed(module):
                self._replace(name, module, genuine if is_of_a_tool(name) else self._everywhere)
            else:
                self._replace(name, module, self._in_tested)
        self._seen = set(sys.modules)

    def _replace(self, module_name: str, module: ModuleType, by_identity: Mapping[int, object]) -> None:
        attributes = vars(module)
        if self._without.get(module_name) == len(attributes):
            return
        values = list(attributes.items())
        if by_identity.keys().isdisjoint(id(value) for _, value in values):
            if by_identity is self._everywhere:
                self._without[module_name] = len(values)
            return
        for name, value in values:
            stand_in = by_identity.get(id(value))
            if stand_in is not None:
                self._put.append((attributes, name, value))
                attributes[name] = stand_in


def _modules() -> Iterator[tuple[str, ModuleType]]:
    """Yield the modules in which functions are replaced: all but Python's and ours."""
    modules: dict[str, object] = dict(sys.modules)
    for name, module in modules.items():
        if isinstance(module, ModuleType) and not _keeps_real_time(module):
            yield name, module


def _keeps_real_time(module: ModuleType) -> bool:
    file = vars(module).get("__file__")
    if file is None:
        # A module that a test has made, or what Python was given on its command line, has no file either.
        return getattr(vars(module).get("__spec__"), "origin", None) in ("built-in", "frozen")
    return is_of_python(file) or is_ours(file)


def _is_installed(module: ModuleType) -> bool:
    return is_installed(vars(module).get("__file__") or "")
