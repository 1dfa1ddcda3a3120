"""The chat page: a question box, the conversation, and the source beside it.

Gradio provides the layout and style; the behaviour is in ``static/*.js``. Conversations are kept in
the browser, so that they survive a reload, a server restart and a lost connection, and questions
are sent to the routes of ``cica_qa.serve``.
"""

from __future__ import annotations

import gradio as gr

from cica_qa.chat import texts
from cica_qa.chat.mixed import escape
from cica_qa.chat.theme import script

_ICON = '<span class="cica-icon" aria-hidden="true">{}</span>'
_TOOLS = ("conversations", "documents", "theme", "new")


def build_page() -> gr.Blocks:
    """Return the page. Its style comes from ``mount_gradio_app(..., **page_options())``."""
    blocks = gr.Blocks(title=texts.PAGE_TITLE, analytics_enabled=False)
    with blocks:
        with gr.Row(elem_id="cica-header"):
            _html(_header(), "cica-name")
            with gr.Row(elem_id="cica-tools"):
                for tool in _TOOLS:
                    gr.Button(texts.say(tool), elem_id=f"cica-{tool}", size="sm")
        with gr.Column(elem_id="cica-main"):
            _html(_conversation(), "cica-conversation")
            with gr.Row(elem_id="cica-composer"):
                _question_box()
                gr.Button(texts.say("send"), variant="primary", elem_id="cica-send")
        _html(_aside(), "cica-aside")
        _html("", "cica-script", script())
    return blocks


def _header() -> str:
    return f'<h1 dir="auto" {_said("title")}</h1><p dir="auto" {_said("subtitle")}</p>'


def _conversation() -> str:
    """Return the log that screen readers follow, with its content before the first question."""
    state = f'role="log" aria-label="{texts.say("conversation")}" aria-busy="false"'
    hint = f"<h2 {_said('welcome_title')}</h2><p {_said('welcome')}</p>"
    return (
        f'<div class="cica-log" {state} {texts.marked("conversation", "aria-label")}>'
        f'<div class="cica-welcome">{hint}</div></div>'
        '<div class="cica-suggested"></div>'
    )


def _aside() -> str:
    """Return the content beside the conversation while no source is open."""
    hint = f"<h2 {_said('aside_title')}</h2><p {_said('aside')}</p>"
    return f'<div class="cica-hint">{_ICON.format("❞")}{hint}</div>'


def _said(key: str) -> str:
    """Return the end of an opening tag, with the key of its text, and the text."""
    return f"{texts.marked(key)}>{escape(texts.say(key))}"


def _html(markup: str, name: str, js: str | None = None) -> gr.HTML:
    return gr.HTML(markup, elem_id=name, js_on_load=js, apply_default_css=False)


def _question_box() -> gr.Textbox:
    """Return the question box. It never truncates: an overlong question is reported instead."""
    return gr.Textbox(
        elem_id="cica-question",
        label=texts.say("question"),
        show_label=False,
        container=False,
        placeholder=texts.say("placeholder"),
        lines=1,
        max_lines=5,
        autofocus=True,
        rtl=True,
    )
