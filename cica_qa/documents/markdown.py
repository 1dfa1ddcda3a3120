"""The structure of Markdown, parsed as CommonMark by markdown-it-py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.fields import tag_item
from cica_qa.documents.lines import TextLine, TextSpan, lettered_number
from cica_qa.documents.refine import refined
from cica_qa.documents.tables import pipe_cells
from cica_qa.types import Block, BlockKind

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
# Front matter starts with a key; other text between two rules is content.
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
    """Return the title, headings, paragraphs, list items and table rows of a Markdown text.

    A heading that comes before all else is the title. Front matter, comments, HTML blocks and
    rules are not content.
    """
    blocks: list[Block] = []
    for block in _merged(text, _leaves(text)):
        if block.kind == "heading" and not blocks:
            block = Block("title", block.start, block.end)
        blocks.append(block)
    return refined(text, list(_with_fields(text, blocks)))


def strip_markup(text: str) -> str:
    """Return a heading's text without hashes, underlines, emphasis and link targets."""
    return _MARKUP.sub("", _LINK.sub(r"\1", text)).strip()


@cache
def _parser() -> MarkdownIt:
    """Return a parser for blocks only, with a high nesting limit: deeper text would be lost."""
    return MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").disable("inline")


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A token that holds text, with the list item it is in; see ``Block`` for the other fields."""

    token: Token
    item: int | None
    level: int
    number: str
    header: bool
    detached: bool


def _leaves(text: str) -> Iterator[_Leaf]:
    body = _blank_front_matter(text)
    items: list[tuple[int, str]] = []
    detached = header = False
    for position, token in enumerate(_parser().parse(body)):
        if token.type == "list_item_open":
            items.append((position, token.info))
        elif token.type == "list_item_close":
            items.pop()
        elif token.type in ("thead_open", "thead_close"):
            header = token.type == "thead_open"
        elif token.type == "hr" or (token.type == "html_block" and not _has_text(token.content)):
            detached = True
        elif token.type in _TEXTUAL and token.map:
            item, number = items[-1] if items else (None, "")
            yield _Leaf(token, item, max(len(items) - 1, 0), number, header, detached)
            detached = False


def _has_text(html: str) -> bool:
    bare = re.sub(r"<!--.*?(?:-->|\Z)|<[^<>]*>", " ", html, flags=re.S)
    return has_word(bare)


def _merged(text: str, leaves: Iterator[_Leaf]) -> Iterator[Block]:
    """Yield blocks with exact spans; the paragraphs of a list item become one block."""
    lines = [match.span() for match in _LINE.finditer(text)]
    current: Block | None = None
    current_item: int | None = None
    header: tuple[TextSpan, ...] = ()
    for leaf in leaves:
        start, end = _span(text, lines, leaf.token.map or [0, 0])
        if start >= end or not has_word(text[start:end]):
            continue
        kind = _kind(leaf)
        same = current and current_item == leaf.item and current.kind == kind == "item"
        if current and same and leaf.item is not None and not leaf.detached:
            current = replace(current, end=end)
            continue
        if current:
            yield current
        if kind == "row":
            cells = pipe_cells(text, start, end)
            header = cells if leaf.header else header
            current = Block(kind, start, end, cells=cells, header=header, detached=leaf.detached)
        else:
            level = int(leaf.token.tag[1]) if kind == "heading" else leaf.level
            number = leaf.number if kind == "item" else ""
            current = Block(kind, start, end, level, number, detached=leaf.detached)
        current_item = leaf.item
    if current:
        yield current


def _kind(leaf: _Leaf) -> BlockKind:
    if leaf.token.type == "heading_open":
        return "heading"
    if leaf.token.type == "tr_open":
        return "row"
    return "item" if leaf.item is not None else "paragraph"


def _with_fields(text: str, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks; items that consist of a label and its value become fields."""
    for block, after in zip_longest(blocks, blocks[1:]):
        if block.kind != "item" or "\n" in text[block.start : block.end]:
            yield block
            continue
        line = TextLine(block.start, block.end, text[block.start : block.end])
        leads = after is not None and after.kind == "item" and after.level > block.level
        tag = tag_item(line, leads)
        cells = (tag.value,) if tag.kind == "field" and tag.value else ()
        number = block.number or lettered_number(text[block.start : block.end])
        yield replace(block, kind=tag.kind, number=number, label=tag.label, cells=cells)


def _span(text: str, lines: Sequence[tuple[int, int]], rows: Sequence[int]) -> tuple[int, int]:
    start, end = lines[rows[0]][0], lines[min(rows[1], len(lines)) - 1][1]
    while start < end and (text[start].isspace() or text[start] in ">\ufeff"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _blank_front_matter(text: str) -> str:
    """Blank out front matter and NULs, keeping all offsets."""
    text = text.replace("\x00", " ")
    match = _FRONT_MATTER.match(text)
    if not match:
        return text
    return re.sub(r"[^\r\n]", " ", match[0]) + text[match.end() :]
