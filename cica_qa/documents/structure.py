"""The structure of a document as spans: blocks and sections."""

from __future__ import annotations

from collections.abc import Sequence

from cica_qa.types import Block, Document, Section


def parse_blocks(document: Document) -> list[Block]:
    """Return the blocks of a document in reading order, without overlaps."""
    from cica_qa.documents.markdown import markdown_blocks
    from cica_qa.documents.plain import plain_blocks

    if document.blocks:
        return list(document.blocks)
    if document.metadata.get("format") == "markdown":
        return markdown_blocks(document.text)
    return plain_blocks(document.text)


def refine(text: str, blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks of a file reader with the structure inside their paragraphs.

    Paragraphs that hold fields, items, articles, questions, replies, speech or notes become
    such; headings that designate a part get its number. All other blocks stay as they are.
    """
    from cica_qa.documents.refine import refined

    return refined(text, blocks)


def sections(document: Document) -> list[Section]:
    """Return the sections in reading order, beginning with anything before the first heading."""
    return [section for section, _ in sections_of(document, parse_blocks(document))]


def sections_of(
    document: Document, blocks: Sequence[Block]
) -> list[tuple[Section, Sequence[Block]]]:
    """Return each section with its blocks, which include the heading."""
    groups: list[list[Block]] = []
    for block in blocks:
        if block.kind == "heading" or not groups:
            groups.append([])
        groups[-1].append(block)
    return [(_section(document, group), group) for group in groups]


def _section(document: Document, blocks: Sequence[Block]) -> Section:
    first = blocks[0]
    heading = heading_text(document.text, first) if first.kind == "heading" else ""
    return Section(heading, first.level, first.start, blocks[-1].end)


def heading_text(text: str, block: Block) -> str:
    """Return the text of a heading or title on one line, without Markdown markup."""
    from cica_qa.documents.markdown import strip_markup

    return " ".join(strip_markup(text[block.start : block.end]).split())
