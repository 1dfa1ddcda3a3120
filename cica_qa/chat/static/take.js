// A conversation to take along: Markdown, a page, JSON, or print.

function exportButtons() {
  const button = (name, act) => make("button", { type: "button", class: "cica-small", click: act }, name);
  return [make("span", { say: "export" }), button("Markdown", () => exportAs("md")), button("HTML", () => exportAs("html")),
    button("JSON", () => exportAs("json")), make("button", { type: "button", class: "cica-small", say: "print", click: () => { conversationsPanel.close(); print(); } })];
}

const answeredTurns = () => current.turns.filter((turn) => turn.state === "answered");
const literal = (text) => make("i", {}, text).innerHTML.replace(/"/g, "&quot;");

function exportAs(kind) {
  const name = (current.name || say("title")).replace(/[\\/:*?"<>|\u0000-\u001f]/g, " ").trim().slice(0, 60);
  const types = { md: "text/markdown", html: "text/html", json: "application/json" };
  const made = { md: asMarkdown, html: asPage, json: asJson }[kind]();
  download(`${name}.${kind}`, `${types[kind]};charset=utf-8`, made);
}

function asMarkdown() {
  const parts = answeredTurns().map((turn, at) => {
    // Footnotes of a page share their numbers: each answer gets its own.
    const answer = turn.reply.markdown.replace(/\[\^(\d+)\]/g, `[^${at + 1}-$1]`);
    return `## ${turn.question.replace(/\s+/g, " ")}\n\n${answer}`;
  });
  return `# ${current.name || say("title")}\n\n${parts.join("\n\n")}\n`;
}

function asPage() {
  const turns = answeredTurns().map((turn) => {
    const lines = turn.reply.plain.split("\n").filter(Boolean);
    const shown = lines.map((line) => `<p dir="${directionOf(line)}">${literal(line)}</p>`).join("");
    return `<section><h2 dir="${directionOf(turn.question)}">${literal(turn.question)}</h2>${shown}</section>`;
  });
  const title = literal(current.name || say("title"));
  return `<!doctype html><html lang="ar" dir="rtl"><meta charset="utf-8"><title>${title}</title>
<style>body{font-family:system-ui,sans-serif;line-height:1.8;max-width:44rem;margin:2rem auto;padding:0 1rem}h2{font-size:1.05rem;margin-top:2rem}</style>
<h1>${title}</h1>${turns.join("")}</html>`;
}

function asJson() {
  const turns = answeredTurns().map(({ question, asked, reply }) => ({
    question, asked: new Date(asked).toISOString(), answer: reply.text, abstained: reply.abstained,
    confidence: reply.sure, citations: reply.citations, plain: reply.plain, markdown: reply.markdown }));
  return JSON.stringify({ kind: "cica-qa conversation", name: current.name ?? "", turns }, null, 2);
}
