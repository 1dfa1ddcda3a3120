"""Books (.epub): an archive of web pages in reading order, one per chapter."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cica_qa.documents.builder import Builder, clean_line
from cica_qa.documents.encoding import decode_html
from cica_qa.documents.file_notes import file_note
from cica_qa.documents.html import parse_html
from cica_qa.documents.html_tree import HtmlBlockWriter
from cica_qa.documents.package import (
    Package,
    core_properties,
    encrypted_message,
    get_attribute,
    local_name,
)
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.unreadable import EncryptedFileError

if TYPE_CHECKING:
    from lxml.etree import _Element

_CONTAINER = "META-INF/container.xml"
_PAGES = ("application/xhtml+xml", "text/html")


def read_epub(data: bytes, name: str, limits: Limits) -> Read:
    """Read a book. Raises ``UnreadableError``."""
    package = Package(data, name, limits)
    root_file = next(
        (
            get_attribute(element, "full-path")
            for element in package.xml(_CONTAINER).iter("{*}rootfile")
        ),
        "",
    )
    book = package.xml(root_file)
    properties = core_properties(book)
    builder = Builder(name, limits)
    missing, locked = 0, _locked(package)
    for number, part in enumerate(_spine(book, posixpath.dirname(root_file)), 1):
        if part in locked:
            raise EncryptedFileError(encrypted_message(name))
        if part not in package:
            missing += 1
            continue
        root, _ = parse_html(decode_html(package.bytes_of(part), name)[0])
        body = next((child for child in root if local_name(child) == "body"), root)
        builder.page(_label(body) or str(number))
        HtmlBlockWriter(builder).write(body)
    doubts = [file_note("chapters_missing", count=missing)] if missing else []
    return builder.read(properties.pop("title", ""), properties, (), doubts)


def _spine(book: _Element, folder: str) -> list[str]:
    """Return the pages of a book in reading order, without its table of contents."""
    items = {
        item.get("id", ""): item
        for item in book.iter("{*}item")
        if item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split()
    }
    order = [reference.get("idref", "") for reference in book.iter("{*}itemref")]
    return [
        posixpath.normpath(posixpath.join(folder, unquote(items[one].get("href", ""))))
        for one in order
        if one in items
    ]


def _locked(package: Package) -> set[str]:
    """Return the parts encrypted by copy protection."""
    table = "META-INF/encryption.xml"
    if table not in package:
        return set()
    return {
        unquote(reference.get("URI", ""))
        for reference in package.xml(table).iter("{*}CipherReference")
    }


def _label(body: _Element) -> str:
    """Return the first heading of a chapter."""
    heads = (element for element in body.iter("*") if local_name(element) in ("h1", "h2", "h3"))
    return next((text for head in heads if (text := clean_line("".join(head.itertext())))), "")[
        :100
    ]
