
"use strict";

// What the data mean: tones of statuses, texts of times, and the lanes that changes make.

const TONES = {
  wait: ["SUBMITTED", "PENDING", "RUNNABLE", "QUEUED", "CREATING", "UPDATING"],
  start: ["STARTING", "SCHEDULED"],
  run: ["RUNNING", "IN_PROGRESS"],
  good: ["SUCCEEDED", "COMPLETED", "VALID", "ACTIVE"],
  bad: ["FAILED", "TIMED_OUT", "REJECTED", "INVALID"],
};
const TONE_OF = new Map(Object.entries(TONES).flatMap(([tone, statuses]) => statuses.map((status) => [status, tone])));
const FINAL = new Set(["SUCCEEDED", "FAILED", "COMPLETED", "CANCELED", "TIMED_OUT", "REJECTED", "REMOVED"]);
const SECTIONS = { job: "jobs", child: "jobs", node: "jobs", "service job": "service jobs", execution: "jobs" };
const FEW_CHILDREN = 8;

function toneOf(status) {
  return TONE_OF.get(status) || "off";
}

function nameOfService(service) {
  return service === "iot" ? "IoT" : "Batch";
}

function isEnd(change) {
  return change.after === null || FINAL.has(change.after);
}

function afterOf(change) {
  return change.after === null ? "deleted" : change.after;
}

function momentText(ms) {
  const moment = new Date(ms);
  return Number.isNaN(moment.getTime()) ? String(ms) : moment.toISOString().replace("T", " ").replace("Z", "");
}

function isOneDay(moments) {
  return new Set(moments.map((ms) => Math.floor(ms / 86400000))).size <= 1;
}

function shortId(change) {
  if (change.job === null || change.service === "iot") return change.id === change.name ? "" : change.id;
  return change.id.slice(0, 8);
}

function childName(change) {
  return change.service === "iot" ? change.id : change.name + change.id.slice(change.job.length);
}

function placeOf(each) {
  return `${each.account} ${each.region}`;
}

function newLane(key, name, level) {
  return { key, name, level, id: "", shortId: "", kind: "", service: "", place: "", changes: [], children: [], parent: null, text: "" };
}

function laneOf(lanes, sections, change) {
  const place = `${change.service}/${placeOf(change)}`;
  const key = JSON.stringify([place, change.job === null ? change.kind : "", change.job === null ? change.name : change.job, change.id]);
  const known = lanes.get(key);
  if (known) return known;
  const isChild = change.job !== null && change.job !== change.id;
  const parent = isChild ? parentOf(lanes, sections, change, place) : sectionOf(sections, change);
  const lane = newLane(key, change.name, parent.level + 1);
  Object.assign(lane, { id: change.id, shortId: shortId(change), kind: change.kind, service: change.service, place: placeOf(change), parent });
  if (isChild) Object.assign(lane, { name: childName(change), shortId: "" });
  parent.children.push(lane);
  lanes.set(key, lane);
  return lane;
}

function parentOf(lanes, sections, change, place) {
  const key = JSON.stringify([place, "", change.job, change.job]);
  if (!lanes.has(key)) {
    // Its own changes are older than those that are kept, or filtered out.
    const section = sectionOf(sections, change);
    const lane = newLane(key, change.service === "iot" ? change.job : change.name, section.level + 1);
    Object.assign(lane, { id: change.job, kind: "job", service: change.service, place: placeOf(change), parent: section });
    section.children.push(lane);
    lanes.set(key, lane);
  }
  return lanes.get(key);
}

function sectionOf(sections, change) {
  const name = `${nameOfService(change.service)} ${SECTIONS[change.kind] || "resources"}`;
  if (!sections.has(name)) sections.set(name, newLane(name, name, 1));
  return sections.get(name);
}

// Returns the sections; each has the lanes of its jobs as children, and those have the lanes of their executions.
function lanesOf(changes) {
  const lanes = new Map();
  const sections = new Map();
  changes.forEach((change, order) => laneOf(lanes, sections, change).changes.push({ change, order }));
  const places = new Set(Array.from(lanes.values(), (lane) => lane.place));
  for (const lane of lanes.values()) {
    const last = lane.changes.at(-1);
    lane.status = last ? afterOf(last.change) : "";
    lane.showsPlace = places.size > 1;
    lane.text = [lane.service, lane.place, lane.kind, lane.name, lane.id, lane.status].join(" ").toLowerCase();
  }
  const isResource = (section) => (section.name.endsWith("resources") ? 1 : 0);
  return Array.from(sections.values()).sort((one, other) => isResource(one) - isResource(other) || one.name.localeCompare(other.name));
}

function isOpen(lane, opened) {
  return opened.has(lane.key) ? opened.get(lane.key) : lane.level === 1 || lane.children.length <= FEW_CHILDREN;
}

function wordsOf(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

function hasAll(text, words) {
  return words.every((word) => text.includes(word));
}

// Returns the rows that are shown, from top to bottom. A lane that fits brings its parents, and all its children.
function shownRows(sections, words, opened) {
  const rows = [];
  const fits = (lane) => hasAll(lane.text, words);
  const add = (lane, within) => {
    const fit = within || (lane.level > 1 && fits(lane));
    const children = words.length && !fit ? lane.children.filter((child) => fits(child) || child.children.some(fits)) : lane.children;
    if (words.length && !fit && !children.length) return;
    rows.push(lane);
    if (isOpen(lane, opened) || (words.length > 0 && !fit)) children.forEach((child) => add(child, fit));
  };
  sections.forEach((section) => add(section, false));
  return rows;
}

function plural(number, one, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

// The page shows texts of tests and their users, so it makes elements, never HTML.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function badge(status) {
  return make("span", { class: `status ${toneOf(status)}` }, status);
}

function byId(id) {
  return document.getElementById(id);
}
