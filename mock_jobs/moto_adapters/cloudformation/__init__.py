"""Resources of mock_jobs in the stacks of moto's CloudFormation."""

from typing import Final

SIGNING_NAME: Final = "cloudformation"
