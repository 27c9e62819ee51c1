"""Protocols of what other services of AWS keep, whoever mocks those."""
