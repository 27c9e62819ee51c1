"""What there is once in a process: the lock under which mocks start and stop."""

from __future__ import annotations

from threading import RLock
from typing import Final

start_lock: Final = RLock()
"""Held while a mock starts or stops, since that changes botocore, moto and the environment for all threads.

A thread that holds it may take moto's locks, never the other way round.
"""
