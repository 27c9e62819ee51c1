"""Which modules are mutated, and which tests decide about each.

The tests of a module take a few seconds together; the first are those that find most mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _in(folder: str, *topics: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{topic}.py" for topic in topics)


DECIDING: Final[Mapping[str, tuple[str, ...]]] = {
    "mock_jobs.iot.rules.abort": _in("iot", "abort"),
    "mock_jobs.iot.rules.retry": _in("iot", "retry"),
    "mock_jobs.iot.rules.execution_timers": _in("iot", "timeouts"),
    "mock_jobs.iot.rules.rollout": _in("iot", "rollout", "continuous_rollout", "windows"),
    "mock_jobs.batch.queueing.time_limits": _in("batch", "time_limits", "blocked_service_queues"),
    "mock_jobs.batch.workload.retry_strategy": _in("batch", "attempts", "job_definitions"),
    "mock_jobs.batch.lifecycle.dependencies": _in("batch", "dependencies", "delayed_stops"),
    "mock_jobs.batch.lifecycle.endings": _in("batch", "dependencies", "delayed_stops", "stop_arrays", "life_cycle"),
    "mock_jobs.batch.lifecycle.stopping": _in("batch", "stop_tables", "stop_arrays", "delayed_stops", "multi_node_stops"),
    "mock_jobs.batch.states": _in("batch", "stop_tables", "life_cycle", "dependencies", "multi_node_stops", "multi_node"),
    "mock_jobs.batch.lifecycle.attempts": (
        *_in("batch", "attempts", "life_cycle", "multi_node_stops", "functions", "infrastructure_updates"),
        *_in("batch", "multi_node", "consumable_resources", "commands", "observed_on_aws"),
    ),
    "mock_jobs.iot.states": (
        *_in(
            "iot",
            "cancel",
            "delete",
            "continuous",
            "windows",
            "timeouts",
            "describe",
            "quotas",
            "update",
            "associate",
            "schedule",
        ),
        *_in("iot_jobs_data", "device_reports"),
    ),
    "mock_jobs.iot.lifecycle.executions": (
        *_in("iot", "timeouts", "cancel", "retry", "delete", "events"),
        *_in("iot_jobs_data", "device_reports"),
    ),
}

# Mutants that no test can find, and why: module -> change -> reason.
EQUIVALENT: Final[Mapping[str, Mapping[str, str]]] = {
    "mock_jobs.iot.states": {
        "SCHEDULED: SCHEDULED -> SCHEDULED: IN_PROGRESS": "of UpdateJob it only counts that there is a row",
    },
    "mock_jobs.iot.rules.rollout": {
        "73 -> 74 in _TOP_LEVEL: Final = 73": "every rate has reached its maximum by then",
        "1 -> 2 in return self._waiting().get(thing_name, -1) >= self._position": "positions are not negative",
    },
}
