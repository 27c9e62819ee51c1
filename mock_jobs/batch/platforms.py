"""What containers run on, and the states of what they run in."""

from __future__ import annotations

from typing import Literal

State = Literal["ENABLED", "DISABLED"]
Status = Literal["CREATING", "UPDATING", "DELETING", "DELETED", "VALID", "INVALID"]
Platform = Literal["EC2", "FARGATE", "MANAGED_INSTANCES", "EKS"]
