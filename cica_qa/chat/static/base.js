// What the other scripts share: elements, texts in both languages, requests, messages.
// All scripts of this folder run as one, in the order that theme.py gives; WORDS is words.json.

const $ = (selector, inside = document) => inside.querySelector(selector);
const $$ = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const LOCAL = {
  // Storage may be forbidden: then nothing is remembered, and all else works.
  get(key) { try { return localStorage.getItem(`cica-${key}`); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`cica-${key}`, value); } catch { /* not kept */ } },
};

let language = LOCAL.get("language") === "en" ? "en" : "ar";

/** A text of the page in the language that was chosen, with its parts filled in. */
function say(key, parts = {}) {
  return WORDS[key][language === "en" ? 1 : 0]
    .replace(/\{(\w+)\}/g, (_, name) => parts[name]);
}

/** Makes an element: attributes that are functions listen, `say` and `label` are texts. */
function make(tag, attributes = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "say") tell(element, value);
    else if (name === "label") tell(element, value, "aria-label");
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...inside.filter((one) => one != null));
  return element;
}

const ICONS = {
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7m2 3a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17",
  edit: "M4 20h4L19 9l-4-4L4 16zM13.5 6.5l4 4",
  again: "M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6",
  good: "M7 11v9H4v-9zm0 0 4-8a2.5 2.5 0 0 1 2.5 3L13 9h5.5a2 2 0 0 1 2 2.4l-1.3 7a2 2 0 0 1-2 1.6H7",
  bad: "M7 13V4H4v9zm0 0 4 8a2.5 2.5 0 0 0 2.5-3L13 15h5.5a2 2 0 0 0 2-2.4l-1.3-7a2 2 0 0 0-2-1.6H7",
  remove: "M4 7h16M9 7V4h6v3m-9 0 1 13h10l1-13M10 11v6m4-6v6",
  open: "M5 4h9l5 5v11H5zM14 4v5h5M8 13h8M8 17h6",
};

/** A drawing of its own: signs of fonts are not everywhere. */
function icon(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "cica-svg");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}

/** Writes a text into an element or an attribute, so that it follows the language. */
function tell(element, key, at = "", parts = undefined) {
  const told = JSON.parse(element.dataset.says ?? "[]").filter((one) => one.at !== at);
  element.dataset.says = JSON.stringify([...told, { key, at, parts }]);
  write(element, { key, at, parts });
}

function write(element, { key, at, parts }) {
  if (!WORDS[key]) return;
  if (at) element.setAttribute(at, say(key, parts));
  else element.textContent = say(key, parts);
}

/** Writes all texts under an element again: those of the server come in Arabic. */
function translate(root = document) {
  for (const element of $$("[data-say], [data-says]", root)) {
    if (element.dataset.say) write(element, JSON.parse(element.dataset.say));
    for (const told of JSON.parse(element.dataset.says ?? "[]")) write(element, told);
  }
}

function applyLanguage() {
  const arabic = language === "ar";
  document.documentElement.lang = language;
  document.documentElement.dir = arabic ? "rtl" : "ltr";
  document.title = say("title");
  translate();
}

/** The direction of a text: right to left unless it has letters and none of them Arabic. */
const ARABIC = /[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9\ufb50-\ufdfb\ufe70-\ufefc]/;
const directionOf = (text) => (/\p{L}/u.test(text) && !ARABIC.test(text) ? "ltr" : "rtl");

/** The parts of a text: what reads from left to right in it is isolated, as the server does it. */
function mixed(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(LATIN)) {
    parts.push(text.slice(at, found.index), make("bdi", { dir: "ltr" }, found[0]));
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at)];
}

/** What a server said that did not do what it was asked: `arabic` and `detail` are for people. */
class Refused extends Error {
  constructor(status, problem, wait) {
    super(problem.detail ?? "");
    Object.assign(this, { status, arabic: problem.arabic, wait });
  }
  get told() { return (language === "en" ? this.message : this.arabic) || say("unexpected"); }
}

/** Asks the server: JSON in and out. Throws `Refused`, or `TypeError` where there is no network. */
async function request(method, path, body = undefined, signal = undefined) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const reply = await fetch(path, { method, headers, body: sent, signal });
  if (reply.ok) return reply.status === 204 ? null : reply.json();
  const problem = await reply.json().catch(() => ({}));
  throw new Refused(reply.status, problem, Number(reply.headers.get("Retry-After") ?? 0));
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Says something at the edge of the page for a while, with a way back where `undo` is given: it
    has the focus until it goes, as it is far from what was done. */
function message(text, undo = undefined, seconds = undo ? 8 : 4) {
  const shelf = $("#cica-messages");
  ($("dialog[open]") ?? document.body).append(shelf); // a dialog covers all else
  const note = make("div", { class: "cica-message", dir: directionOf(text) }, make("span", {}, ...mixed(text)));
  const before = trail;
  const gone = () => {
    const left = note.contains(document.activeElement);
    note.remove();
    if (left) follow(before);
  };
  if (undo) note.append(make("button", { type: "button", say: "undo", click: async () => { await undo(); gone(); } }));
  shelf.append(note);
  $("button", note)?.focus();
  while (shelf.children.length > 3) shelf.firstElementChild.remove();
  setTimeout(gone, seconds * 1000);
  return gone;
}

/** Where text can be pasted, it is put there; returns whether it was. */
async function copy(text, html = undefined) {
  try {
    if (html && window.ClipboardItem) {
      const blob = (type, value) => new Blob([value], { type });
      const item = { "text/plain": blob("text/plain", text), "text/html": blob("text/html", html) };
      await navigator.clipboard.write([new ClipboardItem(item)]);
    } else await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = make("textarea", { class: "cica-hidden", "aria-hidden": "true" });
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  }
}

/** Offers a file to be saved. */
function download(name, type, content) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A panel at the side of the page, as a dialog: the page behind it waits, Escape closes it. */
function panel(name, ...inside) {
  const close = make("button", { type: "button", class: "cica-x", label: "close", click: () => dialog.close() }, "×");
  const heading = make("h2", { say: name, id: `cica-title-${name}` });
  const dialog = make("dialog", { class: `cica-panel cica-panel-${name}`, "aria-labelledby": heading.id },
    make("header", {}, heading, close), make("div", { class: "cica-panel-body" }, ...inside));
  dialog.addEventListener("close", () => {
    document.body.append($("#cica-messages"));
    follow(dialog.opener);
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  return dialog;
}

/** Shows a panel; what had the focus, or what stands in its place, has it again afterwards. */
function openPanel(dialog) {
  if (dialog.open) return;
  dialog.opener = trail;
  dialog.showModal();
}
