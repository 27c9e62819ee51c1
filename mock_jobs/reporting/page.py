"""The page that shows a mock: one HTML file without a request to anywhere else."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

_SCRIPTS: Final = ("model.js", "scales.js", "lanes.js", "tables.js", "page.js")
_PLACE: Final = re.compile("@(policy|style|script|data)@")

# A browser would end the script at `</script>`, wherever that stands. Other characters beyond ASCII are escaped by `json`.
_ESCAPES: Final = {ord(each): f"\\u{ord(each):04x}" for each in "<>&"}


def page_of(content: Mapping[str, object]) -> str:
    """Return a page that shows this content, as a file.

    Args:
        content: As `snapshot.content` returns it.
    """
    return _filled(policy("'none'"), json.dumps(content).translate(_ESCAPES))


@cache
def page_of_server() -> str:
    """Return the page that asks the server for its content, and renews itself."""
    return _filled(policy("'self'"), "")


@cache
def policy(connects_to: str) -> str:
    """Return the Content-Security-Policy of the page: its own style and script, and nothing else.

    Args:
        connects_to: Where its script may send requests to, for example `'self'`.
    """
    rules = [
        "default-src 'none'",
        f"script-src '{_hash(_script())}'",
        f"style-src '{_hash(_style())}'",
        "img-src data:",
        f"connect-src {connects_to}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)


def _filled(policy_of_page: str, data: str) -> str:
    parts = {"policy": policy_of_page, "style": _style(), "script": _script(), "data": data}
    return _PLACE.sub(lambda found: parts[found[1]], _asset("page.html"))


@cache
def _style() -> str:
    return _asset("page.css")


@cache
def _script() -> str:
    return "".join(map(_asset, _SCRIPTS))


def _asset(name: str) -> str:
    return files("mock_jobs.reporting").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
