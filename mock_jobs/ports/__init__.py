"""Protocols of what other services of AWS keep, whatever mocks those."""
