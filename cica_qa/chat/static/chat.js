// Opens and closes the sources of the conversation. `element` and `watch` come from Gradio.
// A source is a hidden section of its answer; the style sheet puts it beside or below.
document.documentElement.lang = "ar";
document.documentElement.dir = "rtl";

const opener = (panel) => element.querySelector(`[aria-controls="${panel.id}"]`);

function close(panel) {
  panel.hidden = true;
  opener(panel)?.setAttribute("aria-expanded", "false");
}

function closeAll() {
  element.querySelectorAll(".cica-source:not([hidden])").forEach(close);
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

element.addEventListener("click", (event) => {
  const button = event.target.closest("[aria-controls]");
  if (button) return open(button);
  const panel = event.target.closest(".cica-close")?.closest(".cica-source");
  if (panel) {
    opener(panel)?.focus();
    close(panel);
  }
});

document.addEventListener("keydown", (event) => {
  const panel = element.querySelector(".cica-source:not([hidden])");
  if (event.key !== "Escape" || !panel) return;
  opener(panel)?.focus();
  close(panel);
});

// Keep the newest exchange in view: its end, or its beginning where it is too long.
watch("value", () => {
  const last = element.querySelector(".cica-exchange:last-child");
  if (!last) return;
  const room = document.getElementById("cica-conversation").clientHeight;
  last.scrollIntoView({ block: last.offsetHeight > room ? "start" : "end" });
});
