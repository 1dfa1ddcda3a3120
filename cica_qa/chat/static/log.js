// The conversation as it is shown: an exchange for each turn.
// A turn: {conversation, at, question, state, reply}, its state "asked", "answered", "failed" or
// "stopped"; `reply` is what the server told.

const room = () => $("#cica-conversation");
const log = () => $(".cica-log", room());
const box = () => $("#cica-question textarea");
const SHOWN_AT_ONCE = 20; // exchanges that are drawn before the page is usable

let welcome = null; // what stands in an empty conversation

/** Draws a turn, in its place or at the end. */
function draw(turn, follow = true) {
  const exchange = make("article", { class: `cica-exchange cica-is-${turn.state}`, "data-at": turn.at });
  const asked = make("div", { class: "cica-question", dir: directionOf(turn.question), id: `cica-asked-${turn.at}` });
  if (turn.reply?.question) asked.innerHTML = turn.reply.question;
  else asked.append(...mixed(turn.question));
  exchange.append(make("h2", { class: "cica-hidden", say: "asked" }), asked);
  exchange.append(...bodyOf(turn));
  if (turn.state !== "asked") exchange.append(actionsOf(turn));
  translate(exchange);
  $(".cica-welcome", room())?.remove();
  const atEnd = room().scrollHeight - room().scrollTop - room().clientHeight < 200;
  const before = turn.element;
  if (before?.isConnected) before.replaceWith(exchange);
  else log().append(exchange);
  if (before?.contains(opened.button)) reopenSource(exchange);
  turn.element = exchange;
  $("#cica-main").classList.add("cica-talking");
  showBusy();
  if (follow && (atEnd || turn.state === "asked")) intoView(exchange);
}

/** Keeps an exchange in view: its end, or its beginning where it is too long. */
function intoView(exchange) {
  const long = exchange.offsetHeight > room().clientHeight;
  exchange.scrollIntoView({ block: long ? "start" : "end" });
}

function bodyOf(turn) {
  if (turn.state === "asked") {
    const key = turn.waiting ? "waiting" : "thinking";
    const stop = make("button", { type: "button", class: "cica-small", say: "stop", click: () => stopTurn(turn) });
    const sign = make("span", { class: "cica-spinner" });
    return [make("div", { class: "cica-thinking", role: "status" }, sign, make("span", { say: key }), stop)];
  }
  if (turn.state === "stopped") return [make("p", { class: "cica-about", say: "stopped" })];
  if (turn.state === "failed") return [noticeOf(turn.problem)];
  const made = document.createElement("template");
  made.innerHTML = turn.reply.markup;
  return [make("h2", { class: "cica-hidden", say: "answered" }), made.content];
}

function noticeOf(text) {
  const icon = make("span", { class: "cica-icon", "aria-hidden": "true" }, "!");
  const inside = make("div", {}, make("strong", { say: "notice" }), make("p", { dir: directionOf(text) }, text));
  return make("div", { class: "cica-card cica-notice" }, icon, inside);
}

/** Shows that nothing was asked yet, or why nothing can be. */
function drawEmpty() {
  welcome ??= $(".cica-welcome", room());
  log().replaceChildren(welcome);
  $("#cica-main").classList.remove("cica-talking");
  showBusy();
}

/** Draws a whole conversation: its end at once, what is before while the page has time. */
async function drawAll(turns) {
  log().replaceChildren();
  if (!turns.length) return drawEmpty();
  const late = turns.slice(0, -SHOWN_AT_ONCE);
  for (const turn of turns.slice(-SHOWN_AT_ONCE)) draw(turn, false);
  intoView(turns.at(-1).element);
  const shown = current;
  for (const turn of late.reverse()) {
    await pause(0);
    if (current !== shown) return;
    const before = room().scrollHeight;
    draw(turn, false);
    log().prepend(turn.element);
    room().scrollTop += room().scrollHeight - before;
  }
}

/** Tells screen readers, and the style sheet, whether an answer is on its way. */
function showBusy() {
  log().setAttribute("aria-busy", String(current.turns.some((turn) => turn.state === "asked")));
}

// A copy takes the words along and not the numbers beside them.
document.addEventListener("copy", (event) => {
  const selected = getSelection();
  if (!selected.rangeCount || !room()?.contains(selected.anchorNode)) return;
  const taken = make("div");
  for (let at = 0; at < selected.rangeCount; at += 1) taken.append(selected.getRangeAt(at).cloneContents());
  const out = ".cica-chip, .cica-actions, .cica-related, .cica-hidden, .cica-footnotes, template, button";
  for (const one of $$(out, taken)) one.remove();
  for (const block of $$("p, li, div, h3, tr", taken)) block.append("\n");
  event.clipboardData.setData("text/plain", taken.textContent.replace(/\u00a0/g, " ").replace(/ *\n+/g, "\n").trim());
  event.clipboardData.setData("text/html", taken.innerHTML);
  event.preventDefault();
});
