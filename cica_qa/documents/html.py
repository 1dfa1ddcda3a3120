"""Web pages (.html, .mhtml): the main content without navigation, adverts and footers."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from cica_qa.documents.builder import Builder, clean_line
from cica_qa.documents.encoding import decode_html
from cica_qa.documents.file_notes import FileNote, file_note
from cica_qa.documents.html_main import main_content
from cica_qa.documents.html_tree import HtmlBlockWriter
from cica_qa.documents.package import local_name
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.unreadable import DamagedFileError

if TYPE_CHECKING:
    from lxml.etree import _Element

_NAMES = {
    "author": ("author", "article:author", "dc.creator"),
    "created": ("article:published_time", "date", "dc.date", "pubdate", "datepublished"),
    "modified": ("article:modified_time", "last-modified", "datemodified"),
    "language": ("language", "og:locale"),
}
_SITE = re.compile(r"\s+[|–—:·»-]\s+")


def read_html(data: bytes, name: str, limits: Limits) -> Read:
    """Read a web page. Raises ``UnreadableError``."""
    text, encoding = decode_html(data, name)
    root, doubts = parse_html(text)
    body = next((child for child in root if local_name(child) == "body"), root)
    builder = Builder(name, limits)
    HtmlBlockWriter(builder).write(main_content(body))
    metadata = _metadata(root)
    if encoding != "utf-8":
        metadata["encoding"] = encoding
    return builder.read(_title(root, body), metadata, (), doubts)


def read_mhtml(data: bytes, name: str, limits: Limits) -> Read:
    """Read a page that a browser saved as one file (.mhtml). Raises ``UnreadableError``."""
    message = message_from_bytes(data, policy=policy.default)
    for part in message.walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                return read_html(content, name, limits)
    raise DamagedFileError(f"{name} holds no web page. Save it again with a browser.")


def parse_html(text: str) -> tuple[_Element, list[FileNote]]:
    """Return the root of a page, however malformed, and doubts about it. Nothing is fetched."""
    from lxml import etree

    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False
    )
    root: _Element | None = etree.fromstring(text.encode("utf-8", "replace") or b" ", parser)
    deep = any("depth" in entry.message for entry in parser.error_log)
    return (
        etree.Element("html") if root is None else root,
        [file_note("deep")] if deep else [],
    )


def _metadata(root: _Element) -> dict[str, str]:
    told: dict[str, str] = {}
    for meta in root.iter("meta"):
        key = (meta.get("name") or meta.get("property") or meta.get("itemprop") or "").lower()
        if key and meta.get("content"):
            told.setdefault(key, meta.get("content", ""))
    found = {
        name: next((told[key] for key in keys if key in told), "") for name, keys in _NAMES.items()
    }
    canonical = root.xpath("//link[@rel='canonical']/@href")
    if isinstance(canonical, list) and canonical:
        found["address"] = str(canonical[0])
    return {name: value for name, value in found.items() if value}


def _title(root: _Element, body: _Element) -> str:
    """Return the page's only h1 heading, else its title without the name of the site."""
    heads = [text for h1 in body.iter("h1") if (text := clean_line("".join(h1.itertext())))]
    if len(heads) == 1:
        return heads[0]
    titles = root.xpath("//head/title//text()|//title//text()")
    title = clean_line("".join(map(str, titles))) if isinstance(titles, list) else ""
    parts = _SITE.split(title)
    return next((head for head in heads if head in title), max(parts, key=len) if parts else title)
