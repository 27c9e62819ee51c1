"""Sleeps that move the mock's clock and take no time."""
