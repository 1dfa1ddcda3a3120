// The page begins: buttons and keys get their work, and what was open before is shown again.

/** Asks what there is to ask, and shows it: how many documents, what may be asked of them. */
async function refresh() {
  const shown = current;
  const asked = new URLSearchParams({ collection: current.collection ?? "" });
  try {
    known = await request("GET", `page/state?${asked}`);
  } catch (error) {
    if (error instanceof Refused && error.status === 404 && current.collection) {
      current.collection = ""; // it was removed
      return refresh();
    }
    return;
  }
  if (shown !== current) return;
  showHeader();
  showWelcome();
  keepDraft();
  if (known.more && known.suggested.length < 4) {
    setTimeout(() => { if (shown === current && !current.turns.length) refresh(); }, 1000);
  }
}

function showHeader() {
  const [heading, below] = [$("#cica-name h1"), $("#cica-name p")];
  for (const one of [heading, below]) delete one.dataset.say;
  const count = known.documents;
  if (count === 1) {
    delete heading.dataset.says;
    heading.innerHTML = known.heading; // the server's markup
    tell(below, "subtitle");
  } else {
    tell(heading, count ? "title_count" : "title", "", { count });
    delete below.dataset.says;
    const names = known.titles.map((one) => `«\u2068${one}\u2069»`).join("، ") + (count > known.titles.length ? "، …" : "");
    below.replaceChildren(...mixed(names));
    if (!count) tell(below, "subtitle");
  }
  heading.dir = directionOf(heading.textContent);
  $("#cica-main").classList.toggle("cica-empty", !count);
}

function showWelcome() {
  const [heading, text] = [$(".cica-welcome h2"), $(".cica-welcome p")];
  const empty = !known.documents;
  if (heading) {
    for (const one of [heading, text]) delete one.dataset.say;
    tell(heading, empty ? "empty_title" : "welcome_title");
    tell(text, empty ? (known.writable ? "empty" : "empty_closed") : "welcome");
  }
  const offered = $(".cica-suggested");
  offered.replaceChildren();
  if (empty && known.writable) offered.append(make("button", { type: "button", class: "cica-begin", say: "documents_add", click: showDocuments }));
  if (empty || !known.suggested.length) return;
  const asks = known.suggested.map((one) => make("button", { type: "button", class: "cica-ask", dir: directionOf(one), click: () => askNow(one) }, ...mixed(one)));
  offered.append(make("h2", { say: "examples" }), ...asks);
}

function languageButton() {
  return make("button", { type: "button", class: "cica-small", say: "language", click: () => {
    language = language === "ar" ? "en" : "ar";
    LOCAL.set("language", language);
    applyLanguage();
    showHeader();
    showWelcome();
  } });
}

function switchTheme() {
  const dark = document.body.classList.toggle("dark");
  LOCAL.set("theme", dark ? "dark" : "light");
}

/** Waits until Gradio has put its parts into the page: they come one by one. */
async function whenThere(...selectors) {
  while (!selectors.every((one) => $(one))) await new Promise(requestAnimationFrame);
}

async function start() {
  const tools = ["send", "new", "conversations", "documents", "theme"].map((id) => `#cica-${id}`);
  const parts = ["#cica-composer", "#cica-question textarea", ".cica-log", "#cica-aside .cica-hint", "#cica-name h1"];
  await whenThere(...parts, ...tools);
  const theme = LOCAL.get("theme");
  if (theme) document.body.classList.toggle("dark", theme === "dark");
  document.body.append(
    make("div", { id: "cica-messages", role: "status", "aria-live": "polite" }));
  $("#cica-composer").before(make("p", { id: "cica-lost", role: "alert", hidden: true, say: "lost" }));
  $("#cica-composer").before(make("button", { id: "cica-scope", type: "button", class: "cica-small", hidden: true, click: showDocuments }));
  $("#cica-composer").after(make("p", { id: "cica-count", role: "status", hidden: true }));
  welcome = $(".cica-welcome", room());
  makePane();
  for (const tool of tools) tell($(tool), tool.slice("#cica-".length));
  tell($("#cica-theme"), "theme", "aria-label");
  applyLanguage();
  const field = box();
  field.setAttribute("aria-describedby", "cica-count");
  tell(field, "placeholder", "placeholder");
  tell(field, "question", "aria-label");
  // Gradio's own way to submit is not taken: what is asked has to reach the conversation first.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    sendBox();
  }, true);
  field.addEventListener("input", keepDraft);
  const on = (id, act) => document.getElementById(id).addEventListener("click", act);
  on("cica-send", sendBox);
  on("cica-new", () => startConversation());
  on("cica-conversations", showConversations);
  on("cica-documents", showDocuments);
  on("cica-theme", switchTheme);
  room().addEventListener("click", (event) => {
    const button = event.target.closest("[data-source]");
    if (button) openSource(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !pane.hidden && !$("dialog[open]")) closeSource();
  });
  wide.addEventListener("change", placePane);
  dropFiles();
  keepFocus();
  await openStore();
  await begin();
}

/** Opens what this tab had open; a link with a question asks it in a conversation of its own. */
async function begin() {
  const link = new URLSearchParams(location.search);
  const question = link.get("q")?.trim();
  const before = sessionStorage.getItem("cica-conversation");
  if (question) {
    current = { id: newId(), turns: [], collection: link.get("collection") ?? "" };
    history.replaceState(null, "", location.pathname);
    refresh();
    if ([...question].length <= known.question_chars) return askNow(question);
    return setBox(question);
  }
  if (before && (await openConversation(before))) return;
  const typed = before && LOCAL.get(`draft-${before}`);
  current = { id: before ?? newId(), turns: [], collection: "" };
  sessionStorage.setItem("cica-conversation", current.id);
  if (typed) setBox(typed);
  refresh();
}

start();
