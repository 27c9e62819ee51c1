from __future__ import annotations

import pytest

from support.batch_site import Site


@pytest.fixture
def site(mock, batch):
    return Site(batch, mock)
