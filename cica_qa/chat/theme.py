"""Theme, styles, fonts, icon and scripts of the page.

They are embedded in the page, so that it makes no external request and no file path is served.
"""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from cica_qa.chat.mixed import pattern_for_scripts

FONT = "IBM Plex Sans Arabic"
_STATIC = Path(__file__).parent / "static"
_RANGES = {
    "arabic": "U+0600-06FF,U+0750-077F,U+0870-08FF,U+200C-200E,U+2010-2011,U+FB50-FDFF,U+FE70-FEFC",
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+2000-200B,U+200F,U+2012-206F,U+20AC,U+2122,U+FFFD",
}
_WEIGHTS = (400, 600)
_STYLES = ("style.css", "panels.css", "print.css")
_SCRIPTS = (
    "base",
    "focus",
    "store",
    "source",
    "log",
    "ask",
    "answer",
    "list",
    "files",
    "take",
    "start",
)


def page_options() -> dict[str, Any]:
    """Return the options for ``launch`` and ``mount_gradio_app``: theme, head, icon, footer."""
    return {
        "theme": gr.themes.Base(font=(FONT, "system-ui", "sans-serif")),
        "head": f"<style>{_fonts()}{''.join(map(_read, _STYLES))}</style>",
        "favicon_path": str(_STATIC / "favicon.svg"),
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
        "show_error": False,
    }


def script() -> str:
    """Return the texts and scripts of the page as one script.

    The scripts share one scope and are ordered by their dependencies.
    """
    words = f"const WORDS = {_read('words.json')};"
    latin = f"const LATIN = new RegExp({json.dumps(pattern_for_scripts())}, 'gu');"
    return "\n".join([words, latin, *(_read(f"{name}.js") for name in _SCRIPTS)])


@cache
def _fonts() -> str:
    faces = []
    for subset, characters in _RANGES.items():
        for weight in _WEIGHTS:
            name = f"ibm-plex-sans-arabic-{subset}-{weight}-normal.woff2"
            data = b64encode((_STATIC / "fonts" / name).read_bytes()).decode("ascii")
            faces.append(
                f"@font-face{{font-family:'{FONT}';font-weight:{weight};font-display:swap;"
                f"src:url(data:font/woff2;base64,{data}) format('woff2');"
                f"unicode-range:{characters}}}"
            )
    return "".join(faces)


@cache
def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")
