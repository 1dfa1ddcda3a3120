// Documents: bring them, see what was read of each, choose which are asked, name and remove them.

const ticked = new Map(); // collection: the ids that are asked; none where all are
let documentsPanel = null;
let removing = []; // documents that go unless their removal is taken back
const FORMATS = { plain: "TXT", markdown: "MD", image: "IMG" };
const AT_ONCE = 3; // files that are sent and not yet read

const tickedHere = () => {
  const name = current.collection ?? "";
  if (!ticked.has(name)) ticked.set(name, new Set());
  return ticked.get(name);
};
const chosenDocuments = () => (tickedHere().size ? [...tickedHere()] : null);
const here = () => current.collection || known.collection;
const address = (...parts) => ["v1", "collections", here(), ...parts].map(encodeURIComponent).join("/");

async function showDocuments() {
  if (!known.collection) await refresh(); // the page is not older than a moment
  if (!documentsPanel) {
    const find = make("input", { type: "search", class: "cica-search", label: "documents_find", input: () => fillDocuments() });
    tell(find, "documents_find", "placeholder");
    documentsPanel = panel("documents",
      make("div", { class: "cica-collections" }), make("div", { class: "cica-bring" }),
      make("div", { class: "cica-jobs", "aria-live": "polite" }), find,
      make("div", { class: "cica-asked" }), make("ul", { class: "cica-list cica-documents" }));
  }
  if (!documentsPanel.open) $(".cica-search", documentsPanel).value = "";
  fillCollections();
  fillBring();
  fillDocuments();
  translate(documentsPanel);
  openPanel(documentsPanel);
}

/** The box that takes files, by choosing or by dropping them. */
function fillBring() {
  const place = $(".cica-bring", documentsPanel);
  place.replaceChildren();
  if (!known.writable) return place.append(make("p", { class: "cica-about", say: "documents_closed" }));
  const file = make("input", { type: "file", multiple: true, class: "cica-hidden", tabindex: "-1", accept: known.suffixes.join(","), label: "documents_add",
    change: () => { bring([...file.files]); file.value = ""; } });
  const limits = make("span", {});
  tell(limits, "documents_drop", "", { count: known.files, mb: Math.round(known.file_bytes / 1e6) });
  place.append(make("div", { class: "cica-drop" },
    make("button", { type: "button", class: "cica-small", say: "documents_add", click: () => file.click() }), file, limits));
}

function dropFiles() {
  const has = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const mark = (on) => { for (const one of $$(".cica-drop")) one.classList.toggle("cica-over", on); };
  document.addEventListener("dragover", (event) => { if (has(event)) { event.preventDefault(); mark(true); } });
  document.addEventListener("dragleave", () => mark(false));
  document.addEventListener("drop", (event) => {
    if (!has(event)) return;
    event.preventDefault();
    mark(false);
    if (!known.writable) return message(say("documents_closed"));
    const files = [...event.dataTransfer.files]; // gone after the event
    showDocuments().then(() => bring(files));
  });
}

/** Sends files one behind the other, so that they are listed in their order, and shows how far each is. */
async function bring(files) {
  const refused = tooMuch(files);
  if (refused) return endJob(jobRow(say("files_chosen", { count: files.length })), "skipped", [refused]);
  const rows = files.map((file) => jobRow(file.name));
  const open = new Set(); // jobs that the server has not done yet
  for (const [at, file] of files.entries()) {
    if (open.size >= AT_ONCE) await Promise.race(open);
    const job = await orSkipped(sendOne(file, rows[at]), rows[at]);
    if (!job) continue;
    const done = orSkipped(followJob(job, rows[at]), rows[at]).finally(() => open.delete(done));
    open.add(done);
  }
  await Promise.all(open);
  await fillDocuments();
  refresh();
}

function jobRow(name) {
  const row = make("div", { class: "cica-job" }, make("strong", { dir: directionOf(name) }, ...mixed(name)),
    make("span", { class: "cica-state", say: "queued" }), make("progress", { max: "1", value: "0", label: "uploading" }),
    make("p", { class: "cica-notes", hidden: true }));
  $(".cica-jobs", documentsPanel).append(row);
  return row;
}

/** Why files are not sent at all; "" where they may come. */
function tooMuch(files) {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (files.length > known.files) return say("files_too_many", { most: known.files });
  if (size > known.files_bytes) return say("files_too_large", { mb: Math.round(known.files_bytes / 1e6) });
  return "";
}

async function sendOne(file, row) {
  if (file.size > known.file_bytes) {
    const told = say("file_too_large", { mb: Math.round(known.file_bytes / 1e6) });
    throw new Refused(413, { arabic: told, detail: told }, 0);
  }
  tell($(".cica-state", row), "uploading");
  const send = () => sendFile(file, (part) => { $("progress", row).value = part; });
  const job = await insist(send, { wait: [429, 503] });
  $("progress", row).removeAttribute("value");
  return job;
}

async function followJob(job, row) {
  for (let wait = 400; ["queued", "reading", "indexing"].includes(job.state); wait = Math.min(wait * 1.5, 5000)) {
    showStage(job, row);
    await pause(wait);
    job = await insist(() => request("GET", `v1/jobs/${job.id}`), { wait: [429, 502, 503] });
  }
  endJob(row, job.state, language === "ar" ? [job.arabic] : job.notes);
}

/** Says how far a job is: how much of the file's text is encoded, of how much. */
function showStage({ state, stage, done, total }, row) {
  const counted = state === "indexing" && ["encode", "words"].includes(stage) && total > 0;
  const key = { encode: "encoding", words: "adding_words" }[stage];
  if (counted) tell($(".cica-state", row), key, "", { done, total });
  else tell($(".cica-state", row), state === "indexing" ? "adding" : state);
  if (counted) $("progress", row).value = done / total;
  else $("progress", row).removeAttribute("value");
}

/** Returns what `done` comes to; where it fails, the row says why. */
async function orSkipped(done, row) {
  try {
    return await done;
  } catch (error) {
    endJob(row, "skipped", [error instanceof Refused ? error.told : say("upload_lost")]);
  }
}

/** Sends one file, telling how much of it has gone. `fetch` cannot tell that. */
function sendFile(file, progress) {
  return new Promise((done, failed) => {
    const sending = new XMLHttpRequest();
    sending.open("PUT", address("files", file.name));
    sending.setRequestHeader("Content-Type", "application/octet-stream");
    sending.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
    sending.onload = () => {
      let told = {};
      try { told = JSON.parse(sending.responseText); } catch { /* a proxy's page */ }
      if (sending.status < 300) done(told);
      else failed(new Refused(sending.status, told, Number(sending.getResponseHeader("Retry-After") ?? 0)));
    };
    sending.onerror = () => failed(new Error("broken off")); // perhaps the file is gone: it is not sent again
    sending.send(file);
  });
}

function endJob(row, state, notes) {
  $("progress", row).remove();
  row.classList.add(`cica-${state}`);
  tell($(".cica-state", row), state);
  const told = $(".cica-notes", row);
  told.textContent = notes.filter(Boolean).join("\n");
  told.dir = directionOf(told.textContent);
  told.hidden = !told.textContent;
}

let listing = 0;
async function fillDocuments(more = 0) {
  const list = $(".cica-documents", documentsPanel);
  const mine = ++listing;
  const search = $(".cica-search", documentsPanel).value;
  let page;
  try {
    page = await request("GET", `${address("documents")}?${new URLSearchParams({ search, offset: more, limit: 100 })}`);
  } catch (error) {
    return message(error instanceof Refused ? error.told : say("lost"));
  }
  if (mine !== listing) return;
  const rows = page.documents.filter((one) => !removing.some((gone) => gone.id === one.doc_id && gone.collection === here())).map(documentRow);
  if (more) list.append(...rows);
  else list.replaceChildren(...rows);
  if (!rows.length && !more && search) list.append(make("li", { class: "cica-about", say: "documents_none" }));
  $(".cica-more", documentsPanel)?.remove();
  const shown = more + page.documents.length;
  if (shown < page.total) list.after(make("button", { type: "button", class: "cica-small cica-more", say: "documents_more", click: () => fillDocuments(shown) }));
  fillAsked(page.total);
}

/** Says which documents are asked, and lets all be asked again. */
function fillAsked(all) {
  const place = $(".cica-asked", documentsPanel);
  place.replaceChildren();
  const count = tickedHere().size;
  if (!count) return;
  const told = make("span", {});
  tell(told, "documents_some", "", { count, all: known.documents || all });
  place.append(told, " ", make("button", { type: "button", class: "cica-small", say: "documents_all", click: () => { tickedHere().clear(); fillDocuments(); showScope(); } }));
}

function documentRow(one) {
  const title = one.title || one.doc_id;
  const tick = make("input", { type: "checkbox", class: "cica-tick" });
  tell(tick, "document_ask", "aria-label", { name: title });
  tick.checked = tickedHere().has(one.doc_id);
  tick.addEventListener("change", () => {
    if (tick.checked) tickedHere().add(one.doc_id);
    else tickedHere().delete(one.doc_id);
    fillAsked();
    showScope();
  });
  const facts = make("small", {}, [FORMATS[one.format] ?? one.format.toUpperCase(), one.date].filter(Boolean).join(" · "));
  if (one.pages) {
    const pages = make("span", {});
    tell(pages, "document_pages", "", { count: one.pages });
    facts.append(" · ", pages);
  }
  const open = make("button", { type: "button", class: "cica-row", click: () => { documentsPanel.close(); openDocument(one.doc_id, current.collection ?? ""); } },
    make("span", { dir: directionOf(title) }, ...mixed(title)), facts);
  const row = make("li", {}, tick, open);
  if (known.writable) {
    row.append(make("button", { type: "button", class: "cica-act", label: "rename", click: () => renameRow(row, title, async (text) => {
      await change("PATCH", one.doc_id, { title: text });
      await fillDocuments();
      refresh();
    }) }, icon("edit")), make("button", { type: "button", class: "cica-act", label: "remove", click: () => removeDocument(one, row) }, icon("remove")));
  }
  return row;
}

const documentAddress = (collection, id) => ["v1", "collections", collection, "documents", ...id.split("/")].map(encodeURIComponent).join("/");

async function change(method, id, body = undefined, collection = here()) {
  try {
    return await request(method, documentAddress(collection, id), body);
  } catch (error) {
    message(error instanceof Refused ? error.told : say("lost"));
    return null;
  }
}

/** Takes a document out of the list; it goes after a while, or before the next question. */
function removeDocument(one, row) {
  const gone = { id: one.doc_id, collection: here() };
  gone.timer = setTimeout(() => settleRemoval(gone), 8000);
  removing.push(gone);
  tickedHere().delete(one.doc_id);
  row.remove();
  message(say("document_removed", { name: one.title || one.doc_id }), () => {
    clearTimeout(gone.timer);
    removing = removing.filter((other) => other !== gone);
    fillDocuments();
  });
}

async function settleRemoval(gone) {
  if (!removing.includes(gone)) return;
  clearTimeout(gone.timer);
  await change("DELETE", gone.id, undefined, gone.collection);
  removing = removing.filter((other) => other !== gone);
  refresh();
}

async function settleRemovals() {
  for (const gone of removing) await settleRemoval(gone);
}

addEventListener("pagehide", () => {
  for (const gone of removing) fetch(documentAddress(gone.collection, gone.id), { method: "DELETE", keepalive: true });
});

/** Says above the box that only some documents are asked. */
function showScope() {
  const count = tickedHere().size;
  const place = $("#cica-scope");
  place.hidden = !count;
  if (count) tell(place, "documents_some", "", { count, all: known.documents });
}

/** The collections: which is asked, a new one, and one less. */
async function fillCollections() {
  const place = $(".cica-collections", documentsPanel);
  const { collections } = await request("GET", "v1/collections").catch(() => ({ collections: [] }));
  const choice = make("select", { label: "collection", change: () => chooseCollection(choice.value) });
  for (const one of collections) {
    const name = one.name === "default" ? say("collection_first") : one.name;
    choice.append(new Option(`${name} (${one.documents})`, one.name, false, one.name === here()));
  }
  place.replaceChildren();
  if (collections.length > 1) place.append(choice);
  if (!known.writable) return;
  const add = make("button", { type: "button", class: "cica-small", say: "collection_new", click: () => nameCollection(place) });
  place.append(" ", add);
  if (collections.find((one) => one.name === here())?.made) {
    place.append(" ", make("button", { type: "button", class: "cica-small", say: "collection_remove", click: removeCollection }));
  }
}

function nameCollection(place) {
  const field = make("input", { type: "text", maxlength: "64", label: "collection_name", required: true });
  tell(field, "collection_name", "placeholder");
  const form = make("form", { class: "cica-rename" }, field, make("button", { type: "submit", class: "cica-small", say: "save" }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await request("POST", "v1/collections", { name: field.value.trim() });
      await chooseCollection(field.value.trim());
    } catch (error) {
      message(error instanceof Refused ? error.told : say("lost"));
    }
  });
  place.replaceChildren(form);
  field.focus();
}

/** Goes to another collection, in a conversation of its own. */
async function chooseCollection(name) {
  current.collection = name;
  await startConversation(false);
  await refresh();
  await showDocuments();
  showScope();
}

async function removeCollection() {
  const name = here();
  if (!confirm(say("collection_sure", { name }))) return;
  try {
    await request("DELETE", `v1/collections/${encodeURIComponent(name)}`);
    await chooseCollection("");
  } catch (error) {
    message(error instanceof Refused ? error.told : say("lost"));
  }
}
