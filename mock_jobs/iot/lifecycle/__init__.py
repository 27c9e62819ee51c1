"""The state changes of jobs and executions, and their consequences."""
