"""Everything in moto's internals that mock_jobs depends on; if one of these fails, moto has changed."""

from __future__ import annotations

import contextlib
import inspect
import json
from collections import OrderedDict

import boto3
import flask
import pytest
from moto import mock_aws
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.cloudformation.models import Stack, cloudformation_backends
from moto.core import base_backend
from moto.core import models as core_models
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.config import default_user_config
from moto.core.utils import get_equivalent_url_in_aws_domain
from moto.ecs.models import ecs_backends
from moto.events.models import EventsBackend, Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.iot.models import FakeJobTemplate, IoTBackend, iot_backends
from moto.logs.models import LogGroup, LogsBackend, logs_backends
from moto.moto_api import state_manager
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends
from moto.sqs.models import SQSBackend

from mock_jobs import UnmockedRequestError, mock_jobs
from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.moto_adapters import events as moto_events
from mock_jobs.moto_adapters import gaps, thing_watch
from mock_jobs.moto_adapters import logs as moto_logs
from mock_jobs.moto_adapters import s3 as moto_s3
from mock_jobs.moto_adapters import things as moto_things
from mock_jobs.moto_adapters.ec2_iam import MotoReferences
from mock_jobs.moto_adapters.ecs import MotoClusters
from mock_jobs.ports.thing_registry import ThingChange, ThingEvent

from support.constants import ACCOUNT, NO_RETRIES, REGION


def test_one_stubber_stands_behind_both_ways_in():
    assert isinstance(moto_core.stubber, BotocoreStubber)
    assert list(inspect.signature(BotocoreStubber.process_request).parameters) == ["self", "request"]
    assert "self.process_request(" in inspect.getsource(BotocoreStubber.__call__)
    assert list(inspect.signature(BotocoreStubber.__call__).parameters) == ["self", "event_name", "request", "kwargs"]
    # Before moto 5.2.5 there was one method for the requests of both libraries.
    prepared = getattr(BotocoreStubber, "process_prepared_request", None)
    assert prepared is None or "self.process_request(" in inspect.getsource(prepared)


def test_a_long_poll_of_a_queue_waits_in_one_method_and_knows_for_how_long():
    assert list(inspect.signature(SQSBackend.receive_message).parameters)[:4] == [
        "self",
        "queue_name",
        "count",
        "wait_seconds_timeout",
    ]
    assert ".wait_for_messages(" in inspect.getsource(SQSBackend.receive_message)


def test_motos_raw_response_streams_bytes():
    assert b"".join(MockRawResponse(b"body").stream()) == b"body"


def test_a_reset_clears_the_backends_in_use_last_and_in_motos_lock():
    in_use = []

    def ring():
        assert base_backend.backend_lock._is_owned()
        in_use.append(list(BackendDict._instances))

    ends = [moto_core.on_reset(ring), moto_core.on_reset(ring)]
    assert iot_backends[ACCOUNT][REGION]
    BackendDict.reset()
    assert in_use == [[], []]
    assert ACCOUNT not in iot_backends
    for end in ends:
        end()
    BackendDict.reset()
    assert len(in_use) == 2


def test_motos_lock_can_be_released_however_often_it_is_held():
    lock = base_backend.backend_lock
    with lock, lock:
        depth = lock._release_save()
        assert not lock._is_owned()
        lock._acquire_restore(depth)
        assert lock._is_owned()
    assert not lock._is_owned()


def test_the_quick_start_leaves_the_patterns_out_and_puts_the_methods_back():
    methods = core_models.RESPONSES_METHODS
    with mock_jobs():
        assert len(core_models.responses_mock.registered()) == 2 * len(methods)
        assert core_models.RESPONSES_METHODS is methods
    assert core_models.responses_mock.registered() == []


def test_the_nesting_count_says_whether_a_mock_is_active():
    assert core_models.MockAWS._nested_count == 0
    with mock_jobs():
        assert core_models.MockAWS._nested_count == 1


def test_mocks_of_moto_keep_what_they_found_in_these_places(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "found")
    motos = mock_aws(config={"iot": {"use_valid_cert": True}})
    assert motos._user_config_mock.values == {**default_user_config, "iot": {"use_valid_cert": True}}
    with motos:
        assert motos._orig_creds["AWS_ACCESS_KEY_ID"] == "found"
        assert core_models.MockAWS._mocks_active
        with core_models.MockAWS._mock_init_lock:
            pass
    # What is stopped may be stopped again.
    assert motos._default_session_mock.stop() is None
    assert motos._user_config_mock.stop() is None
    assert {"_enable_patching", "_mock_env_variables", "_unmock_env_variables", "reset"} <= vars(core_models.MockAWS).keys()
    for kind in (core_models.ServerModeMockAWS, core_models.ProxyModeMockAWS):
        assert kind._RESET_IN_PROGRESS is False
        assert not {"start", "stop"} & vars(kind).keys()


def test_moto_answers_404_for_hosts_of_aws_that_it_does_not_know():
    with mock_jobs():
        session = boto3.session.Session()
        client = session.client("braket", region_name="us-east-1", config=NO_RETRIES)
        answers = []
        client.meta.events.register_first(
            "before-send", lambda request, **_: answers.append(moto_core.moto_answers(request)) or None
        )
        with contextlib.suppress(UnmockedRequestError):
            client.search_devices(filters=[])
    assert answers == [moto_core.NOT_MOCKED]


def test_things_and_groups_are_kept_by_arn(mock, iot):
    iot.create_thing(thingName="thing")
    iot.create_thing_group(thingGroupName="group")
    iot.add_thing_to_thing_group(thingGroupName="group", thingName="thing")

    kept = iot_backends[ACCOUNT][REGION]
    (thing_arn,) = kept.things
    (group,) = kept.thing_groups.values()
    assert thing_arn == f"arn:aws:iot:{REGION}:{ACCOUNT}:thing/thing"
    assert isinstance(group.things, OrderedDict)
    assert list(group.things) == [thing_arn]


GROUPS = {"top": None, "middle": "top", "bottom": "middle", "beside": "top", "other": None}


@pytest.fixture
def family(iot):
    """Groups of three generations, and things in some of them."""
    for name, parent in GROUPS.items():
        iot.create_thing_group(thingGroupName=name, **({"parentGroupName": parent} if parent else {}))
    for name, group in (("c", "bottom"), ("b", "top"), ("a", "top"), ("b", "beside"), ("d", "middle")):
        iot.create_thing(thingName=name)
        iot.add_thing_to_thing_group(thingGroupName=group, thingName=name)
    iot.create_thing(thingName="loose")
    return iot


def test_the_registry_reads_groups_with_their_children_in_order(family):
    things = moto_things.things_of(ACCOUNT, REGION)

    assert list(things.things_in_group("top")) == ["b", "a", "d", "c", "b"]
    assert list(things.things_in_group("unknown")) == []
    assert things.with_child_groups(["middle", "unknown", "top", "other"]) == ["middle", "bottom", "top", "beside", "other"]
    assert list(things.with_groups_above("bottom")) == ["bottom", "middle", "top"]
    assert things.groups_of("b") == ["top", "beside"]
    assert things.groups_of("c") == ["bottom", "middle", "top"]
    assert things.group_name(things.group_id("middle")) == "middle"
    assert things.group_id("unknown") is things.group_name("unknown") is None
    assert things.has_thing("a")
    assert not things.has_thing("z")
    assert things.is_member("a", "top")
    assert not any(things.is_member(*pair) for pair in (("c", "top"), ("z", "top"), ("a", "unknown")))

    family.delete_thing(thingName="a")
    assert list(things.things_in_group("top")) == ["b", "d", "c", "b"]
    assert not things.is_member("a", "top")


@pytest.fixture
def heard():
    """What two listeners hear from the start of the test on; each notes its number and the change."""
    notes = []

    def listener(number):
        @contextlib.contextmanager
        def watch(account, region):
            assert (account, region) == (ACCOUNT, REGION)
            yield lambda change: notes.append((number, change))

        return watch

    ends = [thing_watch.watch_things(listener(number)) for number in (1, 2)]
    yield notes
    for end in ends:
        end()


ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"
CREATED, DELETED, JOINED, LEFT = ThingEvent


@pytest.mark.parametrize(
    ("operation", "members", "changes"),
    [
        ("create_thing", {"thingName": "new"}, [ThingChange(CREATED, ["new"])]),
        ("create_thing", {"thingName": "a"}, []),
        ("delete_thing", {"thingName": "c"}, [ThingChange(DELETED, ["c"], ["bottom", "middle", "top"])]),
        ("delete_thing", {"thingName": "loose"}, [ThingChange(DELETED, ["loose"], [])]),
        (
            "add_thing_to_thing_group",
            {"thingName": "loose", "thingGroupName": "middle"},
            [ThingChange(JOINED, ["loose"], ["middle", "top"])],
        ),
        (
            "add_thing_to_thing_group",
            {"thingArn": f"{ARN}thing/loose", "thingGroupArn": f"{ARN}thinggroup/other"},
            [ThingChange(JOINED, ["loose"], ["other"])],
        ),
        ("add_thing_to_thing_group", {"thingName": "a", "thingGroupName": "top"}, []),
        (
            "remove_thing_from_thing_group",
            {"thingArn": f"{ARN}thing/c", "thingGroupName": "bottom"},
            [ThingChange(LEFT, ["c"], ["bottom", "middle", "top"])],
        ),
        ("remove_thing_from_thing_group", {"thingName": "loose", "thingGroupName": "bottom"}, []),
        (
            "update_thing_groups_for_thing",
            {"thingName": "c", "thingGroupsToAdd": ["other"], "thingGroupsToRemove": ["bottom"]},
            [ThingChange(JOINED, ["c"], ["other"]), ThingChange(LEFT, ["c"], ["bottom", "middle", "top"])],
        ),
        ("delete_thing_group", {"thingGroupName": "bottom"}, [ThingChange(LEFT, ["c"], ["bottom", "middle", "top"])]),
        ("delete_thing_group", {"thingGroupName": "other"}, []),
        ("delete_thing_group", {"thingGroupName": "unknown"}, []),
        ("create_thing_group", {"thingGroupName": "young", "parentGroupName": "bottom"}, []),
    ],
)
def test_changes_of_things_are_heard_of_by_all_who_listen(family, heard, operation, members, changes):
    getattr(family, operation)(**members)

    assert heard == [(number, change) for change in changes for number in (1, 2)]


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("delete_thing", {"thingName": "unknown"}),
        ("add_thing_to_thing_group", {"thingName": "unknown", "thingGroupName": "top"}),
        ("add_thing_to_thing_group", {"thingGroupName": "top"}),
        ("remove_thing_from_thing_group", {"thingName": "a", "thingGroupName": "unknown"}),
        ("delete_thing_group", {"thingGroupName": "top"}),
    ],
)
def test_what_moto_refuses_is_no_change(family, heard, operation, members):
    with pytest.raises(family.exceptions.ClientError):
        getattr(family, operation)(**members)

    assert heard == []


def test_things_of_stacks_are_heard_of(mock, heard):
    stacks = boto3.client("cloudformation", region_name=REGION, config=NO_RETRIES)
    thing = {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": "t"}}
    stacks.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"Thing": thing}}))
    stacks.delete_stack(StackName="s")

    assert [change.event for number, change in heard if number == 1] == [CREATED, DELETED]


def test_a_thing_that_is_registered_anew_is_in_no_group(family, heard):
    family.delete_thing(thingName="a")
    family.create_thing(thingName="a")
    family.add_thing_to_thing_group(thingGroupName="top", thingName="a")

    assert [change for number, change in heard if number == 1] == [
        ThingChange(DELETED, ["a"], ["top"]),
        ThingChange(CREATED, ["a"]),
        ThingChange(JOINED, ["a"], ["top"]),
    ]


@mock_aws
def test_the_watch_ends_with_the_last_who_listens():
    iot = boto3.client("iot", region_name=REGION)
    names = thing_watch._LOOKS
    originals = {name: getattr(IoTBackend, name) for name in names}
    heard = []

    def listener(who):
        return lambda *_: contextlib.nullcontext(lambda change: heard.append((who, *change.thing_names)))

    ends = [thing_watch.watch_things(listener(who)) for who in "ab"]
    iot.create_thing(thingName="x")
    ends[0]()
    iot.create_thing(thingName="y")
    ends[1]()
    iot.create_thing(thingName="z")

    assert heard == [("a", "x"), ("b", "x"), ("b", "y")]
    assert {name: getattr(IoTBackend, name) for name in names} == originals


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("create_thing", ["thing_name"]),
        ("delete_thing", ["thing_name"]),
        ("add_thing_to_thing_group", ["thing_group_name", "thing_group_arn", "thing_name", "thing_arn"]),
        ("remove_thing_from_thing_group", ["thing_group_name", "thing_group_arn", "thing_name", "thing_arn"]),
        ("delete_thing_group", ["thing_group_name"]),
    ],
)
def test_the_methods_that_are_watched_have_these_parameters(name, parameters):
    found = inspect.signature(getattr(IoTBackend, name)).parameters

    assert list(found)[1 : len(parameters) + 1] == parameters
    assert all(found[each].default is inspect.Parameter.empty for each in parameters)


def test_moto_refuses_dynamic_groups_loudly(mock, iot):
    with pytest.raises(NotImplementedError):
        iot.create_dynamic_thing_group(thingGroupName="d", queryString="thingName:x*")


def test_objects_are_found_in_the_backend_of_a_partition_whatever_the_region_of_their_bucket(mock):
    s3 = boto3.client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="bucket", Key="key", Body=b"first")["VersionId"]
    s3.put_object(Bucket="bucket", Key="key", Body=b"second")
    s3.put_object(Bucket="bucket", Key="deleted", Body=b"")
    s3.delete_object(Bucket="bucket", Key="deleted")
    objects = moto_s3.MotoObjects(ACCOUNT, "aws")

    assert objects.region_of("bucket") == "eu-west-1"
    assert objects.region_of("unknown") is None
    assert objects.read("bucket", "key", None) == b"second"
    assert objects.read("bucket", "key", first) == b"first"
    assert objects.read("bucket", "key", "unknown") is None
    assert objects.read("bucket", "unknown", None) is None
    assert objects.read("bucket", "deleted", None) is None
    assert moto_s3.MotoObjects("111111111111", "aws").read("bucket", "key", None) == b"second"
    assert moto_s3.MotoObjects(ACCOUNT, "aws-cn").region_of("another") is None


def test_buckets_of_other_accounts_are_hidden_where_moto_hides_them(mock, monkeypatch):
    boto3.client("s3", region_name=REGION).create_bucket(Bucket="bucket")
    monkeypatch.setenv("MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS", "false")

    assert moto_s3.MotoObjects(ACCOUNT, "aws").region_of("bucket") == REGION
    assert moto_s3.MotoObjects("111111111111", "aws").region_of("bucket") is None


def test_the_state_manager_tells_a_choice_from_a_default():
    assert moto_core.batch_transition() is None
    state_manager.register_default_transition("batch::job", {"progression": "manual", "times": 1})
    assert moto_core.batch_transition() is None
    state_manager.set_transition("batch::job", {"progression": "time", "seconds": 3})
    try:
        assert moto_core.batch_transition() == {"progression": "time", "seconds": 3}
    finally:
        state_manager.unset_transition("batch::job")


def test_the_configuration_has_the_keys_that_are_read():
    assert {"mock_credentials", "passthrough", "service_whitelist"} <= default_user_config["core"].keys()
    assert "use_docker" in default_user_config["batch"]


def test_moto_matches_urls_of_other_partitions_in_the_first_domain():
    parts, is_changed = get_equivalent_url_in_aws_domain("https://sqs.cn-north-1.amazonaws.com.cn/x")

    assert (parts.geturl(), is_changed) == ("https://sqs.cn-north-1.amazonaws.com/x", True)
    assert "request.url" in inspect.getsource(type(moto_core.stubber).process_request)


def test_the_server_application_takes_the_factory_of_backend_apps():
    assert list(inspect.signature(DomainDispatcherApplication.__init__).parameters) == ["self", "create_app"]
    assert callable(create_backend_app)


def test_the_server_application_raises_what_moto_raises_and_says_that_a_path_is_unknown():
    application = create_backend_app("lambda")
    asked = []

    def note(error):
        asked.append(flask.request.routing_exception is error)
        return error

    application.register_error_handler(404, note)
    application.test_client().get("/nothing")

    assert application.debug
    assert asked == [True]


def test_a_response_of_moto_knows_service_and_action(mock):
    with pytest.raises(NotImplementedError) as caught:
        boto3.client("iot", region_name=REGION).list_commands()

    assert str(caught.value.__cause__) == "The list_commands action has not been implemented"
    assert gaps.call_of(caught.value.__cause__) == ("iot", "ListCommands")
    assert gaps.is_whole_operation(caught.value.__cause__)
    assert gaps.call_of(ValueError()) is None


def test_rules_stand_on_the_default_bus_and_send_to_one_target_after_another(mock):
    boto3.client("events", region_name=REGION).put_rule(Name="rule", EventPattern='{"source": ["x"]}', State="DISABLED")

    (rule,) = events_backends.get(ACCOUNT).get(REGION).event_buses["default"].rules.values()
    assert isinstance(rule, Rule)
    assert (rule.name, rule.state, rule.targets) == ("rule", "DISABLED", [])
    assert rule.event_pattern.get_pattern() == {"source": ["x"]}
    assert rule.event_pattern.matches_event({"source": "x"})
    assert list(inspect.signature(Rule.send_to_targets).parameters) == ["self", "original_event", "transform_input"]
    assert "rule.send_to_targets(" in inspect.getsource(EventsBackend.put_events)
    assert list(inspect.signature(EventTemplateParser.parse).parameters) == ["input_template", "input_paths_map", "event"]


def test_who_asks_whether_there_are_rules_makes_no_backend(mock):
    def unused():
        raise AssertionError

    bus = moto_events.MotoEventBus(ACCOUNT, "eu-north-1", unused)
    assert not bus.has_rules
    bus.deliver({})
    boto3.client("events", region_name="eu-west-1").list_rules()
    assert not bus.has_rules

    assert "eu-north-1" not in dict.keys(events_backends.get(ACCOUNT))


def test_the_rules_of_moto_are_left_as_they_were():
    before = Rule.send_to_targets
    with mock_jobs(region=REGION):
        assert Rule.send_to_targets is before
        boto3.client("events").list_rules()
        assert Rule.send_to_targets is not before
    assert Rule.send_to_targets is before


def test_log_groups_keep_streams_and_these_their_events(mock):
    groups = moto_logs.MotoLogGroups(ACCOUNT, REGION)
    groups.make_stream("group", "stream", 1000)
    groups.make_stream("group", "stream", 2000)
    groups.write("group", "stream", [(1500, "a"), (1600, "b")], 3000)

    kept = logs_backends[ACCOUNT][REGION].groups["group"]
    assert list(inspect.signature(LogsBackend.ensure_log_group).parameters) == ["self", "log_group_name"]
    assert list(inspect.signature(LogGroup.create_log_stream).parameters) == ["self", "log_stream_name"]
    assert list(inspect.signature(LogGroup.put_log_events).parameters) == ["self", "log_stream_name", "log_events"]
    found = [(each.timestamp, each.message, each.ingestion_time) for each in kept.streams["stream"].events]
    assert found == [(1500, "a", 3000), (1600, "b", 3000)]
    logs = boto3.client("logs", region_name=REGION)
    (group,) = logs.describe_log_groups()["logGroups"]
    (stream,) = logs.describe_log_streams(logGroupName="group")["logStreams"]
    assert (group["creationTime"], stream["creationTime"], stream["lastIngestionTime"]) == (1000, 1000, 3000)


def test_a_region_that_moto_does_not_know_has_no_log_groups(mock):
    groups = moto_logs.MotoLogGroups(ACCOUNT, "nowhere")
    groups.make_stream("group", "stream", 1000)
    groups.write("group", "stream", [(1500, "a")], 3000)

    assert "nowhere" not in dict.keys(logs_backends[ACCOUNT])


def test_clusters_are_kept_by_name_and_listed_by_one_method_even_if_they_are_inactive(mock):
    kept = ecs_backends[ACCOUNT][REGION]
    arn = kept.create_cluster("c").arn
    kept.delete_cluster("c")

    assert list(kept.clusters) == ["c"]
    assert kept.clusters["c"].status == "INACTIVE"
    # If this fails, moto lists like AWS, and mock_jobs need not.
    assert boto3.client("ecs", region_name=REGION).list_clusters()["clusterArns"] == [arn]


def test_a_deleted_cluster_is_left_out_until_a_reset(mock):
    clusters = MotoClusters(ACCOUNT, REGION)
    for name in "ab":
        clusters.write(name, None)
        clusters.delete(name)
    clusters.delete("unknown")
    assert ecs_backends[ACCOUNT][REGION].list_clusters() == []
    BackendDict.reset()

    assert "list_clusters" not in vars(ecs_backends[ACCOUNT][REGION])


def test_training_jobs_are_made_from_the_members_of_the_request_and_answer_their_attributes(mock):
    kept = sagemaker_backends[ACCOUNT][REGION]
    parameters = list(inspect.signature(SageMakerModelBackend.create_training_job).parameters)[1:]
    arguments = {**dict.fromkeys(parameters), "algorithm_specification": {}, "output_data_config": {"S3OutputPath": ""}}
    job = kept.create_training_job(**{**arguments, "training_job_name": "t"})
    job.role_arn, job.Environment, job.hyper_parameters = "role", {"A": "1"}, None

    assert kept.training_jobs == {"t": job}
    answer = boto3.client("sagemaker", region_name=REGION).describe_training_job(TrainingJobName="t")
    assert (answer["RoleArn"], answer["Environment"]) == ("role", {"A": "1"})
    assert "HyperParameters" not in answer
    attributes = {"training_job_status", "secondary_status", "secondary_status_transitions", "creation_time"}
    attributes |= {"last_modified_time", "training_start_time", "training_end_time", "model_artifacts", "final_metric_data_list"}
    assert attributes < set(vars(job))
    assert job.creation_time.tzinfo is None


def test_moto_cannot_stop_training_jobs(mock):
    with pytest.raises(NotImplementedError):
        boto3.client("sagemaker", region_name=REGION).stop_training_job(TrainingJobName="t")


def test_stacks_find_their_types_in_one_table_that_can_be_written():
    table = parsing.get_model_map()

    assert table is parsing.get_model_map()
    assert table["AWS::IoT::JobTemplate"] is FakeJobTemplate
    assert "get_model_map()[" in inspect.getsource(parsing.resource_class_from_type)


def test_moto_finds_the_class_of_a_type_through_one_function_that_can_be_replaced():
    assert list(inspect.signature(parsing.resource_class_from_type).parameters) == ["resource_type"]
    for each in (parsing.parse_resource, parsing.ResourceMap.validate_outputs):
        assert "= resource_class_from_type(resource_type)" in inspect.getsource(each)
    assert "if not resource_class:" in inspect.getsource(parsing.parse_resource)


def test_types_of_resources_are_called_in_this_way():
    create, update = (
        inspect.signature(getattr(FakeJobTemplate, f"{each}_from_cloudformation_json")).parameters
        for each in ("create", "update")
    )
    assert list(create) == ["resource_name", "cloudformation_json", "account_id", "region_name", "kwargs"]
    assert list(update) == ["original_resource", "new_resource_name", "cloudformation_json", "account_id", "region_name"]
    assert '"StackId": resources_map.stack_id' in inspect.getsource(parsing.parse_and_create_resource)
    assert "parsed_resource.delete(self._account_id, self._region_name)" in inspect.getsource(
        parsing.ResourceMap._delete_resource
    )


def test_a_stack_has_a_status_and_can_be_taken_back(mock):
    stacks = boto3.client("cloudformation", region_name=REGION)
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"O": {"Value": "v", "Export": {"Name": "e"}}}}
    stack_id = stacks.create_stack(StackName="s", TemplateBody=json.dumps(template))["StackId"]
    kept = cloudformation_backends[ACCOUNT][REGION]

    assert kept.stacks[stack_id].status == "CREATE_COMPLETE"
    assert kept.exports["e"].exporting_stack_id == stack_id
    assert callable(kept.stacks[stack_id].delete)
    source = inspect.getsource(Stack)
    assert 'self.status = "CREATE_PENDING"' in source
    assert 'self.status = "CREATE_IN_PROGRESS"' in source


def test_a_stack_that_was_deleted_is_kept_and_names_its_resources(mock):
    stacks = boto3.client("cloudformation", region_name=REGION)
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}
    stack_id = stacks.create_stack(StackName="s", TemplateBody=json.dumps(template))["StackId"]
    kept = cloudformation_backends[ACCOUNT][REGION]
    assert list(kept.stacks[stack_id].resource_map._parsed_resources)[-1] == "T"

    stacks.delete_stack(StackName="s")
    assert kept.deleted_stacks[stack_id].status == "DELETE_COMPLETE"
    assert "T" not in kept.deleted_stacks[stack_id].resource_map._parsed_resources


def test_errors_of_stacks_take_a_message():
    assert "text" in str(ValidationError(message="text"))
    assert issubclass(UnformattedGetAttTemplateException, Exception)


def test_the_first_that_has_a_job_queue_submits_the_job_of_a_rule(mock):
    original = Rule.send_to_targets
    asked = []

    def has_no_queue(rule, arn, parameters):
        asked.append("first")
        raise LookupError(arn)

    def has_it(rule, arn, parameters):
        asked.append((rule, arn, parameters))

    ends = [moto_events.watch_job_queues(each) for each in (has_no_queue, has_it, has_no_queue)]
    arn = f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/q"
    rule = Rule("rule", ACCOUNT, REGION, None, '{"source": ["x"]}', None, None, "default", None)
    rule.targets = [{"Id": "1", "Arn": arn, "BatchParameters": {"JobName": "j", "JobDefinition": "d"}}]
    rule.send_to_targets({"source": "x"})
    for end in ends:
        end()

    assert asked == ["first", ("rule", arn, {"jobQueue": arn, "jobName": "j", "jobDefinition": "d"})]
    assert Rule.send_to_targets is original


def test_what_compute_environments_refer_to_is_kept_in_these_places(mock):
    ec2, iam = boto3.client("ec2", region_name=REGION), boto3.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    references = MotoReferences(ACCOUNT, REGION, "aws")

    assert (references.has_subnet(subnet), references.has_subnet("subnet-none")) == (True, False)
    assert (references.has_role("batch"), references.has_role(role), references.has_role("none")) == (True, True, False)
    assert not references.has_instance_profile("batch")
    assert not references.has_security_group("sg-none")
