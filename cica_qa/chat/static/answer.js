// What can be done with an answer: copy it, link to it, ask on from it, say what is wrong with it.

function actionsOf(turn) {
  const button = (key, act) =>
    make("button", { type: "button", class: `cica-act cica-${key}`, label: key, title: say(key), click: act }, icon(key));
  const bar = make("div", { class: "cica-actions" });
  if (turn.state === "answered") {
    const text = make("button", { type: "button", class: "cica-act cica-copy", label: "copy_answer", say: "copy", click: () => copyAnswer(turn, "plain") });
    const marked = make("button", { type: "button", class: "cica-act", say: "copy_markdown", click: () => copyAnswer(turn, "markdown") });
    bar.append(text, marked);
  }
  bar.append(button("link", () => copyLink(turn)), button("edit", () => editTurn(turn)), button("again", () => askAgain(turn)));
  if (turn.state === "answered" && turn.reply.markup.includes("cica-source")) {
    const good = button("good", () => rate(turn, true, bar));
    const bad = button("bad", () => rate(turn, false, bar));
    good.setAttribute("aria-pressed", String(turn.rated === "good"));
    bad.setAttribute("aria-pressed", String(turn.rated === "bad"));
    bar.append(good, bad);
  }
  const shown = make("div", {}, bar);
  const related = (turn.reply?.related ?? []).filter((one) => !current.turns.some((other) => other.question === one));
  if (related.length && turn.at === current.turns.at(-1).at) shown.append(relatedOf(related));
  return shown;
}

function relatedOf(questions) {
  const list = make("ul", {});
  for (const one of questions) {
    list.append(make("li", {}, make("button", { type: "button", class: "cica-ask", dir: directionOf(one), click: () => askNow(one) }, ...mixed(one))));
  }
  return make("nav", { class: "cica-related", label: "related" }, make("h3", { say: "related" }), list);
}

async function copyAnswer(turn, kind) {
  message(say((await copy(turn.reply[kind])) ? "copied" : "copy_failed"));
}

async function copyLink(turn) {
  const link = new URL(location.pathname, location.origin);
  link.searchParams.set("q", turn.question);
  if (current.collection) link.searchParams.set("collection", current.collection);
  message(say((await copy(link.href)) ? "link_copied" : "copy_failed"));
}

/** Sends whether an answer helped; where not, what is wrong with it. */
async function rate(turn, good, bar) {
  if (good) return sendRating(turn, { good: true });
  const reasons = ["bad_wrong", "bad_partial", "bad_source", "bad_exists", "bad_other"];
  const form = make("form", { class: "cica-why-bad" }, make("p", { say: "why_bad" }));
  for (const reason of reasons) {
    const choice = make("input", { type: "radio", name: "reason", value: reason.slice(4), required: true });
    form.append(make("label", {}, choice, make("span", { say: reason })));
  }
  const text = make("textarea", { rows: "2", maxlength: "2000", label: "bad_text" });
  tell(text, "bad_text", "placeholder");
  form.append(text, make("button", { type: "submit", class: "cica-small", say: "report" }),
    make("button", { type: "button", class: "cica-small", say: "cancel", click: () => form.remove() }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await sendRating(turn, { good: false, reason: new FormData(form).get("reason"), right: text.value.trim() });
    form.remove();
  });
  $(".cica-why-bad", bar.parentElement)?.remove();
  bar.after(form);
  $("input", form).focus();
}

async function sendRating(turn, rating) {
  const before = current.turns.filter((one) => one.at < turn.at && one.state === "answered").at(-1);
  const body = { ...rating, question: turn.question, collection: current.collection ?? "",
    answer: turn.reply.text, abstained: turn.reply.abstained,
    citations: turn.reply.citations.map(({ document, quote }) => ({ document, quote })) };
  if (before) body.before = before.question;
  try {
    await request("POST", "page/rating", body);
    turn.rated = rating.good ? "good" : "bad";
    await store.keepTurn(turn);
    draw(turn, false);
    message(say("thanks"));
  } catch (error) {
    message(error instanceof Refused ? error.told : say("lost"));
  }
}
