"""Types for the platforms of containers, and the state and status of resources."""

from __future__ import annotations

from typing import Literal

State = Literal["ENABLED", "DISABLED"]
Status = Literal["CREATING", "UPDATING", "DELETING", "DELETED", "VALID", "INVALID"]
Platform = Literal["EC2", "FARGATE", "MANAGED_INSTANCES", "EKS"]
