"""What a job runs: containers, tasks, pods and nodes, and how often it is tried."""
