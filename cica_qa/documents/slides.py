"""Presentations (.pptx): one page per slide, with tables, diagrams and speaker notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cica_qa.documents.builder import Builder
from cica_qa.documents.file_notes import file_note
from cica_qa.documents.package import RELATIONSHIPS, Package, get_attribute, local_name
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.table_header import has_header

if TYPE_CHECKING:
    from lxml.etree import _Element

_TITLES = ("title", "ctrTitle")
_MARGINS = ("sldNum", "dt", "ftr", "hdr")  # repeated on every slide
_TITLE_CHARS = 100
_NOWHERE = float("inf")
_GROUPS = ("grpSp", "AlternateContent", "Choice", "spTree")


def read_pptx(data: bytes, name: str, limits: Limits) -> Read:
    """Read a presentation. Raises ``UnreadableError``."""
    package = Package(data, name, limits)
    main = next((part for kind, part in package.related("").values() if kind == "officeDocument"),
                "ppt/presentation.xml")  # fmt: skip
    related = package.related(main)
    ids = [slide.get(f"{RELATIONSHIPS}id", "") for slide in package.xml(main).iter("{*}sldId")]
    slides = [related[one][1] for one in ids if one in related]
    slides = slides or [part for kind, part in related.values() if kind == "slide"]
    builder = Builder(name, limits)
    hidden, mute = [], []
    for number, part in enumerate(slides, 1):
        root = package.xml(part)
        if root.get("show") in ("0", "false"):
            hidden.append(str(number))
            continue
        builder.page(str(number))
        before = len(builder)
        _Slide(package, part, builder).write(root)
        if len(builder) == before:
            mute.append(str(number))
    properties = package.properties()
    properties.pop("title", "")  # nearly always «PowerPoint Presentation»
    properties["pages"] = str(len(slides))
    doubts = []
    if mute:
        doubts.append(file_note("slides_mute", slides=mute))
    if hidden:
        doubts.append(file_note("slides_hidden", slides=hidden))
    return builder.read("", properties, (), doubts)


class _Slide:
    """Writes one slide into a builder."""

    def __init__(self, package: Package, part: str, builder: Builder) -> None:
        self._package = package
        self._related = package.related(part)
        self._builder = builder

    def write(self, root: _Element) -> None:
        """Write the title, the other shapes in order, then the speaker notes."""
        shapes = list(_shapes(next(root.iter("{*}spTree"), root)))
        title = _title(shapes)
        if title is not None:
            text = " ".join(text for text, _, _ in _paragraphs(title))
            self._builder.add("heading", text, 1)
        for shape in shapes:
            if shape is not title:
                self._shape(shape)
        for kind, part in self._related.values():
            if kind == "notesSlide" and part in self._package:
                for shape in _shapes(next(self._package.xml(part).iter("{*}spTree"), root)):
                    if _placeholder(shape) == "body":
                        for text, _, _ in _paragraphs(shape):
                            self._builder.add("note", text)

    def _shape(self, shape: _Element) -> None:
        place = _placeholder(shape)
        if place in _MARGINS:
            return
        if local_name(shape) == "graphicFrame":
            self._graphic(shape)
            return
        paragraphs = list(_paragraphs(shape))
        several = sum(bool(text.strip()) for text, _, _ in paragraphs) > 1
        for text, depth, bullet in paragraphs:
            listed = place in ("body", "obj", "") and bullet is None and several and place != ""
            item = bullet or listed or depth > 0
            self._builder.add("item" if item else "paragraph", text, depth if item else 0)

    def _graphic(self, frame: _Element) -> None:
        for table in frame.iter("{*}tbl"):
            rows = [
                [
                    " ".join(_text(p) for p in cell.iter("{*}p"))
                    for cell in row
                    if local_name(cell) == "tc"
                ]
                for row in table
                if local_name(row) == "tr"
            ]
            properties = next((one for one in table if local_name(one) == "tblPr"), None)
            told = len(rows) > 1 and get_attribute(properties, "firstRow") in ("1", "true")
            self._builder.table(rows, told or has_header(rows, False))
        for reference in frame.iter("{*}relIds"):
            kind, part = self._related.get(get_attribute(reference, "dm"), ("", ""))
            if kind == "diagramData" and part in self._package:
                for point in self._package.xml(part).iter("{*}pt"):
                    text = " ".join(_text(p) for p in point.iter("{*}p"))
                    if point.get("type", "node") in ("node", "asst"):
                        self._builder.add("item", text)


def _shapes(tree: _Element) -> Iterator[_Element]:
    for shape in tree:
        if local_name(shape) in _GROUPS:
            yield from _shapes(shape)
        elif local_name(shape) in ("sp", "graphicFrame", "cxnSp") and not _is_hidden(shape):
            yield shape


def _title(shapes: Sequence[_Element]) -> _Element | None:
    """Return the shape with the slide's title: its placeholder, else the topmost if short."""
    told = [shape for shape in shapes if _placeholder(shape) in _TITLES and _says(shape)]
    if told:
        return told[0]
    said = [shape for shape in shapes if _says(shape) and _placeholder(shape) not in _MARGINS]
    highest = min(said, key=_top, default=None)
    if (
        highest is None
        or len(shapes) < 2
        or local_name(highest) != "sp"
        or _top(highest) == _NOWHERE
    ):
        return None
    texts = [text for text, _, _ in _paragraphs(highest) if text.strip()]
    short = len(texts) == 1 and len(texts[0]) <= _TITLE_CHARS
    return highest if short and not texts[0].rstrip().endswith((".", ":", "؛", "،")) else None


def _says(shape: _Element) -> bool:
    return any(text.strip() for text, _, _ in _paragraphs(shape))


def _top(shape: _Element) -> float:
    """Return the vertical position of a shape, infinite if it has none of its own."""
    place = next(shape.iter("{*}off"), None)
    told = get_attribute(place, "y")
    return int(told) if told.lstrip("-").isdecimal() else _NOWHERE


def _is_hidden(shape: _Element) -> bool:
    properties = next(shape.iter("{*}cNvPr"), None)
    return get_attribute(properties, "hidden") in ("1", "true")


def _placeholder(shape: _Element) -> str:
    """Return the type of layout placeholder that a shape fills; "" for a free shape."""
    place = next(shape.iter("{*}ph"), None)
    return "" if place is None else place.get("type", "obj")


def _paragraphs(shape: _Element) -> Iterator[tuple[str, int, bool | None]]:
    """Yield the text, depth and bullet of each paragraph.

    The bullet is None where the layout of the slide decides.
    """
    for paragraph in shape.iter("{*}p"):
        properties = next((one for one in paragraph if local_name(one) == "pPr"), None)
        kinds: Sequence[str] = [] if properties is None else [local_name(one) for one in properties]
        bullet = None
        if "buNone" in kinds:
            bullet = False
        elif {"buChar", "buAutoNum", "buBlip"} & set(kinds):
            bullet = True
        depth = get_attribute(properties, "lvl")
        yield _text(paragraph), int(depth) if depth.isdecimal() else 0, bullet


def _text(paragraph: _Element) -> str:
    parts = []
    for one in paragraph.iter("{*}t", "{*}br", "{*}tab"):
        inside = local_name(one.getparent()) if one.getparent() is not None else ""
        if local_name(one) == "t" and not (inside == "fld" and _is_number(one.getparent())):
            parts.append(one.text or "")
        elif local_name(one) == "br":
            parts.append("\n")
    return "".join(parts)


def _is_number(field: _Element | None) -> bool:
    return get_attribute(field, "type") == "slidenum"
