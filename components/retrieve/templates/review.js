"use strict";

const COLUMNS = ["id", "label", "verdict", "reason"];
const VERDICTS = ["accept", "reject"];
const tiles = [...document.querySelectorAll(".tile")];
const sections = [...document.querySelectorAll("section")];
const tileOf = new Map(tiles.map(tile => [tile.dataset.id, tile]));
const sectionOf = new Map(sections.flatMap(section => [...section.querySelectorAll(".tile")].map(tile => [tile, section])));
const at = id => document.getElementById(id);
const dock = at("dock"), reason = at("reason"), message = at("message");
let elsewhere = [];  // decisions of a loaded file about images that this page does not show; they are handed on
let current = null;
let unsaved = false;

/* Decisions: they stand on the tiles, as data-verdict and data-reason. */

function decide(tile, verdict, why) {
  if (verdict) tile.dataset.verdict = verdict; else delete tile.dataset.verdict;
  if (why !== undefined) tile.dataset.reason = why;
  if (!verdict) delete tile.dataset.reason;
}

function toggle(tile, verdict) {
  decide(tile, tile.dataset.verdict === verdict ? "" : verdict);
  changed();
}

function changed() {
  unsaved = true;
  message.hidden = true;
  refresh();
}

function refresh() {
  let accepted = 0, rejected = 0;
  for (const section of sections) {
    const yes = section.querySelectorAll('[data-verdict="accept"]').length;
    const no = section.querySelectorAll('[data-verdict="reject"]').length;
    const decided = section.querySelector(".decided");
    decided.replaceChildren(...mark(yes, "good", "✓"), ...mark(no, "bad", "✕"));
    accepted += yes;
    rejected += no;
  }
  at("accepted").textContent = accepted.toLocaleString("en");
  at("rejected").textContent = rejected.toLocaleString("en");
  at("open").textContent = (tiles.length - accepted - rejected).toLocaleString("en");
  at("elsewhere").hidden = !elsewhere.length;
  at("elsewhere").firstElementChild.textContent = elsewhere.length.toLocaleString("en");
  inspect();
}

function mark(count, kind, sign) {
  if (!count) return [];
  const words = document.createElement("b");
  words.className = kind;
  words.textContent = `${sign} ${count}`;
  return [words];
}

/* The picture in hand. */

function choose(tile) {
  if (current) {
    current.classList.remove("current");
    current.tabIndex = -1;
  }
  current = tile;
  if (tile) {
    tile.classList.add("current");
    tile.tabIndex = 0;
    tile.focus({preventScroll: true});
    tile.scrollIntoView({block: "nearest"});
  }
  inspect();
}

function inspect() {
  dock.querySelector(".hint").hidden = Boolean(current);
  dock.querySelector(".chosen").hidden = !current;
  if (!current) return;
  for (const place of dock.querySelectorAll("[data-show]")) {
    place.textContent = current.dataset[place.dataset.show] || "–";
    place.title = place.textContent;
  }
  const link = dock.querySelector('[data-show="id"]');
  if (/^https?:/i.test(current.dataset.url)) link.href = current.dataset.url; else link.removeAttribute("href");
  link.title = current.dataset.url || current.dataset.id;
  const picture = dock.querySelector(".picture"), look = getComputedStyle(sectionOf.get(current));
  for (const name of ["--columns", "--rows"]) picture.style.setProperty(name, look.getPropertyValue(name));
  for (const name of ["--x", "--y"]) picture.style.setProperty(name, current.style.getPropertyValue(name));
  picture.style.backgroundImage = getComputedStyle(current.querySelector(".picture")).backgroundImage;
  for (const [kind, verdict] of [["yes", "accept"], ["no", "reject"]]) {
    dock.querySelector(`.acts .${kind}`).setAttribute("aria-pressed", String(current.dataset.verdict === verdict));
  }
  if (document.activeElement !== reason) reason.value = current.dataset.reason || "";
  for (const preset of dock.querySelectorAll("[data-reason]")) {
    preset.setAttribute("aria-pressed", String(preset.dataset.reason === current.dataset.reason));
  }
}

function explain(words) {
  if (!current) return;
  decide(current, current.dataset.verdict || "reject", words);
  changed();
}

/* Moving: left and right in reading order, up and down to the nearest picture of the next row. */

const shown = () => tiles.filter(tile => !tile.hidden && !sectionOf.get(tile).hidden);

function step(key) {
  const places = shown();
  if (!places.length) return;
  const here = places.indexOf(current);
  if (here < 0) return choose(places[0]);
  if (key === "ArrowRight") return choose(places[Math.min(here + 1, places.length - 1)]);
  if (key === "ArrowLeft") return choose(places[Math.max(here - 1, 0)]);
  if (key === "Home") return choose(places[0]);
  if (key === "End") return choose(places.at(-1));
  choose(places[rowed(places, here, key === "ArrowDown" ? 1 : -1)]);
}

function rowed(places, here, way) {
  const first = places.map(tile => sectionOf.get(tile)).indexOf(sectionOf.get(places[here]));
  const last = places.map(tile => sectionOf.get(tile)).lastIndexOf(sectionOf.get(places[here]));
  const columns = getComputedStyle(places[here].parentElement).gridTemplateColumns.split(" ").length;
  const column = (here - first) % columns, there = here + way * columns;
  if (there >= first && there <= last) return there;
  if (way > 0) {
    const lastRow = first + Math.floor((last - first) / columns) * columns;
    if (here < lastRow) return last;
    if (last + 1 >= places.length) return here;
    const next = places.map(tile => sectionOf.get(tile)).lastIndexOf(sectionOf.get(places[last + 1]));
    return Math.min(last + 1 + column, next);
  }
  if (first === 0) return here;
  const before = places.map(tile => sectionOf.get(tile)).indexOf(sectionOf.get(places[first - 1]));
  const lastRow = before + Math.floor((first - 1 - before) / columns) * columns;
  return Math.min(lastRow + column, first - 1);
}

/* Filters. */

function filter() {
  const wanted = at("class-filter").value.trim().toLocaleLowerCase();
  const state = document.querySelector('[name="show"]:checked').value;
  let any = false;
  for (const section of sections) {
    const named = section.dataset.label.toLocaleLowerCase().includes(wanted);
    let some = false;
    for (const tile of section.querySelectorAll(".tile")) {
      tile.hidden = state !== "all" && (tile.dataset.verdict || "open") !== state;
      some ||= !tile.hidden;
    }
    section.hidden = !named || !some;
    any ||= !section.hidden;
  }
  at("nothing").hidden = any || !sections.length;
  if (current && (current.hidden || sectionOf.get(current).hidden)) choose(null);
}

/* review.csv, out and in. */

function asCsv() {
  const rows = tiles.filter(tile => tile.dataset.verdict).map(tile => ({
    id: tile.dataset.id, label: sectionOf.get(tile).dataset.label,
    verdict: tile.dataset.verdict, reason: tile.dataset.reason || "",
  }));
  const quoted = value => /[",;\t\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const lines = [COLUMNS, ...[...rows, ...elsewhere].map(row => COLUMNS.map(name => quoted(row[name])))];
  return "\ufeff" + lines.map(line => line.join(",") + "\n").join("");  // the mark tells spreadsheets that it is UTF-8
}

function fromCsv(text) {
  text = text.replace(/^\ufeff/, "");
  const header = text.split("\n", 1)[0];
  const separator = [",", ";", "\t"].reduce((best, sign) => header.split(sign).length > header.split(best).length ? sign : best);
  const table = [];
  let line = [], value = "", inside = false;
  for (let place = 0; place < text.length; place++) {
    const sign = text[place];
    if (inside) {
      if (sign !== '"') value += sign;
      else if (text[place + 1] === '"') { value += '"'; place++; }
      else inside = false;
    } else if (sign === '"') inside = true;
    else if (sign === separator) { line.push(value); value = ""; }
    else if (sign === "\n") { line.push(value); table.push(line); line = []; value = ""; }
    else if (sign !== "\r") value += sign;
  }
  if (value || line.length) table.push([...line, value]);
  const names = (table.shift() || []).map(name => name.trim().toLowerCase());
  if (!names.includes("id") || !names.includes("verdict")) throw new Error("no columns id and verdict");
  return table.filter(row => row.some(each => each.trim())).map(row => {
    const cell = name => names.includes(name) ? (row[names.indexOf(name)] || "").trim() : "";
    const found = {id: cell("id"), label: cell("label"), verdict: cell("verdict").toLowerCase(), reason: cell("reason")};
    if (!VERDICTS.includes(found.verdict)) throw new Error(`${found.id}: verdict "${found.verdict}"`);
    return found;
  });
}

function take(rows) {
  const other = new Map(elsewhere.map(row => [row.id, row]));
  for (const row of rows) {
    const tile = tileOf.get(row.id);
    if (tile) decide(tile, row.verdict, row.reason); else other.set(row.id, row);
  }
  elsewhere = [...other.values()];
}

function tell(words, isFault) {
  message.textContent = words;
  message.classList.toggle("bad", isFault);
  message.hidden = false;
}

at("download").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([asCsv()], {type: "text/csv;charset=utf-8"}));
  link.download = "review.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  unsaved = false;
});
at("load").addEventListener("change", async event => {
  const file = event.target.files[0];
  if (!file) return;
  try {
    const rows = fromCsv(await file.text());
    take(rows);
    refresh();
    filter();
    tell(`${file.name}: ${rows.length} decisions loaded · ${rows.length}件の判定を読み込みました`, false);
  } catch (fault) {
    tell(`${file.name} cannot be read: ${fault.message} · 読み込めません`, true);
  }
  event.target.value = "";
});
at("load-button").addEventListener("keydown", event => {
  if (event.key === "Enter" || event.key === " ") { event.preventDefault(); at("load").click(); }
});

/* Hands. */

function letter(event) {  // while a Japanese input method listens, only the key's place on the keyboard is told
  return (event.key === "Process" ? event.code.replace("Key", "") : event.key).toLowerCase();
}

document.querySelector("main").addEventListener("click", event => {
  const whole = event.target.closest("[data-all]");
  if (whole) {
    for (const tile of whole.closest("section").querySelectorAll(".tile:not([hidden])")) {
      if (!whole.dataset.all || !tile.dataset.verdict) decide(tile, whole.dataset.all);
    }
    return changed();
  }
  const tile = event.target.closest(".tile");
  if (!tile) return;
  choose(tile);
  const button = event.target.closest("button");
  if (button) toggle(tile, button.classList.contains("yes") ? "accept" : "reject");
});
document.querySelector("main").addEventListener("pointerover", event => {
  const tile = event.target.closest(".tile");
  if (!tile || tile.title) return;
  const told = tile.dataset;
  tile.title = [told.id, told.caption, [told.source, told.licence, told.author].filter(Boolean).join(" · "),
    `rank ${told.rank} · score ${told.score} · cosine ${told.cosine} · confidence ${told.confidence}`, told.query].filter(Boolean).join("\n");
});
dock.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (!button || !current) return;
  if (button.dataset.reason) { reason.blur(); explain(button.dataset.reason); }
  else toggle(current, button.classList.contains("yes") ? "accept" : "reject");
});
reason.addEventListener("input", () => explain(reason.value));
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input[type=text], input[type=search]")) {
    if (event.target === reason && ["Enter", "Escape"].includes(event.key)) choose(current);
    return;
  }
  if (event.target.matches("input")) return;  // the arrow keys of a radio group are its own
  if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") { event.preventDefault(); step(event.key); }
  else if (event.key === "Escape") choose(null);
  else if (current && letter(event) === "a") toggle(current, "accept");
  else if (current && letter(event) === "r") toggle(current, "reject");
});
at("class-filter").addEventListener("input", filter);
for (const choice of document.querySelectorAll('[name="show"]')) choice.addEventListener("change", filter);
window.addEventListener("beforeunload", event => { if (unsaved) event.preventDefault(); });
refresh();
