"""How jobs and executions change state, and what follows from each change."""
