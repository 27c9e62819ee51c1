"""Resources of mock_jobs in stacks of moto's CloudFormation."""
