"""What AWS IoT Jobs keeps: jobs, executions, templates, queues of things and subscriptions."""
