"""Service jobs: work that AWS Batch queues for SageMaker Training, counted in instances instead of vCPUs."""
