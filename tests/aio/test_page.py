"""The files of the page on async clients run as a reader would run them."""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from support.pages import count_tests, saved_files

FILES = saved_files(Path(__file__).parents[2] / "docs" / "how-to" / "async-clients.md")


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("test_")])
def test_the_file_runs_under_pytest(name, pytester, supports_trio):
    if "trio" in FILES[name]:
        supports_trio()
    imported = re.findall(r"^(?:import|from) (\w+)", FILES[name], re.MULTILINE)
    missing = [each for each in imported if f"{each}.py" not in FILES and find_spec(each) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    for other in {name, *(other for other in FILES if not other.startswith("test_"))}:
        (pytester.path / other).write_text(FILES[other])

    result = pytester.run(
        sys.executable, "-m", "pytest", "-p", "no:randomly", "-o", "asyncio_default_fixture_loop_scope=function", name
    )

    result.assert_outcomes(passed=count_tests(FILES[name]))
