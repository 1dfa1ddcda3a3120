"""The texts of the page, in Arabic and English, and the agreement of nouns with numbers.

They are in ``static/words.json``, which the scripts of the page read too. The server renders
Arabic; ``marked`` adds what the page needs to show a text in English instead.
"""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from cica_qa.documents.file_notes import FileNote

_FILE = Path(__file__).parent / "static" / "words.json"
_PART = re.compile(r"\{(\w+)\}")
PAGE_TITLE = "اسأل وثائقك"


@cache
def words() -> dict[str, list[str]]:
    """Return all texts of the page by key, each in Arabic and English."""
    table: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return table


def say(key: str, **parts: object) -> str:
    """Return the Arabic text of a key, with its parts filled in."""
    return _PART.sub(lambda found: str(parts[found[1]]), words()[key][0])


def marked(key: str, attribute: str = "", **parts: object) -> str:
    """Return the attribute that tells the page the key of an element's, or attribute's, text."""
    told: dict[str, Any] = {"key": key, "at": attribute, **({"parts": parts} if parts else {})}
    return f'data-say="{escape(json.dumps(told, ensure_ascii=False))}"'


def noted(note: FileNote) -> str:
    """Return what a note about a file says in Arabic, its parts isolated."""
    parts: dict[str, str] = {}
    for name, part in note.parts.items():
        if isinstance(part, FileNote):
            parts[name] = noted(part)
        else:
            several = [part] if isinstance(part, str) else part
            parts[name] = "، ".join(f"\u2068{one}\u2069" for one in several)
    return say(f"note_{note.key}", **parts)


def searched_as(typed: str, searched: str) -> str:
    """Return the remark that a word was corrected; both words are isolated."""
    return f"بحثتُ عن «\u2068{searched}\u2069» بدل «\u2068{typed}\u2069»."


def forgotten(kept: int) -> str:
    """Return the notice that only the last ``kept`` questions are remembered from now on."""
    if kept == 0:
        return "كل سؤال هنا قائم بذاته، ولا يُراعى ما سبقه."
    if kept <= 2:
        last = ("السؤال الأخير", "السؤالان الأخيران")[kept - 1]
    elif 3 <= kept % 100 <= 10:
        last = f"آخر {kept} أسئلة"
    else:
        last = f"آخر {kept} سؤالًا"
    return f"طالت المحادثة، فلا يُراعى من الآن ممّا سبق إلا {last}."
