"""`mock.batch`: which calls it rejects, what survives a reset, and paces that end."""

from __future__ import annotations

import dataclasses

import boto3
import pytest
from moto.moto_api import state_manager

from mock_jobs import mock_jobs
from mock_jobs.batch.scenario.pace import Pace
from mock_jobs.batch.scenario.scenario import Scenario
from mock_jobs.batch.scenario.settings import BatchSettings
from mock_jobs.core.errors import UsageNameError, UsageTypeError, UsageValueError
from mock_jobs.handle import world_of

from support.batch import PREFIX
from support.batch_site import Site
from support.constants import REGION

SECONDS = sorted(each.name for each in dataclasses.fields(BatchSettings) if isinstance(each.default, float))
FLAGS = sorted(each.name for each in dataclasses.fields(BatchSettings) if isinstance(each.default, bool))
LIMITS = sorted(each.name for each in dataclasses.fields(BatchSettings) if each.default is None)
GRACES = ["terminate_grace_seconds", "timeout_grace_seconds"]


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


# run_until and step


@pytest.mark.parametrize(
    ("wanted", "error"),
    [("DONE", UsageValueError), ("running", UsageValueError), ("", UsageValueError), (None, UsageTypeError), (7, UsageTypeError)],
)
def test_an_impossible_status_is_refused_before_anything_moves(mock, site, wanted, error):
    mock.batch.pace = "manual"
    job_id = site.submit()
    now_ms = mock.clock.now_ms

    with pytest.raises(error):
        mock.batch.run_until(job_id, wanted)

    assert site.status(job_id) == "SUBMITTED"
    assert mock.clock.now_ms - now_ms < 60_000


def test_the_text_about_a_status_names_all_seven(mock, site):
    with pytest.raises(UsageValueError, match="SUBMITTED, PENDING, RUNNABLE, STARTING, RUNNING, SUCCEEDED, FAILED"):
        mock.batch.run_until(site.submit(), "DONE")


@pytest.mark.parametrize("job_id", [None, 7, b"x"])
def test_a_job_id_must_be_a_string(mock, job_id):
    with pytest.raises(UsageTypeError, match="job_id must be a string"):
        mock.batch.step(job_id)
    with pytest.raises(UsageTypeError, match="job_id must be a string"):
        mock.batch.run_until(job_id, "RUNNING")


# Plans


IMPOSSIBLE_PLANS = [
    ({"job_name": 7}, UsageTypeError),
    ({"job_name": None}, UsageTypeError),
    ({"queue": 7}, UsageTypeError),
    ({"queue": "no queue"}, UsageValueError),
    ({"queue": ""}, UsageValueError),
    ({"queue": f"{PREFIX}job-definition/d:1"}, UsageValueError),
    ({"definition": 7}, UsageTypeError),
    ({"definition": ""}, UsageValueError),
    ({"definition": "d:"}, UsageValueError),
    ({"definition": "d:one"}, UsageValueError),
    ({"definition": "d:1:2"}, UsageValueError),
    ({"definition": "d:" + "1" * 5000}, UsageValueError),
    ({"definition": f"{PREFIX}job-queue/q"}, UsageValueError),
    ({"array_index": -1}, UsageValueError),
    ({"array_index": 1.0}, UsageTypeError),
    ({"array_index": True}, UsageTypeError),
    ({"attempt": 0}, UsageValueError),
    ({"attempt": "1"}, UsageTypeError),
    ({"attempt": True}, UsageTypeError),
    ({"duration": -1}, UsageValueError),
    ({"duration": "1"}, UsageTypeError),
    ({"duration": True}, UsageTypeError),
    ({"duration": float("nan")}, UsageValueError),
    ({"duration": 10**400}, UsageValueError),
    ({"exit_code": "1"}, UsageTypeError),
    ({"exit_code": True}, UsageTypeError),
    ({"exit_code": -1}, UsageValueError),
    ({"exit_code": 256}, UsageValueError),
    ({"reason": 7}, UsageTypeError),
    ({"reason": "r" * 256}, UsageValueError),
    ({"start_failure": 7}, UsageTypeError),
    ({"start_failure": "r" * 256}, UsageValueError),
    ({"host_lost": 1}, UsageTypeError),
    ({"host_lost": None}, UsageTypeError),
    ({"host_lost": True, "start_failure": "x"}, UsageValueError),
    ({"host_lost": True, "exit_code": 1}, UsageValueError),
    ({"host_lost": True, "exit_code": 0}, UsageValueError),
    ({"start_failure": "x", "exit_code": 1}, UsageValueError),
]


@pytest.mark.parametrize(("plan", "error"), IMPOSSIBLE_PLANS, ids=lambda value: str(value)[:40])
def test_an_impossible_plan_is_refused_and_does_not_count(mock, site, plan, error):
    with pytest.raises(error):
        mock.batch.plan(**plan)

    job_id = site.submit()
    mock.batch.run_all()
    assert site.detail(job_id)["container"]["exitCode"] == 0


@pytest.mark.parametrize("code", [0, 255])
def test_exit_codes_are_a_byte(mock, site, code):
    mock.batch.plan(exit_code=code)
    job_id = site.submit()
    mock.batch.run_all()

    assert site.detail(job_id)["container"]["exitCode"] == code


@pytest.mark.parametrize("duration", [None, float("inf")])
def test_a_plan_without_end_hangs(mock, site, duration):
    mock.batch.plan(duration=duration)
    job_id = site.submit()
    mock.batch.run_all()

    assert site.status(job_id) == "RUNNING"


@pytest.mark.parametrize(
    ("plan", "concerned"),
    [
        ({"queue": "q"}, ["q d:1", "q d:2", "q dx:1"]),
        ({"queue": f"{PREFIX}job-queue/q"}, ["q d:1", "q d:2", "q dx:1"]),
        ({"queue": f"{PREFIX}job-queue/other"}, ["other d:1"]),
        ({"queue": PREFIX.replace("us-east-1", "eu-west-1") + "job-queue/q"}, []),
        ({"definition": "d"}, ["q d:1", "q d:2", "other d:1"]),
        ({"definition": "d:2"}, ["q d:2"]),
        ({"definition": "d:3"}, []),
        ({"definition": f"{PREFIX}job-definition/d:1"}, ["q d:1", "other d:1"]),
        ({"definition": f"{PREFIX}job-definition/d"}, ["q d:1", "q d:2", "other d:1"]),
        ({"definition": f"{PREFIX}job-definition/dx"}, ["q dx:1"]),
        ({"queue": "q", "definition": "d:1"}, ["q d:1"]),
    ],
    ids=str,
)
def test_a_plan_finds_queues_and_definitions_by_name_and_by_arn(mock, site, plan, concerned):
    site.make_definition("d")
    site.make_definition("dx")
    site.make_queue("other")
    mock.batch.plan(**plan, exit_code=9, optional=True)
    jobs = {}
    for queue, definition in (("q", "d:1"), ("q", "d:2"), ("q", "dx:1"), ("other", "d:1")):
        jobs[f"{queue} {definition}"] = site.submit(jobQueue=queue, jobDefinition=definition)
    mock.batch.run_all()

    failed = [name for name, job_id in jobs.items() if site.status(job_id) == "FAILED"]

    assert failed == concerned


# Paces and settings


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Pace("poll", reads="3"), UsageTypeError),  # type: ignore[arg-type]
        (lambda: Pace("poll", reads=True), UsageTypeError),
        (lambda: Pace("clock", transition_seconds="5"), UsageTypeError),  # type: ignore[arg-type]
        (lambda: Pace("clock", transition_seconds=float("nan")), UsageValueError),
        (lambda: Pace(None), UsageValueError),  # type: ignore[arg-type]
    ],
)
def test_a_pace_of_wrong_types_is_refused(make, error):
    with pytest.raises(error):
        make()


IMPOSSIBLE_SECONDS = [
    ("1", UsageTypeError),
    (None, UsageTypeError),
    (True, UsageTypeError),
    (-0.5, UsageValueError),
    (float("inf"), UsageValueError),
    (float("nan"), UsageValueError),
    (10**400, UsageValueError),
]


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize(("value", "error"), IMPOSSIBLE_SECONDS, ids=lambda value: str(value)[:20])
def test_settings_refuse_what_is_no_time(mock, name, value, error):
    with pytest.raises(error, match=name):
        setattr(mock.batch.settings, name, value)

    assert getattr(mock.batch.settings, name) == 0


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", [1, 0, "yes", None])
def test_settings_refuse_what_is_neither_true_nor_false(mock, name, value):
    before = getattr(mock.batch.settings, name)

    with pytest.raises(UsageTypeError, match=name):
        setattr(mock.batch.settings, name, value)

    assert getattr(mock.batch.settings, name) is before


def test_settings_refuse_unknown_names(mock):
    with pytest.raises(UsageNameError, match=r"no setting 'terminate_grace'; there are: .*terminate_grace_seconds"):
        mock.batch.settings.terminate_grace = 5


def test_every_setting_is_of_a_kind_whose_refusals_are_tested():
    others = ["more_instance_types"]
    assert len(SECONDS) + len(FLAGS) + len(LIMITS) + len(others) == len(dataclasses.fields(BatchSettings))


@pytest.mark.parametrize("value", ["m99", ["m99", 1], None, 5])
def test_settings_refuse_what_is_no_list_of_names(mock, value):
    with pytest.raises(UsageTypeError, match="more_instance_types must be a list of strings"):
        mock.batch.settings.more_instance_types = value

    assert mock.batch.settings.more_instance_types == ()


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(("value", "error"), [(-1, UsageValueError), (0.5, UsageTypeError), ("1", UsageTypeError)])
def test_settings_refuse_what_is_no_limit(mock, name, value, error):
    with pytest.raises(error):
        setattr(mock.batch.settings, name, value)

    assert getattr(mock.batch.settings, name) is None


@pytest.mark.parametrize("name", GRACES)
def test_a_grace_lasts_at_most_30_seconds(mock, name):
    setattr(mock.batch.settings, name, 30)

    with pytest.raises(UsageValueError, match="0 to 30"):
        setattr(mock.batch.settings, name, 30.5)

    assert getattr(mock.batch.settings, name) == 30


# Resets


def test_a_reset_forgets_jobs_and_plans(mock, batch, site):
    mock.batch.plan(exit_code=1)
    forgotten = site.submit()

    mock.reset()

    assert batch.describe_job_queues()["jobQueues"] == []
    with pytest.raises(UsageValueError, match="no job was submitted"):
        mock.batch.step(forgotten)
    site.make_queue_and_definition()
    job_id = site.submit()
    mock.batch.run_all()
    assert site.status(job_id) == "SUCCEEDED"


def test_the_handle_and_its_settings_go_on_after_a_reset(mock, site):
    held, settings = mock.batch, mock.batch.settings
    settings.starting_seconds = 5
    settings.strict_fifo = False
    held.pace = "manual"

    mock.reset()

    assert mock.batch is held
    assert held.settings is settings
    assert settings == BatchSettings()
    assert held.pace == Pace("poll")
    site.make_queue_and_definition()
    held.plan(exit_code=4)
    settings.legacy_container_fields = False
    job_id = site.submit()
    held.run_all()
    container = site.detail(job_id)["container"]
    assert container["exitCode"] == 4
    assert "vcpus" not in container


def test_what_is_forgotten_leaves_what_a_new_world_has(mock, site):
    scenario = world_of(mock).shared(Scenario)
    new = vars(Scenario(world_of(mock)))
    mock.batch.plan(exit_code=1)
    site.batch.list_jobs(jobQueue="q")
    mock.batch.pace = "clock"
    mock.batch.settings.lenient_dependencies = True
    scenario.pace_stack.follow({"progression": "immediate"})
    site.submit()

    scenario.reset()

    assert {name for name, value in vars(scenario).items() if value != new[name]} == {"pace_stack", "polling", "empty_polls"}
    assert vars(scenario.empty_polls)["_last"] == {}
    polling = vars(new["polling"])
    assert {name for name, value in vars(scenario.polling).items() if value != polling[name]} - {"reads"} == {"_pace_stack"}
    assert scenario.pace_stack.pace == new["pace_stack"].pace
    assert world_of(mock).clock.gate_follows_time is False
    assert world_of(mock).clock.gate_follows_moves is True


def test_a_transition_of_moto_is_followed_again_after_a_reset(mock, site):
    state_manager.set_transition("batch::job", {"progression": "immediate"})
    try:
        first = site.status(site.submit())
        mock.reset()
        state_manager.set_transition("batch::job", {"progression": "immediate"})
        site.make_queue_and_definition()

        assert (first, site.status(site.submit())) == ("SUCCEEDED", "SUCCEEDED")
    finally:
        state_manager.unset_transition("batch::job")


# Paces that end


@pytest.mark.parametrize("before", [Pace("poll"), Pace("poll", reads=3), Pace("clock", transition_seconds=5), Pace("manual")])
def test_a_pace_for_a_block_leaves_the_one_before(mock, before):
    mock.batch.pace = before

    with mock.batch.paced("clock"):
        during = mock.batch.pace
        mock.batch.pace = Pace.every(7)

    assert during == Pace("clock")
    assert mock.batch.pace == before
    assert world_of(mock).clock.gate_follows_time is (before.mode == "clock")
    assert world_of(mock).clock.gate_follows_moves is (before.mode != "manual")


def test_a_pace_for_a_block_ends_with_an_error_too(mock):
    with pytest.raises(KeyError), mock.batch.paced("manual"):
        raise KeyError

    assert mock.batch.pace == Pace("poll")


def test_an_impossible_pace_for_a_block_changes_nothing(mock):
    with pytest.raises(UsageValueError), mock.batch.paced("fast"):
        pass

    assert mock.batch.pace == Pace("poll")


def test_a_pace_for_a_block_leaves_the_transition_of_moto(mock, site):
    state_manager.set_transition("batch::job", {"progression": "immediate"})
    try:
        before = site.status(site.submit())
        with mock.batch.paced("manual"):
            job_id = site.submit()
            during = site.status(job_id)
        after = site.status(job_id)
    finally:
        state_manager.unset_transition("batch::job")

    assert (before, during, after) == ("SUCCEEDED", "SUBMITTED", "SUCCEEDED")


def test_paces_for_blocks_may_end_in_any_order(mock):
    outer, inner = mock.batch.paced("clock"), mock.batch.paced("manual")
    outer.__enter__()
    inner.__enter__()

    outer.__exit__(None, None, None)
    between = mock.batch.pace
    inner.__exit__(None, None, None)

    assert (between, mock.batch.pace) == (Pace("manual"), Pace("poll"))


def test_a_block_and_a_mock_with_a_pace_of_its_own_may_end_in_any_order(mock):
    block, inner = mock.batch.paced("clock"), mock_jobs(pace="manual")
    block.__enter__()
    inner.start()

    block.__exit__(None, None, None)
    between = mock.batch.pace
    mock.batch.pace = "clock"
    inner.stop()

    assert (between, mock.batch.pace) == (Pace("manual"), Pace("poll"))


def test_jobs_of_all_regions_move_at_one_pace(mock, site):
    elsewhere = Site(boto3.client("batch", region_name="eu-west-1"))
    elsewhere.make_queue_and_definition()

    with mock.batch.paced("clock"):
        found = [each.status(each.submit()) for each in (site, elsewhere)]

    assert elsewhere.batch.meta.region_name != REGION
    assert found == ["SUCCEEDED", "SUCCEEDED"]
