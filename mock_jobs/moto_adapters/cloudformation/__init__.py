"""Resources of mock_jobs in the stacks of moto's CloudFormation."""
