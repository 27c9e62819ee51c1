"""CI, tox, the hooks and CONTRIBUTING run the same gates."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GATES = {
    "pytest -n auto",
    "pytest -n auto -rs tests/aio",
    "coverage combine -q",
    "coverage report",
    "pytest -rs tests/browser",
    "ruff check .",
    "ruff format --check .",
    "lint-imports",
    "mypy",
    "sphinx-build -W --keep-going -q -b html docs docs/_build",
    "python -m build",
    "twine check --strict dist/*",
}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def _bare(command):
    return re.sub(r"^\.venv(-\w+)?/bin/", "", command.strip())


def commands_of_ci():
    """Return the commands of the script, each by itself."""
    commands = [each for line in read(".ci/run").splitlines() for each in line.split(" && ")]
    return {_bare(each) for each in commands}


def commands_of_tox():
    """Return the commands of all environments, without what is special to tox."""
    text = re.sub(r" --outdir \{env_tmp_dir\}/dist| \{posargs\}|sh -c '|'$", "", read("tox.ini"), flags=re.MULTILINE)
    return {line.strip() for line in text.replace("{env_tmp_dir}/dist", "dist").replace("commands = ", "").splitlines()}


def commands_of_hooks():
    """Return the entries of all hooks, each command by itself."""
    entries = re.findall(r"^ +entry: (.*)$", read(".pre-commit-config.yaml"), flags=re.MULTILINE)
    return {_bare(each.removeprefix("sh -c '").rstrip("'")) for entry in entries for each in entry.split(" && ")}


def commands_of_contributing():
    """Return what stands in code, and the lines of code blocks."""
    text = read("CONTRIBUTING.md")
    blocks = [_bare(line) for line in text.splitlines() if line.startswith("    ")]
    return {*blocks, *re.findall(r"`([^`\n]+)`", text)}


@pytest.mark.parametrize("commands", [commands_of_ci, commands_of_tox, commands_of_hooks, commands_of_contributing])
def test_each_place_runs_all_gates(commands):
    assert set() == GATES - commands()


def test_ci_begins_with_the_command_of_the_readme_and_stops_at_the_first_failure():
    lines = [line for line in read(".ci/run").splitlines() if line and not line.startswith("#")]
    first = next(line for line in lines if "venv" in line and "pip install" in line)

    assert first in read("README.md")
    assert lines[0] == "set -euo pipefail"
    assert not [line for line in lines if "||" in line]


def test_coverage_must_not_fall():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")

    assert config.getboolean("coverage:run", "branch")
    assert config.getfloat("coverage:report", "fail_under") >= 99
