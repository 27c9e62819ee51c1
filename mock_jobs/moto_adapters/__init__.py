"""What moto keeps, behind the protocols of `mock_jobs.ports`; nothing else imports moto."""
