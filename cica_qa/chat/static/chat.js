// Shows what is asked and answered, and opens and closes sources. `element`, which holds the newest
// exchange as an attribute, and `watch` come from Gradio. A source is a hidden section of its answer;
// the style sheet puts it beside or below.
document.documentElement.lang = "ar";
document.documentElement.dir = "rtl";

const room = () => document.getElementById("cica-conversation");
const log = () => room().querySelector(".cica-log");
let welcome = "";

const opener = (panel) => room().querySelector(`[aria-controls="${panel.id}"]`);

function close(panel) {
  panel.hidden = true;
  opener(panel)?.setAttribute("aria-expanded", "false");
}

function closeAll() {
  room().querySelectorAll(".cica-source:not([hidden])").forEach(close);
}

function open(button) {
  const panel = document.getElementById(button.getAttribute("aria-controls"));
  const wasOpen = !panel.hidden;
  closeAll();
  if (wasOpen) return;
  panel.hidden = false;
  button.setAttribute("aria-expanded", "true");
  panel.focus({ preventScroll: true });
  const passage = panel.querySelector(".cica-passage");
  const mark = panel.querySelector("mark");
  if (mark) {
    const offset = mark.getBoundingClientRect().top - passage.getBoundingClientRect().top;
    passage.scrollTop += offset - passage.clientHeight / 3;
  }
  if (getComputedStyle(panel).position !== "fixed") {
    panel.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }
}

document.addEventListener("click", (event) => {
  if (!room().contains(event.target)) return;
  const button = event.target.closest("[aria-controls]");
  if (button) return open(button);
  const panel = event.target.closest(".cica-close")?.closest(".cica-source");
  if (panel) {
    opener(panel)?.focus();
    close(panel);
  }
});

document.addEventListener("keydown", (event) => {
  const panel = room().querySelector(".cica-source:not([hidden])");
  if (event.key !== "Escape" || !panel) return;
  opener(panel)?.focus();
  close(panel);
});

// Puts the newest exchange into the conversation: in its place, or at the end. None is a new
// conversation.
watch("value", () => {
  const newest = element.querySelector(".cica-sent");
  welcome ||= room().querySelector(".cica-welcome")?.outerHTML ?? "";
  log().setAttribute("aria-busy", newest?.dataset.busy ?? "false");
  if (!newest) {
    log().innerHTML = welcome;
    return;
  }
  const made = document.createElement("template");
  made.innerHTML = newest.dataset.markup;
  const exchange = made.content.firstElementChild;
  exchange.dataset.key = newest.dataset.key;
  room().querySelector(".cica-welcome")?.remove();
  const shown = log().querySelector(`[data-key="${newest.dataset.key}"]`);
  if (shown) shown.replaceWith(exchange);
  else log().append(exchange);
  // Kept in view: its end, or its beginning where it is too long.
  const long = exchange.offsetHeight > room().clientHeight;
  exchange.scrollIntoView({ block: long ? "start" : "end" });
});
