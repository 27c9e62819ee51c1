"""What the tests share: installations, devices, oracles, state machines and checks of answers."""

from __future__ import annotations

from pkgutil import iter_modules

import pytest

# Only modules of tests have their assertions rewritten unasked.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))
