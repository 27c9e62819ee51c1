"""Records of AWS Batch: jobs, nodes, queues, environments, definitions and consumable resources."""
