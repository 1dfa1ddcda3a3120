"""The structure of plain text, inferred from its layout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cica_qa.documents.fields import LineTag, parse_label
from cica_qa.documents.labels import tag_lines
from cica_qa.documents.lines import Stanza, TextLine, lettered, mark_of, stanzas_of
from cica_qa.documents.outline import find_designations, with_levels
from cica_qa.documents.roles import LineAnalysis, assign_roles, title_lines
from cica_qa.documents.tables import TableRun, table_blocks, table_runs
from cica_qa.types import Block, BlockKind

_UNWRAPPED = 0.8
_VALUED = ("field", "speech", "question")
_NARROW = 70  # characters; text is rarely wrapped to less
_LIST_LINES, _LIST_CHARS, _LIST_EVEN = 3, 80, 0.7
_LEADING_NUMBER = re.compile(r"[(\[]?([0-9٠-٩۰-۹]{1,3})[.)\]-]")


def plain_blocks(text: str) -> list[Block]:
    """Return the blocks of a plain text.

    A heading is a short line of its own without closing punctuation that states no fact and has
    content under it. Of three or more such lines in a row (a table of contents, a list without
    bullets) only the last can be a heading. The first line is the title on the same terms. A line
    that designates a part («المادة 5: الأجرة») is its heading whatever follows it.
    """
    return [block for blocks in infer_blocks(text, stanzas_of(text)) for block in blocks]


def infer_blocks(text: str, stanzas: Sequence[Stanza]) -> list[list[Block]]:
    """Return the blocks of each stanza.

    Stanzas that a file reader identified as paragraphs yield no headings, except those of
    designated parts, which file readers do not recognise.
    """
    split, origins, layout = _laid_out(stanzas)
    given = assign_roles(split, layout)
    found: list[list[Block]] = [[] for _ in stanzas]
    seen = False
    for stanza, role, origin in zip(split, given, origins, strict=True):
        detached = stanza.first.detached and seen
        seen = True
        head = None
        if role != "paragraph":
            head = _head(stanza.first, role, layout, detached)
        lines = title_lines(stanza, layout) if role == "title" else 0
        if head is not None and lines:
            head = replace(head, end=stanza.lines[lines - 1].end)
        rest = stanza.lines[max(lines, head is not None) :]
        if head is not None and role != "article":
            found[origin].append(head)
            detached, head = False, None
        before = stanza.first if head else None
        found[origin] += _body(text, rest, layout, detached, head, before)
    flat = _nested(with_levels([b for blocks in found for b in blocks], layout.parts), text)
    places = iter(flat)
    return [[next(places) for _ in blocks] for blocks in found]


def _laid_out(stanzas: Sequence[Stanza]) -> tuple[list[Stanza], list[int], LineAnalysis]:
    """Split stanzas where a numbered part begins and analyse their lines.

    Returns the stanzas, the index of the stanza that each came from, and the analysis.
    """
    tables: dict[int, TableRun] = {}
    for stanza in stanzas:
        for run in table_runs(stanza.lines):
            tables |= {line.start: run for line in stanza.lines[run.first : run.last]}
    free = [
        replace(s, lines=tuple(line for line in s.lines if line.start not in tables))
        for s in stanzas
    ]
    parts = find_designations([stanza for stanza in free if stanza.lines])
    split: list[Stanza] = []
    origins: list[int] = []
    for number, stanza in enumerate(stanzas):
        bounds = [0, *(i for i, line in enumerate(stanza.lines) if i and line.start in parts)]
        for first, last in zip(bounds, [*bounds[1:], len(stanza.lines)], strict=True):
            split.append(replace(stanza, lines=stanza.lines[first:last], joined=first > 0))
            origins.append(number)
    occupied = frozenset(tables) | frozenset(parts)
    letters = lettered([line for stanza in split for line in stanza.lines])
    tags = dict.fromkeys(letters - occupied, LineTag("item")) | tag_lines(split, occupied)
    for stanza in split:
        tags |= dict.fromkeys(_bare_list(stanza, tags, occupied), LineTag("item"))
    return split, origins, LineAnalysis(parts, tags, tables)


def _bare_list(stanza: Stanza, tags: Mapping[int, LineTag], occupied: frozenset[int]) -> list[int]:
    """Return the starts of list items without bullets: short uneven lines after a colon."""
    lead, rest = stanza.first, stanza.lines[1:]
    if len(rest) < _LIST_LINES or not lead.text.endswith((":", "：")):
        return []
    if any(line.start in tags or line.start in occupied or not line.unpunctuated for line in rest):
        return []
    sizes = [len(line.text) for line in rest]
    uneven = min(sizes[:-1]) < _LIST_EVEN * max(sizes)
    return [line.start for line in rest] if max(sizes) <= _LIST_CHARS and uneven else []


def _head(line: TextLine, role: BlockKind, layout: LineAnalysis, detached: bool) -> Block:
    one = layout.parts.get(line.start)
    if one is not None:
        label = line.start + one.start, line.start + one.end
        return Block(
            role, line.start, line.end, int(role == "heading"), one.number, label, detached=detached
        )
    number = _LEADING_NUMBER.match(line.text) if role == "heading" else None
    said = str(int(number[1])) if number else ""
    return Block(role, line.start, line.end, int(role == "heading"), said, detached=detached)


def _body(
    text: str,
    lines: Sequence[TextLine],
    layout: LineAnalysis,
    detached: bool,
    open_block: Block | None,
    before: TextLine | None,
) -> Iterator[Block]:
    """Yield the blocks under the head of a stanza; a wrapped line continues its block.

    ``open_block`` is an article that the lines continue, ``before`` its first line.
    """
    widest = max((len(line.text) for line in lines), default=0)
    at = 0
    while at < len(lines):
        line = lines[at]
        run = layout.tables.get(line.start)
        if run is not None:
            if open_block:
                yield open_block
            open_block, before = None, None
            made = _rows(text, run, detached)
            yield from made
            at += run.last - run.first
            detached = False
            continue
        tag = layout.tags.get(line.start)
        if (
            open_block is not None
            and before is not None
            and tag is None
            and not _begins_paragraph(open_block, before, line, widest)
        ):
            open_block = replace(open_block, end=line.end)
        else:
            if open_block:
                yield open_block
            open_block = _opened(line, tag, detached)
            detached = False
        before = line
        at += 1
    if open_block:
        yield open_block


def _rows(text: str, run: TableRun, detached: bool) -> list[Block]:
    if run.kind == "verse":
        made = [Block("verse", row[0][0], row[-1][1], cells=row) for row in run.rows]
    else:
        made = table_blocks(text, run.rows)
    return [replace(block, detached=detached and not at) for at, block in enumerate(made)]


def _opened(line: TextLine, tag: LineTag | None, detached: bool) -> Block:
    if tag is None:
        one = parse_label(line)
        label = one.label if one and one.value[0] < one.value[1] else None
        return Block("paragraph", line.start, line.end, label=label, detached=detached)
    number = tag.number
    if tag.kind in ("item", "field") and not number:
        number = mark_of(line.text)[1]
    cells = (tag.value,) if tag.value and tag.kind in _VALUED else ()
    return Block(
        tag.kind,
        line.start,
        line.end,
        number=number,
        label=tag.label,
        cells=cells,
        detached=detached,
    )


def _begins_paragraph(block: Block, before: TextLine, line: TextLine, widest: int) -> bool:
    """Return whether an untagged line begins a new paragraph after an item or field."""
    if block.kind not in ("item", "field"):
        return False
    short = len(before.text) < max(_UNWRAPPED * widest, _NARROW)
    if block.kind == "field":
        empty = bool(block.cells) and block.cells[0][0] == block.cells[0][1]
        return empty or (short and line.indent <= before.indent)
    return before.finished and short and line.indent <= before.indent


def _nested(blocks: Sequence[Block], text: str) -> list[Block]:
    """Return the blocks with levels for items: each new style of bullet is one level deeper."""
    found: list[Block] = []
    marks: list[str] = []
    for block in blocks:
        if block.kind in ("item", "field"):
            style = mark_of(text[block.start : block.start + 8])[0]
            if style in marks:
                del marks[marks.index(style) + 1 :]
            else:
                marks.append(style)
            block = replace(block, level=len(marks) - 1) if block.kind == "item" else block
        else:
            marks = []
        found.append(block)
    return found
