"""Whose turn it is in a queue: order, fair shares, indexes, heads of line and scheduling passes."""
