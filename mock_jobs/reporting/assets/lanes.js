
// The lanes: rows of a tree, of which only those in sight are elements.

const ROW = 28;
const MARGIN_ROWS = 6;
const TEXT_WIDTH = 40;

class Lanes {
  constructor(onChoose) {
    this.scroller = byId("lanes");
    this.body = byId("rows");
    this.ticks = byId("axis").querySelector(".ticks");
    this.onChoose = onChoose;
    this.changes = [];
    this.sections = [];
    this.rows = [];
    this.words = [];
    this.opened = new Map();
    this.drawn = new Map();
    this.zoom = 1;
    this.wanted = null;
    this.active = { key: null, cell: -1 };
    this.chosen = null;
    this.scroller.addEventListener("scroll", () => this.later());
    this.scroller.addEventListener("keydown", (event) => this.onKey(event));
    this.scroller.addEventListener("click", (event) => this.onClick(event));
    this.scroller.addEventListener("focusin", (event) => this.onFocus(event));
    this.scroller.addEventListener("focusout", () => hideTip());
    this.scroller.addEventListener("pointerover", (event) => this.onPointer(event));
    this.scroller.addEventListener("pointerleave", () => hideTip());
    new ResizeObserver(() => this.layOut()).observe(this.scroller);
  }

  show(changes, nowMs) {
    this.changes = changes;
    this.nowMs = nowMs;
    this.sections = lanesOf(changes);
    this.layOut();
  }

  filter(words) {
    this.words = words;
    this.layOut();
  }

  get room() {
    return Math.max(this.scroller.clientWidth - this.labelWidth, 100);
  }

  // Whether the detail is open does not decide it.
  get scaleName() {
    return this.wanted || bestScale(this.changes, byId("stage").clientWidth - this.labelWidth);
  }

  get number() {
    return this.rows.filter((row) => row.level > 1).length;
  }

  makeScale() {
    const name = this.scaleName;
    if (name === "time") return new TimeScale(this.changes, this.nowMs, this.room, this.zoom);
    if (name === "change") return new ChangeScale(this.changes, this.room, this.zoom);
    const longest = this.rows.reduce((most, row) => Math.max(most, row.changes.length), 0);
    return new StepScale(longest, this.room, this.zoom);
  }

  layOut() {
    this.labelWidth = labelWidth();
    this.rows = shownRows(this.sections, this.words, this.opened);
    this.indexes = new Map(this.rows.map((row, index) => [row.key, index]));
    if (!this.indexes.has(this.active.key)) this.active = { key: this.rows.length ? this.rows[0].key : null, cell: -1 };
    this.scale = this.makeScale();
    const width = this.labelWidth + this.scale.total;
    this.body.style.height = `${this.rows.length * ROW}px`;
    this.body.style.width = byId("axis").style.width = `${Math.max(width, this.scroller.clientWidth)}px`;
    this.scroller.setAttribute("aria-rowcount", this.rows.length);
    for (const radio of document.getElementsByName("scale")) radio.checked = radio.value === this.scaleName;
    this.drawn.clear();
    this.render();
  }

  later() {
    hideTip();
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.render();
      this.showTipOfFocus();
    });
  }

  render() {
    const hadFocus = this.body.contains(document.activeElement);
    if (Math.abs(this.scroller.scrollLeft - (this.drawnLeft || 0)) > this.room / 2) this.drawn.clear();
    if (!this.drawn.size) {
      this.drawnLeft = this.scroller.scrollLeft;
      this.drawTicks();
    }
    const first = Math.max(Math.floor(this.scroller.scrollTop / ROW) - MARGIN_ROWS, 0);
    const end = Math.min(Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / ROW) + MARGIN_ROWS, this.rows.length);
    const wanted = new Set(this.rows.slice(first, end).map((row) => row.key));
    // What has the focus stays, wherever one scrolls.
    if (this.active.key !== null) wanted.add(this.active.key);
    const kept = new Map();
    for (const key of Array.from(wanted).sort((one, other) => this.indexes.get(one) - this.indexes.get(other))) {
      kept.set(key, this.drawn.get(key) || this.drawRow(this.indexes.get(key)));
    }
    this.drawn = kept;
    sync(this.body, Array.from(kept.values()));
    if (hadFocus && !this.body.contains(document.activeElement)) this.focusActive(false);
  }

  drawTicks() {
    const [from, until] = this.range();
    const shown = this.scale.ticks().filter(([left]) => left >= from && left <= until);
    this.ticks.replaceChildren(...shown.map(([left, text]) => at(make("span", { class: "tick" }, text), left)));
  }

  range() {
    return [this.drawnLeft - this.room, this.drawnLeft + 2 * this.room];
  }

  drawRow(index) {
    const lane = this.rows[index];
    const row = make("div", {
      role: "row", class: `row${lane.level === 1 ? " section" : ""}${lane.key === this.chosen ? " chosen" : ""}`, "aria-level": lane.level,
      "aria-rowindex": index + 1, "aria-expanded": lane.children.length ? String(this.isOpen(lane)) : null,
    });
    row.style.top = `${index * ROW}px`;
    row.lane = lane;
    row.append(this.drawLabel(lane), ...this.drawSegments(lane));
    return row;
  }

  drawLabel(lane) {
    const twist = lane.children.length ? (this.isOpen(lane) ? "▼" : "▶") : "";
    const number = lane.children.length ? `${lane.children.length.toLocaleString("en")}` : "";
    const place = lane.showsPlace ? lane.place : "";
    const text = [lane.kind, lane.name, lane.id === lane.name ? "" : lane.id, lane.status, place].filter(Boolean).join(", ");
    const label = make(
      "div", { role: "rowheader", class: "label", tabindex: this.tabindex(lane, -1), "aria-label": `${text}${number && `, ${number} below`}`, title: text },
      make("span", { class: "twist", "aria-hidden": "true" }, twist),
      make("span", { class: "name" }, lane.name),
      make("span", { class: "id" }, [lane.shortId, number && `(${number})`, place].filter(Boolean).join(" ")),
      lane.status ? badge(lane.status) : null,
    );
    label.style.paddingLeft = `${8 + (lane.level - 1) * 14}px`;
    label.cell = -1;
    return label;
  }

  drawSegments(lane) {
    const [from, until] = this.range();
    const found = [];
    let last = -1;
    this.scale.spans(lane).forEach(([left, width], cell) => {
      const isActive = lane.key === this.active.key && cell === this.active.cell;
      const isHidden = left + width < from || left > until || (Math.round(left) === last && width <= LEAST_WIDTH);
      if (isHidden && !isActive) return;
      last = Math.round(left);
      found.push(this.drawSegment(lane, cell, left, width));
    });
    return found;
  }

  drawSegment(lane, cell, left, width) {
    const { change } = lane.changes[cell];
    const isThin = width < TEXT_WIDTH;
    const element = make(
      "div", { role: "gridcell", class: `segment ${toneOf(afterOf(change))}${isThin ? " thin" : ""}`, tabindex: this.tabindex(lane, cell), "aria-label": spoken(change) },
      isThin ? "" : afterOf(change),
    );
    element.style.width = `${width}px`;
    element.cell = cell;
    return at(element, this.labelWidth + left);
  }

  tabindex(lane, cell) {
    return lane.key === this.active.key && cell === this.active.cell ? "0" : "-1";
  }

  isOpen(lane) {
    return isOpen(lane, this.opened) || (this.words.length > 0 && this.rows[this.indexes.get(lane.key) + 1]?.parent === lane);
  }

  toggle(lane, open = !this.isOpen(lane)) {
    this.opened.set(lane.key, open);
    this.layOut();
    this.onChoose(null);
  }

  cellOf(event) {
    const element = event.target.closest(".label, .segment");
    return element ? { element, lane: element.parentElement.lane, cell: element.cell } : null;
  }

  onClick(event) {
    const hit = this.cellOf(event);
    if (!hit) return;
    this.go(hit.lane, hit.cell);
    if (hit.lane.level === 1 || event.target.closest(".twist")) this.toggle(hit.lane);
    else this.choose(hit.lane, hit.cell);
  }

  onFocus(event) {
    const hit = this.cellOf(event);
    if (!hit) return;
    // What is open follows the focus.
    if (this.chosen !== null && hit.lane.level > 1) this.choose(hit.lane, hit.cell);
    else if (hit.cell >= 0) showTip(hit.lane, hit.cell, hit.element);
  }

  // After the lanes have scrolled, for example because the focus has moved.
  showTipOfFocus() {
    const element = document.activeElement;
    if (!this.body.contains(element) || !(element.cell >= 0) || this.chosen !== null) return;
    const [box, room] = [element.getBoundingClientRect(), this.scroller.getBoundingClientRect()];
    if (box.top >= room.top + ROW && box.bottom <= room.bottom) showTip(element.parentElement.lane, element.cell, element);
  }

  onPointer(event) {
    const hit = this.cellOf(event);
    if (hit && hit.cell >= 0) showTip(hit.lane, hit.cell, hit.element);
    else hideTip();
  }

  choose(lane, cell) {
    hideTip();
    this.chosen = lane.key;
    for (const row of this.drawn.values()) row.classList.toggle("chosen", row.lane.key === lane.key);
    this.onChoose(lane, cell);
  }

  unchoose() {
    this.chosen = null;
    for (const row of this.drawn.values()) row.classList.remove("chosen");
  }

  // Moves the focus. The row is drawn anew, since a cell that was not drawn may get it.
  go(lane, cell) {
    for (const key of [this.active.key, lane.key]) this.drawn.delete(key);
    this.active = { key: lane.key, cell: Math.min(cell, lane.changes.length - 1) };
    const top = this.indexes.get(lane.key) * ROW;
    const room = this.scroller.clientHeight - ROW;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    if (top + 2 * ROW > this.scroller.scrollTop + room) this.scroller.scrollTop = top + 2 * ROW - room;
    if (this.active.cell >= 0) this.reveal(this.scale.spans(lane)[this.active.cell]);
    this.render();
    this.focusActive(true);
  }

  reveal([left, width]) {
    const seen = this.scroller.scrollLeft;
    if (left < seen || left + Math.min(width, 60) > seen + this.room) this.scroller.scrollLeft = Math.max(left - this.room / 3, 0);
  }

  focusActive(shows) {
    const row = this.drawn.get(this.active.key);
    const element = row && Array.from(row.children).find((each) => each.cell === this.active.cell);
    if (!element) return;
    element.focus({ preventScroll: true });
    if (shows) this.showTipOfFocus();
    else hideTip();
  }

  onKey(event) {
    const lane = this.rows[this.indexes.get(this.active.key)];
    if (!lane || event.altKey || event.metaKey) return;
    if (this.move(event.key, lane, this.active.cell, event.ctrlKey)) event.preventDefault();
  }

  move(key, lane, cell, ctrl) {
    const index = this.indexes.get(lane.key);
    const row = (place, to = cell) => this.go(this.rows[Math.max(Math.min(place, this.rows.length - 1), 0)], to);
    const isWide = lane.children.length > 0;
    const actions = {
      ArrowDown: () => row(index + 1),
      ArrowUp: () => row(index - 1),
      PageDown: () => row(index + 10),
      PageUp: () => row(index - 10),
      Home: () => (ctrl ? row(0, -1) : this.go(lane, -1)),
      End: () => (ctrl ? row(this.rows.length - 1, -1) : this.go(lane, lane.changes.length - 1)),
      ArrowRight: () => (cell < 0 && isWide && !this.isOpen(lane) ? this.toggle(lane, true) : this.go(lane, cell + 1)),
      ArrowLeft: () => {
        if (cell >= 0) this.go(lane, cell - 1);
        else if (isWide && this.isOpen(lane)) this.toggle(lane, false);
        else if (lane.parent) this.go(lane.parent, -1);
      },
      Enter: () => (lane.level === 1 ? this.toggle(lane) : this.choose(lane, cell)),
      " ": () => (isWide && cell < 0 ? this.toggle(lane) : this.choose(lane, cell)),
      "+": () => this.zoomTo(this.zoom * 2),
      "-": () => this.zoomTo(this.zoom / 2),
      0: () => this.zoomTo(1),
    };
    if (!Object.hasOwn(actions, key)) return false;
    actions[key]();
    return true;
  }

  zoomTo(zoom) {
    const middle = (this.scroller.scrollLeft + this.room / 2) / this.scale.total;
    this.zoom = Math.min(Math.max(zoom, 1), 4096);
    this.layOut();
    this.scroller.scrollLeft = middle * this.scale.total - this.room / 2;
    this.drawn.clear();
    this.render();
  }

  setScale(name) {
    this.wanted = name;
    this.zoom = 1;
    this.scroller.scrollLeft = 0;
    this.layOut();
  }
}

function labelWidth() {
  return byId("axis").querySelector(".corner").offsetWidth;
}

function at(element, left) {
  element.style.left = `${left}px`;
  return element;
}

// Makes these elements the children; those that stay are not moved, so that the focus stays.
function sync(parent, elements) {
  const wanted = new Set(elements);
  for (const child of Array.from(parent.children)) if (!wanted.has(child)) child.remove();
  elements.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] || null);
  });
}

function spoken(change) {
  const reason = change.reason === null ? "" : `, reason ${change.reason}`;
  return `${change.before || "new"} to ${afterOf(change)}, ${change.why}, during ${change.during}${reason}, ${momentText(change.at_ms)}`;
}

function facts(pairs) {
  return pairs.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
}

function showTip(lane, cell, element) {
  const { change } = lane.changes[cell];
  const tip = byId("tip");
  const title = `${change.kind} ${lane.name} ${lane.shortId}`.trim();
  const list = facts([["Why", change.why], ["During", change.during], ["Reason", change.reason], ["Time", momentText(change.at_ms)]]);
  tip.replaceChildren(
    make("strong", {}, title),
    change.before ? badge(change.before) : "new", " → ", badge(afterOf(change)),
    make("dl", {}, ...list),
  );
  tip.hidden = false;
  const box = element.getBoundingClientRect();
  const left = Math.max(box.left, byId("lanes").getBoundingClientRect().left + labelWidth());
  const isBelow = box.bottom + tip.offsetHeight + 10 < innerHeight;
  tip.style.left = `${Math.max(Math.min(left, innerWidth - tip.offsetWidth - 12), 8)}px`;
  tip.style.top = `${isBelow ? box.bottom + 6 : Math.max(box.top - tip.offsetHeight - 6, 4)}px`;
}

function hideTip() {
  byId("tip").hidden = true;
}
