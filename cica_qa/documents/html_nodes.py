"""Classification of HTML elements: blocks, headings, lists, notes and invisible ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cica_qa.documents.builder import clean_line
from cica_qa.documents.package import get_attribute, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

UNSEEN = {
    *("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed"),
    *("canvas", "audio", "video", "head", "link", "meta", "rt", "rp", "map", "datalist"),
}
BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "center", "details", "dialog", "dir"),
    *("div", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html"),
    *("legend", "main", "nav", "option", "p", "pre", "search", "section", "summary", "dd", "dt"),
    *("caption", "tbody", "thead", "tfoot", "tr", "td", "th", "menu", "ul", "ol", "dl", "li"),
    *("table", "hr", "h1", "h2", "h3", "h4", "h5", "h6"),
}
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
LISTS = {"ul", "ol", "menu", "dir"}
_NOTE_MARK = re.compile(r"\W*[0-9٠-٩a-z*†‡]{0,3}\W*", re.IGNORECASE)
_NOTE = re.compile(r"\b(?:footnotes?|endnotes?|rearnotes?)\b", re.IGNORECASE)
_HEADING_CHARS = 250


def text_of(element: _Element) -> str:
    """Return the visible text of an element, with spaces around its blocks."""
    if local_name(element) in UNSEEN or is_hidden(element):
        return ""
    parts = [element.text or ""]
    for child in element:
        if local_name(child) and not (local_name(child) == "sup" and is_note_mark(child)):
            block = local_name(child) in BLOCKS or local_name(child) == "br"
            parts += (" ", text_of(child), " ") if block else (text_of(child),)
        parts.append(child.tail or "")
    return "".join(parts)


def is_hidden(element: _Element) -> bool:
    """Return whether an element is marked as not displayed."""
    style = re.sub(r"\s", "", element.get("style", "")).lower()
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or "display:none" in style
        or "visibility:hidden" in style
    )


def is_heading(element: _Element) -> bool:
    """Return whether a heading element is a real heading: some pages wrap whole texts in one."""
    return len(clean_line(text_of(element))) <= _HEADING_CHARS and not any(
        local_name(one) in ("p", "table", *LISTS) for one in element.iterdescendants()
    )


def is_note_mark(element: _Element) -> bool:
    """Return whether an element is nothing but a reference to a note: «[1]»."""
    link = element if local_name(element) == "a" else next(iter(element), None)
    if link is None or local_name(link) != "a":
        return False
    refers = get_attribute(link, "type") == "noteref" or get_attribute(link, "role") in (
        *("doc-noteref", "doc-backlink"),
    )
    short = _NOTE_MARK.fullmatch("".join(element.itertext())) is not None
    inner = get_attribute(link, "href").startswith("#")
    return short and (refers or (inner and (local_name(element) == "sup" or _holds_sup(link))))


def _holds_sup(element: _Element) -> bool:
    return any(local_name(child) == "sup" for child in element)


def is_note(element: _Element) -> bool:
    """Return whether an element is declared to be a footnote or endnote."""
    told = (get_attribute(element, name) for name in ("type", "role", "class"))
    return any(_NOTE.search(value) for value in told)


def holds_blocks(element: _Element) -> bool:
    """Return whether an element contains blocks, not just text."""
    return any(local_name(child) in BLOCKS for child in element.iterdescendants())
