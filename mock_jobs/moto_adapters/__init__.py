"""Implements the protocols of `mock_jobs.ports` with moto; nothing else imports moto."""
