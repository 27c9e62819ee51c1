
// The page: what it shows at the top, beside the lanes, and how it renews itself on a server.

const MOST_LISTED = 200;
const LEAST_PAUSE_MS = 1000;

class Page {
  constructor() {
    this.content = null;
    this.chosen = null;
    this.lanes = new Lanes((lane, cell) => (lane ? this.open(lane, cell) : undefined));
    this.tables = new Tables();
    byId("tools").addEventListener("submit", (event) => event.preventDefault());
    byId("filter").addEventListener("input", () => this.filterLater());
    byId("zoom-in").addEventListener("click", () => this.lanes.zoomTo(this.lanes.zoom * 2));
    byId("zoom-out").addEventListener("click", () => this.lanes.zoomTo(this.lanes.zoom / 2));
    byId("zoom-fit").addEventListener("click", () => this.lanes.zoomTo(1));
    byId("detail-close").addEventListener("click", () => this.close());
    for (const radio of document.getElementsByName("scale")) radio.addEventListener("change", () => this.lanes.setScale(radio.value));
    document.addEventListener("keydown", (event) => this.onKey(event));
    setInterval(() => this.showNow(), 1000);
  }

  show(content) {
    this.content = content;
    this.readAt = performance.now();
    document.title = content.called === "mock_jobs" ? content.called : `${content.called} - mock_jobs`;
    byId("called").textContent = content.called;
    byId("conditions").replaceChildren(...content.conditions.map((each) => make("li", {}, each)));
    this.showNow();
    this.drawSummary();
    this.lanes.show(content.changes, content.now_ms);
    this.tables.show(content);
    const isEmpty = content.changes.length === 0;
    byId("empty").hidden = !isEmpty;
    byId("stage").hidden = byId("tools").hidden = byId("keys").hidden = isEmpty;
    byId("empty").textContent = `${content.called}: no job, execution, queue or environment has changed yet.${this.isServed ? " This page renews itself; other accounts can be chosen above." : ""}`;
    this.showFound();
    this.refresh();
  }

  // The world's clock goes on with real time, unless it is frozen or the page is a file.
  showNow() {
    if (!this.content) return;
    const goesOn = this.isServed && !this.content.conditions.includes("frozen");
    const ms = this.content.now_ms + (goesOn ? Math.round(performance.now() - this.readAt) : 0);
    byId("now").textContent = `${goesOn ? momentText(ms).slice(0, 19) : momentText(ms)} UTC`;
  }

  drawSummary() {
    const cards = Object.entries(this.content.tables).flatMap(([kind, { rows, omitted }]) => {
      if (!rows.length) return [];
      const counts = new Map();
      for (const row of rows) counts.set(row.status, (counts.get(row.status) || 0) + 1);
      const parts = Array.from(counts).filter(([status]) => status).map(([status, number]) => this.countButton(kind, status, number));
      return [make("div", { class: "card" }, make("strong", {}, `${(rows.length + omitted).toLocaleString("en")} ${kind}`), ...parts)];
    });
    byId("summary").replaceChildren(...cards);
  }

  countButton(kind, status, number) {
    const label = badge(status);
    label.prepend(`${number.toLocaleString("en")} `);
    const button = make("button", { type: "button", title: `Filter by ${status}`, "aria-label": `${number} ${kind} ${status}: filter by this status` }, label);
    button.addEventListener("click", () => {
      byId("filter").value = status;
      if (this.tables.tables.has(kind)) this.tables.choose(kind);
      this.filter();
    });
    return button;
  }

  filterLater() {
    clearTimeout(this.filterTimer);
    this.filterTimer = setTimeout(() => this.filter(), 120);
  }

  filter() {
    const words = wordsOf(byId("filter").value);
    this.lanes.scroller.scrollTop = 0;
    this.lanes.filter(words);
    this.tables.filter(words);
    this.showFound();
  }

  showFound() {
    const { changes, changed } = this.content;
    const kept = changed > changes.length ? `${changes.length.toLocaleString("en")} of ${plural(changed, "change", "changes")}` : plural(changes.length, "change", "changes");
    byId("found").textContent = `${plural(this.lanes.number, "lane", "lanes")}, ${kept}`;
  }

  open(lane, cell) {
    this.chosen = lane.key;
    byId("detail").hidden = false;
    byId("detail-title").textContent = `${lane.kind} ${lane.name}`;
    const [account, region] = lane.place.split(" ");
    byId("detail-facts").replaceChildren(...facts([["Id", make("code", {}, lane.id)], ["Status", lane.status && badge(lane.status)], ["Service", nameOfService(lane.service)], ["Account", account], ["Region", region]]));
    const listed = lane.changes.slice(-MOST_LISTED).map(({ change }) => this.changeItem(change));
    const older = lane.changes.length - listed.length;
    if (older) listed.unshift(make("li", {}, `${plural(older, "earlier change", "earlier changes")}: see the table Changes`));
    byId("detail-changes").replaceChildren(...listed);
    const found = cell >= 0 ? listed[cell - lane.changes.length + listed.length] : null;
    if (found) {
      found.classList.add("found");
      byId("detail").scrollTop = Math.max(found.offsetTop - byId("detail").offsetTop - 120, 0);
    }
  }

  changeItem(change) {
    return make(
      "li", {},
      make("time", {}, momentText(change.at_ms)),
      make("div", {}, change.before ? badge(change.before) : "new", " → ", badge(afterOf(change))),
      make("p", {}, change.why),
      change.reason === null ? null : make("p", {}, `Reason: ${change.reason}`),
      make("p", { class: "during" }, `during ${change.during}`),
    );
  }

  // The lane that is open shows what has come.
  refresh() {
    if (byId("detail").hidden) return;
    const row = this.lanes.rows.find((each) => each.key === this.chosen);
    if (row) this.open(row, -1);
    else this.close(false);
  }

  close(focus = true) {
    byId("detail").hidden = true;
    this.lanes.unchoose();
    if (focus) this.lanes.focusActive(false);
  }

  onKey(event) {
    if (event.key === "/" && !event.target.matches("input, select")) {
      event.preventDefault();
      byId("filter").focus();
    }
    if (event.key !== "Escape" || event.target === byId("filter")) return;
    if (!byId("tip").hidden) hideTip();
    else if (!byId("detail").hidden) this.close();
  }
}

// On a server: asks for what is new while the page is in sight, and draws nothing if nothing is.
class Renewal {
  constructor(page) {
    this.page = page;
    this.version = "";
    this.account = new URLSearchParams(location.search).get("account");
    byId("live").hidden = false;
    byId("account").addEventListener("change", () => this.choose(byId("account").value));
    document.addEventListener("visibilitychange", () => this.renew());
  }

  choose(account) {
    this.account = account;
    this.version = "";
    history.replaceState(null, "", `?account=${encodeURIComponent(account)}`);
    this.renew();
  }

  async renew() {
    clearTimeout(this.timer);
    const began = performance.now();
    const asked = this.account;
    if (document.hidden) return this.say("paused", "");
    try {
      const answer = await fetch(`ui/data?${new URLSearchParams({ ...(asked === null ? {} : { account: asked }), seen: this.version })}`);
      const found = await answer.json();
      if (asked !== this.account) return undefined;
      if (answer.ok) this.take(found);
      else this.say(found.message, "lost");
    } catch {
      this.say("the server does not answer", "lost");
    }
    // A page with much on it asks less often, so that it does not slow down the tests.
    const pause = Math.max(LEAST_PAUSE_MS, 5 * (performance.now() - began));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.renew(), pause);
    return undefined;
  }

  take(found) {
    this.say("live", "live");
    this.account = found.account;
    this.listAccounts(found.accounts);
    this.version = found.version;
    if (found.content) this.page.show(found.content);
    else Object.assign(this.page.content, { now_ms: found.now_ms });
    this.page.readAt = performance.now();
  }

  listAccounts(accounts) {
    const wanted = Array.from(new Set([...accounts, this.account])).sort();
    const select = byId("account");
    byId("accounts").hidden = false;
    if (Array.from(select.options, (option) => option.value).join() !== wanted.join()) select.replaceChildren(...wanted.map((each) => make("option", { value: each }, each)));
    select.value = this.account;
  }

  say(text, kind) {
    const live = byId("live");
    if (live.textContent === text) return;
    live.textContent = text;
    live.className = kind;
  }
}

const page = new Page();
const embedded = byId("data").textContent;
page.isServed = embedded === "";
if (page.isServed) new Renewal(page).renew();
else page.show(JSON.parse(embedded));
