"""The runs of a paragraph in a Word file: visible text, font weight and size, notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cica_qa.documents.docx_styles import child, is_on, parse_int
from cica_qa.documents.package import get_attribute, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

_SKIPPED = {
    *("del", "moveFrom", "pPr", "rPr", "sdtPr", "instrText", "delText", "fldData", "Fallback"),
    *("rt", "annotationRef", "object", "lastRenderedPageBreak"),
}
_CHARACTERS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-"}
_PAGE_FIELDS = ("PAGE", "NUMPAGES", "SECTIONPAGES", "PAGEREF")


@dataclass(slots=True)
class ParagraphText:
    """The text of a paragraph.

    ``bold`` is None where no run specifies it, ``size`` the largest font size in half points,
    ``notes`` the kind and id of each note referred to, ``boxes`` the text boxes anchored here.
    """

    text: str = ""
    bold: bool | None = None
    size: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[_Element] = field(default_factory=list)

    def joined(self, other: ParagraphText) -> ParagraphText:
        """Return this paragraph and ``other`` as one."""
        return ParagraphText(
            self.text + other.text,
            self.bold if self.text.strip() else other.bold,
            self.size or other.size,
            self.notes + other.notes,
            self.boxes + other.boxes,
        )


@dataclass(slots=True)
class _Fields:
    """The open fields: the instruction of each, and whether its result has begun."""

    open: list[list[str | bool]] = field(default_factory=list)

    def turn(self, kind: str) -> None:
        if kind == "begin":
            self.open.append(["", False])
        elif self.open and kind == "separate":
            self.open[-1][1] = True
        elif self.open and kind == "end":
            self.open.pop()

    def tell(self, instruction: str) -> None:
        if self.open:
            self.open[-1][0] = str(self.open[-1][0]) + instruction

    @property
    def hidden(self) -> bool:
        """Whether the current position is an instruction or a page number, not text."""
        return any(not begun or _is_page(str(told)) for told, begun in self.open)


def read_runs(paragraph: _Element) -> ParagraphText:
    """Return the text of a paragraph with its tracked changes accepted."""
    runs = ParagraphText()
    weights: list[tuple[bool | None, int]] = []
    _walk(paragraph, runs, weights, _Fields())
    total = sum(weight for _, weight in weights)
    if total and all(bold for bold, _ in weights):
        runs.bold = True
    elif any(bold is not None for bold, _ in weights):
        runs.bold = False
    return runs


def _walk(
    element: _Element, runs: ParagraphText, weights: list[tuple[bool | None, int]], fields: _Fields
) -> None:
    for one in element:
        kind = local_name(one)
        if kind == "instrText":
            fields.tell(one.text or "")
        elif kind == "fldChar":
            fields.turn(get_attribute(one, "fldCharType"))
        elif kind in _SKIPPED or (fields.hidden and kind != "r"):
            continue
        elif kind == "r":
            _run(one, runs, weights, fields)
        elif kind == "fldSimple" and _is_page(get_attribute(one, "instr")):
            continue
        elif kind == "txbxContent":
            runs.boxes.append(one)
        elif kind == "t":
            runs.text += one.text or ""
        elif kind in _CHARACTERS:
            runs.text += _CHARACTERS[kind]
        elif kind == "br":
            runs.text += "\n"
        elif kind in ("footnoteReference", "endnoteReference"):
            runs.notes.append((kind.removesuffix("Reference"), get_attribute(one, "id")))
        else:
            _walk(one, runs, weights, fields)


def _run(
    run: _Element, runs: ParagraphText, weights: list[tuple[bool | None, int]], fields: _Fields
) -> None:
    properties = child(run, "rPr")
    if is_on(properties, "vanish") or is_on(properties, "webHidden"):
        return
    before = len(runs.text)
    _walk(run, runs, weights, fields)
    weight = len(runs.text[before:].strip())
    if weight:
        bold, complex_bold = is_on(properties, "b"), is_on(properties, "bCs")
        weights.append((complex_bold if bold is None else bold or complex_bold, weight))
        sizes = (
            parse_int(get_attribute(child(properties, kind), "val")) for kind in ("sz", "szCs")
        )
        runs.size = max(runs.size, *sizes)


def _is_page(instruction: str) -> bool:
    return instruction.strip().upper().split(" ", 1)[0] in _PAGE_FIELDS
