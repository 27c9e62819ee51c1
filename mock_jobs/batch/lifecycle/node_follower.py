"""How the nodes of a multi-node parallel job move along with it.

Source: user guide, "Multi-node parallel jobs" (*documented*): the main node starts first, the others when it runs. Its end ends
the job and stops the others. The end of another node changes nothing. A retry of the job retries every node. *Inferred*: the
status reason of a node that is stopped by the main node's end, and that a node that ends at the same moment as the main node is
not stopped by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_jobs.batch import messages
from mock_jobs.batch.records.node import MultiNodeJob
from mock_jobs.batch.states import RUNNABLE, Trigger

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.attempts import Attempts
    from mock_jobs.batch.lifecycle.endings import Endings
    from mock_jobs.batch.lifecycle.transition import Transition
    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.records.node import Node
    from mock_jobs.batch.states import JobStatus

# All nodes make these moves together with the job.
_TOGETHER: Final = frozenset({Trigger.EVALUATED_WAITING, Trigger.EVALUATED_READY, Trigger.DEPENDENCIES_SUCCEEDED})
# The main node itself ended; all other triggers concern the job as a whole.
_MAIN_NODE_ENDED: Final = frozenset({Trigger.EXITED_ZERO, Trigger.ATTEMPT_FAILED, Trigger.RETRIED})


class NodeFollower:
    """Moves the nodes other than the main node, whose progress is that of the job.

    Args:
        transition: Changes the status of a node.
        endings: Ends nodes.
        attempts: Begins their attempts, and ends them.
    """

    def __init__(self, transition: Transition[Job, Trigger], endings: Endings, attempts: Attempts) -> None:
        self._transition = transition
        self._endings = endings
        self._attempts = attempts

    def follow(self, whole: Job, before: JobStatus, trigger: Trigger) -> None:
        """Move the nodes of a multi-node parallel job after a change of its status."""
        del before
        assert isinstance(whole, MultiNodeJob)
        if trigger in _TOGETHER:
            for node in whole.others:
                self._transition.move(node, trigger)
        elif trigger is Trigger.CONTAINER_STARTED:
            assert whole.current is not None
            for node in whole.others:
                self._attempts.begin_beside(node, whole.current)
        elif trigger is Trigger.RETRIED:
            for node in whole.others:
                self._retry(node)
        elif whole.is_terminal:
            reason = messages.MAIN_NODE_EXITED if trigger in _MAIN_NODE_ENDED else whole.status_reason
            for node in whole.others:
                if not node.is_terminal:
                    self._attempts.kill(node, reason)
                    self._endings.finish([(node, Trigger.JOB_ENDED, reason)])

    def _retry(self, node: Node) -> None:
        if node.status == RUNNABLE:
            # The main node never ran, so this node has not started.
            return
        self._attempts.kill(node, messages.MAIN_NODE_EXITED)
        node.status_reason = node.last_reason
        node.stopped_ms = None
        node.detail = None
        self._transition.move(node, Trigger.RETRIED)
