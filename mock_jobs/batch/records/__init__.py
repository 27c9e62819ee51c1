"""Records: jobs, nodes, queues, environments, definitions, consumable resources."""
