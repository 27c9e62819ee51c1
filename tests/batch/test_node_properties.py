"""Which node properties and overrides are valid.

Document: AWS Batch API reference, NodeProperties, NodeRangeProperty, NodeOverrides.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_jobs import mock_jobs

from support.batch import FARGATE, PREFIX, container, refusal
from support.batch_site import Site
from support.needs import needs


def ranges(*texts: str) -> list[dict[str, Any]]:
    """Return node ranges whose images tell them apart."""
    return [{"targetNodes": text, "container": {**container(1), "image": f"image-{place}"}} for place, text in enumerate(texts)]


def images(site: Site, job_id: str, count: int) -> str:
    """Return the numbers of the images of all nodes."""
    return "".join(node["container"]["image"].removeprefix("image-") for node in site.nodes(job_id, count))


def properties(**changes: Any) -> dict[str, Any]:
    return {"numNodes": 4, "mainNode": 0, "nodeRangeProperties": ranges("0:"), **changes}


@pytest.fixture
def prepared(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition(max_vcpus=100)


def submit_with(site: Site, **overrides: Any) -> str:
    return site.submit(jobDefinition="m", nodeOverrides=overrides)


# Registering


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"numNodes": 0}, "numNodes must be between 1 and 1000"),
        ({"numNodes": 1001}, "numNodes must be between 1 and 1000"),
        ({"mainNode": 4}, "mainNode must be at least 0 and less than numNodes"),
        ({"mainNode": -1}, "mainNode must be at least 0 and less than numNodes"),
        ({"nodeRangeProperties": []}, "nodeRangeProperties must have 1 to 5 entries"),
        ({"nodeRangeProperties": ranges(*["0:"] * 6)}, "nodeRangeProperties must have 1 to 5 entries"),
        ({"nodeRangeProperties": ranges("4")}, "targetNodes 4 lies outside of the 4 nodes"),
        ({"nodeRangeProperties": ranges("")}, "targetNodes  is not a node range"),
        ({"nodeRangeProperties": ranges("0-3")}, "targetNodes 0-3 is not a node range"),
        ({"nodeRangeProperties": ranges("0:", "3:2")}, "targetNodes 3:2 is not a node range"),
        ({"nodeRangeProperties": ranges("0:9999999999")}, "targetNodes 0:9999999999 is not a node range"),
        ({"nodeRangeProperties": ranges("0:4")}, "targetNodes 0:4 lies outside of the 4 nodes"),
        ({"nodeRangeProperties": ranges("0:", "4:")}, "targetNodes 4: lies outside of the 4 nodes"),
        ({"nodeRangeProperties": ranges("1:")}, "The node ranges must account for all nodes"),
        ({"nodeRangeProperties": ranges("0:0", "2:3")}, "The node ranges must account for all nodes"),
        ({"nodeRangeProperties": ranges(":2")}, "The node ranges must account for all nodes"),
        ({"nodeRangeProperties": ranges("0:2", "1:3")}, "targetNodes 0:2 and 1:3 overlap, and neither lies inside the other"),
        ({"nodeRangeProperties": [{"targetNodes": "0:"}]}, "Container properties should not be empty"),
        ({"nodeRangeProperties": [{"targetNodes": "0:", "container": {"image": "i"}}]}, "vCPU is not provided."),
        (
            {"nodeRangeProperties": [{**ranges("0:")[0], "instanceTypes": ["m5.large", "c5.large"]}]},
            "instanceTypes of a node range can have only one entry",
        ),
        (
            {"nodeRangeProperties": [{**ranges("0:")[0], "consumableResourceProperties": {"consumableResourceList": [{}]}}]},
            "consumableResource is required",
        ),
    ],
)
def test_impossible_nodes_are_refused(batch, changes, text):
    request = {"jobDefinitionName": "m", "type": "multinode", "nodeProperties": properties(**changes)}

    assert refusal(batch.register_job_definition, **request) == text
    assert batch.describe_job_definitions(jobDefinitionName="m")["jobDefinitions"] == []


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"type": "multinode"}, "nodeProperties must be provided for type multinode"),
        (
            {"type": "multinode", "nodeProperties": properties(), "containerProperties": container()},
            "containerProperties is not applicable to job definitions of type multinode",
        ),
        (
            {"type": "multinode", "nodeProperties": properties(), "consumableResourceProperties": {"consumableResourceList": []}},
            "consumableResourceProperties is not applicable to job definitions of type multinode",
        ),
        (
            {"type": "container", "nodeProperties": properties(), "containerProperties": container()},
            "nodeProperties is not applicable to job definitions of type container",
        ),
        (
            {"type": "multinode", "nodeProperties": properties(), "platformCapabilities": ["FARGATE"]},
            "Multi-node parallel jobs are not supported with FARGATE",
        ),
        pytest.param(
            {"type": "multinode", "nodeProperties": properties(), "platformCapabilities": ["MANAGED_INSTANCES"]},
            "Multi-node parallel jobs are not supported with MANAGED_INSTANCES",
            marks=needs("batch RegisterJobDefinition.platformCapabilities=MANAGED_INSTANCES"),
        ),
    ],
    ids=["none", "container too", "consumables too", "type container", "fargate", "managed instances"],
)
def test_nodes_are_refused_where_they_do_not_belong(batch, request_, text):
    assert refusal(batch.register_job_definition, jobDefinitionName="m", **request_) == text
    assert batch.describe_job_definitions(jobDefinitionName="m")["jobDefinitions"] == []


def test_a_definition_with_nodes_is_described_as_it_was_registered(batch, site):
    entries = [
        {"targetNodes": "0:", "container": container(2, command=["a"]), "instanceTypes": ["p3.2xlarge"]},
        {
            "targetNodes": "1:2",
            "container": container(1),
            "consumableResourceProperties": {"consumableResourceList": [{"consumableResource": "R", "quantity": 1}]},
        },
    ]
    arn = site.make_nodes(num_nodes=4, main_node=2, ranges=entries, retryStrategy={"attempts": 2})

    (described,) = batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"]

    assert described["type"] == "multinode"
    assert described["containerOrchestrationType"] == "ECS"
    assert "containerProperties" not in described
    shown = described["nodeProperties"]
    assert (shown["numNodes"], shown["mainNode"]) == (4, 2)
    empty = {"volumes": [], "environment": [], "mountPoints": [], "ulimits": [], "secrets": []}
    assert shown["nodeRangeProperties"] == [
        {**entries[0], "container": {**entries[0]["container"], **empty}},
        {**entries[1], "container": {**entries[1]["container"], **empty, "command": []}, "instanceTypes": []},
    ]


def test_a_large_definition_with_nodes_is_refused(batch):
    entry = {"targetNodes": "0:", "container": container(1, command=["x" * 25_000])}

    text = refusal(
        batch.register_job_definition,
        jobDefinitionName="m",
        type="multinode",
        nodeProperties=properties(nodeRangeProperties=[entry]),
    )

    assert text == "Job definition size exceeds the maximum of 24 KiB"


# Which range counts


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["0:"], "0000"),
        ([":"], "0000"),
        ([":3"], "0000"),
        (["0:1", "2:3"], "0011"),
        (["2:", ":1"], "1100"),
        (["0:3", "1:2"], "0110"),
        (["1:2", "0:3"], "1001"),
        (["0:3", "1:3", "2:2"], "0121"),
        (["0:", "0:3"], "1111"),
        (["0:3", "1:1", "1:1"], "0200"),
    ],
    ids="|".join,
)
def test_the_inner_range_counts_and_of_equal_ones_the_last(prepared, site, texts, expected):
    site.make_nodes(num_nodes=4, ranges=ranges(*texts))

    assert images(site, site.submit(jobDefinition="m"), 4) == expected


# Overriding


@needs("batch ListJobs.jobSummaryList.capacityUsage")
def test_overrides_reach_the_nodes_that_they_target(prepared, batch, site):
    entries = [
        {"targetNodes": "0:", "container": container(2, command=["a"], environment=[{"name": "A", "value": "1"}])},
        {"targetNodes": "1:2", "container": container(2, command=["a"], environment=[{"name": "A", "value": "1"}])},
        {"targetNodes": "3:", "container": container(1)},
    ]
    site.make_nodes(num_nodes=4, ranges=entries)
    change = {
        "command": ["b", "c"],
        "environment": [{"name": "B", "value": "2"}],
        "resourceRequirements": [{"type": "VCPU", "value": "5"}],
    }

    job = submit_with(
        site,
        nodePropertyOverrides=[
            {"targetNodes": "1:2", "containerOverrides": change},
            {"targetNodes": "3", "containerOverrides": {"environment": [{"name": "B", "value": "3"}]}},
            {"targetNodes": "1:2", "containerOverrides": {"environment": [{"name": "C", "value": "4"}]}},
        ],
    )

    seen = [node["container"] for node in site.nodes(job, 4)]
    assert [each["command"] for each in seen] == [["a"], ["b", "c"], ["b", "c"], []]
    assert [{pair["name"]: pair["value"] for pair in each["environment"]} for each in seen] == [
        {"A": "1"},
        {"A": "1", "B": "2", "C": "4"},
        {"A": "1", "B": "2", "C": "4"},
        {"B": "3"},
    ]
    assert [each["vcpus"] for each in seen] == [2, 5, 5, 1]
    (whole,) = [each for each in batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] if each["jobId"] == job]
    assert whole["capacityUsage"] == [{"capacityUnit": "VCPU", "quantity": 13.0}]


def test_an_override_of_a_whole_range_is_shown_with_the_job(prepared, batch, site):
    site.make_nodes(num_nodes=4, ranges=ranges(":1", "2:"))
    batch.create_consumable_resource(consumableResourceName="R")
    needs = {"consumableResourceList": [{"consumableResource": "R", "quantity": 1}]}

    job = submit_with(
        site,
        nodePropertyOverrides=[
            {"targetNodes": "0:1", "containerOverrides": {"command": ["whole"]}, "instanceTypes": ["c5.large"]},
            {"targetNodes": "2:3", "consumableResourcePropertiesOverride": needs},
        ],
    )

    first, second = site.detail(job)["nodeProperties"]["nodeRangeProperties"]
    assert (first["targetNodes"], first["container"]["command"], first["instanceTypes"]) == (":1", ["whole"], ["c5.large"])
    assert (second["targetNodes"], second["container"]["command"]) == ("2:", [])
    assert second["consumableResourceProperties"] == needs
    assert [node["container"]["command"] for node in site.nodes(job, 4)] == [["whole"], ["whole"], [], []]
    assert [node.get("consumableResourceProperties") for node in site.nodes(job, 4)] == [None, None, needs, needs]


def test_parameters_are_substituted_in_the_commands_of_all_ranges(prepared, batch, site):
    entries = [
        {"targetNodes": "0:0", "container": container(1, command=["Ref::main"])},
        {"targetNodes": "1:", "container": container(1, command=["Ref::other"])},
    ]
    site.make_nodes(ranges=entries, parameters={"main": "m"})
    request = {"jobName": "j", "jobQueue": "q", "jobDefinition": "m"}

    text = refusal(batch.submit_job, **request)
    job = site.submit(jobDefinition="m", parameters={"other": "o"})

    assert text == "Unable to substitute value. No parameter found for reference name"
    assert [node["container"]["command"] for node in site.nodes(job)] == [["m"], ["o"], ["o"]]
    shown = site.detail(job)["nodeProperties"]["nodeRangeProperties"]
    assert [each["container"]["command"] for each in shown] == [["m"], ["o"]]


@pytest.mark.parametrize(
    ("texts", "num_nodes", "expected"),
    [
        (["0:"], 6, "000000"),
        (["0:"], 1, "0"),
        (["0:1", "2:"], 5, "00111"),
        (["0:1", "2:"], 3, "001"),
        (["0:", "1:3"], 2, "01"),
    ],
)
def test_the_number_of_nodes_may_be_overridden(prepared, batch, site, texts, num_nodes, expected):
    site.make_nodes(num_nodes=4, ranges=ranges(*texts))

    job = submit_with(site, numNodes=num_nodes)

    assert site.detail(job)["nodeProperties"]["numNodes"] == num_nodes
    assert images(site, job, num_nodes) == expected
    assert batch.describe_jobs(jobs=[f"{job}#{num_nodes}"])["jobs"] == []


@pytest.mark.parametrize(
    ("texts", "overrides", "text"),
    [
        ([":"], {"numNodes": 0}, "numNodes must be between 1 and 1000"),
        ([":"], {"numNodes": 1001}, "numNodes must be between 1 and 1000"),
        ([":"], {"numNodes": 1}, "mainNode must be at least 0 and less than numNodes"),
        (["0:1", "2:"], {"numNodes": 2}, "targetNodes 2: lies outside of the 2 nodes"),
        (
            ["0:3"],
            {"numNodes": 5},
            "numNodes can only be overridden if a node range of the job definition has an open upper boundary",
        ),
        (
            [":"],
            {"nodePropertyOverrides": [{"targetNodes": "4:"}]},
            "NodeOverride targets should match job definition. Non matching targets - 4:",
        ),
        (
            [":"],
            {"nodePropertyOverrides": [{"targetNodes": "0:0"}]},
            "NodeOverride targets should match job definition. Non matching targets - 0:0",
        ),
        (
            ["0:1", "2:"],
            {"nodePropertyOverrides": [{"targetNodes": each} for each in ("1:", "0:1", "2:3", "2")]},
            "NodeOverride targets should match job definition. Non matching targets - 1:, 2",
        ),
        ([":"], {"nodePropertyOverrides": [{"targetNodes": "x"}]}, "targetNodes x is not a node range"),
        (
            [":"],
            {"nodePropertyOverrides": [{"targetNodes": ":", "instanceTypes": ["a", "b"]}]},
            "instanceTypes of a node range can have only one entry",
        ),
        (
            [":"],
            {"nodePropertyOverrides": [{"targetNodes": ":", "ecsPropertiesOverride": {"taskProperties": []}}]},
            "ecsPropertiesOverride is not applicable to job definitions of type multinode with containers",
        ),
        (
            [":"],
            {
                "nodePropertyOverrides": [
                    {"targetNodes": ":", "containerOverrides": {"environment": [{"name": "AWS_BATCH_X", "value": ""}]}}
                ]
            },
            "Environment variable names must not start with AWS_BATCH: AWS_BATCH_X",
        ),
        (
            [":"],
            {"nodePropertyOverrides": [{"targetNodes": ":", "containerOverrides": {"command": [""]}}]},
            "The command must not contain empty strings",
        ),
        (
            [":"],
            {
                "nodePropertyOverrides": [
                    {
                        "targetNodes": ":",
                        "containerOverrides": {
                            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "VCPU", "value": "2"}]
                        },
                    }
                ]
            },
            "Resource requirement VCPU is given twice.",
        ),
    ],
)
def test_impossible_overrides_are_refused(prepared, batch, site, texts, overrides, text):
    site.make_nodes(num_nodes=4, main_node=1, ranges=ranges(*texts))
    request = {"jobName": "j", "jobQueue": "q", "jobDefinition": "m"}

    assert refusal(batch.submit_job, **request, nodeOverrides=overrides) == text
    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []


@pytest.mark.parametrize(
    ("definition", "members", "text"),
    [
        ("d", {"nodeOverrides": {"numNodes": 2}}, "nodeOverrides is not applicable to job definitions of type container"),
        (
            "m",
            {"containerOverrides": {"command": ["x"]}},
            "containerOverrides is not applicable to job definitions of type multinode",
        ),
        (
            "m",
            {"consumableResourcePropertiesOverride": {"consumableResourceList": []}},
            "consumableResourcePropertiesOverride is not applicable to job definitions of type multinode",
        ),
        ("m", {"arrayProperties": {"size": 2}}, "A multi-node parallel job cannot be an array job"),
        (
            "m",
            {"nodeOverrides": {"nodePropertyOverrides": [{"targetNodes": "x" * 31_000}]}},
            "Job size must be less than 30 KiB, got 31 KiB",
        ),
    ],
    ids=["nodes of a container", "container of nodes", "consumables of nodes", "array", "size"],
)
def test_overrides_of_the_wrong_kind_are_refused(prepared, batch, site, definition, members, text):
    site.make_nodes()

    assert refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition=definition, **members) == text
    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []


def test_a_fargate_queue_takes_no_nodes(prepared, batch, site):
    batch.create_compute_environment(computeEnvironmentName="f", type="MANAGED", computeResources=FARGATE)
    site.make_queue("fargate", ("f",))
    site.make_nodes()

    text = refusal(batch.submit_job, jobName="j", jobQueue="fargate", jobDefinition="m")

    assert text == "Job Queue is attached to Compute Environment that can not run Jobs with capability EC2."


def test_the_resources_of_all_ranges_must_exist(prepared, batch, site):
    needs = {"consumableResourceList": [{"consumableResource": "R", "quantity": 1}]}
    site.make_nodes(ranges=[*ranges("0:1"), {**ranges("2:")[0], "consumableResourceProperties": needs}])

    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="m")

    assert text == f"{PREFIX}consumable-resource/R does not exist"


def test_a_thousand_nodes_are_possible(prepared, site):
    site.make_definition()
    site.make_nodes(num_nodes=1000, main_node=999)

    job = site.submit(jobDefinition="m")

    assert site.detail(f"{job}#999")["nodeDetails"] == {"nodeIndex": 999, "isMainNode": True}


NUM_NODES = 7
BOUND = st.integers(0, NUM_NODES - 1)


@st.composite
def texts_of_ranges(draw):
    texts = []
    for _ in range(draw(st.integers(0, 4))):
        first, last = sorted((draw(BOUND), draw(BOUND)))
        shown_first = "" if first == 0 and draw(st.booleans()) else str(first)
        shown_last = "" if last == NUM_NODES - 1 and draw(st.booleans()) else str(last)
        texts.append((f"{shown_first}:{shown_last}", set(range(first, last + 1))))
    texts.insert(draw(st.integers(0, len(texts))), (":", set(range(NUM_NODES))))
    return texts


@given(texts=texts_of_ranges())
@settings(max_examples=60, deadline=None)
def test_every_node_gets_the_narrowest_range_around_it(texts):
    """The oracle compares sets of nodes, one by one."""
    nested = all(not (a & b) or a <= b or b <= a for _, a in texts for _, b in texts)
    with mock_jobs(region="us-east-1") as mock:
        batch = boto3.client("batch", region_name="us-east-1")
        site = Site(batch)
        mock.batch.pace = "manual"
        site.make_queue_and_definition()
        entries = ranges(*(text for text, _ in texts))
        if not nested:
            with pytest.raises(batch.exceptions.ClientException, match="overlap"):
                site.make_nodes(num_nodes=NUM_NODES, ranges=entries)
            return
        site.make_nodes(num_nodes=NUM_NODES, ranges=entries)
        seen = images(site, site.submit(jobDefinition="m"), NUM_NODES)

    for index, image in enumerate(seen):
        around = [(len(members), -place) for place, (_, members) in enumerate(texts) if index in members]
        assert int(image) == -min(around)[1]
