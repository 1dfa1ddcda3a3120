// Switches the language and the theme, and shows the table of all questions from embedded data.
"use strict";
const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const store = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* settings are then not kept */ } },
};

function speak(language) {
  root.lang = language;
  root.dir = language === "ar" ? "rtl" : "ltr";
  for (const [kind, name] of [["title", "title"], ["label", "aria-label"], ["text", ""]]) {
    for (const element of document.querySelectorAll(`[data-${kind}-${language}]`)) {
      const said = element.getAttribute(`data-${kind}-${language}`);
      if (name) element.setAttribute(name, said);
      else element.textContent = said;
    }
  }
}

function paint(theme) {
  if (theme) root.dataset.theme = theme;
}

byId("language").addEventListener("click", () => {
  const language = root.lang === "ar" ? "en" : "ar";
  speak(language);
  store.set("cica-report-language", language);
});
byId("theme").addEventListener("click", () => {
  const dark = root.dataset.theme === "dark" ||
    (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  paint(dark ? "light" : "dark");
  store.set("cica-report-theme", root.dataset.theme);
});
paint(store.get("cica-report-theme"));

// Folded details are opened for printing and folded again afterwards.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((element) => { element.open = true; });
});
addEventListener("afterprint", () => folded.forEach((element) => { element.open = false; }));

// Builds elements from text alone, so that no text of a document can become markup.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const data = JSON.parse(byId("data").textContent);
const PAGE = 50;
const pair = (name) => data.labels[name];
const known = (text) => data.names[text] ?? text;  // names in both languages, where there are any
const free = (text) => make("bdi", { dir: "auto" }, text);
const digits = (value, count = 3) =>
  make("bdi", { dir: "ltr" }, typeof value === "number" ? value.toFixed(count) : "—");
function both([ar, en]) {
  const box = document.createDocumentFragment();
  if (ar === en) box.append(free(ar));
  else box.append(make("span", { class: "t", lang: "ar" }, ar), make("span", { class: "t", lang: "en" }, en));
  return box;
}
const said = (name) => both(pair(name));
const titled = (text) => both(data.names[text] ?? [text, text]);

// Folds letters with several spellings (إأآٱ, ى, ة, ؤ, ئ) and drops diacritics.
function folding(text) {
  return text.toLowerCase().normalize("NFKD").replace(/[\p{M}\p{Cf}\u0640\u0621]/gu, "")
    .replace(/\u0671/g, "ا").replace(/ى/g, "ي").replace(/ة/g, "ه")
    .replace(/[٠-٩]/g, (digit) => digit.charCodeAt(0) - 0x660)
    .replace(/[۰-۹]/g, (digit) => digit.charCodeAt(0) - 0x6f0);
}

function haystack(row) {
  row.folded ??= folding([row.id, row.question, row.asked, row.answer, row.reason, row.error,
    ...(row.expected ?? [])].filter(Boolean).join("\n"));
  return row.folded;
}

const STATES = {
  right: (state) => state === "right" || state === "refused-right",
  wrong: (state) => state === "wrong" || state === "refused-wrong",
  refused: (state) => state.startsWith("refused"),
  error: (state) => state === "error",
};
const filters = [];

function choice(label, options, test) {
  const select = make("select");
  for (const [value, text] of options) {
    const option = make("option", { value, dir: "auto" });
    if (Array.isArray(text)) {
      option.dataset.textAr = text[0];
      option.dataset.textEn = text[1];
      option.textContent = text[0];
    } else option.textContent = text;
    select.append(option);
  }
  byId("filters").append(make("label", {}, make("span", {}, label), select));
  select.addEventListener("change", () => update());
  if (test) filters.push((row) => !select.value || test(row, select.value.slice(1)));
  return select;
}

// A leading mark distinguishes values from «all», which is empty.
const valued = (values) => [["", pair("every")], ...values.map((value) =>
  [`=${value}`, value === "" ? "—" : known(value)])];
const unique = (values) => [...new Set(values)].sort((a, b) => a.localeCompare(b, "ar"));

choice(said("state"), [["", pair("every")], ...Object.keys(STATES).map((s) => [`=${s}`, pair(s)])],
  (row, value) => STATES[value](row.state));
if (data.sets.length > 1) choice(said("set"), valued(data.sets), (row, value) => row.set === value);
const variants = unique(data.rows.map((row) => row.variant ?? ""));
if (variants.length > 1) {
  const select = choice(said("variant"), [["", pair("every")], ...variants.map((variant) =>
    [`=${variant}`, variant ? known(variant) : pair("clean")])], (row, value) => (row.variant ?? "") === value);
  select.value = "=";  // clean questions by default
}
for (const column of data.columns) {
  const values = unique(data.rows.map((row) => row.columns?.[column] ?? ""));
  choice(titled(column), valued(values), (row, value) => (row.columns?.[column] ?? "") === value);
}
const figure = data.figures.length ? choice(said("shown_figure"), data.figures) : null;
const usual = ["F1", "Holds", "RR@10"].find((name) => data.figures.some(([known]) => known === name));
if (figure && usual) figure.value = usual;
const titles = Object.fromEntries(data.figures);

const order = Object.keys(STATES).concat("refused-right", "refused-wrong", "unjudged");
const COLUMNS = [
  ["qid", (row) => row.id],
  ["question", (row) => row.question ?? ""],
  ["answer", (row) => row.answer ?? ""],
  ["state", (row) => order.indexOf(row.state)],
  ["confidence", (row) => row.confidence],
  ...(figure ? [["figure", (row) => row.figures?.[figure.value]]] : []),
];
const sorting = { key: null, down: false };
let start = 0, matching = data.rows;
const collator = new Intl.Collator("ar", { numeric: true });

function compare(a, b) {
  const [x, y] = [sorting.key(a), sorting.key(b)];
  if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
  const way = typeof x === "number" ? x - y : collator.compare(x, y);
  return sorting.down ? -way : way;
}

const table = byId("questions"), head = make("tr"), body = make("tbody");
table.append(make("thead", {}, head), body);
const headings = COLUMNS.map(([name, key]) => {
  const button = make("button", { type: "button" });
  const cell = make("th", { scope: "col", "aria-sort": "none" }, button);
  if (name !== "figure") button.append(said(name));
  button.addEventListener("click", () => {
    sorting.down = sorting.key === key && !sorting.down;
    sorting.key = key;
    headings.forEach((other) => other.setAttribute("aria-sort", "none"));
    cell.setAttribute("aria-sort", sorting.down ? "descending" : "ascending");
    update();
  });
  head.append(cell);
  return cell;
});

function badge(state) {
  const kind = { wrong: "bad", error: "bad", "refused-wrong": "unsure", refused: "unsure",
    unjudged: "unjudged" }[state] ?? "";
  return make("span", { class: `badge ${kind}` }, said(state));
}

function clipped(text) {
  return make("span", { class: "clip", dir: "auto" }, text);
}

function lineOf(row, at) {
  const open = make("button", { type: "button", class: "open", "aria-expanded": "false",
    "aria-controls": `detail-${at}` }, free(row.id));
  const id = make("td", {}, open);
  if (row.variant) id.append(make("span", { class: "variant" }, titled(row.variant)));
  const answer = make("td", {}, row.answer ? clipped(row.answer) : "—");
  const line = make("tr", {}, id, make("td", {}, clipped(row.asked ?? row.question ?? "")), answer,
    make("td", {}, badge(row.state)), make("td", {}, digits(row.confidence, 2)));
  if (figure) line.append(make("td", {}, digits(row.figures?.[figure.value])));
  line.addEventListener("click", () => toggle(line, open, row, at));
  return line;
}

function toggle(line, open, row, at) {
  if (getSelection()?.toString()) return;  // the user is selecting text
  const shown = open.getAttribute("aria-expanded") === "true";
  open.setAttribute("aria-expanded", String(!shown));
  if (shown) line.nextElementSibling.remove();
  else line.after(make("tr", { class: "detail", id: `detail-${at}` },
    make("td", { colspan: COLUMNS.length }, make("div", {}, detail(row)))));
}

function list(items) {
  return make("div", { class: "list" }, ...items);
}

function passage([doc, first, last, parts]) {
  const quote = make("blockquote", { dir: "auto" });
  for (const [text, focus] of parts) quote.append(focus ? make("mark", {}, text) : text);
  const place = make("cite", {}, free(doc), " ", make("bdi", { dir: "ltr" }, `${first}–${last}`));
  return make("div", {}, quote, place);
}

function detail(row) {
  const box = make("dl");
  const add = (name, ...content) => box.append(make("dt", {}, said(name)), make("dd", {}, ...content));
  const text = (value) => make("div", { dir: "auto", class: "text" }, value);
  add("question", text(row.question ?? ""));
  if (row.asked) add("asked", text(row.asked));
  if (row.expected) add("expected", list(row.expected.map(free)));
  else add("expected", said(row.answerable === false ? "no_answer" : "unknown"));
  if (row.error) add("error_text", text(row.error));
  else add("given", row.answer ? text(row.answer) : said("refusal"));
  if (row.reason) add("reason", text(row.reason));
  if (row.cited) add("cited", ...row.cited.map(passage));
  if (row.hits) add("hits", list(row.hits.map(free)));
  if (row.figures) {
    add("figures", list(Object.entries(row.figures).map(([name, value]) =>
      make("span", {}, both(titles[name] ?? [name, name]), " ", digits(value)))));
  }
  if (row.columns) {
    add("about_question", list(Object.entries(row.columns).map(([name, value]) =>
      make("span", {}, titled(name), ": ", titled(value)))));
  }
  return box;
}

function show() {
  const shown = matching.slice(start, start + PAGE);
  body.replaceChildren(...shown.map((row, at) => lineOf(row, start + at)));
  if (!shown.length) {
    body.append(make("tr", { class: "detail" }, make("td", { colspan: COLUMNS.length }, said("none"))));
  }
  const range = shown.length ? `${start + 1}–${start + shown.length}` : "0";
  const many = matching.length.toLocaleString("en");
  byId("shown").replaceChildren(both(["الأسئلة المعروضة: ", "Questions shown: "]),
    make("bdi", { dir: "ltr" }, range), " ", said("of"), " ", make("bdi", { dir: "ltr" }, many));
  byId("previous").disabled = !start;
  byId("next").disabled = start + PAGE >= matching.length;
  byId("pager").hidden = matching.length <= PAGE;
}

function update() {
  const wanted = folding(byId("search").value).split(/\s+/).filter(Boolean);
  matching = data.rows.filter((row) => filters.every((test) => test(row)) &&
    wanted.every((word) => haystack(row).includes(word)));
  if (sorting.key) matching.sort(compare);
  if (figure) headings.at(-1).firstChild.replaceChildren(both(titles[figure.value]));
  start = 0;
  show();
}

function turn(by) {
  start += by;
  show();
  table.scrollIntoView({ block: "start" });
}

byId("previous").addEventListener("click", () => turn(-PAGE));
byId("next").addEventListener("click", () => turn(PAGE));
byId("search").addEventListener("input", update);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").hidden = false;
update();
speak(store.get("cica-report-language") === "en" ? "en" : "ar");
