"""The names of the training jobs that AWS Batch asks SageMaker for."""

from __future__ import annotations

# SageMaker's limit (documented: CreateTrainingJob).
_LENGTH = 63
_PREFIX = "AWSBatch"


def training_job_name(job_name: str, unique: str) -> str:
    """Return the name of a training job.

    The form is documented in samples: a prefix, the job name, 32 hexadecimal digits. That a longer job name is cut, and that an
    underscore, which SageMaker does not allow, becomes a hyphen, is inferred.
    """
    room = _LENGTH - len(_PREFIX) - len(unique)
    return f"{_PREFIX}{job_name[:room].replace('_', '-')}{unique}"
