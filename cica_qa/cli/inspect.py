"""The command ``cica-qa inspect``: the documents and blocks that are read from a file."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cica_qa.cli.options import whole_number
from cica_qa.terminal import terminal_safe

if TYPE_CHECKING:
    from cica_qa.types import Block, Document

_SHOWN_CHARS = 70


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file of any format that is read")
    parser.add_argument(
        "--blocks",
        type=whole_number(0, 1_000_000),
        default=40,
        help="blocks of each document to show (default %(default)s)",
    )
    parser.add_argument(
        "--units", action="store_true", help="show what is searched: each unit in its context"
    )


def run(options: argparse.Namespace) -> int:
    """Print what was read from a file, and return the exit code."""
    from cica_qa.documents.load import read_file

    content = read_file(options.file, options.file.name)
    for document in content.documents:
        for line in _lines(document, options.blocks):
            print(terminal_safe(line))
        for line in _unit_lines(document) if options.units else ():
            print(terminal_safe(line))
    for name, notes in (("repaired", content.repairs), ("doubt", content.doubts)):
        for note in notes:
            print(terminal_safe(f"{name:<10} {note}"))
    return 0


def _lines(document: Document, shown: int) -> Iterator[str]:
    """Yield the metadata of a document, its pages and its first blocks."""
    from cica_qa.documents.structure import parse_blocks

    blocks = parse_blocks(document)
    kinds = Counter(block.kind for block in blocks)
    yield f"{'document':<10} {document.doc_id}"
    yield f"{'title':<10} {document.title}"
    for name, value in document.metadata.items():
        if name != "title":
            yield f"{name:<10} {value}"
    yield f"{'characters':<10} {len(document.text)}"
    if document.pages:
        yield f"{'labels':<10} {', '.join(page.label for page in document.pages)}"
    yield f"{'blocks':<10} {', '.join(f'{kind} {count}' for kind, count in kinds.items())}"
    for block in blocks[:shown]:
        yield _block_line(document, block)
    if len(blocks) > shown:
        yield f"  … {len(blocks) - shown} more; --blocks {len(blocks)} shows all"


def _unit_lines(document: Document) -> Iterator[str]:
    """Yield the units of each passage as the models read them."""
    from cica_qa.documents.chunk import chunk
    from cica_qa.documents.units import linear

    for passage in chunk(document):
        yield f"passage {passage.start}-{passage.end}"
        for unit in passage.units:
            yield f"  {unit.kind}: {linear(document.text, unit).text}"


def _block_line(document: Document, block: Block) -> str:
    text = " ".join(document.text[block.start : block.end].replace("\t", " | ").split())
    text = text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
    depth = f" {block.level}" if block.kind in ("heading", "item") else ""
    counted = f" no. {block.number}" if block.number else ""
    page = next((one.label for one in document.pages if one.start <= block.start < one.end), "")
    place = f" [{page}]" if page else ""
    return f"  {block.kind}{depth}{counted}{place}: {text}"
