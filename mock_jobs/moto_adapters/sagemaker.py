"""The seam to `moto.sagemaker`, moto's mock of Amazon SageMaker. Slow to import.

moto's training jobs are Completed at once, at the time of the real clock, with invented metrics. Those of AWS Batch get the
stages and times of their service job, and the members of their request, no others.
A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends

from mock_jobs.wire.loader import shared_loader

if TYPE_CHECKING:
    from mock_jobs.ports.training_jobs import TrainingJob

_IN_PROGRESS = {"Starting", "Training"}


class MotoTrainingJobs:
    """The training jobs that moto keeps for an account and region."""

    def __init__(self, account: str, region: str) -> None:
        try:
            self._kept: SageMakerModelBackend | None = sagemaker_backends[account][region]
        except KeyError:
            # moto does not know the region, so no client can read training jobs there.
            self._kept = None

    def write(self, job: TrainingJob) -> None:
        """Create a training job, or bring the one with its name up to date."""
        if self._kept is None:
            return
        kept: Any = self._kept.training_jobs.get(job.name)
        if kept is None:
            kept = _create(self._kept, job)
        _update(kept, job)


def _create(backend: SageMakerModelBackend, job: TrainingJob) -> Any:
    request = _usable(json.loads(job.request))
    names = {_member(name): name for name in inspect.signature(backend.create_training_job).parameters}
    arguments: dict[str, Any] = dict.fromkeys(names.values())
    arguments.update(
        training_job_name=job.name,
        # moto needs both, and adds invented metrics to the first.
        algorithm_specification={},
        output_data_config={"S3OutputPath": "", **request.get("OutputDataConfig", {})},
        enable_network_isolation=False,
        enable_inter_container_traffic_encryption=False,
        enable_managed_spot_training=False,
        # moto's Search needs both parts of a tag.
        tags=[tag for tag in request.get("Tags", []) if tag.keys() >= {"Key", "Value"}],
    )
    kept: Any = backend.create_training_job(**arguments)
    kept.algorithm_specification = kept.output_data_config = kept.final_metric_data_list = None
    if "S3OutputPath" not in request.get("OutputDataConfig", {}):
        kept.model_artifacts = None
    # moto answers each attribute as a member: those in snake case, and those named like the member.
    for member, value in request.items():
        if member == "Tags":
            continue
        setattr(kept, names.get(member, member), value)
    return kept


def _update(kept: Any, job: TrainingJob) -> None:
    first, last, started_ms = job.steps[0], job.steps[-1], job.started_ms
    ends = [*(step.at_ms for step in job.steps[1:]), last.at_ms if job.has_ended else None]
    kept.training_job_status = "InProgress" if last.stage in _IN_PROGRESS else last.stage
    kept.secondary_status = last.stage
    kept.secondary_status_transitions = [
        {
            "Status": step.stage,
            "StartTime": _moment(step.at_ms),
            **({} if end_ms is None else {"EndTime": _moment(end_ms)}),
            "StatusMessage": step.message,
        }
        for step, end_ms in zip(job.steps, ends, strict=True)
    ]
    kept.creation_time = _moment(first.at_ms)
    kept.last_modified_time = _moment(last.at_ms)
    kept.training_start_time = None if started_ms is None else _moment(started_ms)
    kept.training_end_time = _moment(last.at_ms) if job.has_ended else None
    kept.failure_reason = last.message if last.stage == "Failed" else None
    if job.has_ended and started_ms is not None:
        kept.training_time_in_seconds = kept.billable_time_in_seconds = (last.at_ms - started_ms) // 1000


def _usable(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a request for CreateTrainingJob that moto can answer; AWS Batch checks only its instances."""
    members = _request_shape().members
    return {
        name: value
        for name, value in request.items()
        if name in members and name != "TrainingJobName" and value is not None and _fits(value, members[name])
    }


@cache
def _request_shape() -> StructureShape:
    model = ServiceModel(shared_loader().load_service_model("sagemaker", "service-2"), "sagemaker")
    shape = model.operation_model("CreateTrainingJob").input_shape
    assert shape is not None
    return shape


def _fits(value: Any, shape: Shape) -> bool:
    """Return whether a value has the type of a shape, at all depths."""
    if isinstance(shape, StructureShape):
        return isinstance(value, dict) and all(
            _fits(part, shape.members[name]) for name, part in value.items() if name in shape.members
        )
    if isinstance(shape, MapShape):
        return isinstance(value, dict) and all(_fits(part, shape.value) for part in value.values())
    if isinstance(shape, ListShape):
        return isinstance(value, list) and all(_fits(part, shape.member) for part in value)
    wanted = {"integer": int, "long": int, "float": (int, float), "double": (int, float), "boolean": bool}
    return isinstance(value, wanted.get(shape.type_name, str))  # type: ignore[arg-type]


def _member(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))


def _moment(at_ms: int) -> datetime:
    # moto keeps naive times in UTC.
    return datetime.fromtimestamp(at_ms / 1000, timezone.utc).replace(tzinfo=None)
