// The list of conversations: open, name, delete with a way back, export, import.

let conversationsPanel = null;

async function startConversation(focus = true) {
  const collection = current.collection;
  current = { id: newId(), turns: [], collection };
  sessionStorage.setItem("cica-conversation", current.id);
  if (opened.button) closeSource();
  drawEmpty();
  setBox("");
  refresh();
  if (focus) box().focus();
}

/** Shows a conversation, and goes on with what was still to be answered in it. */
async function openConversation(id) {
  const kept = await store.conversation(id);
  if (!kept) return false;
  const turns = await store.turns(id);
  if (!pane.hidden) closeSource();
  current = { ...kept, turns };
  sessionStorage.setItem("cica-conversation", id);
  await drawAll(turns);
  setBox(LOCAL.get(`draft-${id}`) ?? "");
  box().focus();
  refresh();
  answerAll(current);
  return true;
}

async function showConversations() {
  if (!conversationsPanel) {
    const find = make("input", { type: "search", class: "cica-search", label: "conversation_find", input: () => fillConversations(find.value) });
    tell(find, "conversation_find", "placeholder");
    const file = make("input", { type: "file", accept: ".json", hidden: true, change: () => importConversation(file) });
    const bring = make("button", { type: "button", class: "cica-small", say: "import", click: () => file.click() });
    conversationsPanel = panel("conversations", find, make("ul", { class: "cica-list" }),
      make("p", { class: "cica-about", say: "conversations_where" }),
      make("div", { class: "cica-panel-tools" }, ...exportButtons(), bring, file, languageButton()));
  }
  $(".cica-search", conversationsPanel).value = "";
  await fillConversations("");
  translate(conversationsPanel);
  openPanel(conversationsPanel);
}

async function fillConversations(wanted) {
  const list = $(".cica-list", conversationsPanel);
  const found = (await store.conversations()).filter((one) => bare(one.name).includes(bare(wanted)));
  list.replaceChildren(...found.map(rowOf));
  if (!found.length) list.append(make("li", { class: "cica-about", say: "conversations_none" }));
}

function rowOf(one) {
  const when = new Intl.DateTimeFormat(language === "ar" ? "ar-u-nu-latn" : "en", { dateStyle: "medium", timeStyle: "short" }).format(one.used);
  const name = make("span", { dir: directionOf(one.name) }, ...mixed(one.name));
  const open = make("button", { type: "button", class: "cica-row", click: async () => { conversationsPanel.close(); await openConversation(one.id); } },
    name, make("small", {}, when));
  if (one.id === current.id) open.setAttribute("aria-current", "true");
  const rename = make("button", { type: "button", class: "cica-act", label: "rename", click: () => renameRow(row, one.name, async (text) => {
    one.name = text;
    if (one.id === current.id) current.name = text;
    await store.keepConversation(one);
    await fillConversations("");
  }) }, icon("edit"));
  const remove = make("button", { type: "button", class: "cica-act", label: "remove", click: () => removeConversation(one) }, icon("remove"));
  const row = make("li", {}, open, rename, remove);
  return row;
}

/** Puts a field in the place of a row; Enter keeps what is written, Escape does not. */
function renameRow(row, name, keepName) {
  const list = row.parentElement;
  const at = [...list.children].indexOf(row);
  const back = () => $(".cica-act", list.children[at])?.focus(); // to the button that led here
  const field = make("input", { type: "text", maxlength: "200", label: "name", dir: directionOf(name) });
  field.value = name;
  const done = make("button", { type: "submit", class: "cica-small", say: "save" });
  const form = make("form", { class: "cica-rename" }, field, done);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    await keepName(text);
    back();
  });
  const before = [...row.childNodes];
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    row.replaceChildren(...before);
    back();
  });
  row.replaceChildren(form);
  field.select();
}

async function removeConversation(one) {
  const turns = await store.turns(one.id);
  await store.forgetConversation(one.id);
  if (one.id === current.id) await startConversation(false);
  await fillConversations("");
  message(say("removed", { name: one.name }), async () => {
    await store.keepConversation(one);
    for (const turn of turns) await store.keepTurn(turn);
    if (conversationsPanel.open) fillConversations("");
  });
}

async function importConversation(file) {
  try {
    const data = JSON.parse(await file.files[0].text());
    if (data.kind !== "cica-qa conversation" || !Array.isArray(data.turns)) throw new TypeError("not ours");
    const id = newId();
    const turns = data.turns.map((turn, at) => importedTurn(turn, id, at));
    const now = Date.now();
    await store.keepConversation({ id, name: String(data.name).slice(0, 200), made: now, used: now });
    for (const turn of turns) await store.keepTurn(turn);
    conversationsPanel.close();
    await openConversation(id);
  } catch {
    message(say("import_failed"));
  }
  file.value = "";
}

/** A turn of a file as this page keeps it. Its texts are data: they become no markup. */
function importedTurn(turn, conversation, at) {
  const text = String(turn.answer ?? "");
  const shown = make("div", {}, make("div", { class: "cica-answer" },
    ...text.split("\n").filter(Boolean).map((line) => make("p", { dir: directionOf(line) }, line))));
  const reply = { markup: shown.innerHTML, text, plain: String(turn.plain ?? text), markdown: String(turn.markdown ?? text),
    abstained: Boolean(turn.abstained), citations: [], related: [] };
  return { conversation, at, question: String(turn.question), state: "answered", asked: Date.now(), reply };
}
