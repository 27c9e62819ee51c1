"""What a test author may change about AWS IoT Jobs as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from mock_jobs.settings import Settings, limit


@dataclass(slots=True)
class IoTSettings(Settings):
    """Knobs of one world; all act from the next request on. An impossible value is refused when it is set.

    Quotas count per account and region; None stands for no limit.

    Attributes:
        max_targets: How many targets a job may have.
    """

    # Source: AssociateTargetsWithJob, API reference: existing and new targets together (documented).
    max_targets: int | None = limit(100, least=1)
