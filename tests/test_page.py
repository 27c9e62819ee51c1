"""The page for eyes, as a file and on a server: what is in it, and that looking changes nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import boto3
import pytest
import requests

from mock_jobs import MockJobsServer, UsageTypeError, mock_jobs
from mock_jobs.handle import world_of
from mock_jobs.reporting import snapshot
from mock_jobs.transports.model_data import with_records

from support.batch_site import Site
from support.constants import ACCOUNT, REGION
from support.server import ACCOUNT_A, ACCOUNT_B, client_of

EVIL = "</script><img src=x onerror=alert(1)>&\u2028"


@pytest.fixture
def site(mock):
    site = Site(boto3.client("batch", region_name=REGION), mock)
    mock.batch.pace = "manual"
    site.make_queue_and_definition()
    return site


@pytest.fixture(scope="module")
def server():
    with MockJobsServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _moto_reset_resets_it(request):
    yield
    if "server" in request.fixturenames:
        requests.post(f"{request.getfixturevalue('server').url}/moto-api/reset", timeout=5)


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def written(timeline, tmp_path):
    timeline.to_html(tmp_path / "page.html")
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def get(server, path, **query):
    return requests.get(f"{server.url}/mock-jobs-api/{path}", params=query, timeout=5)


# As a file


def test_the_file_has_the_changes_and_all_that_the_mock_holds(mock, site, tmp_path):
    job_id = site.submit("nightly")
    found = data_of(written(mock.timeline, tmp_path))

    assert found["changes"] == json.loads(mock.timeline.to_json())
    assert [row["id"] for row in found["tables"]["Batch jobs"]["rows"]] == [job_id]
    assert (found["called"], found["conditions"], found["changed"]) == ("mock_jobs", ["pace manual", f"seed {mock.seed}"], 3)
    assert [len(found[log]) for log in ("calls", "events")] == [len(mock.calls), len(mock.events)]


def test_a_filter_shortens_the_lanes_and_not_the_tables(mock, site, tmp_path):
    job_id = site.submit("nightly")
    site.submit("other")
    found = data_of(written(mock.timeline.of("nightly")[:1], tmp_path))

    assert [each["id"] for each in found["changes"]] == [job_id]
    assert (found["changed"], len(found["tables"]["Batch jobs"]["rows"])) == (4, 2)


def test_the_file_can_be_written_after_the_mock_has_ended(tmp_path):
    with mock_jobs(region=REGION) as mock:
        Site(boto3.client("batch")).make_environment()
        timeline = mock.timeline
    timeline.to_html(str(tmp_path / "late.html"))

    found = data_of((tmp_path / "late.html").read_text(encoding="utf-8"))
    assert [row["id"] for row in found["tables"]["Batch compute environments"]["rows"]] == ["ce"]


def test_texts_of_users_cannot_leave_their_script(mock, site, tmp_path):
    mock.batch.invalidate("ce", EVIL)
    page = written(mock.timeline, tmp_path)

    assert data_of(page)["changes"][-1]["reason"] == EVIL
    assert "onerror=alert(1)\\u003e\\u0026\\u2028" in page
    assert "<img" not in page
    assert page.count("</script>") == 2


def test_the_page_names_no_other_address_and_allows_only_its_own_script_and_style(mock, tmp_path):
    page = written(mock.timeline, tmp_path)
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    for tag in ("script", "style"):
        (own,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy

    assert policy.startswith("default-src 'none'; ")
    assert "connect-src 'none'" in policy
    assert set(re.findall(r"https?://[\w./]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "innerHTML" not in page
    assert " style=" not in page


def test_only_the_last_events_have_their_payload(mock, site, tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "MOST_PAYLOADS", 2)
    site.submit()
    mock.batch.run_all()
    payloads = [each["payload"] is None for each in data_of(written(mock.timeline, tmp_path))["events"]]

    assert payloads == [True] * (len(mock.events) - 2) + [False] * 2
    assert mock.events[0].payload is not None


@pytest.mark.parametrize("path", [None, 7, b"page.html"])
def test_something_else_than_a_path_is_an_error(mock, path):
    with pytest.raises(UsageTypeError, match="path must be a string or a path"):
        mock.timeline.to_html(path)


# On a server


def test_the_server_has_the_page_for_every_account(server):
    answered = get(server, "ui", account=ACCOUNT_A)

    assert answered.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answered.headers["Content-Security-Policy"]
    inside = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', answered.text)[1]
    assert policy == f"{inside}; frame-ancestors 'none'"
    assert "connect-src 'self'" in policy
    assert '<script type="application/json" id="data"></script>' in answered.text
    assert get(server, "ui").content == answered.content


def test_the_data_are_those_of_the_account_and_name_all_accounts(server):
    for account in (ACCOUNT_B, ACCOUNT_A):
        Site(client_of(server, "batch", account)).make_environment(f"of-{account}")
    found = get(server, "ui/data", account=ACCOUNT_A).json()

    assert (found["account"], found["content"]["called"]) == (ACCOUNT_A, f"account {ACCOUNT_A}")
    assert [each["id"] for each in found["content"]["changes"]] == [f"of-{ACCOUNT_A}"]
    assert {ACCOUNT_A, ACCOUNT_B} <= set(found["accounts"])
    assert found["accounts"] == sorted(found["accounts"])


def test_the_data_are_sent_again_only_if_something_has_changed(server):
    account = server.account(ACCOUNT_A)
    batch = client_of(server, "batch")
    site = Site(batch)
    seen = ""

    def renews():
        nonlocal seen
        found = get(server, "ui/data", account=ACCOUNT_A, seen=seen).json()
        seen = found["version"]
        return "content" in found

    def step(act):
        act()
        return renews(), renews()

    changes = [
        lambda: None,
        site.make_queue_and_definition,
        lambda: setattr(account.batch, "pace", "manual"),
        lambda: site.submit("j"),
        account.batch.run_all,
        lambda: batch.list_jobs(jobQueue="q"),
        account.clock.freeze,
        world_of(account).reset,
    ]
    assert [step(each) for each in changes] == [(True, False)] * len(changes)


def test_the_same_after_a_reset_counts_as_changed(server):
    versions = set()
    for _ in range(2):
        world_of(server.account(ACCOUNT_A)).reset()
        Site(client_of(server, "batch")).make_environment()
        versions.add(get(server, "ui/data", account=ACCOUNT_A).json()["version"])

    assert len(versions) == 2


def test_the_data_have_the_time_even_if_nothing_has_changed(server):
    account = server.account(ACCOUNT_A)
    account.clock.freeze()
    seen = get(server, "ui/data", account=ACCOUNT_A).json()["version"]
    account.clock.advance(60)
    found = get(server, "ui/data", account=ACCOUNT_A, seen=seen).json()

    assert (found["now_ms"], "content" in found) == (account.clock.now_ms, False)


def test_looking_changes_nothing_and_lets_no_time_pass(server):
    account = server.account(ACCOUNT_A)
    account.batch.pace = "clock"
    site = Site(client_of(server, "batch"))
    site.make_queue_and_definition()
    account.batch.settings.starting_seconds = 0
    site.submit("j")
    before = [account.timeline.to_json(), account.calls]
    for path in ("ui", "ui/data"):
        get(server, path, account=ACCOUNT_A)

    assert [account.timeline.to_json(), account.calls] == before
    assert account.timeline[-1].after == "SUBMITTED"


def test_looking_at_an_account_that_nobody_used_does_not_create_it(server):
    nobody = "999999999999"
    found = get(server, "ui/data", account=nobody).json()
    again = get(server, "ui/data", account=nobody, seen=found["version"]).json()

    assert (found["account"], found["content"]["changes"], found["content"]["tables"]) == (nobody, [], {})
    assert nobody not in again["accounts"]
    assert "content" not in again


@pytest.mark.parametrize("query", ["account=1", "account=x&seen=1", "seen=1&of=2", "account=111111111111&account=222222222222"])
def test_a_wrong_query_for_the_data_is_an_error(server, query):
    answered = requests.get(f"{server.url}/mock-jobs-api/ui/data?{query}", timeout=5)

    assert (answered.status_code, "?account= must name one account id" in answered.json()["message"]) == (400, True)


@pytest.mark.parametrize("path", ["ui", "ui/data"])
def test_the_page_and_its_data_take_no_other_methods_and_no_other_site(server, path):
    url = f"{server.url}/mock-jobs-api/{path}"
    refused = requests.post(url, timeout=5)

    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert (requests.head(url, timeout=5).status_code, requests.options(url, timeout=5).status_code) == (200, 204)
    for headers, status in (({"Sec-Fetch-Site": "same-origin"}, 200), ({"Sec-Fetch-Site": "cross-site"}, 403)):
        assert requests.get(url, headers=headers, timeout=5).status_code == status


def test_the_index_and_the_error_for_an_unknown_path_name_the_page(server):
    index = requests.get(f"{server.url}/mock-jobs-api/", timeout=5).json()

    assert [each["path"] for each in index["pages"]] == ["/mock-jobs-api/ui", "/mock-jobs-api/ui/data"]
    assert "GET /mock-jobs-api/ui," in get(server, "nothing").json()["message"]


# moto's list of all that it keeps


def test_motos_data_have_the_records_of_all_accounts_of_a_server(server):
    Site(client_of(server, "batch", ACCOUNT_B, "eu-west-1")).make_environment()
    for path in ("/moto-api/data.json", "/moto-api%2Fdata.json"):
        found = requests.get(f"{server.url}{path}", timeout=5)

        (row,) = found.json()["batch"]["compute environments"]
        assert (row["account"], row["region"], row["id"], row["status"]) == (ACCOUNT_B, "eu-west-1", "ce", "VALID")
        assert int(found.headers["Content-Length"]) == len(found.content)


def test_motos_own_data_stay():
    assert json.loads(with_records('{"s3": {"FakeBucket": [{"name": "b"}]}}', [])) == {"s3": {"FakeBucket": [{"name": "b"}]}}


def test_motos_data_have_the_records_in_process_too(mock, site):
    job_id = site.submit("nightly")
    found = requests.get("http://motoapi.amazonaws.com/moto-api/data.json", timeout=5).json()

    assert [(row["account"], row["id"], row["belongs_to"]) for row in found["batch"]["jobs"]] == [(ACCOUNT, job_id, "q")]
