"""Scheduling of job queues: order, fair shares, indexes, heads and passes."""
