"""The code blocks of the pages in `docs`."""

from __future__ import annotations

import re
from pathlib import Path

# A block that a page tells the reader to save as a file
_SAVED = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```", re.DOTALL)


def blocks_of(page: Path) -> list[str]:
    """Return the code blocks of a page that are no files."""
    return re.findall(r"```python\n(.*?)```", _SAVED.sub("", page.read_text()), re.DOTALL)


def saved_files(page: Path) -> dict[str, str]:
    """Return the files that a page tells the reader to save: name to text."""
    files: dict[str, list[str]] = {}
    for name, block in _SAVED.findall(page.read_text()):
        files.setdefault(name, []).append(block)
    return {name: "\n\n".join(blocks) for name, blocks in files.items()}


def count_tests(text: str) -> int:
    """Return how many tests a file has."""
    return len(re.findall(r"^ *(?:async )?def test_", text, re.MULTILINE))
