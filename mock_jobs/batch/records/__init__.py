"""What AWS Batch keeps: jobs, nodes, queues, environments, definitions and consumable resources."""
