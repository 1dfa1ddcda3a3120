// The source beside the conversation, or below its answer where the page is narrow. It stays open
// while one asks on: it is no part of an answer.

let pane = null;
const opened = { turn: null, button: null, template: null, place: null, picture: false };

function makePane() {
  const step = (by, key, sign) =>
    make("button", { type: "button", class: "cica-step", label: key, title: say(key), click: () => stepSource(by) }, sign);
  const find = make("input", { type: "search", class: "cica-find", label: "find",
    input: () => findInSource(0), keydown: (event) => { if (event.key === "Enter") findInSource(event.shiftKey ? -1 : 1); } });
  tell(find, "find", "placeholder");
  pane = make("section", { id: "cica-pane", class: "cica-pane", tabindex: "-1", hidden: true },
    make("header", {},
      make("span", { class: "cica-label" }),
      make("div", { class: "cica-steps" }, step(-1, "previous", "‹"), step(1, "next", "›"),
        make("button", { type: "button", class: "cica-close", label: "close_source", click: () => closeSource() }, "×")),
      make("h3", {}),
      make("p", { class: "cica-place" }),
      make("div", { class: "cica-pane-tools" }, find, make("span", { class: "cica-found", role: "status" }),
        make("button", { type: "button", class: "cica-small cica-as", hidden: true, "aria-pressed": "false", say: "as_page", click: togglePicture }))),
    make("p", { class: "cica-about cica-pane-note", hidden: true }),
    make("div", { class: "cica-passage", tabindex: "0" }),
    make("div", { class: "cica-picture", hidden: true }));
  $("#cica-aside .cica-hint").after(pane);
}

const wide = matchMedia("(min-width: 901px)");

/** Puts the pane beside the conversation, or under the answer that it belongs to. */
function placePane() {
  const exchange = opened.button?.closest(".cica-exchange");
  const before = wide.matches || !exchange ? $("#cica-aside .cica-hint") : $(".cica-answer, .cica-card", exchange);
  if (before.nextElementSibling === pane) return;
  const has = pane.contains(document.activeElement) ? document.activeElement : null;
  before.after(pane);
  has?.focus({ preventScroll: true });
}

const templateOf = (button) => {
  const exchange = button.closest(".cica-exchange");
  return $$("template.cica-source", exchange).find((one) => one.dataset.number === button.dataset.source);
};

/** Opens what a chip, or a near passage, stands for; closes it where it is open. */
function openSource(button) {
  const template = templateOf(button);
  if (!template) return;
  if (opened.template === template && !pane.hidden) return closeSource();
  show(button, template);
  pane.focus({ preventScroll: true });
}

async function show(button, template) {
  for (const one of $$("[data-source][aria-expanded=true]", room())) one.setAttribute("aria-expanded", "false");
  Object.assign(opened, { button, template, place: template.dataset, picture: false, whole: null });
  button.setAttribute("aria-expanded", "true");
  const { number, place, title } = template.dataset;
  const near = button.classList.contains("cica-near");
  tell($(".cica-label", pane), near ? "source_near" : "source_number", "", { number });
  pane.setAttribute("aria-label", $(".cica-label", pane).textContent);
  fillTitle(title, place);
  const passage = $(".cica-passage", pane);
  passage.className = "cica-passage";
  passage.replaceChildren(template.content.cloneNode(true));
  passage.dir = directionOf(passage.textContent);
  $(".cica-picture", pane).hidden = true;
  $(".cica-as", pane).hidden = true;
  passage.hidden = false;
  for (const one of $$(".cica-step", pane)) one.hidden = near || chips().length < 2;
  $(".cica-find", pane).value = "";
  $(".cica-found", pane).textContent = "";
  note("");
  pane.hidden = false;
  document.body.classList.add("cica-open");
  placePane();
  scrollToMark();
  if (!wide.matches) pane.scrollIntoView({ block: "nearest", behavior: "smooth" });
  await showWhole(template);
}

/** Keeps an open source with its exchange, which was drawn anew. */
function reopenSource(exchange) {
  const button = $(`[data-source="${opened.button.dataset.source}"]`, exchange);
  if (!button) return closeSource();
  Object.assign(opened, { button, template: templateOf(button) });
  button.setAttribute("aria-expanded", "true");
  placePane();
}

function fillTitle(title, place) {
  const heading = $("h3", pane);
  heading.innerHTML = title; // the server's markup: its Latin is isolated
  heading.dir = directionOf(heading.textContent);
  const named = heading.textContent;
  const rest = place.startsWith(`${named}، `) ? place.slice(named.length + 2) : "";
  const where = $(".cica-place", pane);
  where.textContent = rest;
  where.hidden = !rest;
  where.dir = directionOf(rest);
}

function note(key) {
  const told = $(".cica-pane-note", pane);
  told.hidden = !key;
  if (key) tell(told, key);
}

/** Puts the whole document in the place of the passage, with the same words marked. */
async function showWhole(template) {
  const { document: id, start, end } = template.dataset;
  const collection = current.collection ?? "";
  let whole;
  try {
    whole = await request("GET", `page/source?${new URLSearchParams({ collection, id, start, end })}`);
  } catch (error) {
    if (opened.template === template && error instanceof Refused && error.status === 404) note("source_gone");
    return;
  }
  if (opened.template !== template) return;
  const quoted = $$("mark", pane).map((one) => one.textContent).join(""); // cut at its Latin
  if (quoted && whole.quote !== quoted) return note("source_gone");
  opened.whole = whole;
  showDocument(whole);
  $(".cica-as", pane).hidden = !whole.picture;
  scrollToMark();
  if (!wide.matches) pane.scrollIntoView({ block: "nearest" }); // it has grown
}

function showDocument(whole) {
  const passage = $(".cica-passage", pane);
  passage.className = "cica-passage cica-rendered";
  passage.innerHTML = whole.markup;
  translate(passage);
  if (whole.cut) note("part_shown");
}

/** Opens a whole document, from the list of documents. */
async function openDocument(id, collection) {
  try {
    const whole = await request("GET", `page/source?${new URLSearchParams({ collection, id })}`);
    Object.assign(opened, { button: null, template: null, whole, place: { document: id, start: 0, end: 0 }, picture: false });
    tell($(".cica-label", pane), "document_whole");
    fillTitle(whole.title, "");
    pane.setAttribute("aria-label", $("h3", pane).textContent);
    note("");
    for (const one of $$(".cica-step", pane)) one.hidden = true;
    $(".cica-find", pane).value = "";
    $(".cica-found", pane).textContent = "";
    $(".cica-picture", pane).hidden = true;
    $(".cica-passage", pane).hidden = false;
    showDocument(whole);
    $(".cica-as", pane).hidden = !whole.picture;
    pane.hidden = false;
    document.body.classList.add("cica-open");
    if (wide.matches) $("#cica-aside .cica-hint").after(pane);
    else room().prepend(pane);
    pane.focus();
    if (!wide.matches) pane.scrollIntoView({ block: "start" });
  } catch (error) {
    message(error instanceof Refused ? error.told : say("lost"));
  }
}

function closeSource() {
  const back = opened.button?.isConnected ? opened.button : box();
  pane.hidden = true;
  document.body.classList.remove("cica-open");
  opened.button?.setAttribute("aria-expanded", "false");
  back.focus();
  Object.assign(opened, { button: null, template: null });
}

function scrollToMark() {
  const passage = $(".cica-passage", pane);
  const mark = $("mark", passage);
  if (!mark) {
    passage.scrollTop = 0;
    return;
  }
  const offset = mark.getBoundingClientRect().top - passage.getBoundingClientRect().top;
  passage.scrollTop += offset - passage.clientHeight / 3;
}

const chips = () => $$(".cica-chip", room());

/** Goes to the next citation of the conversation, or the one before. */
function stepSource(by) {
  const all = chips();
  const at = all.indexOf(opened.button);
  const next = all[(at + by + all.length) % all.length];
  if (!next) return;
  next.scrollIntoView({ block: "nearest" });
  show(next, templateOf(next));
}

/** Marks what is searched for in the document, and goes to the next place, or the one before. */
let findings = [];
let finding = 0;
function findInSource(by) {
  const passage = $(".cica-passage", pane);
  const wanted = bare($(".cica-find", pane).value.trim());
  if (!by) {
    findings = wanted.length > 1 ? placesOf(passage, wanted) : [];
    finding = 0;
  } else if (findings.length) finding = (finding + by + findings.length) % findings.length;
  const told = $(".cica-found", pane);
  told.textContent = "";
  CSS.highlights?.delete("cica-find");
  if (wanted.length < 2) return;
  if (!findings.length) return tell(told, "found_none");
  tell(told, "found", "", { at: finding + 1, count: findings.length });
  if (window.Highlight) CSS.highlights.set("cica-find", new Highlight(...findings));
  const spot = findings[finding].getBoundingClientRect();
  passage.scrollTop += spot.top - passage.getBoundingClientRect().top - passage.clientHeight / 3;
}

/** A text without diacritics, and with one form for letters that are typed alike. */
const bare = (text) => [...text].map(bareLetter).join("");
function bareLetter(letter) {
  if (/[\u064b-\u065f\u0670\u0640]/.test(letter)) return "";
  return letter.toLowerCase().replace(/[أإآٱ]/, "ا").replace("ى", "ي").replace("ة", "ه").replace(/[٠-٩]/, (d) => "٠١٢٣٤٥٦٧٨٩".indexOf(d));
}

function placesOf(root, wanted) {
  const found = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let text = "";
  const origins = []; // of each letter: its node and where it stands there
  while (walk.nextNode()) {
    const node = walk.currentNode;
    let at = 0;
    for (const letter of node.data) {
      const shown = bareLetter(letter);
      text += shown;
      for (const _ of shown) origins.push([node, at, at + letter.length]);
      at += letter.length;
    }
  }
  for (let at = text.indexOf(wanted); at >= 0 && found.length < 500; at = text.indexOf(wanted, at + 1)) {
    const range = document.createRange();
    range.setStart(origins[at][0], origins[at][1]);
    const last = origins[at + wanted.length - 1];
    range.setEnd(last[0], last[2]);
    found.push(range);
  }
  return found;
}

/** Shows the page of a PDF as a picture, with what is cited boxed; or the text again. */
async function togglePicture() {
  opened.picture = !opened.picture;
  const button = $(".cica-as", pane);
  tell(button, opened.picture ? "as_text" : "as_page");
  button.setAttribute("aria-pressed", String(opened.picture));
  $(".cica-passage", pane).hidden = opened.picture;
  $(".cica-picture", pane).hidden = !opened.picture;
  if (opened.picture) await showPicture(opened.whole.page);
}

async function showPicture(page) {
  const { document: id, start, end } = opened.place;
  const asked = new URLSearchParams({ collection: current.collection ?? "", id, page, start, end });
  const frame = $(".cica-picture", pane);
  try {
    const { boxes, pages } = await request("GET", `page/boxes?${asked}`);
    const step = (to, key, sign) => make("button", { type: "button", class: "cica-small", label: key,
      disabled: to < 1 || to > pages, click: () => showPicture(to) }, sign);
    const where = make("span", {});
    tell(where, "page_of", "", { page });
    const sheet = make("div", { class: "cica-sheet" }, make("img", { src: `page/picture?${asked}`, alt: say("page_of", { page }) }));
    for (const [left, top, width, height] of boxes) {
      sheet.append(make("span", { class: "cica-box", style: `left:${left}%;top:${top}%;width:${width}%;height:${height}%` }));
    }
    frame.replaceChildren(make("div", { class: "cica-pages" }, step(page - 1, "page_previous", "‹"), where, step(page + 1, "page_next", "›")), sheet);
    $(".cica-box", frame)?.scrollIntoView({ block: "nearest" });
  } catch {
    frame.replaceChildren(make("p", { class: "cica-about", say: "picture_failed" }));
  }
}

// What a chip quotes is said beside it while it is pointed at or has the focus.
function showTip(chip) {
  hideTip();
  if (!chip.dataset.tip) return; // of an answer that an older page kept
  const tip = make("div", { id: "cica-tip", role: "tooltip" });
  tip.innerHTML = chip.dataset.tip; // the server's markup: its Latin is isolated
  tip.dir = directionOf(tip.textContent);
  document.body.append(tip);
  const spot = chip.getBoundingClientRect();
  const left = Math.min(Math.max(12, spot.left + spot.width / 2 - tip.offsetWidth / 2), innerWidth - tip.offsetWidth - 12);
  const above = spot.top - tip.offsetHeight - 8;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 8 ? above : spot.bottom + 8}px`;
  chip.setAttribute("aria-describedby", "cica-tip");
}

function hideTip() {
  $("#cica-tip")?.remove();
  for (const one of $$("[aria-describedby=cica-tip]")) one.removeAttribute("aria-describedby");
}

for (const [event, act] of Object.entries({ pointerover: showTip, focusin: showTip, pointerout: hideTip, focusout: hideTip })) {
  document.addEventListener(event, ({ target }) => {
    const chip = target.closest?.(".cica-chip");
    if (chip) act(chip);
  });
}
