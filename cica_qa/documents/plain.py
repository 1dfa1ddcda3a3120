"""The structure of plain text, read from its layout: nothing in it is marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cica_qa.arabic.designations import Designation
from cica_qa.documents.labels import Tag, labelled, tags
from cica_qa.documents.lines import Line, Stanza, lettered, mark_of, stanzas_of
from cica_qa.documents.outline import designated, is_titled, levelled, states
from cica_qa.documents.tables import Run, runs, table_blocks
from cica_qa.types import Block, BlockKind

_HEADING_CHARS, _HEADING_WORDS = 100, 14
_TITLE_CHARS, _TITLE_WORDS = 250, 35
_LAST_WORDS = 4
_UNWRAPPED = 0.8
_NARROW = 70  # characters; text is hardly wrapped to less
_LIST_LINES, _LIST_CHARS, _LIST_EVEN = 3, 80, 0.7
_LEADING_NUMBER = re.compile(r"[(\[]?([0-9٠-٩۰-۹]{1,3})[.)\]-]")


@dataclass(frozen=True, slots=True)
class _Layout:
    """What is known of the lines of a text, by where they start."""

    parts: Mapping[int, Designation]
    tags: Mapping[int, Tag]
    tables: Mapping[int, Run]

    def in_table(self, line: Line) -> bool:
        return line.start in self.tables


def plain_blocks(text: str) -> list[Block]:
    """Return the blocks of a plain text.

    A heading is a short line of its own that ends in no punctuation, states nothing and has
    something under it; of three or more such lines in a row (a table of contents, a list without
    bullets) only the last can be one. The first line is the title on the same terms. A line that
    designates a part («المادة 5: الأجرة») is its heading whatever stands under it.
    """
    return [block for blocks in infer(text, stanzas_of(text)) for block in blocks]


def infer(text: str, stanzas: Sequence[Stanza]) -> list[list[Block]]:
    """Return the blocks of each stanza. Those that were told are or hold no heading.

    But for the headings of designated parts: no reader of a file tells them.
    """
    split, origins, layout = _laid_out(stanzas)
    roles = _roles(split, layout)
    found: list[list[Block]] = [[] for _ in stanzas]
    seen = False
    for stanza, role, origin in zip(split, roles, origins, strict=True):
        detached = stanza.first.detached and seen
        seen = True
        head = None
        if role != "paragraph":
            head = _head(stanza.first, role, layout, detached)
        rest = stanza.lines[head is not None :]
        if head is not None and role != "article":
            found[origin].append(head)
            detached, head = False, None
        before = stanza.first if head else None
        found[origin] += _body(text, rest, layout, detached, head, before)
    flat = _nested(levelled([b for blocks in found for b in blocks], layout.parts), text)
    places = iter(flat)
    return [[next(places) for _ in blocks] for blocks in found]


def _laid_out(stanzas: Sequence[Stanza]) -> tuple[list[Stanza], list[int], _Layout]:
    """Part stanzas where a numbered part begins, and say what their lines are."""
    tables: dict[int, Run] = {}
    for stanza in stanzas:
        for run in runs(stanza.lines):
            tables |= {line.start: run for line in stanza.lines[run.first : run.last]}
    free = [
        replace(s, lines=tuple(line for line in s.lines if line.start not in tables))
        for s in stanzas
    ]
    parts = designated([stanza for stanza in free if stanza.lines])
    split: list[Stanza] = []
    origins: list[int] = []
    for number, stanza in enumerate(stanzas):
        bounds = [0, *(i for i, line in enumerate(stanza.lines) if i and line.start in parts)]
        for first, last in zip(bounds, [*bounds[1:], len(stanza.lines)], strict=True):
            split.append(replace(stanza, lines=stanza.lines[first:last], joined=first > 0))
            origins.append(number)
    taken = frozenset(tables) | frozenset(parts)
    letters = lettered([line for stanza in split for line in stanza.lines])
    marked = dict.fromkeys(letters - taken, Tag("item")) | tags(split, taken)
    for stanza in split:
        marked |= dict.fromkeys(_bare_list(stanza, marked, taken), Tag("item"))
    return split, origins, _Layout(parts, marked, tables)


def _bare_list(stanza: Stanza, marked: Mapping[int, Tag], taken: frozenset[int]) -> list[int]:
    """The starts of lines without bullets that a colon leads to, of unlike lengths."""
    lead, rest = stanza.first, stanza.lines[1:]
    if len(rest) < _LIST_LINES or not lead.text.endswith((":", "：")):
        return []
    if any(line.start in marked or line.start in taken or not line.unpunctuated for line in rest):
        return []
    sizes = [len(line.text) for line in rest]
    uneven = min(sizes[:-1]) < _LIST_EVEN * max(sizes)
    return [line.start for line in rest] if max(sizes) <= _LIST_CHARS and uneven else []


def _roles(stanzas: Sequence[Stanza], layout: _Layout) -> list[BlockKind]:
    """Say of each stanza what its first line is."""
    alone = [_heads(stanza, layout) for stanza in stanzas]
    for at in range(len(stanzas)):  # a numbered line beside another is an item of a list
        neighbours = (*stanzas[max(at - 1, 0) : at], *stanzas[at + 1 : at + 2])
        if stanzas[at].first.is_item and any(other.first.is_item for other in neighbours):
            alone[at] = False
    roles: list[BlockKind] = ["paragraph"] * len(stanzas)
    first = 0
    if len(stanzas) > 1 and _is_title(stanzas[0], layout):
        roles[0] = "title"
        first = 1
    while first < len(stanzas):
        if not alone[first]:
            first += 1
            continue
        last = first
        while last + 1 < len(stanzas) and len(stanzas[last].lines) == 1 and alone[last + 1]:
            last += 1
        followed = last + 1 < len(stanzas) or len(stanzas[last].lines) > 1
        if last - first < 2:
            roles[first : last + 1] = ["heading"] * (last + 1 - first)
            if not followed and not _may_end(stanzas[last], roles[:last]):
                roles[last] = "paragraph"
        elif followed:
            roles[last] = "heading"
        if first == 0 and not followed:
            roles[:] = ["paragraph"] * len(stanzas)
        first = last + 1
    for at, stanza in enumerate(stanzas):
        if stanza.first.start in layout.parts and roles[at] != "title":
            roles[at] = _part_role(stanzas, at, layout.parts)
    return roles


def _part_role(stanzas: Sequence[Stanza], at: int, parts: Mapping[int, Designation]) -> BlockKind:
    """Whether a designation heads what stands under it or is one with its part."""
    stanza = stanzas[at]
    one = parts[stanza.first.start]
    if not is_titled(stanza.first, one):
        return "article"
    if len(stanza.lines) > 1:
        return "heading"
    after = parts.get(stanzas[at + 1].first.start) if at + 1 < len(stanzas) else None
    followed = at + 1 < len(stanzas) and (after is None or after.rank > one.rank)
    return "heading" if followed else "article"


def _may_end(stanza: Stanza, before: Sequence[BlockKind]) -> bool:
    """Whether a line with nothing under it can be an empty last section."""
    words = stanza.first.text.split()
    return (
        "heading" in before
        and len(words) <= _LAST_WORDS
        and not any(map(str.isdigit, stanza.first.text))
    )


def _is_title(stanza: Stanza, layout: _Layout) -> bool:
    line = stanza.first
    if stanza.told or layout.in_table(line) or line.start in layout.parts:
        return False
    tag = layout.tags.get(line.start)
    if tag is not None and tag.kind not in ("field", "item"):
        return False
    short = len(line.text) <= _TITLE_CHARS and len(line.text.split()) <= _TITLE_WORDS
    return len(stanza.lines) == 1 and short and not line.is_item and line.unpunctuated


def _heads(stanza: Stanza, layout: _Layout) -> bool:
    """Whether the first line of a stanza reads as a heading."""
    line = stanza.first
    tag = layout.tags.get(line.start)
    if stanza.told or line.start in layout.parts or layout.in_table(line):
        return False
    if len(line.text) > _HEADING_CHARS or len(line.text.split()) > _HEADING_WORDS:
        return False
    if not line.unpunctuated or (tag is not None and tag.kind != "item") or states(line.text):
        return False
    if len(stanza.lines) == 1:
        return not line.is_item or line.text.lstrip("([")[:1].isdigit()
    # No blank line under it: then what follows must plainly be a paragraph, a list or a table.
    under = stanza.lines[1]
    longer = len(under.text) >= 2 * len(line.text) and len(under.text) > 60
    listed = under.is_item or layout.in_table(under)
    return not line.is_item and (longer or listed) and len(line.text) <= 60


def _head(line: Line, role: BlockKind, layout: _Layout, detached: bool) -> Block:
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
    lines: Sequence[Line],
    layout: _Layout,
    detached: bool,
    open_block: Block | None,
    before: Line | None,
) -> Iterator[Block]:
    """Yield what stands under the head of a stanza; a wrapped line continues its block.

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
        goes_on = open_block is not None and tag is None
        if goes_on and before is not None and not _closed(open_block, before, line, widest):
            assert open_block is not None
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


def _rows(text: str, run: Run, detached: bool) -> list[Block]:
    if run.kind == "verse":
        made = [Block("verse", row[0][0], row[-1][1], cells=row) for row in run.rows]
    else:
        made = table_blocks(text, run.rows)
    return [replace(block, detached=detached and not at) for at, block in enumerate(made)]


def _opened(line: Line, tag: Tag | None, detached: bool) -> Block:
    if tag is None:
        one = labelled(line)
        label = one.label if one and one.value[0] < one.value[1] else None
        return Block("paragraph", line.start, line.end, label=label, detached=detached)
    number = tag.number
    if tag.kind in ("item", "field") and not number:
        number = mark_of(line.text)[1]
    cells = (tag.value,) if tag.value and tag.kind in ("field", "speech") else ()
    return Block(
        tag.kind,
        line.start,
        line.end,
        number=number,
        label=tag.label,
        cells=cells,
        detached=detached,
    )


def _closed(block: Block | None, before: Line, line: Line, widest: int) -> bool:
    """Whether a line without a mark of its own begins a paragraph behind an item or a field."""
    if block is None or block.kind not in ("item", "field"):
        return False
    short = len(before.text) < _UNWRAPPED * widest
    if block.kind == "field":
        empty = bool(block.cells) and block.cells[0][0] == block.cells[0][1]
        return empty or (short and line.indent <= before.indent)
    short = short or len(before.text) < _NARROW
    return before.finished and short and line.indent <= before.indent


def _nested(blocks: Sequence[Block], text: str) -> list[Block]:
    """Return the blocks with the levels of items: another mark than before lies deeper."""
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
