"""The options of a mock, and their checks."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from mock_jobs.core.argument_checks import check_flag, check_whole, nearest
from mock_jobs.core.errors import HIDDEN, MockJobsWarning, UsageTypeError, UsageValueError, level_outside

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig

    from mock_jobs.batch.scenario.pace import PaceName

__tracebackhide__ = HIDDEN

SleepName = Literal["skip"]


class Options(NamedTuple):
    """What a mock was made with; the attributes are the arguments of `mock_jobs`."""

    config: DefaultConfig | None
    region: str | None
    pace: PaceName | None
    seed: int | None
    sleep: SleepName | None
    strict: bool

    def checked(self) -> Options:
        """Return these options.

        Raises:
            UsageTypeError: One has the wrong type.
            UsageValueError: One is impossible.
        """
        check_flag("strict", self.strict)
        _check_config(self.config)
        for name, value in (("region", self.region), ("pace", self.pace), ("sleep", self.sleep)):
            if value is not None and not isinstance(value, str):
                raise UsageTypeError(f"{name} must be a string, got {value!r}")
        if self.region is not None:
            _check_region(self.region)
        if self.pace is not None:
            from mock_jobs.batch.scenario.pace import check_pace_name  # noqa: PLC0415 - only Batch needs it

            check_pace_name(self.pace)
        if self.sleep is not None and self.sleep not in get_args(SleepName):
            raise UsageValueError(f"sleep must be 'skip' or None, got {self.sleep!r}{nearest(self.sleep, get_args(SleepName))}")
        if self.seed is not None:
            check_whole("seed", self.seed, 0)
        return self

    def check_for_another_process(self) -> None:
        """Check that no option is given that needs the state, which is in another process.

        Raises:
            UsageValueError: One is given.
        """
        where = "moto answers from another process (TEST_SERVER_MODE or proxy mode)"
        if self.pace is not None:
            raise UsageValueError(f"{where}, so pace cannot be set from here; POST it to /mock-jobs-api/batch/pace of the server")
        if self.sleep is not None:
            raise UsageValueError(f"{where}, whose clock sleeps cannot move; leave `sleep` out")
        if self.seed is not None:
            raise UsageValueError(f"{where}, so seed cannot be set from here; POST to /moto-api/seed?a={self.seed} of the server")


def _check_config(config: object) -> None:
    if config is None:
        return
    if not isinstance(config, Mapping):
        raise UsageTypeError(f"config must be a mapping in moto's form, got {config!r}")
    for name, value in config.items():
        if not isinstance(value, Mapping):
            raise UsageTypeError(f"config[{name!r}] must be a mapping in moto's form, got {value!r}")
    if config:
        from mock_jobs.moto_adapters.core import unknown_settings  # noqa: PLC0415 - moto comes when a mock starts

        for text in unknown_settings(config):
            warnings.warn(f"moto ignores {text}", MockJobsWarning, stacklevel=level_outside())


def _check_region(region: str) -> None:
    """Check that a region exists in any partition.

    As for moto, all are accepted if `MOTO_ALLOW_NONEXISTENT_REGION` is `true`.
    """
    if region == "":
        raise UsageValueError("region must not be empty; leave it out to keep that of the environment")
    from mock_jobs.wire.loader import shared_loader  # noqa: PLC0415 - botocore comes when a mock starts

    known = [each for partition in shared_loader().load_data("partitions")["partitions"] for each in partition["regions"]]
    if region in known or os.environ.get("MOTO_ALLOW_NONEXISTENT_REGION", "").lower() == "true":
        return
    raise UsageValueError(f"there is no region {region!r}{nearest(region, known)}")
