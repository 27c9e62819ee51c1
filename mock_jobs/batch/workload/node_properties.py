"""Nodes of multi-node parallel jobs: checks, and merges with overrides.

Sources: API reference, NodeProperties, NodeRangeProperty, NodeOverrides and NodePropertyOverride (*documented*); user guide,
"Multi-node parallel jobs" (*documented*). *Inferred*: of equal ranges the later one counts; ranges that overlap, neither of them
inside of the other, are rejected; an override changes the nodes to which its range applies, so not those of a narrower range
inside; of several overrides for a range the later one counts; if the number of nodes is lowered, a range that would end beyond it
ends with the last node.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.workload import pod as pods
from mock_jobs.batch.workload import task as tasks
from mock_jobs.batch.workload.container import check_environment, requirements_by_type
from mock_jobs.batch.workload.kept import kept_container, kept_pod, kept_task
from mock_jobs.batch.workload.requirements import Requirements, requirements_of, sum_of
from mock_jobs.batch.workload.workload import Overrides, Workload, check_content, merged

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import (
        ContainerOverridesTypeDef,
        ContainerPropertiesOutputTypeDef,
        EcsPropertiesOutputTypeDef,
        EcsPropertiesOverrideTypeDef,
        EksPropertiesOutputTypeDef,
        EksPropertiesOverrideTypeDef,
        NodeOverridesTypeDef,
        NodePropertiesOutputTypeDef,
        NodePropertyOverrideTypeDef,
        NodeRangePropertyOutputTypeDef,
    )

    from mock_jobs.batch.names import Arns
    from mock_jobs.batch.platforms import Platform

MAX_NODES: Final = 1000
MAX_GROUPS: Final = 5
MAX_INSTANCE_TYPES: Final = 1

# Longer numbers are meaningless, and int() rejects very long ones.
_RANGE = re.compile(r"(?P<first>[0-9]{0,9}):(?P<last>[0-9]{0,9})|(?P<only>[0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class NodeRange:
    """A parsed targetNodes: `a:b`, `a:`, `:b`, `:`, or `n` for `n:n`.

    Source: clients that work on AWS send a single number (torchx, redun).

    Attributes:
        last: None for an open end.
    """

    text: str
    first: int
    last: int | None

    @classmethod
    def parse(cls, text: str) -> NodeRange:
        """Return the range in a text.

        Raises:
            ClientException: The text is not a range.
        """
        match = _RANGE.fullmatch(text)
        if match is None:
            raise invalid(messages.NODE_RANGE, range=text)
        if match["only"]:
            return cls(text, int(match["only"]), int(match["only"]))
        first = int(match["first"] or 0)
        last = int(match["last"]) if match["last"] else None
        if last is not None and last < first:
            raise invalid(messages.NODE_RANGE, range=text)
        return cls(text, first, last)

    def within(self, num_nodes: int) -> range:
        """Return the indexes of its nodes, in a job of `num_nodes` nodes."""
        return range(self.first, num_nodes if self.last is None else min(self.last + 1, num_nodes))


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """One entry of nodeRangeProperties.

    Attributes:
        container: The single container; one of `container`, `task` and `pod` is given.
        task: The containers of a task of ECS.
        pod: The containers of a pod of EKS.
    """

    nodes: NodeRange
    container: ContainerPropertiesOutputTypeDef | None
    task: EcsPropertiesOutputTypeDef | None
    pod: EksPropertiesOutputTypeDef | None
    instance_types: list[str] | None
    requirements: Requirements | None

    @property
    def platform(self) -> Platform:
        """What the nodes run on (documented: not Fargate)."""
        return "EC2" if self.pod is None else "EKS"

    @property
    def kind(self) -> str:
        """Its kind, as texts name it."""
        if self.task is not None:
            return "multinode with ecsProperties"
        return "multinode with containers" if self.pod is None else "multinode with eksProperties"

    def shape(self) -> NodeRangePropertyOutputTypeDef:
        """Return the wire shape, as DescribeJobDefinitions shows it."""
        if self.task is not None:
            return self._shape_with("ecsProperties", self.task)
        if self.pod is not None:
            return self._shape_with("eksProperties", self.pod)
        assert self.container is not None
        return self._shape_with("container", self.container)

    def shape_of(self, workload: Workload) -> NodeRangePropertyOutputTypeDef:
        """Return the wire shape with what a job runs, as DescribeJobs shows it."""
        if workload.task is not None:
            return self._shape_with("ecsProperties", {"taskProperties": [workload.task.properties]})
        if workload.pod is not None:
            return self._shape_with("eksProperties", {"podProperties": workload.pod.properties})
        container = dict(workload.container)
        # The member belongs to containers of jobs, not to properties.
        del container["networkInterfaces"]
        return self._shape_with("container", container)

    def _shape_with(self, member: str, content: object) -> NodeRangePropertyOutputTypeDef:
        instance_types = self.instance_types or []
        shape = cast(
            "NodeRangePropertyOutputTypeDef",
            {"targetNodes": self.nodes.text, member: content, "instanceTypes": instance_types},
        )
        if self.requirements is not None:
            shape["consumableResourceProperties"] = self.requirements.properties
        return shape


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """The nodes of a job definition of type multinode."""

    num_nodes: int
    main_node: int
    groups: tuple[NodeGroup, ...]

    @property
    def is_on_eks(self) -> bool:
        """Whether the nodes run pods."""
        return self.groups[0].pod is not None

    def shape(self) -> NodePropertiesOutputTypeDef:
        """Return the wire shape, as DescribeJobDefinitions shows it."""
        groups = [each.shape() for each in self.groups]
        return {"numNodes": self.num_nodes, "mainNode": self.main_node, "nodeRangeProperties": groups}


@dataclass(frozen=True, slots=True, eq=False)
class NodeSpec:
    """What nodes of a submitted job with the same group and overrides run."""

    workload: Workload
    requirements: Requirements | None


@dataclass(frozen=True, slots=True)
class ResolvedNodes:
    """All nodes of a submitted job.

    Attributes:
        specs: By index of the node.
        properties: As DescribeJobs shows them.
    """

    main_node: int
    specs: tuple[NodeSpec, ...]
    properties: NodePropertiesOutputTypeDef

    @property
    def workload(self) -> Workload:
        """What the main node runs, with the vCPUs that all nodes need together."""
        return replace(self.specs[self.main_node].workload, vcpus=sum(spec.workload.vcpus for spec in self.specs))

    @property
    def requirements(self) -> Requirements | None:
        """The consumable resources that all nodes need together, None for none."""
        return sum_of(spec.requirements for spec in self.specs)


def layout_of(properties: NodePropertiesOutputTypeDef, arns: Arns) -> NodeLayout:
    """Return the nodes in a request of RegisterJobDefinition.

    Raises:
        ClientException: A rule is broken; the first one in the order of AWS's documentation.
    """
    num_nodes, main_node = properties["numNodes"], properties["mainNode"]
    if not 1 <= num_nodes <= MAX_NODES:
        raise invalid(messages.NUM_NODES)
    if not 0 <= main_node < num_nodes:
        raise invalid(messages.MAIN_NODE)
    entries = properties["nodeRangeProperties"]
    if not 1 <= len(entries) <= MAX_GROUPS:
        raise invalid(messages.NODE_GROUPS)
    ranges = [NodeRange.parse(entry["targetNodes"]) for entry in entries]
    for each in ranges:
        if each.first >= num_nodes or (each.last or 0) >= num_nodes:
            raise invalid(messages.NODE_RANGE_OUTSIDE, range=each.text, count=num_nodes)
    _check_nesting(ranges, num_nodes)
    _check_coverage(ranges, num_nodes)
    groups = tuple(_group(entry, nodes, arns) for entry, nodes in zip(entries, ranges, strict=True))
    if len({group.platform for group in groups}) > 1:
        raise invalid(messages.NODES_OF_TWO_KINDS)
    return NodeLayout(num_nodes, main_node, groups)


def resolve_nodes(
    layout: NodeLayout, overrides: NodeOverridesTypeDef, parameters: Mapping[str, str], arns: Arns
) -> ResolvedNodes:
    """Return the nodes of a job that is submitted.

    Args:
        layout: Nodes of the job definition.
        overrides: Overrides of the request.
        parameters: Values for `Ref::name` in commands.
        arns: ARNs of the account and region.

    Raises:
        ClientException: An override is invalid, or a command refers to a parameter that has no value.
    """
    num_nodes = _overridden_number(layout, overrides.get("numNodes"))
    changes = [_Change.parse(entry, num_nodes, arns) for entry in overrides.get("nodePropertyOverrides", [])]
    _check_targets(changes, layout, num_nodes)
    own = [[change for change in changes if change.nodes == group.nodes.within(num_nodes)] for group in layout.groups]
    group_of = _group_by_node(layout, num_nodes)
    specs = {index: _node_spec(layout.groups[index], own[index], parameters) for index in set(group_of.values())}
    by_node = [specs[group_of[index]] for index in range(num_nodes)]
    shapes = []
    for group, meant in zip(layout.groups, own, strict=True):
        # Of equal ranges only one applies to nodes; an override may fit that one alone.
        fitting = [change for change in meant if change.stranger_to(group) is None]
        shapes.append(_changed(group, fitting).shape_of(_workload(group, fitting, parameters)))
    properties: NodePropertiesOutputTypeDef = {
        "numNodes": num_nodes,
        "mainNode": layout.main_node,
        "nodeRangeProperties": shapes,
    }
    return ResolvedNodes(layout.main_node, tuple(by_node), properties)


@dataclass(frozen=True, slots=True)
class _Change:
    """One entry of nodePropertyOverrides."""

    text: str
    nodes: range
    container: ContainerOverridesTypeDef | None
    task: EcsPropertiesOverrideTypeDef | None
    pod: EksPropertiesOverrideTypeDef | None
    instance_types: list[str] | None
    requirements: Requirements | None

    @classmethod
    def parse(cls, entry: NodePropertyOverrideTypeDef, num_nodes: int, arns: Arns) -> _Change:
        nodes = NodeRange.parse(entry["targetNodes"])
        container = entry.get("containerOverrides")
        if container is not None:
            check_environment(container.get("environment", []))
            requirements_by_type(container.get("resourceRequirements", []))
        return cls(
            nodes.text,
            nodes.within(num_nodes),
            container,
            entry.get("ecsPropertiesOverride"),
            entry.get("eksPropertiesOverride"),
            _instance_types(entry.get("instanceTypes")),
            requirements_of(entry.get("consumableResourcePropertiesOverride"), arns),  # type: ignore[arg-type]
        )

    def stranger_to(self, group: NodeGroup) -> str | None:
        """Return the member that overrides what a group does not have, else None."""
        given = {
            "containerOverrides": (self.container, group.container),
            "ecsPropertiesOverride": (self.task, group.task),
            "eksPropertiesOverride": (self.pod, group.pod),
        }
        return next((member for member, (own, other) in given.items() if own is not None and other is None), None)


def _check_targets(changes: Sequence[_Change], layout: NodeLayout, num_nodes: int) -> None:
    """Reject overrides for nodes that are no range of the job definition.

    Source: aws-parallelcluster #964 (observed in 2019). That ranges are equal if they mean the same nodes is inferred.
    """
    known = [group.nodes.within(num_nodes) for group in layout.groups]
    others = [change.text for change in changes if change.nodes not in known]
    if others:
        raise not_allowed(messages.NODE_TARGETS, targets=", ".join(others))


def _check_nesting(ranges: Sequence[NodeRange], num_nodes: int) -> None:
    for position, one in enumerate(ranges):
        for other in ranges[:position]:
            first, second = sorted((one.within(num_nodes), other.within(num_nodes)), key=lambda each: each.start)
            if first.start < second.start < first.stop < second.stop:
                raise invalid(messages.NODE_RANGES_OVERLAP, one=other.text, other=one.text)


def _check_coverage(ranges: Sequence[NodeRange], num_nodes: int) -> None:
    covered = 0
    for nodes in sorted((each.within(num_nodes) for each in ranges), key=lambda each: each.start):
        if nodes.start > covered:
            break
        covered = max(covered, nodes.stop)
    if covered < num_nodes:
        raise invalid(messages.NODES_NOT_COVERED)


def _group(entry: NodeRangePropertyOutputTypeDef, nodes: NodeRange, arns: Arns) -> NodeGroup:
    container, task, pod = entry.get("container"), entry.get("ecsProperties"), entry.get("eksProperties")
    check_content(container, task, pod, "EC2")
    return NodeGroup(
        nodes,
        None if container is None else kept_container(container, "EC2"),
        None if task is None else kept_task(task, "EC2"),
        None if pod is None else kept_pod(pod),
        _instance_types(entry.get("instanceTypes")),
        requirements_of(entry.get("consumableResourceProperties"), arns),
    )


def _instance_types(given: Sequence[str] | None) -> list[str] | None:
    if given is not None and len(given) > MAX_INSTANCE_TYPES:
        raise invalid(messages.NODE_INSTANCE_TYPES)
    return None if given is None else list(given)


def _overridden_number(layout: NodeLayout, num_nodes: int | None) -> int:
    if num_nodes is None:
        return layout.num_nodes
    if not 1 <= num_nodes <= MAX_NODES:
        raise invalid(messages.NUM_NODES)
    if all(group.nodes.last is not None for group in layout.groups):
        raise invalid(messages.NUM_NODES_CLOSED)
    for group in layout.groups:
        if group.nodes.first >= num_nodes:
            raise invalid(messages.NODE_RANGE_OUTSIDE, range=group.nodes.text, count=num_nodes)
    if layout.main_node >= num_nodes:
        raise invalid(messages.MAIN_NODE)
    return num_nodes


def _group_by_node(layout: NodeLayout, num_nodes: int) -> dict[int, int]:
    """Return the index of the group that applies to each node.

    It is the narrowest, and of equally narrow ones the last.
    """
    widths = [len(group.nodes.within(num_nodes)) for group in layout.groups]
    found: dict[int, int] = {}
    for group in sorted(range(len(widths)), key=lambda each: -widths[each]):
        found.update(dict.fromkeys(layout.groups[group].nodes.within(num_nodes), group))
    return found


def _node_spec(group: NodeGroup, changes: Sequence[_Change], parameters: Mapping[str, str]) -> NodeSpec:
    for change in changes:
        member = change.stranger_to(group)
        if member is not None:
            raise invalid(messages.NOT_FOR_TYPE, member=member, type=group.kind)
    return NodeSpec(_workload(group, changes, parameters), _changed(group, changes).requirements)


def _workload(group: NodeGroup, changes: Sequence[_Change], parameters: Mapping[str, str]) -> Workload:
    """Return what the nodes of a group run, with several overrides applied in order."""
    task, pod = group.task, group.pod
    if task is not None:
        *before, final = [each.task for each in changes if each.task is not None] or [{}]
        for each in before:
            task = tasks.overridden(task, each)
        last = Overrides(None, final, None, None)
    elif pod is not None:
        *earlier, latest = [each.pod for each in changes if each.pod is not None] or [{}]
        for other in earlier:
            pod = pods.overridden(pod, other)
        last = Overrides(None, None, latest, None)
    else:
        last = Overrides(_together(changes), None, None, None)
    return merged(replace(group, task=task, pod=pod), last, parameters)


def _changed(group: NodeGroup, changes: Sequence[_Change]) -> NodeGroup:
    instance_types, requirements = group.instance_types, group.requirements
    for change in changes:
        instance_types = instance_types if change.instance_types is None else change.instance_types
        requirements = requirements if change.requirements is None else change.requirements
    return replace(group, instance_types=instance_types, requirements=requirements)


def _together(changes: Sequence[_Change]) -> ContainerOverridesTypeDef:
    """Return one override with the effect of several that are applied in order."""
    result: dict[str, object] = {}
    environment: dict[str, object] = {}
    required: dict[str, str] = {}
    for overrides in (change.container or {} for change in changes):
        result.update(overrides)
        environment.update({pair.get("name", ""): pair for pair in overrides.get("environment", [])})
        required.update(requirements_by_type(overrides.get("resourceRequirements", [])))
    if environment:
        result["environment"] = list(environment.values())
    if required:
        result["resourceRequirements"] = [{"type": kind, "value": value} for kind, value in required.items()]
    return cast("ContainerOverridesTypeDef", result)
