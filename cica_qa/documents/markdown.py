"""The structure of Markdown, as markdown-it-py's CommonMark parser sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cica_qa.arabic.sentences import has_word
from cica_qa.types import Block, BlockKind

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
# It starts with a key: text between two rules is text.
_FRONT_MATTER = re.compile(
    r"\A\ufeff?---[ \t]*\r?\n(?=[^\s:][^\r\n:]*:(?:\s|\Z)).*?^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)",
    re.S | re.M,
)
_MARKUP = re.compile(
    r"^[ \t]{0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$|^[ \t]*(?:=+|-+)[ \t]*$|(?<!\\)[*`~]{1,3}"
    r"|(?<![\\\w])_{1,3}|_{1,3}(?!\w)",
    re.M,
)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^)]*\)")
_TEXTUAL = {"paragraph_open", "heading_open", "fence", "code_block", "tr_open", "html_block"}


def markdown_blocks(text: str) -> list[Block]:
    """Return title, headings, paragraphs, list items and table rows of a Markdown text.

    The first heading is the title when nothing stands before it. Front matter, comments,
    HTML blocks and rules are no content.
    """
    blocks: list[Block] = []
    for block in _merged(text, _leaves(text)):
        if block.kind == "heading" and not blocks:
            block = Block("title", block.start, block.end)
        blocks.append(block)
    return blocks


def strip_markup(text: str) -> str:
    """Return a heading's text without hashes, underlines, emphasis and link targets."""
    return _MARKUP.sub("", _LINK.sub(r"\1", text)).strip()


@cache
def _parser() -> MarkdownIt:
    """Blocks alone; text nested deeper than a parser's limit would be lost."""
    return MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").disable("inline")


def _leaves(text: str) -> Iterator[tuple[Token, int | None, bool]]:
    """Yield each token that holds text, the list item it is in, and whether it is detached."""
    body = _blank_front_matter(text)
    items: list[int] = []
    detached = False
    for position, token in enumerate(_parser().parse(body)):
        if token.type == "list_item_open":
            items.append(position)
        elif token.type == "list_item_close":
            items.pop()
        elif token.type == "hr" or (token.type == "html_block" and not _has_text(token.content)):
            detached = True
        elif token.type in _TEXTUAL and token.map:
            yield token, items[-1] if items else None, detached
            detached = False


def _has_text(html: str) -> bool:
    bare = re.sub(r"<!--.*?(?:-->|\Z)|<[^<>]*>", " ", html, flags=re.S)
    return has_word(bare)


def _merged(text: str, leaves: Iterator[tuple[Token, int | None, bool]]) -> Iterator[Block]:
    """Turn line ranges into spans; the paragraphs of one list item become one block."""
    lines = [match.span() for match in _LINE.finditer(text)]
    current: Block | None = None
    current_item: int | None = None
    for token, item, detached in leaves:
        start, end = _span(text, lines, token.map or [0, 0])
        if start >= end or not has_word(text[start:end]):
            continue
        kind = _kind(token, item)
        same = current and current_item == item and current.kind == kind == "item"
        if current and same and item is not None and not detached:
            current = replace(current, end=end)
            continue
        if current:
            yield current
        level = int(token.tag[1]) if token.type == "heading_open" else 0
        current = Block(kind, start, end, level, detached=detached)
        current_item = item
    if current:
        yield current


def _kind(token: Token, item: int | None) -> BlockKind:
    if token.type == "heading_open":
        return "heading"
    return "item" if item is not None or token.type == "tr_open" else "paragraph"


def _span(text: str, lines: Sequence[tuple[int, int]], rows: Sequence[int]) -> tuple[int, int]:
    start, end = lines[rows[0]][0], lines[min(rows[1], len(lines)) - 1][1]
    while start < end and (text[start].isspace() or text[start] in ">\ufeff"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _blank_front_matter(text: str) -> str:
    """Blank out front matter and NULs, keeping every line where it is."""
    text = text.replace("\x00", " ")
    match = _FRONT_MATTER.match(text)
    if not match:
        return text
    return re.sub(r"[^\r\n]", " ", match[0]) + text[match.end() :]
