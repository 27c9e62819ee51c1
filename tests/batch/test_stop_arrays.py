"""CancelJob and TerminateJob for arrays, and for their children."""

from __future__ import annotations

import pytest

CANCEL, TERMINATE = "cancel_job", "terminate_job"
FLAG = {CANCEL: "isCancelled", TERMINATE: "isTerminated"}


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


def stop(batch, operation, job_id, reason="why"):
    answer = getattr(batch, operation)(jobId=job_id, reason=reason)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_submitted_parent_fails_with_all_of_its_children(batch, site, operation, waits):
    """Whatever it would wait for once it is PENDING: API reference, CancelJob, speaks of dependencies of PENDING jobs only."""
    array = site.submit(size=3, after=[site.submit("first")] if waits else [])

    stop(batch, operation, array)

    parent = site.detail(array)
    assert (parent["status"], parent["statusReason"], parent[FLAG[operation]]) == ("FAILED", "why", True)
    for child in site.children(array, 3):
        assert (child["status"], child["statusReason"], child[FLAG[operation]]) == ("FAILED", "why", True)
    assert site.summary(array) == {"FAILED": 3}


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_parent_that_waits_for_another_job_fails_when_that_one_ends(batch, site, operation):
    first = site.submit("first")
    array = site.submit(size=3, after=[first])
    site.reach(array, "PENDING")

    stop(batch, operation, array)
    before = site.detail(array)
    site.reach(first, "SUCCEEDED")

    assert (before["status"], before[FLAG[operation]]) == ("PENDING", True)
    assert before["arrayProperties"]["statusSummary"]["PENDING"] == 3
    assert (site.detail(array)["status"], site.detail(array)["statusReason"]) == ("FAILED", "why")
    assert [child["statusReason"] for child in site.children(array, 3)] == ["why"] * 3


def test_a_parent_that_waits_ends_at_once_if_terminations_are_not_delayed(mock, batch, site):
    mock.batch.settings.terminate_pending_immediately = True
    first = site.submit("first")
    array = site.submit(size=2, after=[first])
    site.reach(array, "PENDING")

    stop(batch, TERMINATE, array)

    assert site.statuses(array, f"{array}:0", f"{array}:1", first) == ["FAILED", "FAILED", "FAILED", "SUBMITTED"]
    assert site.detail(array)["statusReason"] == "why"


def test_that_setting_does_not_concern_cancellations(mock, batch, site):
    mock.batch.settings.terminate_pending_immediately = True
    first = site.submit("first")
    job, array = site.submit(after=[first]), site.submit(size=2, after=[first])
    for each in (job, array):
        site.reach(each, "PENDING")

        stop(batch, CANCEL, each)

    assert site.statuses(job, array, f"{array}:0") == ["PENDING"] * 3
    site.reach(first, "SUCCEEDED")
    assert site.statuses(job, array, f"{array}:0") == ["FAILED"] * 3


def live_array(mock, site):
    """Return an array with a child in each state that a child can be in."""
    mock.batch.plan(array_index=4, exit_code=1)
    array = site.submit(size=5)
    site.reach(array, "PENDING")
    for index, state in enumerate(["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]):
        if state != "RUNNABLE":
            site.reach(f"{array}:{index}", state)
    return array


def test_cancelling_a_live_array_spares_the_children_that_have_started(mock, batch, site):
    array = live_array(mock, site)
    before = site.children(array, 5)

    stop(batch, CANCEL, array)

    assert site.detail(array)["status"] == "PENDING"
    assert site.detail(array)["isCancelled"] is True
    after = site.children(array, 5)
    assert (after[0]["status"], after[0]["statusReason"], after[0]["isCancelled"]) == ("FAILED", "why", True)
    assert after[1:] == before[1:]
    mock.batch.run_all()
    assert [child["status"] for child in site.children(array, 5)] == ["FAILED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"]
    assert (site.detail(array)["status"], site.detail(array)["statusReason"]) == ("FAILED", "why")


def test_terminating_a_live_array_kills_all_children_and_the_parent_at_once(mock, batch, site):
    array = live_array(mock, site)
    ended = site.children(array, 5)[3:]

    stop(batch, TERMINATE, array)

    parent, after = site.detail(array), site.children(array, 5)
    assert (parent["status"], parent["statusReason"], parent["isTerminated"]) == ("FAILED", "why", True)
    assert [(child["status"], child["statusReason"], child["isTerminated"]) for child in after[:3]] == [
        ("FAILED", "why", True)
    ] * 3
    assert after[3:] == ended


def test_a_cancelled_array_succeeds_if_all_of_its_children_do(mock, batch, site):
    array = site.submit(size=2)
    site.reach(array, "PENDING")
    for index in range(2):
        site.reach(f"{array}:{index}", "RUNNING")

    stop(batch, CANCEL, array)
    mock.batch.run_all()

    assert site.detail(array)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_finished_array_is_left_alone(mock, batch, site, operation):
    array = site.submit(size=2)
    mock.batch.run_all()
    before = site.detail(array), site.children(array, 2)

    stop(batch, operation, array)

    assert (site.detail(array), site.children(array, 2)) == before


def test_waiting_children_of_a_cancelled_sequential_array_do_not_wait_for_their_siblings(batch, site):
    array = site.submit(size=3, after=[{"type": "SEQUENTIAL"}])
    site.reach(array, "PENDING")
    site.reach(f"{array}:0", "RUNNING")

    stop(batch, CANCEL, array)

    assert [child["status"] for child in site.children(array, 3)] == ["RUNNING", "FAILED", "FAILED"]
    assert site.status(array) == "PENDING"


def array_behind_another(site, *first):
    """Return two arrays of three, the second N_TO_N behind the first, whose children have these states."""
    other = site.submit("other", size=3)
    array = site.submit(size=3, after=[{"jobId": other, "type": "N_TO_N"}])
    site.reach(array, "PENDING")
    site.reach(other, "PENDING")
    for index, state in enumerate(first):
        if state != "RUNNABLE":
            site.reach(f"{other}:{index}", state)
    return other, array


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_child_that_waits_for_its_counterpart_in_another_array_ends_with_that_one(batch, site, operation):
    other, array = array_behind_another(site, "SUCCEEDED", "SUCCEEDED", "RUNNING")
    site.reach(f"{array}:1", "RUNNABLE")

    stop(batch, operation, array)

    before = site.children(array, 3)
    assert [child["status"] for child in before] == ["FAILED", "FAILED", "PENDING"]
    assert before[2][FLAG[operation]] is True
    parent = site.detail(array)
    assert (parent["status"], parent[FLAG[operation]]) == ("PENDING", True)
    site.reach(f"{other}:2", "SUCCEEDED")
    after = site.children(array, 3)
    assert [(child["status"], child["statusReason"]) for child in after] == [("FAILED", "why")] * 3
    assert after[2]["stoppedAt"] == site.detail(f"{other}:2")["stoppedAt"]
    assert (site.detail(array)["status"], site.detail(array)["statusReason"]) == ("FAILED", "why")


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_child_that_waits_for_its_counterpart_keeps_the_reason_of_the_caller_if_that_one_fails(batch, site, operation):
    other, array = array_behind_another(site, "RUNNING", "RUNNING", "RUNNING")
    stop(batch, operation, array)
    before = site.summary(array)

    batch.terminate_job(jobId=other, reason="other")

    assert before == {"PENDING": 3}
    assert [child["statusReason"] for child in site.children(array, 3)] == ["why"] * 3


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_submitted_array_behind_another_fails_at_once(batch, site, operation):
    other = site.submit("other", size=3)
    array = site.submit(size=3, after=[{"jobId": other, "type": "N_TO_N"}])

    stop(batch, operation, array)

    assert site.summary(array) == {"FAILED": 3}
    assert site.detail(array)["status"] == "FAILED"


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_stopping_one_child_leaves_its_siblings_alone(mock, batch, site, operation):
    array = site.submit(size=3)
    site.reach(array, "PENDING")

    stop(batch, operation, f"{array}:1")
    mock.batch.run_all()

    assert [child["status"] for child in site.children(array, 3)] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert site.detail(f"{array}:1")["statusReason"] == "why"
    parent = site.detail(array)
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert FLAG[operation] not in parent


def test_a_cancelled_child_waits_for_what_its_array_waits_for(mock, batch, site):
    first = site.submit("first")
    array = site.submit(size=2, after=[first])
    site.reach(array, "PENDING")

    stop(batch, CANCEL, f"{array}:0")
    before = site.detail(f"{array}:0")
    site.reach(first, "SUCCEEDED")

    assert (before["status"], before["isCancelled"]) == ("PENDING", True)
    assert site.status(f"{array}:0") == "FAILED"
    mock.batch.run_all()
    assert site.statuses(f"{array}:1", array) == ["SUCCEEDED", "FAILED"]
