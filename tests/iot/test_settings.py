"""The settings of `mock.iot`: which values are rejected, and which settings survive a reset."""

from __future__ import annotations

import dataclasses

import pytest

from mock_jobs.core.errors import UsageNameError, UsageTypeError, UsageValueError
from mock_jobs.iot.settings import IoTSettings

DEFAULTS = {each.name: each.default for each in dataclasses.fields(IoTSettings)}
LIMITS = sorted(name for name in DEFAULTS if name.startswith("max_") or name.endswith(("_per_second", "_days")))
SECONDS = sorted(name for name in DEFAULTS if name.endswith("_seconds"))


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(
    ("value", "error"),
    [("1", UsageTypeError), (True, UsageTypeError), (1.0, UsageTypeError), (-1, UsageValueError)],
    ids=lambda value: repr(value)[:20],
)
def test_limits_refuse_what_is_no_number(mock, name, value, error):
    with pytest.raises(error, match=name):
        setattr(mock.iot.settings, name, value)

    assert getattr(mock.iot.settings, name) == DEFAULTS[name]


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize(("value", "error"), [("1", UsageTypeError), (None, UsageTypeError), (-0.5, UsageValueError)])
def test_times_refuse_what_is_no_time(mock, name, value, error):
    with pytest.raises(error, match=name):
        setattr(mock.iot.settings, name, value)

    assert getattr(mock.iot.settings, name) == DEFAULTS[name]


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_can_be_turned_off(mock, name):
    setattr(mock.iot.settings, name, None)

    assert getattr(mock.iot.settings, name) is None


def test_settings_refuse_unknown_names(mock):
    with pytest.raises(UsageNameError, match=r"no setting 'max_target'; there are: .*max_targets"):
        mock.iot.settings.max_target = 5


def test_several_settings_change_at_once(mock):
    mock.iot.settings.change(max_targets=7, deletion_seconds=5)

    assert (mock.iot.settings.max_targets, mock.iot.settings.deletion_seconds) == (7, 5)


@pytest.mark.parametrize(
    ("wrong", "error"), [({"deletion_seconds": "7"}, UsageTypeError), ({"unknown": 1}, UsageNameError)], ids=["value", "name"]
)
def test_no_setting_changes_if_one_of_several_is_refused(mock, wrong, error):
    with pytest.raises(error):
        mock.iot.settings.change(**{"max_targets": 7, **wrong})

    assert mock.iot.settings == IoTSettings()


def test_the_handle_and_its_settings_go_on_after_a_reset(mock, fleet):
    held, settings = mock.iot, mock.iot.settings
    settings.max_targets = 1

    mock.reset()

    assert mock.iot is held
    assert held.settings is settings
    assert settings == IoTSettings()
    settings.max_targets = 1
    fleet.things("t", "u")
    with fleet.refused("LimitExceededException", 410, "Job job has 2 targets, and 1 is the limit."):
        fleet.job("t", "u")
