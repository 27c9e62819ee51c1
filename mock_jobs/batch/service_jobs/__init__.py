"""Service jobs: work that AWS Batch queues for SageMaker Training.

It is counted in instances instead of vCPUs.
"""
