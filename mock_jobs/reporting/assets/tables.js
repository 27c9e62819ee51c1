
// The tables: one tab for each kind of record and for each log, a hundred rows at a time.

const ROWS_OF_PAGE = 100;
const time = (name, member) => ({ name, of: (row) => row[member], show: (value) => (value === null ? "" : momentText(value)), style: "mono tight" });
const text = (name, member, style = "text") => ({ name, of: (row) => row[member], show: (value) => (value === null ? "" : String(value)), style });
const status = (name, member) => ({ name, of: (row) => row[member], show: (value) => (value ? badge(value) : ""), style: "tight" });
const json = (name, member) => ({ name, of: (row) => JSON.stringify(row[member]), show: folded, style: "mono" });
const PLACE = [text("Account", "account", "mono tight"), text("Region", "region", "mono tight")];
const RECORD = [text("Name", "name"), text("Id", "id", "mono tight"), status("Status", "status"), text("Reason", "reason"), text("Belongs to", "belongs_to"), time("Created", "created_ms"), ...PLACE];
const LOGS = {
  Changes: ["changes", [time("Time", "at_ms"), text("Kind", "kind", "tight"), text("Name", "name"), text("Id", "id", "mono tight"), status("Before", "before"), status("After", "after"), text("Why", "why"), text("During", "during"), text("Reason", "reason"), ...PLACE]],
  Calls: ["calls", [text("Call", "number", "mono tight"), time("Time", "at_ms"), text("Service", "service", "tight"), text("Operation", "operation", "tight"), text("Attempt", "attempt", "mono tight"), text("Status", "status", "mono tight"), text("Error", "error"), text("Message", "error_message"), json("Parameters", "parameters"), ...PLACE]],
  Events: ["events", [time("Time", "at_ms"), text("Service", "service", "tight"), text("Topic", "topic"), json("Payload", "payload"), ...PLACE]],
};
const texts = new WeakMap();
const unfolded = new Set();

function folded(value) {
  if (value === "{}") return "";
  if (value === "null") return "left out: the page has the last 2,000";
  const details = make("details", { open: unfolded.has(value) }, make("summary", {}, value.slice(0, 120)));
  details.addEventListener("toggle", () => {
    if (details.open) unfolded.add(value);
    else unfolded.delete(value);
    if (details.open && details.children.length === 1) details.append(make("pre", {}, JSON.stringify(JSON.parse(value), null, 2)));
  });
  return details;
}

// What the filter looks at.
function textOf(row) {
  if (!texts.has(row)) texts.set(row, Object.values(row).map((value) => (value !== null && typeof value === "object" ? JSON.stringify(value) : value)).join(" ").toLowerCase());
  return texts.get(row);
}

function columnsOf(all, rows) {
  const differs = (column) => rows.some((row) => column.of(row) !== column.of(rows[0]));
  const isFilled = (column) => rows.some((row) => column.of(row) !== null && column.of(row) !== "");
  return all.filter((column) => {
    if (PLACE.includes(column)) return differs(column);
    if (column.name === "Id") return rows.some((row) => row.id !== row.name);
    return all !== RECORD || column.name === "Name" || isFilled(column);
  });
}

function compare(one, other) {
  if (one === other) return 0;
  if (one === null || one === "") return 1;
  if (other === null || other === "") return -1;
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en", { numeric: true });
}

class Tables {
  constructor() {
    this.tables = new Map();
    this.chosen = null;
    this.words = [];
    this.places = new Map();
    byId("tabs").addEventListener("keydown", (event) => this.onKey(event));
    byId("previous").addEventListener("click", () => this.turn(-1));
    byId("next").addEventListener("click", () => this.turn(1));
  }

  show(content) {
    this.tables = new Map();
    for (const [kind, { rows, omitted }] of Object.entries(content.tables)) {
      if (rows.length) this.tables.set(kind, { all: RECORD, rows, omitted });
    }
    for (const [name, [member, all]] of Object.entries(LOGS)) this.tables.set(name, { all, rows: content[member], omitted: 0 });
    if (!this.tables.has(this.chosen)) this.chosen = this.tables.keys().next().value;
    this.drawTabs();
    this.render();
  }

  filter(words) {
    this.words = words;
    for (const place of this.places.values()) place.page = 0;
    this.render();
  }

  choose(name, focus = false) {
    this.chosen = name;
    this.drawTabs();
    this.render();
    if (focus) byId("tabs").querySelector("[aria-selected=true]").focus();
  }

  get place() {
    if (!this.places.has(this.chosen)) this.places.set(this.chosen, { page: 0, by: null, down: false });
    return this.places.get(this.chosen);
  }

  turn(by) {
    this.place.page += by;
    this.render();
  }

  onKey(event) {
    const names = Array.from(this.tables.keys());
    const now = names.indexOf(this.chosen);
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: names.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.choose(names[(next + names.length) % names.length], true);
  }

  drawTabs() {
    const hadFocus = byId("tabs").contains(document.activeElement);
    const tabs = Array.from(this.tables, ([name, { rows, omitted }]) => {
      const isChosen = name === this.chosen;
      const number = (rows.length + omitted).toLocaleString("en");
      const tab = make("button", { type: "button", role: "tab", id: isChosen ? "tab" : null, "aria-selected": String(isChosen), "aria-controls": "panel", tabindex: isChosen ? "0" : "-1" }, name, make("span", { class: "number" }, number));
      tab.addEventListener("click", () => this.choose(name, true));
      return tab;
    });
    byId("tabs").replaceChildren(...tabs);
    byId("panel").setAttribute("aria-labelledby", "tab");
    if (hadFocus) byId("tab").focus();
  }

  sorted(rows, columns) {
    const column = columns.find((each) => each.name === this.place.by);
    if (!column) return rows;
    const sign = this.place.down ? -1 : 1;
    return rows.map((row) => [column.of(row), row]).sort(([one], [other]) => sign * compare(one, other)).map(([, row]) => row);
  }

  render() {
    const { all, rows, omitted } = this.tables.get(this.chosen) || { all: [], rows: [], omitted: 0 };
    const columns = columnsOf(all, rows);
    const fitting = this.words.length ? rows.filter((row) => hasAll(textOf(row), this.words)) : rows;
    const shown = this.sorted(fitting, columns);
    const last = Math.max(Math.ceil(shown.length / ROWS_OF_PAGE) - 1, 0);
    this.place.page = Math.min(Math.max(this.place.page, 0), last);
    const from = this.place.page * ROWS_OF_PAGE;
    this.drawTable(columns, shown.slice(from, from + ROWS_OF_PAGE), rows.length > 0);
    this.drawPlace(from, shown.length, last, rows.length);
    byId("omitted").hidden = !omitted;
    byId("omitted").textContent = `${plural(omitted, "more row is", "more rows are")} not on this page.`;
  }

  // What looks the same is left alone: somebody may read it, or be in it with the keyboard.
  drawTable(columns, rows, hasSome) {
    const looks = JSON.stringify([this.chosen, this.place, columns.map((column) => column.name), rows, hasSome]);
    if (looks === this.looks) return;
    this.looks = looks;
    this.drawHead(columns);
    this.drawBody(columns, rows, hasSome);
  }

  drawHead(columns) {
    const focused = document.activeElement && document.activeElement.dataset.column;
    const cells = columns.map((column) => {
      const isBy = column.name === this.place.by;
      const button = make("button", { type: "button", "data-column": column.name }, column.name, isBy ? (this.place.down ? " ↓" : " ↑") : "");
      button.addEventListener("click", () => this.sortBy(column.name));
      return make("th", { scope: "col", "aria-sort": isBy ? (this.place.down ? "descending" : "ascending") : null }, button);
    });
    byId("head").replaceChildren(make("tr", {}, ...cells));
    if (focused) cells.map((cell) => cell.firstChild).find((button) => button.dataset.column === focused)?.focus();
  }

  // First up, then down, then as they came.
  sortBy(name) {
    const { by, down } = this.place;
    Object.assign(this.place, by !== name ? { by: name, down: false } : down ? { by: null, down: false } : { by: name, down: true }, { page: 0 });
    this.render();
  }

  drawBody(columns, rows, hasSome) {
    const lines = rows.map((row) => make("tr", {}, ...columns.map((column) => make("td", { class: column.style }, column.show(column.of(row))))));
    const nothing = make("tr", {}, make("td", { class: "nothing", colspan: Math.max(columns.length, 1) }, hasSome ? "No row fits the filter." : "There are none yet."));
    byId("body").replaceChildren(...(lines.length ? lines : [nothing]));
  }

  drawPlace(from, number, last, total) {
    const of = number < total ? ` of ${total.toLocaleString("en")}` : "";
    byId("place").textContent = number ? `Rows ${(from + 1).toLocaleString("en")} to ${Math.min(from + ROWS_OF_PAGE, number).toLocaleString("en")} of ${number.toLocaleString("en")}${of && `, filtered${of}`}` : "";
    byId("previous").disabled = this.place.page === 0;
    byId("next").disabled = this.place.page >= last;
    byId("previous").parentElement.hidden = last === 0 && !number;
  }
}
