"""The web chat: a question box, cited answers, and the source beside them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import gradio as gr

from cica_qa.chat import render, texts
from cica_qa.chat.theme import script
from cica_qa.errors import CicaError
from cica_qa.types import Answer, Document, Turn

log = logging.getLogger(__name__)

SESSIONS = 200
"""Open pages whose conversations are kept; of more, those that asked nothing for longest go."""
_BESIDE, _WAITING = (
    8,
    64,
)  # questions of all pages that are told, and wait to be told, to come later
_PRESS_SEND = "() => document.getElementById('cica-send').click()"
_START_ANEW = "() => ['', true]"


class Asks(Protocol):
    """What the chat needs of a pipeline."""

    def ask(self, question: str, history: Sequence[Turn] = (), *, k: int = 5) -> Answer:
        """Answer or abstain. Raises ``CicaError``."""

    def documents(self) -> Sequence[Document]:
        """All documents of the index."""

    def document(self, doc_id: str) -> Document:
        """The document of that id."""


Run = Callable[..., Awaitable[Any]]
"""Called with a function and its arguments: runs it beside the event loop, within the limits of
whoever serves the page. Raises ``CicaError`` where they are reached, and what the function does."""
OnAnswer = Callable[[Answer, Any], object]
"""Told of each answer, and of the ``gr.Request`` that asked."""


@dataclass(frozen=True)
class Limits:
    """What a page may ask: ``at_once`` is how many questions ``run`` takes, of all pages."""

    question_chars: int = 2000
    turns: int = 20
    at_once: int = 72


@dataclass(frozen=True)
class Past:
    """A conversation: how many questions it had, and the last turns, which follow-ups rest on."""

    count: int = 0
    turns: tuple[Turn, ...] = ()

    def after(self, turn: Turn | None, most: int) -> Past:
        """Return it one question later, with ``most`` turns at most."""
        turns = (*self.turns, turn) if turn else self.turns
        return Past(self.count + 1, turns[-most:] if most else ())


def build_chat(
    pipeline: Asks,
    run: Run,
    *,
    examples: Sequence[str] = (),
    limits: Limits | None = None,
    on_answer: OnAnswer = lambda *_: None,
) -> gr.Blocks:
    """Build the page. ``examples`` are questions offered while the conversation is empty.

    ``on_answer`` is called with each answer and the ``gr.Request`` that asked. Give
    ``**page_options()`` to ``mount_gradio_app``, which brings its style.
    """
    limits = limits or Limits()
    chat = Chat(pipeline, run, limits.turns, on_answer)
    blocks = gr.Blocks(title=texts.PAGE_TITLE, analytics_enabled=False)
    blocks.state_session_capacity = SESSIONS
    blocks.max_threads = limits.at_once + _BESIDE
    with blocks:
        with gr.Row(elem_id="cica-header"):
            header = _html(render.header(pipeline.documents()), "cica-name")
            new = gr.Button(texts.NEW, elem_id="cica-new", size="sm")
        with gr.Column(elem_id="cica-main"):
            _html(render.conversation(), "cica-conversation")
            buttons = _examples(examples)
            with gr.Row(elem_id="cica-composer"):
                box = _question_box(limits.question_chars)
                send = gr.Button(texts.SEND, variant="primary", elem_id="cica-send")
        _html(render.aside(), "cica-aside")
        newest = _html("", "cica-newest", script())  # the script puts it into the conversation
        state = gr.State(Past())
        anew = gr.Checkbox(visible=False)
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        gr.on(
            [box.submit, send.click],
            chat.respond,
            [box, state, anew],
            [newest, box, state, anew],
            concurrency_limit=None,
            trigger_mode="always_last",  # what is sent while an answer arrives is asked after it
            **quiet,
        )
        for example in buttons:  # by the same way, so that one answer arrives at a time
            written = example.click(None, example, box, js="(question) => question", **quiet)
            written.then(None, js=_PRESS_SEND, **quiet)
        # By the same way too, so that nothing of an answer still arrives after it.
        emptied = new.click(None, None, [box, anew], js=_START_ANEW, **quiet)
        emptied.then(None, js=_PRESS_SEND, **quiet)
        blocks.load(chat.header, None, header, concurrency_limit=None, **quiet)
    blocks.queue(max_size=_WAITING)
    return blocks


class Chat:
    """The event handlers, around one pipeline. It keeps no state between calls."""

    def __init__(self, pipeline: Asks, run: Run, most_turns: int, on_answer: OnAnswer) -> None:
        self._pipeline = pipeline
        self._run = run
        self._most_turns = most_turns
        self._on_answer = on_answer

    async def header(self) -> Any:
        """Name the documents that the index holds now, where it can be read."""
        try:
            return await self._run(lambda: render.header(self._pipeline.documents()))
        except Exception:
            log.warning("the documents could not be named", exc_info=True)
            return gr.skip()

    async def respond(
        self, question: str, past: Past, anew: bool, request: gr.Request
    ) -> AsyncIterator[tuple[Any, Any, Any, Any]]:
        """Yield the newest exchange, the box, the state and ``anew``: first that it is asked.

        ``anew`` empties the conversation instead, and leaves what is in the box by then. The box
        is emptied once: what is typed in it afterwards is the next question.
        """
        if anew:
            yield "", gr.skip(), Past(), False
            return
        question = question.strip() if isinstance(question, str) else ""
        if not question:
            yield (gr.skip(),) * 4
            return
        key = str(past.count + 1)
        asked = render.newest(key, render.exchange(question, render.thinking()), busy=True)
        yield asked, "", gr.skip(), gr.skip()
        turn, box = None, gr.skip()
        try:
            answer, body = await self._run(self._answered, question, past, key)
            turn = Turn(question, answer.text)
            self._on_answer(answer, request)
        except CicaError as error:
            body, box = render.notice(error.arabic), question
        except Exception:
            log.exception("a question could not be answered")
            body, box = render.notice(texts.UNEXPECTED), question
        if past.count == self._most_turns:  # from here on, turns are forgotten
            body = render.about(texts.forgotten(self._most_turns)) + body
        done = render.newest(key, render.exchange(question, body))
        yield done, box, past.after(turn, self._most_turns), gr.skip()

    def _answered(self, question: str, past: Past, key: str) -> tuple[Answer, str]:
        answer = self._pipeline.ask(question, past.turns)
        return answer, render.answer(answer, key, self._title)

    def _title(self, doc_id: str) -> str:
        try:
            return self._pipeline.document(doc_id).title or doc_id
        except KeyError:  # a newer index, published since the answer, has lost the document
            return doc_id


def _html(markup: str, name: str, js: str | None = None) -> gr.HTML:
    return gr.HTML(markup, elem_id=name, js_on_load=js, apply_default_css=False)


def _examples(examples: Sequence[str]) -> list[gr.Button]:
    if not examples:
        return []
    with gr.Column(elem_id="cica-examples"):
        _html(f"<h2>{texts.EXAMPLES}</h2>", "cica-examples-title")
        return [gr.Button(example, size="sm") for example in examples]


def _question_box(max_chars: int) -> gr.Textbox:
    return gr.Textbox(
        elem_id="cica-question",
        label=texts.QUESTION,
        show_label=False,
        container=False,
        placeholder=texts.PLACEHOLDER,
        lines=1,
        max_lines=5,
        max_length=max_chars,
        autofocus=True,
        rtl=True,
    )
