"""Directives that write pages of the reference from the code: settings, HTTP commands, command line, pytest plugin.

Use them inside `{eval-rst}` blocks. They take the texts from docstrings, so that nothing is said twice.
"""

from __future__ import annotations

import inspect
import re
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields|Example|Source):", re.MULTILINE)


def summary_of(found: object) -> str:
    """Return the docstring of an object down to its first section."""
    text = inspect.getdoc(found) or ""
    return _SECTION.split(text, maxsplit=1)[0].strip()


def entries_of(found: object, section: str) -> Mapping[str, str]:
    """Return the entries of a section of a Google docstring, by name; the lines of each joined."""
    _, _, rest = (inspect.getdoc(found) or "").partition(f"{section}:\n")
    entries: dict[str, str] = {}
    name = ""
    for line in rest.splitlines():
        if line and not line.startswith(" "):
            break
        begin = re.match(r"^    (\w+)(?: \([^)]*\))?: (.*)$", line)
        if begin:
            name, entries[begin[1]] = begin[1], begin[2]
        elif name and line.strip():
            entries[name] += f" {line.strip()}"
    return entries


def _table(header: Iterable[str], rows: Iterable[Iterable[str]], widths: str) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", "")
    for row in (header, *rows):
        for number, cell in enumerate(row):
            yield f"   {'*' if number == 0 else ' '} - {cell}"
    yield ""


class _Written(SphinxDirective):
    """A directive whose content is reStructuredText that `lines` returns."""

    required_arguments = 0
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse the lines where the directive stands."""
        return self.parse_text_to_nodes("\n".join(self.lines()), allow_section_headings=False)

    def lines(self) -> Iterator[str]:
        """Return the text, line by line."""
        raise NotImplementedError


def _imported(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


class SettingsTable(_Written):
    """`.. settings-table:: module.Class`: each setting with its default and meaning."""

    required_arguments = 1

    def lines(self) -> Iterator[str]:
        """Return a table with a row for each field of the dataclass."""
        kind = _imported(self.arguments[0])
        meanings = entries_of(kind, "Attributes")
        rows = [(f"``{each.name}``", f"``{each.default!r}``", meanings[each.name]) for each in fields(kind)]
        yield from _table(("Setting", "Default", "Meaning"), rows, "32 12 56")


class HttpCommand(_Written):
    """`.. http-command:: clock/advance`: what a command of the control API does, and the members of its body."""

    required_arguments = 1

    def lines(self) -> Iterator[str]:
        """Return the summary of the method and a table of its parameters."""
        from mock_jobs.transports.control_api import COMMANDS  # noqa: PLC0415

        command = COMMANDS[self.arguments[0]]
        yield from summary_of(command.act).splitlines()
        yield ""
        meanings = entries_of(command.act, "Args")
        named = [each for each in command.members if each.kind is not Parameter.VAR_KEYWORD]
        rows = [(f"``{each.name}``", _default(each), meanings[each.name]) for each in named]
        if rows:
            yield from _table(("Member", "Default", "Meaning"), rows, "20 20 60")


def _default(parameter: Parameter) -> str:
    if parameter.default is Parameter.empty:
        return "required"
    return f"``{'null' if parameter.default is None else parameter.default!r}``"


class CommandLine(_Written):
    """`.. command-line::`: the help of the command and of its subcommands."""

    def lines(self) -> Iterator[str]:
        """Return the help texts as literal blocks."""
        from mock_jobs.cli import parser  # noqa: PLC0415

        for each in _parsers(parser()):
            yield from ("::", "", *(f"    {line}" for line in each.format_help().splitlines()), "")


def _parsers(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    yield parser
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list subcommands
        if isinstance(action, _SubParsersAction):
            for each in action.choices.values():
                yield from _parsers(each)


class _Recorder:
    """Stands for pytest's parser and configuration, and records what the plugin declares."""

    def __init__(self) -> None:
        self.options: list[tuple[str, object, str]] = []
        self.markers: list[tuple[str, str]] = []

    def addini(self, name: str, text: str, *, default: object, type: str = "string") -> None:  # noqa: A002, ARG002 - as pytest
        self.options.append((name, default, text))

    def getgroup(self, _name: str) -> _Recorder:
        return self

    def addoption(self, *_names: str, choices: object, help: str) -> None:  # noqa: A002 - as pytest
        # The ini option of the same name says the same.
        del choices, help

    def getini(self, name: str) -> object:
        return next(default for option, default, _ in self.options if option == name)

    def addinivalue_line(self, _kind: str, line: str) -> None:
        signature, _, text = line.partition(": ")
        self.markers.append((signature, text))


class PytestPlugin(_Written):
    """`.. pytest-plugin::`: fixtures, marker and ini options of the plugin."""

    def lines(self) -> Iterator[str]:
        """Return three tables."""
        from mock_jobs import pytest_plugin  # noqa: PLC0415

        recorder = _Recorder()
        pytest_plugin.pytest_addoption(recorder)  # type: ignore[arg-type]
        pytest_plugin.pytest_configure(recorder)  # type: ignore[arg-type]
        named = [name for name in vars(pytest_plugin) if name.startswith("mock_jobs")]
        fixtures = [(f"``{name}``", " ".join(summary_of(getattr(pytest_plugin, name)).split())) for name in named]
        yield from _table(("Fixture", "What it gives"), fixtures, "35 65")
        yield from _table(
            ("Marker", "What it does"),
            [(f"``@pytest.mark.{signature}``", f"{text[0].upper()}{text[1:]}") for signature, text in recorder.markers],
            "35 65",
        )
        options = [
            (f"``{name}``", f"``{str(default).lower() if default is True else default}``" if default else "none", text)
            for name, default, text in recorder.options
        ]
        yield from _table(("Ini option", "Default", "Meaning"), options, "30 15 55")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("settings-table", SettingsTable)
    app.add_directive("http-command", HttpCommand)
    app.add_directive("command-line", CommandLine)
    app.add_directive("pytest-plugin", PytestPlugin)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
