"""What must pass before a change lands is the same in CI, tox, the hooks and CONTRIBUTING."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GATES = ["ruff check .", "ruff format --check .", "lint-imports", "mypy", "python -m build", "twine check --strict"]


@pytest.mark.parametrize("place", [".ci/run", "tox.ini", ".pre-commit-config.yaml", "CONTRIBUTING.md"])
def test_each_place_names_all_gates(place):
    text = (ROOT / place).read_text(encoding="utf-8")

    assert [gate for gate in GATES if gate not in text] == []


def test_ci_begins_with_the_command_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [
        line for line in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines() if line.startswith("python3 -m venv")
    ]

    assert len(commands) == 1
    assert commands[0] in readme
