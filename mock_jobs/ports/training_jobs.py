"""The protocol for training jobs, independent of what keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

Stage = Literal["Starting", "Training", "Stopping", "Completed", "Failed", "Stopped"]
"""A secondary status of Amazon SageMaker."""

ENDED: Final = ("Completed", "Failed", "Stopped")


class TrainingStep(NamedTuple):
    """The begin of a stage.

    Attributes:
        stage: The stage.
        at_ms: When it began, in milliseconds since the epoch.
        message: What SageMaker says about it.
    """

    stage: Stage
    at_ms: int
    message: str


@dataclass(eq=False, slots=True)
class TrainingJob:
    """A training job of Amazon SageMaker.

    Attributes:
        name: Its name.
        request: What it was asked for: a JSON object with the members of CreateTrainingJob, not checked.
        steps: Its stages so far, oldest first; not empty once it is written.
    """

    name: str
    request: str
    steps: list[TrainingStep] = field(default_factory=list)

    @property
    def has_ended(self) -> bool:
        """Whether it is in its last stage."""
        return self.steps[-1].stage in ENDED

    @property
    def started_ms(self) -> int | None:
        """When its container started, in milliseconds since the epoch; None if it never did."""
        return next((step.at_ms for step in self.steps if step.stage == "Training"), None)


class TrainingJobs(Protocol):
    """The training jobs of Amazon SageMaker in one account and region."""

    def write(self, job: TrainingJob) -> None:
        """Create a training job, or bring the one with its name up to date."""
        ...
