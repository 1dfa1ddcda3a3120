// Asking: what is typed becomes a turn at once, whatever the network does, and its answer follows.

const WAITS = [1, 2, 4, 8, 15]; // seconds between two tries while there is no connection

let current = { id: "", turns: [] }; // the conversation that is shown
let known = { question_chars: 2000, history: 20, documents: 1, suggested: [], writable: false };
let asking = false;

const newId = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;

/** The box as the page sets it; Gradio is told, as it keeps the text too. */
function setBox(text) {
  const field = box();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function keepDraft() {
  const field = box();
  field.dir = field.value ? directionOf(field.value) : document.documentElement.dir;
  LOCAL.set(`draft-${current.id}`, field.value);
  const most = known.question_chars;
  const count = [...field.value].length;
  $("#cica-count").hidden = count <= most;
  if (count > most) tell($("#cica-count"), "too_long", "", { count, most });
  field.setAttribute("aria-invalid", String(count > most));
}

/** Sends what is in the box. What is too long, and blanks, stay there. */
function sendBox() {
  const question = box().value.trim();
  if (!question || [...question].length > known.question_chars) return box().focus();
  setBox("");
  askNow(question);
}

/** Asks a question in the conversation that is shown. */
async function askNow(question) {
  const last = current.turns.at(-1);
  const at = last ? last.at + 1 : 0;
  const turn = { conversation: current.id, at, question, state: "asked", asked: Date.now() };
  turn.waiting = current.turns.some((one) => one.state === "asked");
  turn.documents = chosenDocuments();
  current.turns.push(turn);
  for (const one of $$(".cica-related", room())) one.remove(); // only the last answer leads on
  draw(turn);
  box().focus({ preventScroll: true });
  await remember(current, question);
  await store.keepTurn(turn);
  answerAll(current);
}

/** Keeps what a list of conversations shows: its name is its first question. */
async function remember(conversation, question) {
  conversation.name ||= question.slice(0, 80);
  conversation.made ||= Date.now();
  conversation.used = Date.now();
  const { id, name, made, used, collection } = conversation;
  sessionStorage.setItem("cica-conversation", id);
  await store.keepConversation({ id, name, made, used, collection });
}

/** Answers the turns of a conversation that wait, one after the other. */
async function answerAll(conversation) {
  if (conversation.answering) return;
  conversation.answering = true;
  try {
    for (;;) {
      const turn = conversation.turns.find((one) => one.state === "asked");
      if (!turn) break;
      turn.waiting = false;
      if (conversation === current) draw(turn, false);
      await answerOne(conversation, turn);
      await store.keepTurn(turn);
    }
  } finally {
    conversation.answering = false;
  }
}

async function answerOne(conversation, turn) {
  turn.abort = new AbortController();
  try {
    await settleRemovals();
    turn.reply = await insist((again) => sendTurn(conversation, turn, again), { signal: turn.abort.signal });
    turn.state = "answered";
  } catch (error) {
    if (turn.state === "stopped" || error.name === "AbortError") turn.state = "stopped";
    else {
      turn.state = "failed";
      turn.problem = error instanceof Refused ? error.told : say("unexpected");
      if (!(error instanceof Refused)) console.error(error);
    }
  }
  if (conversation !== current || !conversation.turns.includes(turn)) return;
  draw(turn);
  if (turn.state === "failed" && !box().value) setBox(turn.question);
}

/** Sends a turn alone; the server asks for those before it where it has forgotten them. */
async function sendTurn(conversation, turn) {
  const before = conversation.turns.filter((one) => one.at < turn.at && one.state === "answered");
  const body = {
    question: turn.question,
    conversation: conversation.id,
    count: before.length,
    collection: conversation.collection ?? "",
  };
  if (turn.documents) body.documents = turn.documents;
  const reply = await request("POST", "page/ask", body, turn.abort.signal);
  if (!reply.again) return reply;
  const last = before.slice(-known.history || before.length);
  body.history = last.map((one) => ({ question: one.question, answer: one.reply.text }));
  return request("POST", "page/ask", body, turn.abort.signal);
}

/** Tries until the server can be reached, and says so while it cannot; `wait` are answers to wait after. */
async function insist(send, { signal = undefined, wait = [502, 503] } = {}) {
  for (let tries = 0; ; tries += 1) {
    try {
      const done = await send();
      showConnection(true);
      return done;
    } catch (error) {
      const busy = error instanceof Refused && wait.includes(error.status);
      if (error.name === "AbortError" || (error instanceof Refused && !(busy && tries < 4))) throw error;
      if (!busy && !(error instanceof TypeError)) throw error;
      if (!busy || error.status === 502) showConnection(false);
      const seconds = busy && error.wait ? error.wait : WAITS[Math.min(tries, WAITS.length - 1)];
      await awaken(seconds, signal);
    }
  }
}

/** Waits some seconds, less where the network comes back; throws where it is given up. */
function awaken(seconds, signal) {
  return new Promise((done, failed) => {
    const end = (settle) => () => {
      clearTimeout(timer);
      removeEventListener("online", back);
      signal?.removeEventListener("abort", given);
      settle();
    };
    const back = end(done);
    const given = end(() => failed(new DOMException("stopped", "AbortError")));
    const timer = setTimeout(back, seconds * 1000);
    addEventListener("online", back);
    signal?.addEventListener("abort", given);
  });
}

function showConnection(there) {
  const note = $("#cica-lost");
  if (there && !note.hidden) message(say("back"));
  note.hidden = there;
}

function stopTurn(turn) {
  turn.state = "stopped";
  turn.abort?.abort();
  draw(turn, false);
  store.keepTurn(turn);
  box().focus();
}

/** Takes a question back into the box; what followed it goes once another is asked. */
async function editTurn(turn) {
  if (box().value.trim()) await keepAside(box().value);
  await forgetFrom(turn);
  setBox(turn.question);
  box().focus();
}

/** Asks a question anew, in its place; what came after it stays where it is the last. */
async function askAgain(turn) {
  const question = turn.question;
  await forgetFrom(turn);
  askNow(question);
}

async function forgetFrom(turn) {
  const dropped = current.turns.filter((one) => one.at >= turn.at);
  const conversation = current;
  current.turns = current.turns.filter((one) => one.at < turn.at);
  for (const one of dropped) {
    one.abort?.abort();
    one.element?.remove();
  }
  await store.forgetTurns(conversation.id, turn.at);
  if (dropped.length > 1) {
    message(say("removed", { name: dropped[1].question.slice(0, 40) }), async () => {
      await store.forgetTurns(conversation.id, turn.at);
      conversation.turns = [...conversation.turns.filter((one) => one.at < turn.at), ...dropped];
      for (const one of dropped) await store.keepTurn(one);
      if (conversation === current) drawAll(conversation.turns);
    });
  }
  if (!current.turns.length) drawEmpty();
  showBusy();
}

/** Leaves what was typed where it can be taken up again. */
async function keepAside(text) {
  message(text, () => setBox(text), 15);
}
