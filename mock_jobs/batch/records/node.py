"""Records of multi-node parallel jobs: the job as a whole, and its nodes.

Source: user guide, "Multi-node parallel jobs" (*documented*): the job is in the state of its main node, and ends with it. So the
record of the whole job has the progress of the main node, with the vCPUs and the attempts of all nodes. The record of the main
node is a view of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from mock_jobs.batch.records.job import Attempt, Job, JobSpec
from mock_jobs.batch.states import NODE_TRANSITIONS

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import NodePropertiesOutputTypeDef

    from mock_jobs.batch.workload.node_properties import NodeSpec, ResolvedNodes


class MultiNodeJob(Job):
    """A multi-node parallel job as a whole.

    Its spec has the vCPUs and consumable resources of all nodes together, and the container of the main node.

    Attributes:
        main_node: Index of the main node.
        nodes: By index.
        properties: The nodes as DescribeJobs shows them.
    """

    __slots__ = ("main_node", "nodes", "properties")

    def __init__(self, spec: JobSpec, own_id: str, created_ms: int, resolved: ResolvedNodes) -> None:
        super().__init__(spec, own_id, created_ms)
        self.main_node = resolved.main_node
        self.properties: NodePropertiesOutputTypeDef = resolved.properties
        # Nodes with the same node spec share a job spec. A node is neither retried nor timed out by itself (documented).
        by_node_spec: dict[NodeSpec, JobSpec] = {}
        self.nodes: list[Node] = []
        for index, node_spec in enumerate(resolved.specs):
            if node_spec not in by_node_spec:
                by_node_spec[node_spec] = replace(
                    spec,
                    container=node_spec.workload.container,
                    vcpus=node_spec.workload.vcpus,
                    task=node_spec.workload.task,
                    pod=node_spec.workload.pod,
                    requirements=node_spec.requirements,
                    retry=None,
                    timeout_seconds=None,
                )
            self.nodes.append((MainNode if index == resolved.main_node else Node)(by_node_spec[node_spec], self, index))

    @property
    def node_index(self) -> int:
        """Index of the node whose progress this is."""
        return self.main_node

    @property
    def others(self) -> list[Node]:
        """The nodes other than the main node."""
        return [node for node in self.nodes if node.index != self.main_node]


class Node(Job):
    """The progress of a node that is not the main one.

    Attributes:
        whole: The job that this is a part of.
    """

    __slots__ = ("whole",)

    transitions: ClassVar = NODE_TRANSITIONS
    takes_capacity: ClassVar = False

    def __init__(self, spec: JobSpec, whole: MultiNodeJob, index: int) -> None:
        self.whole = whole
        super().__init__(spec, whole.own_id, whole.created_ms, index=index)

    @property
    def job_id(self) -> str:
        """The id of the job, and the index of the node."""
        return f"{self.own_id}#{self.index}"

    @property
    def is_part(self) -> bool:
        """True: a node is a part of a larger job."""
        return True

    @property
    def is_main(self) -> bool:
        """Whether this is the main node."""
        return False

    @property
    def node_index(self) -> int:
        """Its index."""
        return self.index

    @property
    def attempt_number(self) -> int:
        """Number of the attempt of the whole job, from 1.

        The node itself may have had fewer.
        """
        return self.whole.attempt_number


def _of_whole(name: str, *, writable: bool = False) -> Any:
    """Return a property that reads, and if writable sets, an attribute of the whole."""
    return property(
        lambda node: getattr(node.whole, name),
        (lambda node, value: setattr(node.whole, name, value)) if writable else None,
    )


class MainNode(Node):
    """The main node: its progress is that of the job as a whole."""

    __slots__ = ()

    attempts = _of_whole("attempts")
    current = _of_whole("current")
    is_cancelled = _of_whole("is_cancelled")
    is_terminated = _of_whole("is_terminated")
    moves = _of_whole("moves")
    reads = _of_whole("reads", writable=True)
    started_ms = _of_whole("started_ms")
    status = _of_whole("status")
    status_reason = _of_whole("status_reason")
    stop_reason = _of_whole("stop_reason")
    stopped_ms = _of_whole("stopped_ms")

    def __init__(self, spec: JobSpec, whole: MultiNodeJob, index: int) -> None:
        # The other attributes that the base class sets are read from the whole job.
        self.spec = spec
        self.whole = whole
        self.own_id = whole.own_id
        self.created_ms = whole.created_ms
        self.index = index
        self.parent = None
        self.dependents = None
        self.due_ms = 0
        self.detail: Mapping[str, object] | None = None

    @property
    def is_main(self) -> bool:
        """Whether this is the main node."""
        return True


def node_environment(job: Job) -> dict[str, str]:
    """Return the environment variables that multi-node parallel jobs add or replace.

    Args:
        job: A node, or the whole job, which means its main node; for any other job there are none.

    Source: user guide, "Multi-node parallel jobs" (documented). *Inferred*: the id is that of the node, also for the main node.
    The address is made up.
    """
    whole = job.whole if isinstance(job, Node) else job
    index = job.node_index
    if not isinstance(whole, MultiNodeJob) or index is None:
        return {}
    variables = {
        "AWS_BATCH_JOB_ID": f"{whole.own_id}#{index}",
        "AWS_BATCH_JOB_NODE_INDEX": str(index),
        "AWS_BATCH_JOB_MAIN_NODE_INDEX": str(whole.main_node),
        "AWS_BATCH_JOB_NUM_NODES": str(len(whole.nodes)),
    }
    if index != whole.main_node and whole.last_attempt is not None:
        variables["AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"] = private_address(whole.last_attempt)
    return variables


def private_address(attempt: Attempt) -> str:
    """Return the private address of a node, derived from the id of its task."""
    return "10." + ".".join(str(int(attempt.task_id[start : start + 2], 16)) for start in (0, 2, 4))
