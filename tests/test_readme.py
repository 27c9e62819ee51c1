"""Every code block of the README and of the pages in `docs` runs, and the commands are those that CI runs."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from support.needs import needs
from support.pages import blocks_of, count_tests, saved_files

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
# The page on async clients runs in `tests/aio`, beside aiobotocore.
PAGES = [ROOT / "README.md", *sorted(each for each in (ROOT / "docs").rglob("*.md") if each.name != "async-clients.md")]


# The first block of the page on Batch defines what its other blocks use.
SITE = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "how-to" / "batch.md").read_text(), re.DOTALL)[0]


@pytest.mark.usefixtures("_unmeasured")
@pytest.mark.parametrize("page", [page for page in PAGES if saved_files(page)], ids=lambda page: page.name)
def test_the_files_of_a_page_run_under_pytest(page, pytester):
    files = saved_files(page)
    for name, text in files.items():
        (pytester.path / name).write_text(text)

    result = pytester.run(sys.executable, "-m", "pytest", "-p", "no:randomly")

    result.assert_outcomes(passed=sum(map(count_tests, files.values())))


def _param(page, number, block):
    marks = needs("batch CancelJobs") if "cancel_jobs(" in block else ()
    return pytest.param(block, id=f"{page.name} {number}", marks=marks)


@pytest.mark.parametrize(
    "block", [_param(page, number, block) for page in PAGES for number, block in enumerate(blocks_of(page), 1)]
)
def test_the_code_runs(block, monkeypatch):
    if "make_site()" in block and "def make_site" not in block:
        block = SITE + block
    sleep = time.sleep
    monkeypatch.setattr("time.sleep", lambda seconds: sleep(min(seconds, 0.01)))
    names = {}
    exec(compile(block, "documentation", "exec"), names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    for test in tests:
        test()

    assert tests or "with mock_jobs(" in block


def test_the_ten_lines_are_ten():
    assert len([line for line in blocks_of(PAGES[0])[0].splitlines() if line]) == 10


def test_ci_runs_the_command_of_the_readme():
    commands = [line.strip() for line in README.splitlines() if line.startswith("    python3 -m venv")]
    script = (ROOT / ".ci" / "run").read_text().splitlines()

    assert len(commands) == 3
    assert set(commands[1:]) <= set(script)


def test_each_example_is_listed():
    listed = set(re.findall(r"`(test_\w+\.py)`", (ROOT / "examples" / "README.md").read_text()))

    assert listed == {path.name for path in (ROOT / "examples").glob("test_*.py")}


def test_the_pages_that_the_readme_names_exist():
    named = re.findall(r"`((?:docs/[\w/-]+(?:\.md|/))|CONTRIBUTING\.md)`", README)

    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []
