
// Where changes stand in their lanes: by world time, by the order of all changes, or side by side.

const LEAST_WIDTH = 6;
const END_WIDTH = 92;
const STEP_WIDTH = 118;
const LEAST_STEP = 94;
const TICK_GAP = 150;
const PIXELS = 1000;

class TimeScale {
  constructor(changes, nowMs, room, zoom) {
    this.from = changes.length ? changes[0].at_ms : nowMs;
    const last = changes.length ? Math.max(changes.at(-1).at_ms, Math.min(nowMs, changes.at(-1).at_ms + (changes.at(-1).at_ms - this.from) * 0.15)) : nowMs;
    this.until = Math.max(last, this.from + 1);
    this.width = Math.max(room - END_WIDTH - 8, 100) * zoom;
    this.total = this.width + END_WIDTH + 8;
  }

  at(ms) {
    return ((Math.min(ms, this.until) - this.from) / (this.until - this.from)) * this.width;
  }

  spans(lane) {
    return lane.changes.map(({ change }, index) => {
      const left = this.at(change.at_ms);
      const next = lane.changes[index + 1];
      const right = next ? this.at(next.change.at_ms) : isEnd(change) ? left + END_WIDTH : this.total;
      return [left, Math.max(right - left - 1, LEAST_WIDTH)];
    });
  }

  ticks() {
    const step = niceStep(((this.until - this.from) * TICK_GAP) / this.width);
    const isWholeDay = step >= 86400000;
    const first = Math.ceil(this.from / step) * step;
    const found = [];
    for (let ms = first; ms <= this.until; ms += step) {
      const text = momentText(ms);
      found.push([this.at(ms), isWholeDay ? text.slice(0, 10) : text.slice(11, step < 1000 ? 23 : 19)]);
    }
    return found.length ? found : [[0, momentText(this.from)]];
  }
}

class ChangeScale {
  constructor(changes, room, zoom) {
    this.changes = changes;
    this.column = (Math.max(room - 8, 100) / Math.max(changes.length + 1, 1)) * zoom;
    this.column = zoom === 1 ? Math.min(this.column, STEP_WIDTH) : this.column;
    this.total = Math.max(this.column * (changes.length + 1), 100);
  }

  spans(lane) {
    return lane.changes.map(({ change, order }, index) => {
      const left = order * this.column;
      const next = lane.changes[index + 1];
      const right = next ? next.order * this.column : isEnd(change) ? left + Math.max(this.column, LEAST_WIDTH) : this.total;
      return [left, Math.max(right - left - 1, LEAST_WIDTH)];
    });
  }

  ticks() {
    const found = [];
    let free = 0;
    this.changes.forEach((change, order) => {
      const isNew = order === 0 || change.at_ms !== this.changes[order - 1].at_ms;
      if (isNew && order * this.column >= free) {
        found.push([order * this.column, momentText(change.at_ms).slice(11)]);
        free = order * this.column + TICK_GAP - 40;
      }
    });
    return found;
  }
}

class StepScale {
  constructor(longest, room, zoom) {
    this.longest = longest;
    this.column = Math.min(Math.max((room - 8) / Math.max(longest, 1), LEAST_STEP), STEP_WIDTH) * zoom;
    this.total = Math.max(longest, 1) * this.column + 8;
  }

  spans(lane) {
    return lane.changes.map((_, index) => [index * this.column, this.column - 3]);
  }

  ticks() {
    const every = Math.ceil(60 / this.column);
    const number = Math.min(this.longest, 2000);
    return Array.from({ length: Math.ceil(number / every) }, (_, place) => [place * every * this.column, `step ${place * every + 1}`]);
  }
}

function niceStep(ms) {
  const nice = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000, 600000, 900000,
    1800000, 3600000, 7200000, 10800000, 21600000, 43200000, 86400000];
  const day = 86400000;
  return nice.find((each) => each >= ms) || Math.ceil(ms / day) * day;
}

// The scale that shows most: time if most changes stand apart on it, else all in order if there is room, else steps.
function bestScale(changes, room) {
  if (changes.length < 2) return "change";
  const from = changes[0].at_ms;
  const length = changes.at(-1).at_ms - from || 1;
  const apart = new Set(changes.map((change) => Math.round(((change.at_ms - from) / length) * PIXELS))).size;
  if (changes.length <= 200 && apart * 3 >= changes.length * 2) return "time";
  return changes.length * 16 <= room ? "change" : "step";
}
