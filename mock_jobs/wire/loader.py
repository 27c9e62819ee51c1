"""One botocore loader for the whole process, so that its JSON models are read once and not once per session."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import botocore.loaders
    import botocore.session


@cache
def _loader(data_path: str | None) -> botocore.loaders.Loader:
    from botocore.loaders import create_loader  # noqa: PLC0415 - botocore comes when a mock starts

    return create_loader(data_path)


def shared_loader() -> botocore.loaders.Loader:
    """Return the loader of this process, for the model folders that `AWS_DATA_PATH` names now."""
    return _loader(os.environ.get("AWS_DATA_PATH"))


def session_with_shared_loader() -> botocore.session.Session:
    """Return a new botocore session that reads its models through the shared loader."""
    from botocore.session import get_session  # noqa: PLC0415 - botocore comes when a mock starts

    session = get_session()
    if session.get_config_variable("data_path") == os.environ.get("AWS_DATA_PATH"):
        session.register_component("data_loader", shared_loader())
    return session
