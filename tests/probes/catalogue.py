"""All probes, in the order of the page."""

from __future__ import annotations

from probes import batch_job_probes, batch_probes, iot_execution_probes, iot_job_probes  # noqa: F401 - they register the probes
from probes.probing import PROBES, ROWS

CATALOGUE = [PROBES[row_id] for row_id in ROWS if row_id in PROBES]
