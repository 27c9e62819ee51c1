"""The page for eyes in a real browser: what a person sees and does there.

They need Chromium, its driver and selenium, and are skipped without them. `pytest tests/browser` runs them; a run of all tests does not.
"""

from __future__ import annotations

import shutil
import time

import boto3
import pytest

from mock_jobs import MockJobsServer, mock_jobs
from mock_jobs.handle import world_of
from mock_jobs.reporting.page import page_of
from mock_jobs.reporting.snapshot import content, snapshot

from support.batch_site import Site
from support.constants import REGION
from support.fleet import Fleet
from support.server import ACCOUNT_A, ACCOUNT_B, client_of

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ModuleNotFoundError:
    webdriver = None

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.skipif(webdriver is None, reason="selenium is not installed: pip install -e '.[browser]'"),
    pytest.mark.skipif(
        not CHROMIUM or not DRIVER, reason="no Chromium with its driver: apt-get install chromium chromium-driver"
    ),
]

OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,900")
EVIL = "</script><img src=x onerror=alert(1)>"

# Contrast of all texts that are in sight, by WCAG; returns those below 4.5.
CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const parts = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return Array.from(canvas.getImageData(0, 0, 1, 1).data);
};
const light = (rgb) => {
  const [r, g, b] = rgb.slice(0, 3).map((each) => each / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = parts(getComputedStyle(each).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255, 255];
};
const low = new Set();
for (const element of document.querySelectorAll("body *")) {
  const text = Array.from(element.childNodes).filter((node) => node.nodeType === 3 && node.data.trim()).length;
  if (!text || element.offsetParent === null || element.closest(":disabled, script, noscript") || getComputedStyle(element).fontSize === "0px") continue;
  const [one, other] = [light(parts(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
  if ((one + 0.05) / (other + 0.05) < 4.5) low.add(`${element.tagName}.${element.className}: ${element.textContent.slice(0, 20)}`);
}
return Array.from(low);
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for each in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(each)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(autouse=True)
def _nothing_is_logged(chromium):
    yield
    logged = [each for each in chromium.get_log("browser") if "net::ERR_CONNECTION_REFUSED" not in each["message"]]
    assert logged == []


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return files: the page of a mock with no job, with a few of all kinds, and with 3,000."""
    folder = tmp_path_factory.mktemp("pages")
    for name, act in {"none": lambda _: None, "few": few}.items():
        with mock_jobs(region=REGION, pace="manual") as mock:
            act(mock)
            mock.timeline.to_html(folder / f"{name}.html")
    (folder / "many.html").write_text(page_of(many()), encoding="utf-8")
    return folder


def few(mock):
    site = Site(boto3.client("batch"), mock)
    site.make_queue_and_definition()
    site.submit("alpha")
    site.submit("beta")
    site.submit("array", arrayProperties={"size": 9})
    mock.batch.plan("beta", exit_code=3)
    mock.batch.run_all()
    mock.batch.invalidate("ce", EVIL)
    fleet = Fleet(boto3.client("iot"), boto3.client("iot-jobs-data"))
    fleet.things("pump")
    fleet.job("pump", job_id="firmware")
    fleet.bring("pump", "SUCCEEDED", "firmware")


def many():
    """Return what a page shows of 3,000 jobs: one job, and copies of it, since each call of boto3 takes its time."""
    with mock_jobs(region=REGION, pace="manual") as mock:
        site = Site(boto3.client("batch"), mock)
        site.make_queue_and_definition()
        site.submit()
        mock.batch.run_all()
        shown = content(snapshot(world_of(mock), "mock_jobs"))
    names = [{"id": f"{number:08}", "job": f"{number:08}", "name": f"job-{number}"} for number in range(3_000)]
    changes = [{**each, **name} for each in shown["changes"][2:] for name in names]
    (row,) = shown["tables"]["Batch jobs"]["rows"]
    shown["tables"]["Batch jobs"]["rows"] = [{**row, "id": name["id"], "name": name["name"]} for name in names]
    return {**shown, "changes": changes[-10_000:], "changed": len(changes)}


class Seen:
    """What a person sees of a page, and can do to it."""

    def __init__(self, driver, url):
        self.driver = driver
        driver.get(url)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        script = "return Array.from(document.querySelectorAll(arguments[0]), (each) => each.textContent)"
        return self.driver.execute_script(script, selector)

    def text(self, selector):
        return self.one(selector).text

    def press(self, *keys):
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def focused(self):
        return self.driver.switch_to.active_element.get_attribute("aria-label")

    def filter(self, text):
        self.one("#filter").clear()
        self.one("#filter").send_keys(text)
        time.sleep(0.3)

    def tab(self, name):
        next(each for each in self.all("[role=tab]") if each.text.startswith(name)).click()

    def column(self, number):
        return self.texts(f"#body td:nth-child({number})")

    def wait(self, is_so):
        end = time.monotonic() + 10
        while not is_so():
            assert time.monotonic() < end, self.text("body")
            time.sleep(0.05)


@pytest.fixture
def see(chromium, pages):
    return lambda name: Seen(chromium, (pages / f"{name}.html").as_uri())


def test_a_mock_without_jobs_says_so(see):
    page = see("none")

    assert page.text("#empty") == "mock_jobs: no job, execution, queue or environment has changed yet."
    assert not page.one("#lanes").is_displayed()
    assert page.texts("[role=tab]") == ["Changes0", "Calls0", "Events0"]


def test_each_job_execution_queue_and_environment_has_a_lane_with_its_states(see):
    page = see("few")
    page.one("[value=step]").click()
    names = page.texts(".row .name")
    beta = next(each for each in page.all(".row") if each.find_element(By.CSS_SELECTOR, ".name").text == "beta")

    assert names == ["Batch jobs", "alpha", "beta", "array", "IoT jobs", "firmware", "pump/1", "Batch resources", "ce", "q"]
    assert [each.text for each in beta.find_elements(By.CSS_SELECTOR, ".segment")] == [
        "SUBMITTED",
        "RUNNABLE",
        "STARTING",
        "RUNNING",
        "FAILED",
    ]


def test_many_children_are_closed_until_somebody_opens_them(see):
    page = see("few")
    array = next(each for each in page.all(".row") if each.find_element(By.CSS_SELECTOR, ".name").text == "array")

    assert array.get_attribute("aria-expanded") == "false"
    array.find_element(By.CSS_SELECTOR, ".twist").click()
    assert [f"array:{index}" for index in range(9)] == [each for each in page.texts(".name") if each.startswith("array:")]


def test_the_keyboard_reaches_each_change_and_its_cause(see):
    page = see("few")
    page.one("#zoom-in").click()
    page.press(Keys.TAB)
    assert page.focused().startswith("Batch jobs")
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.END)

    assert page.focused().startswith(
        "RUNNING to FAILED, the attempt failed and is not repeated (exit code 3): plan('beta', exit_code=3), during "
    )
    page.wait(lambda: page.text("#tip") != "")
    assert (
        "Why\nthe attempt failed and is not repeated (exit code 3): plan('beta', exit_code=3)\nDuring\nmock.batch.run_all()"
        in page.text("#tip")
    )
    page.press(Keys.ENTER)
    assert page.text("#detail-title") == "job beta"
    assert len(page.all("#detail-changes li")) == 5
    assert "RUNNING → FAILED" in page.text("#detail-changes li.found").replace("\n", " ")
    page.press(Keys.ESCAPE)
    assert not page.one("#detail").is_displayed()
    assert page.focused().startswith("RUNNING to FAILED")
    assert len(page.all("#lanes [tabindex='0']")) == 1


def test_the_mouse_shows_causes_too(see, chromium):
    page = see("few")
    webdriver.ActionChains(chromium).move_to_element(page.all(".segment")[0]).perform()

    assert "it was submitted" in page.text("#tip")


def test_the_filter_finds_by_id_name_status_and_service(see):
    page = see("few")
    page.press("/")
    assert page.driver.switch_to.active_element.get_attribute("id") == "filter"
    for text, lanes in {
        "bet": ["beta"],
        "failed batch": ["beta"],
        "iot pump": ["firmware", "pump/1"],
        "array:7": ["array", "array:7"],
        "nobody": [],
    }.items():
        page.filter(text)
        assert page.texts(".row:not(.section) .name") == lanes
    assert page.text("#body") == "No row fits the filter."


def test_tables_are_sorted_by_their_headers(see):
    page = see("few")
    orders = []
    for _ in range(3):
        page.one("th button").click()
        orders.append((page.all("th")[0].get_attribute("aria-sort"), page.column(1)))

    names = ["alpha", "beta", "array"]
    assert orders == [("ascending", sorted(names)), ("descending", sorted(names, reverse=True)), (None, names)]


def test_parameters_and_payloads_unfold(see):
    page = see("few")
    page.tab("Calls")
    next(each for each in page.all("summary") if "alpha" in each.text).click()
    page.wait(lambda: '"jobName": "alpha"' in page.text("pre"))
    page.tab("Events")
    page.tab("Calls")

    page.wait(lambda: '"jobName": "alpha"' in page.text("pre"))


def test_a_status_at_the_top_filters_by_it(see):
    page = see("few")
    next(each for each in page.all(".card button") if each.text == "1 FAILED").click()

    assert page.column(1) == ["beta"]


def test_texts_of_users_are_texts(see):
    page = see("few")
    page.tab("Batch compute environments")

    assert page.column(3) == [EVIL]
    assert page.all("img") == []


def test_3_000_jobs_make_few_elements_and_each_can_be_reached(see):
    page = see("many")
    assert page.text("#found") == "3,000 lanes, 10,000 of 15,000 changes"
    assert len(page.all(".row")) < 60
    assert page.text("#place") == "Rows 1 to 100 of 3,000"
    page.one("#next").click()
    assert page.column(1)[0] == "job-100"
    page.all(".row .label")[1].click()
    page.press(Keys.CONTROL + Keys.END)

    assert len(page.all(".row")) < 60
    assert page.focused().startswith("job, job-1999, ")
    page.filter("job-2718")
    assert page.texts(".row .name") == ["Batch jobs", "job-2718"]
    assert page.column(1) == ["job-2718"]


@pytest.mark.parametrize("scale", ["time", "change", "step"])
def test_each_scale_draws_3_000_jobs(see, scale):
    page = see("many")
    page.one(f"[value={scale}]").click()
    page.driver.execute_script("document.getElementById('lanes').scrollTop = 40000")
    page.wait(lambda: page.texts(".row:nth-child(10) .name") != ["job-2007"])
    page.one("#zoom-in").click()

    assert len(page.all(".segment")) < 400
    assert page.texts(".tick") != []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_texts_have_enough_contrast(see, chromium, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page = see("few")
    page.one("[value=step]").click()
    page.all(".segment")[0].click()

    assert chromium.execute_script(CONTRAST) == []
    background = chromium.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(245, 246, 248)", "dark": "rgb(17, 20, 26)"}[scheme]


def test_a_narrow_window_shows_all(see, chromium):
    chromium.set_window_size(800, 900)
    try:
        page = see("few")
        page.all(".segment")[0].click()
        width, room = chromium.execute_script("const d = document.documentElement; return [d.scrollWidth, d.clientWidth]")
        assert width <= room
        assert page.one("#detail").is_displayed()
    finally:
        chromium.set_window_size(1400, 900)


# On a server


@pytest.fixture
def server():
    with MockJobsServer() as running:
        yield running


def test_the_page_of_a_server_renews_itself_and_draws_nothing_anew_without_need(server, chromium):
    page = Seen(chromium, f"{server.url}/mock-jobs-api/ui?account={ACCOUNT_A}")
    page.wait(lambda: page.text("#live") == "live")
    assert page.text("#empty").startswith(f"account {ACCOUNT_A}: no job")
    site = Site(client_of(server, "batch"))
    site.make_queue_and_definition()
    server.account(ACCOUNT_A).batch.pace = "manual"
    site.submit("alpha")
    page.wait(lambda: "alpha" in page.texts(".row .name"))
    page.filter("alpha")
    chromium.execute_script("document.querySelector('.row').isOld = true")
    asked = len(chromium.execute_script("return performance.getEntriesByType('resource')"))
    page.wait(lambda: len(chromium.execute_script("return performance.getEntriesByType('resource')")) > asked + 1)

    assert chromium.execute_script("return document.querySelector('.row').isOld")
    page.all(".row .label")[1].click()
    server.account(ACCOUNT_A).batch.run_all()
    page.wait(lambda: "SUCCEEDED" in page.text("#detail-facts"))
    assert page.one("#filter").get_attribute("value") == "alpha"
    assert page.focused().startswith("job, alpha, ")
    assert len(server.account(ACCOUNT_A).calls) == 4


def test_another_account_is_chosen_from_the_list(server, chromium):
    for account, name in ((ACCOUNT_A, "one"), (ACCOUNT_B, "other")):
        Site(client_of(server, "batch", account)).make_environment(name)
    page = Seen(chromium, f"{server.url}/mock-jobs-api/ui")
    page.wait(lambda: page.texts("#account option") == [ACCOUNT_A, "123456789012", ACCOUNT_B])
    page.one("#account").send_keys(ACCOUNT_B)

    page.wait(lambda: page.texts(".row:not(.section) .name") == ["other"])
    assert chromium.current_url.endswith(f"?account={ACCOUNT_B}")
    assert page.text("h1") == f"account {ACCOUNT_B}"


def test_the_page_asks_its_server_for_its_data_and_nothing_else(server, chromium):
    page = Seen(chromium, f"{server.url}/mock-jobs-api/ui")
    page.wait(lambda: page.text("#live") == "live")
    asked = chromium.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)")

    assert {each.partition("?")[0] for each in asked} <= {f"{server.url}/mock-jobs-api/ui/data"} | {
        each for each in asked if each.startswith("data:")
    }
    assert server.account().calls == ()


def test_the_page_says_that_its_server_has_gone(chromium):
    with MockJobsServer() as server:
        page = Seen(chromium, f"{server.url}/mock-jobs-api/ui")
        page.wait(lambda: page.text("#live") == "live")
    page.wait(lambda: page.text("#live") == "the server does not answer")
