"""Nodes that run tasks or pods. Documents: API reference, NodeRangeProperty, NodePropertyOverride; user guide, "Multi-node parallel jobs"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.batch import container, refusal
from support.needs import needs
from support.pods import kept_pod, pod
from support.pods import part as pod_part
from support.tasks import part, properties

if TYPE_CHECKING:
    from support.batch_site import Site

SIDE = part("side", essential=False)
MAIN = part("main", "2", command=["work", "Ref::what"], environment=[{"name": "A", "value": "1"}])
TASK = properties(SIDE, MAIN)
TASKS = [{"targetNodes": "0:", "ecsProperties": TASK}]
PODS = [{"targetNodes": "0:", "eksProperties": pod(pod_part("main", "2", env=[{"name": "A", "value": "1"}]))}]
PARAMETERS = {"what": "hard"}
MIXED = [{"targetNodes": "0:", "ecsProperties": TASK}, {"targetNodes": "2:", "container": container(1)}]


@pytest.fixture
def prepared(site):
    site.make_queue_and_definition()
    site.make_nodes(ranges=TASKS, parameters=PARAMETERS)
    return site


@pytest.fixture
def eks(site):
    site.make_eks_environment()
    site.make_queue()
    site.make_nodes(ranges=PODS)
    return site


def override(target: str, **more: Any) -> dict[str, Any]:
    change = {"containers": [{"name": "main", **more}]}
    return {"targetNodes": target, "ecsPropertiesOverride": {"taskProperties": [change]}}


def pod_override(target: str, **more: Any) -> dict[str, Any]:
    change = {"containers": [{"name": "main", **more}]}
    return {"targetNodes": target, "eksPropertiesOverride": {"podProperties": change}}


def submit_with(site: Site, *overrides: Any) -> str:
    return site.submit(jobDefinition="m", nodeOverrides={"nodePropertyOverrides": list(overrides)})


def main_of(job: Any) -> Any:
    """Return the container named main of a node on ECS."""
    return next(each for each in job["ecsProperties"]["taskProperties"][0]["containers"] if each["name"] == "main")


def variables(pairs: Any) -> dict[str, str]:
    return {pair["name"]: pair["value"] for pair in pairs}


def test_the_nodes_of_a_definition_are_described_with_their_tasks(prepared):
    (found,) = prepared.batch.describe_job_definitions(jobDefinitionName="m")["jobDefinitions"]

    (entry,) = found["nodeProperties"]["nodeRangeProperties"]
    shown = entry["ecsProperties"]["taskProperties"][0]["containers"]
    assert [(each["name"], each["essential"]) for each in shown] == [("side", False), ("main", True)]
    assert "container" not in entry


def test_each_node_runs_the_containers_of_its_task(mock, prepared):
    job_id = prepared.submit(jobDefinition="m")

    mock.batch.run_all()
    described = prepared.nodes(job_id)
    assert [node["nodeDetails"]["nodeIndex"] for node in described] == [0, 1, 2]
    for node in described:
        (task,) = node["ecsProperties"]["taskProperties"]
        assert [each["exitCode"] for each in task["containers"] if each["name"] == "main"] == [0]
        assert task["containers"][1]["command"] == ["work", "hard"]
        assert len(task["containers"][0]["networkInterfaces"]) == 1
        (attempt,) = node["attempts"]
        assert attempt["taskProperties"][0]["taskArn"] == task["taskArn"]


def test_the_whole_job_shows_its_nodes_and_the_attempts_of_the_main_node(mock, prepared):
    job_id = prepared.submit(jobDefinition="m")

    mock.batch.run_all()
    job, main = prepared.detail(job_id), prepared.nodes(job_id)[0]
    assert "ecsProperties" not in job
    assert job["nodeProperties"]["nodeRangeProperties"][0]["ecsProperties"]["taskProperties"][0]["containers"][1]["command"] == [
        "work",
        "hard",
    ]
    assert job["attempts"] == main["attempts"]


@needs("batch ListJobs.jobSummaryList.capacityUsage")
def test_the_containers_of_all_nodes_count_for_the_room(mock, batch, site):
    site.make_queue_and_definition(max_vcpus=8)
    site.make_nodes(ranges=TASKS, parameters=PARAMETERS)
    too_large = site.submit(jobDefinition="m")
    mock.batch.run_all()

    # 3 nodes of 1 + 2 vCPUs.
    assert site.detail(too_large)["status"] == "RUNNABLE"
    assert batch.list_jobs(jobQueue="q", jobStatus="RUNNABLE")["jobSummaryList"][0]["capacityUsage"] == [
        {"capacityUnit": "VCPU", "quantity": 9.0}
    ]


def test_an_override_of_tasks_changes_the_nodes_of_its_range(site):
    site.make_queue_and_definition()
    ranges = [*TASKS, {"targetNodes": "1:2", "ecsProperties": TASK}]
    site.make_nodes(ranges=ranges, parameters=PARAMETERS)

    job_id = submit_with(site, override("1:2", command=["rest", "Ref::what"]))

    assert [main_of(node)["command"] for node in site.nodes(job_id)] == [["work", "hard"], ["rest", "hard"], ["rest", "hard"]]


def test_overrides_of_one_range_count_one_after_the_other(prepared):
    first = override("0:", command=["one"], environment=[{"name": "A", "value": "2"}, {"name": "B", "value": "2"}])
    second = override("0:2", environment=[{"name": "B", "value": "3"}], resourceRequirements=[{"type": "VCPU", "value": "4"}])

    job_id = submit_with(prepared, first, second)

    for node in prepared.nodes(job_id):
        found = main_of(node)
        assert found["command"] == ["one"]
        assert variables(found["environment"]) == {"A": "2", "B": "3"}
        assert {each["type"]: each["value"] for each in found["resourceRequirements"]}["VCPU"] == "4"


def test_an_override_of_a_whole_range_is_shown_in_it(prepared):
    job_id = submit_with(prepared, override(":", command=["all"]))

    (entry,) = prepared.detail(job_id)["nodeProperties"]["nodeRangeProperties"]
    assert entry["ecsProperties"]["taskProperties"][0]["containers"][1]["command"] == ["all"]


def test_a_parameter_is_put_in_once_however_many_overrides_meet(prepared):
    change = {"nodePropertyOverrides": [override(":", environment=[]), override(":", environment=[])]}

    job_id = prepared.submit(jobDefinition="m", parameters={"what": "Ref::what"}, nodeOverrides=change)

    assert main_of(prepared.nodes(job_id)[0])["command"] == ["work", "Ref::what"]


def test_ranges_may_differ_in_whether_they_have_several_containers(mock, site):
    site.make_queue_and_definition()
    site.make_nodes(ranges=MIXED, parameters=PARAMETERS)

    job_id = submit_with(site, override("0:", command=["a"]), {"targetNodes": "2:", "containerOverrides": {"command": ["b"]}})

    mock.batch.run_all()
    one, two, three = site.nodes(job_id)
    assert [main_of(node)["command"] for node in (one, two)] == [["a"], ["a"]]
    assert three["container"]["command"] == ["b"]


@pytest.mark.parametrize(
    ("ranges", "change", "text"),
    [
        (
            TASKS,
            {"targetNodes": ":", "containerOverrides": {}},
            "containerOverrides is not applicable to job definitions of type multinode with ecsProperties",
        ),
        (
            TASKS,
            pod_override(":"),
            "eksPropertiesOverride is not applicable to job definitions of type multinode with ecsProperties",
        ),
        (
            MIXED,
            override("2:"),
            "ecsPropertiesOverride is not applicable to job definitions of type multinode with containers",
        ),
        (
            TASKS,
            {
                "targetNodes": ":",
                "ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "nobody"}]}]},
            },
            "There is no other container named nobody",
        ),
    ],
    ids=["container", "pod", "one of two", "unknown container"],
)
def test_an_override_of_what_a_node_does_not_have_is_refused(batch, site, ranges, change, text):
    site.make_queue_and_definition()
    site.make_nodes(ranges=ranges, parameters=PARAMETERS)

    request = {"jobName": "j", "jobQueue": "q", "jobDefinition": "m", "nodeOverrides": {"nodePropertyOverrides": [change]}}
    assert refusal(batch.submit_job, **request) == text

    assert batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["*"]}])["jobSummaryList"] == []


@pytest.mark.parametrize(
    ("ranges", "text"),
    [
        ([{"targetNodes": "0:"}], "Container properties should not be empty"),
        (
            [{**TASKS[0], "container": container(1)}],
            "Only one of containerProperties, ecsProperties and eksProperties can be set",
        ),
        ([*TASKS, {**PODS[0], "targetNodes": "1:"}], "The node ranges must all have eksProperties or none of them"),
        ([{"targetNodes": "0:", "ecsProperties": properties(SIDE)}], None),
        ([{"targetNodes": "0:", "eksProperties": pod()}], None),
    ],
    ids=["nothing", "two", "two platforms", "no essential container", "no container in the pod"],
)
def test_ranges_that_cannot_run_are_refused(batch, ranges, text):
    nodes_ = {"numNodes": 3, "mainNode": 0, "nodeRangeProperties": ranges}

    answer = refusal(batch.register_job_definition, jobDefinitionName="m", type="multinode", nodeProperties=nodes_)

    # Of the last ones the text is that of definitions without nodes.
    kind = next((kind for kind in ("ecsProperties", "eksProperties") if kind in ranges[0]), "")
    if text is None:
        text = refusal(batch.register_job_definition, jobDefinitionName="m", type="container", **{kind: ranges[0][kind]})
    assert answer == text
    assert batch.describe_job_definitions(jobDefinitionName="m")["jobDefinitions"] == []


# On EKS


def test_nodes_may_be_pods(mock, eks):
    (found,) = eks.batch.describe_job_definitions(jobDefinitionName="m")["jobDefinitions"]
    job_id = eks.submit(jobDefinition="m")

    mock.batch.run_all()
    assert found["containerOrchestrationType"] == "EKS"
    assert found["nodeProperties"]["nodeRangeProperties"][0]["eksProperties"] == kept_pod(
        pod_part("main", "2", env=[{"name": "A", "value": "1"}])
    )
    job = eks.detail(job_id)
    assert job["attempts"] == []
    assert len(job["eksAttempts"]) == 1
    names = set()
    for node in eks.nodes(job_id):
        assert node["eksProperties"]["podProperties"]["containers"][0]["exitCode"] == 0
        names.add(node["eksProperties"]["podProperties"]["podName"])
    assert len(names) == 3


def test_overrides_of_pods_count_one_after_the_other(eks):
    job_id = submit_with(
        eks,
        pod_override(":", command=["x"], env=[{"name": "A", "value": "2"}]),
        pod_override("0:2", env=[{"name": "B", "value": "3"}]),
    )

    first, _, last = (node["eksProperties"]["podProperties"]["containers"][0] for node in eks.nodes(job_id))
    assert (first["command"], last["command"]) == (["x"], ["x"])
    assert variables(first["env"]) == {"A": "2", "B": "3"}
    assert variables(last["env"]) == {"A": "2", "B": "3"}


def test_nodes_that_are_pods_need_a_queue_on_eks(batch, site):
    site.make_queue_and_definition()
    site.make_nodes(ranges=PODS)

    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="m")

    assert text == "Job Queue is attached to Compute Environment that can not run Jobs with capability EKS."


@pytest.mark.parametrize("member", ["propagateTags", "platformCapabilities"])
def test_what_pods_do_not_take_is_refused_for_nodes_that_are_pods(batch, member):
    value: Any = True if member == "propagateTags" else ["EC2"]
    nodes_ = {"numNodes": 3, "mainNode": 0, "nodeRangeProperties": PODS}

    text = refusal(
        batch.register_job_definition, jobDefinitionName="m", type="multinode", nodeProperties=nodes_, **{member: value}
    )

    assert text == f"{member} is not applicable for EKS."
