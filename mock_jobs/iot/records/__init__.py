"""The stored state of AWS IoT Jobs: jobs, executions, templates, queues of things and subscriptions."""
