"""How the nodes of a multi-node parallel job move along with it.

Source: user guide, "Multi-node parallel jobs" (*documented*): the main node starts first, the others when it runs; its end ends
the job and stops the others; the end of another node changes nothing; when the job is tried again, each node is. *Inferred*: the
status reason of a node that is stopped by the main node's end, and that a node which ends at the very moment of the main node is
not stopped by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_jobs.batch import messages
from mock_jobs.batch.records.job import Attempt, Job
from mock_jobs.batch.records.node import MultiNodeJob
from mock_jobs.batch.states import RUNNABLE, RUNNING, STARTING, Trigger

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.jobs import Lifecycle
    from mock_jobs.batch.records.node import Node
    from mock_jobs.core.clock import Clock
    from mock_jobs.core.ids import IdSource

# How the job waits, so do all of its nodes.
_TOGETHER: Final = frozenset({Trigger.EVALUATED_WAITING, Trigger.EVALUATED_READY, Trigger.DEPENDENCIES_SUCCEEDED})
# The main node came to its own end; anything else happened to the job as a whole.
_MAIN_NODE_ENDED: Final = frozenset({Trigger.EXITED_ZERO, Trigger.ATTEMPT_FAILED, Trigger.RETRIED})


class NodeFollower:
    """Moves the nodes beside the main node, whose progress is that of the job.

    Args:
        lifecycle: Moves single jobs.
        clock: Tells what is due.
        ids: Names the tasks.
    """

    def __init__(self, lifecycle: Lifecycle, clock: Clock, ids: IdSource) -> None:
        self._lifecycle = lifecycle
        self._clock = clock
        self._ids = ids

    def follow(self, whole: MultiNodeJob, trigger: Trigger) -> None:
        """Let the nodes follow a change of the job that has just happened."""
        if trigger in _TOGETHER:
            for node in whole.others:
                self._lifecycle.move(node, trigger)
        elif trigger is Trigger.CONTAINER_STARTED:
            for node in whole.others:
                self._place(node)
        elif trigger is Trigger.RETRIED:
            for node in whole.others:
                self._retry(node)
        elif whole.is_terminal:
            reason = messages.MAIN_NODE_EXITED if trigger in _MAIN_NODE_ENDED else whole.status_reason
            for node in whole.others:
                if not node.is_terminal:
                    self._close(node, reason)
                    self._lifecycle.finish([(node, Trigger.JOB_ENDED, reason)])

    def end(self, whole: Job) -> None:
        """Let the main node come to its planned end, after the nodes that start or end at the same moment."""
        assert isinstance(whole, MultiNodeJob)
        if any(self._is_due(node) for node in whole.others):
            self._lifecycle.put(whole, 0, self.end)
        else:
            self._lifecycle.end(whole)

    def _place(self, node: Node) -> None:
        attempt = node.whole.current
        assert attempt is not None
        node.current = Attempt(attempt.environment, self._ids.hex(32), self._clock.now_ms)
        node.status_reason = None
        self._lifecycle.move(node, Trigger.MAIN_NODE_STARTED)
        self._lifecycle.start_later(node)

    def _retry(self, node: Node) -> None:
        if node.status == RUNNABLE:
            # The main node never ran, so this one has not begun.
            return
        self._close(node, messages.MAIN_NODE_EXITED)
        last = node.last_attempt
        node.status_reason = None if last is None else last.status_reason
        node.stopped_ms = None
        node.detail = None
        self._lifecycle.move(node, Trigger.RETRIED)

    def _close(self, node: Node, reason: str | None) -> None:
        if node.current is not None:
            self._lifecycle.kill(node, node.current, reason)

    def _is_due(self, node: Node) -> bool:
        if node.due_ms > self._clock.now_ms:
            return False
        return node.status == STARTING or (node.status == RUNNING and not node.hangs)
