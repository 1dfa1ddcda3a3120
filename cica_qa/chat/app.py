"""The web chat: a question box, cited answers, and the source beside them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple, Protocol

import gradio as gr
from gradio import events

from cica_qa.chat import render, texts
from cica_qa.chat.theme import page_options, script
from cica_qa.errors import CicaError
from cica_qa.types import Answer, Document, Turn

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Questions answered at the same time; each keeps a processor busy."""
WAITING = 64
"""Questions that may wait before the page says that it is busy."""
_PACE_SECONDS = 0.06  # between two parts of an answer, so that each is seen to arrive
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


OnAnswer = Callable[[Answer, Any], object]
"""Told of each answer, and of the ``gr.Request`` that asked."""


class Exchange(NamedTuple):
    """One question of a conversation: its markup and, where it was answered, its turn."""

    html: str
    turn: Turn | None = None


def build_chat(
    pipeline: Asks,
    *,
    examples: Sequence[str] = (),
    max_question_chars: int = 2000,
    on_answer: OnAnswer = lambda *_: None,
) -> gr.Blocks:
    """Build the page. ``examples`` are questions offered while the conversation is empty.

    ``on_answer`` is called with each answer and the ``gr.Request`` that asked. Give
    ``**page_options()`` to ``launch`` or ``mount_gradio_app``, which bring its style.
    """
    chat = Chat(pipeline, on_answer)
    blocks = gr.Blocks(title=texts.PAGE_TITLE, analytics_enabled=False)
    with blocks:
        with gr.Row(elem_id="cica-header"):
            header = _html(chat.header(), "cica-name")
            new = gr.Button(texts.NEW, elem_id="cica-new", size="sm")
        with gr.Column(elem_id="cica-main"):
            log_view = _html(render.conversation(()), "cica-conversation", script())
            buttons = _examples(examples)
            with gr.Row(elem_id="cica-composer"):
                box = _question_box(max_question_chars)
                send = gr.Button(texts.SEND, variant="primary", elem_id="cica-send")
        _html(render.aside(), "cica-aside")
        state = gr.State(())
        anew = gr.Checkbox(visible=False)
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        gr.on(
            [box.submit, send.click],
            chat.respond,
            [box, state, anew],
            [log_view, box, state, anew],
            concurrency_limit=AT_ONCE,
            concurrency_id="ask",
            trigger_mode="always_last",  # what is sent while an answer arrives is asked after it
            **quiet,
        )
        for example in buttons:  # by the same way, so that one answer arrives at a time
            written = example.click(None, example, box, js="(question) => question", **quiet)
            written.then(None, js=_PRESS_SEND, **quiet)
        # By the same way too, so that nothing of an answer still arrives after it.
        emptied = new.click(None, None, [box, anew], js=_START_ANEW, **quiet)
        emptied.then(None, js=_PRESS_SEND, **quiet)
        blocks.load(chat.header, None, header, queue=False, **quiet)
        events.api(chat.ask, api_name="ask", concurrency_limit=AT_ONCE, concurrency_id="ask")
    blocks.queue(max_size=WAITING)
    return blocks


def launch_chat(
    pipeline: Asks,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    share: bool = False,
    examples: Sequence[str] = (),
    max_question_chars: int = 2000,
    on_ready: Callable[[str], object] | None = None,
) -> None:
    """Serve the chat until interrupted. Raises ``OSError`` where the port is taken.

    ``on_ready`` is called once with the address, when the page can be opened there.
    """
    blocks = build_chat(pipeline, examples=examples, max_question_chars=max_question_chars)
    _, local, public = blocks.launch(
        server_name=host,
        server_port=port,
        share=share,
        quiet=True,
        prevent_thread_lock=True,
        **page_options(),
    )
    if on_ready:
        on_ready(public or local)
    blocks.block_thread()


class Chat:
    """The event handlers, around one pipeline. It keeps no state between calls."""

    def __init__(self, pipeline: Asks, on_answer: OnAnswer) -> None:
        self._pipeline = pipeline
        self._on_answer = on_answer

    def header(self) -> str:
        """Name the documents that the index holds now."""
        return render.header(self._pipeline.documents())

    def ask(self, question: str, request: gr.Request) -> dict[str, Any]:
        """Answer one question, for Gradio's clients: the fields of ``Answer``, but for the hits."""
        try:
            answer = self._pipeline.ask(question)
        except CicaError as error:
            raise gr.Error(error.arabic, print_exception=False) from error
        self._on_answer(answer, request)
        return asdict(replace(answer, hits=()))

    def respond(
        self, question: str, past: tuple[Exchange, ...], anew: bool, request: gr.Request
    ) -> Iterator[tuple[Any, Any, Any, Any]]:
        """Yield the conversation, the box, the state and ``anew`` while an answer arrives.

        ``anew`` empties the conversation instead, and leaves what is in the box by then.
        """
        if anew:
            yield render.conversation(()), gr.skip(), (), False
            return
        for shown in self._answered(question.strip(), past, request):
            yield *shown, gr.skip()

    def _answered(
        self, question: str, past: tuple[Exchange, ...], request: gr.Request
    ) -> Iterator[tuple[Any, Any, Any]]:
        """Yield the conversation, the box and the state.

        The box is emptied once: what is typed in it afterwards is the next question.
        """
        if not question:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        before = [exchange.html for exchange in past]
        yield _arriving(before, question, render.thinking()), "", past
        turn, box = None, gr.skip()
        try:
            history = [exchange.turn for exchange in past if exchange.turn]
            answer = self._pipeline.ask(question, history)
            self._on_answer(answer, request)
            for body in render.answer_parts(answer, str(len(past) + 1), self._title):
                yield _arriving(before, question, body), gr.skip(), past
                time.sleep(_PACE_SECONDS)
            turn = Turn(question, answer.text)
        except CicaError as error:
            body, box = render.notice(error.arabic), question
        except Exception:
            log.exception("a question could not be answered")
            body, box = render.notice(texts.UNEXPECTED), question
        done = Exchange(render.exchange(question, body), turn)
        yield render.conversation([*before, done.html]), box, (*past, done)

    def _title(self, doc_id: str) -> str:
        try:
            return self._pipeline.document(doc_id).title or doc_id
        except KeyError:  # a newer index, published since the answer, has lost the document
            return doc_id


def _arriving(before: Sequence[str], question: str, body: str) -> str:
    return render.conversation([*before, render.exchange(question, body)], busy=True)


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
