"""Protocols for the other AWS services that mock_jobs needs, independent of what mocks them."""
