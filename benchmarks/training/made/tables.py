"""Tables and forms: records of one kind, and questions about their cells.

A schema of `tables.tsv` is a block of lines:

    ==  kind, titles
    E   headers of the column that names the record, its values
    A   headers, values, questions with {e}, yes-or-no questions with {e} and {v},
        questions about the record by {v} (either may be empty)

A single record is written as a row or as a form, with a line per «label: value».
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from benchmarks.training.made.row import Made, found, missing, polar
from benchmarks.training.made.template import render
from benchmarks.training.made.words import Draw, lines_of, other, value, words

Cells = list[dict[int, str]]
EMPTY = ("", "-", "—", "غير مسجل", "........")


@dataclass(slots=True)
class Column:
    headers: tuple[str, ...]
    spec: str
    asks: tuple[str, ...] = ()
    polars: tuple[str, ...] = ()
    reverses: tuple[str, ...] = ()


@dataclass(slots=True)
class Schema:
    kind: str
    titles: tuple[str, ...]
    columns: list[Column] = field(default_factory=list)


@cache
def schemas() -> tuple[Schema, ...]:
    """Return the schemas of `tables.tsv`."""
    parsed: list[Schema] = []
    for line in lines_of("tables.tsv"):
        letter, *fields = line.split("\t")
        if letter == "==":
            parsed.append(Schema(fields[0], _parts(fields[1])))
        else:
            lists = [_parts(text) for text in fields[2:]]
            parsed[-1].columns.append(Column(_parts(fields[0]), fields[1], *lists))
    return tuple(parsed)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The text of a table with the span of each cell (row, column)."""

    text: str
    places: dict[tuple[int, int], tuple[int, int]]


def table_row(schema: Schema, polar_share: float, rng: Draw) -> Made | None:
    """Return a question over a table of the schema, or None if this draw makes none."""
    count = 1 if rng.random() < 0.33 else rng.randint(2, 7)
    shown = [0, *sorted(rng.sample(range(1, len(schema.columns)), _width(schema, rng)))]
    if rng.random() < 0.15:
        rng.shuffle(shown)
    stamp, said_stamp = _stamps(rng) if rng.random() < 0.22 else ("", "")
    cells = _records(schema, count, rng)
    asked = rng.randrange(count)
    is_polar = rng.random() < polar_share
    draw = rng.random()
    absent = draw < 0.13
    columns = [n for n in range(1, len(schema.columns)) if (n not in shown) == absent]
    columns = [n for n in columns if not is_polar or schema.columns[n].polars]
    if not columns:
        return None
    column = rng.choice(columns)
    asked_name, truth = cells[asked][0], cells[asked][column]
    stranger = 0.13 <= draw < 0.34
    blank = 0.34 <= draw < 0.4
    if stranger:
        taken = "|".join(row[0] for row in cells)
        new = _near(schema, asked_name, taken, rng)
        if new is None:
            return None
        asked_name = new
    if blank:
        cells[asked][column] = rng.choice(EMPTY)
    twin = bool(stamp) and stamp.split(" ", 2)[-1].strip("-|() ") not in said_stamp
    sheet = _sheet(schema, cells, shown, stamp, rng)
    gone = absent or stranger or blank or twin
    if gone and not is_polar and truth in sheet.text and not stranger and not twin:
        return None
    spot = schema.columns[column]
    if is_polar:
        said, verdict = truth, "neither" if gone else "yes"
        if not gone and rng.random() < 0.5:
            changed = _another(spec=spot.spec, cells=cells, column=column, truth=truth, rng=rng)
            if changed is None:
                return None
            said, verdict = changed, "no"
        question = _stamped(_asked(rng.choice(spot.polars), asked_name, said), said_stamp)
        return polar(schema.kind, question, sheet.text, verdict)
    values = [row[column] for row in cells]
    if spot.reverses and not stamp and values.count(truth) == 1 and rng.random() < 0.3:
        place = None if gone else sheet.places[asked, 0]
        return _reverse(schema.kind, spot, truth, sheet, place, rng)
    question = _stamped(_asked(rng.choice(spot.asks), asked_name), said_stamp)
    if gone:
        return missing(schema.kind, question, sheet.text)
    return found(schema.kind, question, sheet.text, sheet.places[asked, column])


def _stamped(question: str, stamp: str) -> str:
    bare = question.removesuffix("؟")
    return bare + stamp + question[len(bare) :]


def _asked(form: str, name: str, said: str = "") -> str:
    return render(form, {"e": name, "v": said}).text


def _reverse(
    kind: str, spot: Column, truth: str, sheet: Sheet, place: tuple[int, int] | None, rng: Draw
) -> Made | None:
    """Return a question about which record has a value; ``place`` is its name, if shown."""
    form = rng.choice(spot.reverses)
    if place is not None:
        return found(kind, _asked(form, "", truth), sheet.text, place)
    said = other(spot.spec, sheet.text, rng)
    if said is None:
        return None
    return missing(kind, _asked(form, "", said), sheet.text)


def _another(spec: str, cells: Cells, column: int, truth: str, rng: Draw) -> str | None:
    others = [row[column] for row in cells if row[column] != truth and row[column] not in EMPTY]
    if others and rng.random() < 0.6:
        return rng.choice(others)
    return other(spec, truth, rng)


def _stamps(rng: Draw) -> tuple[str, str]:
    """Return the stamp that distinguishes the document, and how the question refers to it."""
    year = rng.year = rng.randint(2015, 2026)
    if rng.random() < 0.6:
        form, here = rng.choice((" لعام {}", " - {}", " سنة {}", " للعام {}")), str(year)
        there, ask = (
            str(year + rng.choice((-2, -1, 1, 2))),
            rng.choice((" عام {}", " لسنة {}", " في {}")),
        )
    else:
        form, ask = (
            rng.choice((" - {}", " | {}", " ({})")),
            rng.choice((" في {}", " لدى {}", " حسب وثيقة {}")),
        )
        here, there = rng.sample(words("org"), 2)
    draw = rng.random()
    return form.format(here), ask.format(here if draw < 0.6 else there)


def _near(schema: Schema, name: str, taken: str, rng: Draw) -> str | None:
    """Return a name that is not taken, often one that shares its first half."""
    new = other(schema.columns[0].spec, taken, rng)
    if new and schema.columns[0].spec in ("m", "f") and rng.random() < 0.5:
        new = f"{_first(name)} {new.split()[-1]}"
    return None if new is None or new in taken else new


def _first(name: str) -> str:
    parts = name.split()
    return " ".join(parts[:2] if parts[0] == "عبد" else parts[:1])


def _width(schema: Schema, rng: Draw) -> int:
    most = len(schema.columns) - 1
    return rng.randint(min(2, most), most)


def _records(schema: Schema, count: int, rng: Draw) -> Cells:
    cells: Cells = []
    for _ in range(count):
        taken = "|".join(row[0] for row in cells)
        name = other(schema.columns[0].spec, taken, rng)
        if name is None:
            name = value(schema.columns[0].spec, rng)
        row = {n: value(column.spec, rng) for n, column in enumerate(schema.columns)}
        row[0] = name
        cells.append(row)
    return cells


def _sheet(schema: Schema, cells: Cells, shown: Sequence[int], stamp: str, rng: Draw) -> Sheet:
    heads = {n: rng.choice(schema.columns[n].headers) for n in shown}
    title = rng.choice(schema.titles) + stamp if stamp or rng.random() < 0.75 else ""
    draw = rng.random()
    if len(cells) == 1 and draw < 0.45:
        style = "form"
    elif draw < 0.68:
        style = "linear"
    else:
        style = "tabs" if draw < 0.84 else "pipes"
    parts: list[str] = []
    places: dict[tuple[int, int], tuple[int, int]] = {}
    length = 0

    def add(text: str) -> None:
        nonlocal length
        parts.append(text)
        length += len(text)

    if title:
        add(title + (" | " if style == "linear" and len(cells) == 1 else "\n"))
    if style == "tabs":
        add("\t".join(heads[n] for n in shown) + "\n")
    elif style == "pipes":
        add("| " + " | ".join(heads[n] for n in shown) + " |\n")
        add("|" + " --- |" * len(shown) + "\n")
    between = {"form": "\n", "linear": " | ", "tabs": "\t", "pipes": " | "}[style]
    for number, row in enumerate(cells):
        if number:
            add("\n")
        if style == "pipes":
            add("| ")
        for place, column in enumerate(shown):
            if place:
                add(between)
            if style in ("form", "linear"):
                add(f"{heads[column]}: ")
            places[number, column] = (length, length + len(row[column]))
            add(row[column])
        if style == "pipes":
            add(" |")
    return Sheet("".join(parts), places)
