"""Wholes: articles, lists, tables, forms and exchanges, each of which can be cited as one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from cica_qa.documents.lines import TextSpan
from cica_qa.documents.units import LISTED, BlockInContext, blocks_in_context, lead_of
from cica_qa.types import Block, Unit, UnitKind


def wholes_of(text: str, blocks: Sequence[Block]) -> list[Unit]:
    """Return the wholes of a document in the order of their start; outer ones first."""
    found: list[Unit] = []
    contexts = list(blocks_in_context(text, blocks))
    for at, one in enumerate(contexts):
        block = one.block
        if block.kind == "heading" and block.number:
            last = at
            while last + 1 < len(contexts) and not _ends(block, contexts[last + 1].block):
                last += 1
            found.append(_whole("article", contexts[at : last + 1], block.number, block.label))
        elif block.kind == "article" and block.label:
            last = at
            while last + 1 < len(contexts) and _continues(contexts[last + 1].block):
                last += 1
            found.append(_whole("article", contexts[at : last + 1], block.number, block.label))
        elif block.kind == "question":
            last = at
            while last + 1 < len(contexts) and _replies(contexts, at, last + 1):
                last += 1
            if last > at:
                found.append(_whole("reply", contexts[at : last + 1], block.number, block.label))
    found += _runs(text, contexts)
    return sorted(found, key=lambda whole: (whole.start, -whole.end))


def _whole(
    kind: UnitKind,
    contexts: Sequence[BlockInContext],
    number: str = "",
    label: TextSpan | None = None,
) -> Unit:
    start, end = contexts[0].block.start, contexts[-1].block.end
    return Unit(start, end, kind, number, label, context=contexts[0].context)


def _continues(block: Block) -> bool:
    """Return whether a block is an item of the article before it."""
    return block.kind == "item" and not block.detached


def _ends(heading: Block, block: Block) -> bool:
    return block.kind == "heading" and block.level <= heading.level


def _replies(contexts: Sequence[BlockInContext], question: int, at: int) -> bool:
    """Return whether a block is part of the reply: it has the question as context."""
    asked = contexts[question].block
    place = asked.cells[0] if asked.cells else (asked.start, asked.end)
    block = contexts[at].block
    if place not in contexts[at].context or block.kind == "heading":
        return False
    return block.kind == "reply" or block.kind in LISTED or contexts[at - 1].block.kind != "reply"


def _runs(text: str, contexts: Sequence[BlockInContext]) -> Iterator[Unit]:
    """Yield runs of items, fields, rows, verses and speech with their introductory sentence."""
    at = 0
    for family, group in groupby(contexts, key=lambda one: _family(one.block)):
        run = list(group)
        first, at = at, at + len(run)
        if not family or len(run) < 2:
            continue
        whole = _whole(run[0].block.kind, run)
        if family == "item" and any(one.block.kind == "item" for one in run):
            whole = replace(whole, kind="item")
        before = contexts[first - 1].block if first else None
        leads = before is not None and before.kind in ("paragraph", "reply")
        lead = lead_of(text, before) if before and leads else None
        yield replace(whole, start=lead[0]) if lead else whole


def _family(block: Block) -> str:
    if block.kind in ("item", "field"):
        return "item"
    return block.kind if block.kind in ("row", "verse", "speech") else ""


def clipped(
    wholes: Sequence[Unit], units: Sequence[Unit], start: int, end: int
) -> tuple[Unit, ...]:
    """Return the wholes clipped to ``start:end`` that contain some of ``units``.

    Unnumbered wholes need at least two units. Of the articles that began before ``start``, only
    the innermost is kept, and none if a new article begins at ``start``.
    """
    starts = [unit.start for unit in units]
    found: list[Unit] = []
    continued: Unit | None = None
    for whole in wholes:
        if whole.end <= start or whole.start >= end:
            continue
        first, last = max(whole.start, start), min(whole.end, end)
        count = bisect_left(starts, last) - bisect_left(starts, first)
        if count < 2 and not (count and whole.number):
            continue
        if whole.kind == "article" and whole.start < start:
            continued = replace(whole, start=first, end=last)
        else:
            found.append(replace(whole, start=first, end=last))
    opens = bool(found) and found[0].kind == "article" and found[0].start == start
    return tuple(found) if continued is None or opens else (continued, *found)
