"""Documents made of statements with slots, and the questions that each statement answers.

A scene of `scenes*.tsv` is a block of lines «letter, tab, fields»:

    ==  kind, how its statements are joined (space, line, article, faq)
    T   titles, one of which is chosen
    V   slot, its values (see `words.value`)
    S   a statement; «||» separates its wordings
    Q   slot or mark that answers, questions («|» separates them)
    Y   yes/no questions; the answer is no if `{*slot}` has another value
    P N yes/no questions whose answer is yes, or no

Q, Y, P and N belong to the statement before them. A question is unanswerable if its `{!slot}` has
another value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from benchmarks.training.made.row import Made, found, missing, polar
from benchmarks.training.made.template import Marks, render, slots_in
from benchmarks.training.made.words import DATA, Draw, lines_of, ordinal, other, value

_BAR = re.compile(r"(?<! )\|(?! )")
_JOIN = {"space": " ", "line": "\n", "article": "\n", "faq": "\n"}


@dataclass(slots=True)
class Ask:
    sort: str
    answer: str
    forms: tuple[str, ...]


@dataclass(slots=True)
class Statement:
    forms: tuple[str, ...]
    asks: list[Ask] = field(default_factory=list)


@dataclass(slots=True)
class Scene:
    kind: str
    join: str
    titles: tuple[str, ...] = ("",)
    specs: dict[str, str] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    def spec(self, slot: str) -> str:
        return self.specs.get(slot) or slot.rstrip("0123456789")


@cache
def scenes() -> tuple[Scene, ...]:
    """Return the scenes of all scene files."""
    names = sorted(path.name for path in DATA.glob("scenes*.tsv"))
    return tuple(scene for name in names for scene in _parsed(lines_of(name)))


def _parsed(lines: Sequence[str]) -> list[Scene]:
    parsed: list[Scene] = []
    for line in lines:
        letter, *fields = line.replace("\\n", "\n").split("\t")
        if letter == "==":
            parsed.append(Scene(fields[0], fields[1]))
        elif letter == "T":
            parsed[-1].titles = tuple(_BAR.split(fields[0]))
        elif letter == "V":
            parsed[-1].specs[fields[0]] = fields[1]
        elif letter == "S":
            parsed[-1].statements.append(Statement(tuple(fields[0].split("||"))))
        elif letter == "Q":
            ask = Ask("Q", fields[0], tuple(fields[1].split("|")))
            parsed[-1].statements[-1].asks.append(ask)
        elif letter in "YPN":
            parsed[-1].statements[-1].asks.append(Ask(letter, "", tuple(fields[0].split("|"))))
        else:
            raise ValueError(f"a line of a scene starts with {letter!r}: {line[:60]}")
    return parsed


@dataclass(frozen=True, slots=True)
class Told:
    """A scene's text with the spans of its marks and of each statement shown."""

    text: str
    marks: Marks
    bodies: dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A question that was drawn for a scene: its form, the scene's text, the slots' values."""

    scene: Scene
    ask: Ask
    form: str
    told: Told
    values: dict[str, str]


def scene_row(scene: Scene, polar_share: float, rng: Draw) -> Made | None:
    """Return a question over the scene, or None if this draw makes none."""
    values = _filled(scene, rng)
    pairs = [
        (number, ask) for number, statement in enumerate(scene.statements) for ask in statement.asks
    ]
    is_polar = rng.random() < polar_share
    pairs = [pair for pair in pairs if (pair[1].sort != "Q") == is_polar]
    if not pairs:
        return None
    number, ask = rng.choice(pairs)
    form = rng.choice(ask.forms)
    draw = rng.random()
    gone = draw < 0.27
    swapped = 0.27 <= draw < 0.5 and "{!" in form
    shown = _in_view(scene, number, gone, rng)
    if not shown:
        return None
    draft = Draft(scene, ask, form, _told(scene, shown, values, rng), values)
    if ask.sort == "Q":
        return _span_row(draft, gone, swapped, rng)
    return _polar_row(draft, gone, swapped, rng)


def _filled(scene: Scene, rng: Draw) -> dict[str, str]:
    values: dict[str, str] = {}
    templates = [*scene.titles, *(f for s in scene.statements for f in s.forms)]
    templates += [f for s in scene.statements for a in s.asks for f in a.forms]
    for template in templates:
        for slot in slots_in(template):
            name = slot.lstrip("*!")
            if name not in values:
                taken = "|".join(values.values())
                values[name] = other(scene.spec(name), taken, rng) or value(scene.spec(name), rng)
    return values


def _in_view(scene: Scene, number: int, gone: bool, rng: Draw) -> list[int]:
    count = len(scene.statements)
    draw = rng.random()
    if draw < 0.2 and not gone:
        return [number]
    size = rng.randint(2, 5) if draw < 0.75 else 9
    first = max(0, number - rng.randrange(size))
    return [n for n in range(first, min(count, first + size)) if not (gone and n == number)]


def _told(scene: Scene, shown: Sequence[int], values: dict[str, str], rng: Draw) -> Told:
    title = render(rng.choice(scene.titles), values).text
    join = _JOIN[scene.join]
    named = title and rng.random() < 0.75
    text = (title + (" | " if len(shown) == 1 or rng.random() < 0.6 else "\n")) if named else ""
    designate = _designation(rng) if scene.join == "article" else None
    start_at = rng.randint(1, 8)
    marks: Marks = {}
    bodies: dict[int, tuple[int, int]] = {}
    for place, number in enumerate(shown):
        if place:
            text += join
        if designate:
            text += designate(start_at + number)
        part = render(rng.choice(scene.statements[number].forms), values, len(text))
        bodies[number] = (len(text), len(text) + len(part.text))
        text += part.text
        marks |= part.marks
    return Told(text, marks, bodies)


def _designation(rng: Draw) -> Callable[[int], str]:
    style = rng.choice(("word", "number", "dash", "clause", "bare", "colon", "sub"))
    chapter = rng.randint(2, 9)

    def named(n: int) -> str:
        return {
            "word": f"المادة {ordinal(n)}: " if n <= 20 else f"المادة {n}: ",
            "number": f"المادة {n} | ",
            "dash": f"مادة ({n}) - ",
            "clause": f"البند ({n}): ",
            "bare": f"{n}. ",
            "colon": f"المادة ({n}): ",
            "sub": f"{chapter}.{n} ",
        }[style]

    return named


def _span_row(draft: Draft, gone: bool, swapped: bool, rng: Draw) -> Made | None:
    asked, told = dict(draft.values), draft.told
    if swapped and not _swap(draft, "!", asked, rng):
        return None
    question = render(draft.form, asked).text
    if gone or swapped:
        answer = draft.values.get(draft.ask.answer)
        if gone and answer and answer in told.text:
            return None
        return missing(draft.scene.kind, question, told.text)
    first, _, last = draft.ask.answer.partition("..")
    if first not in told.marks:
        return None
    span = told.marks[first][0], told.marks[last or first][1]
    return found(draft.scene.kind, question, told.text, span)


def _polar_row(draft: Draft, gone: bool, swapped: bool, rng: Draw) -> Made | None:
    asked = dict(draft.values)
    verdict = {"P": "yes", "N": "no"}.get(draft.ask.sort, "yes")
    if swapped and not _swap(draft, "!", asked, rng):
        return None
    if gone or swapped:
        verdict = "neither"
    elif draft.ask.sort == "Y" and rng.random() < 0.5:
        if not _swap(draft, "*", asked, rng):
            return None
        verdict = "no"
    question = render(draft.form, asked).text
    return polar(draft.scene.kind, question, draft.told.text, verdict)


def _swap(draft: Draft, sign: str, asked: dict[str, str], rng: Draw) -> bool:
    """Put another value for a slot of the question; return whether there was one."""
    names = [slot[1:] for slot in slots_in(draft.form) if slot.startswith(sign)]
    if not names:
        return False
    name, told = rng.choice(names), draft.told
    swapped = _elsewhere(name, told, asked) if sign == "*" and rng.random() < 0.5 else None
    taken = told.text + "|".join(asked.values())
    swapped = swapped or other(draft.scene.spec(name), taken, rng)
    if swapped is None:
        return False
    asked[name] = swapped
    return True


def _elsewhere(name: str, told: Told, asked: dict[str, str]) -> str | None:
    """Return the value of a slot of the same kind in another statement shown."""
    if name not in told.marks:
        return None
    own = next((b for b in told.bodies.values() if _within(told, name, b)), (0, 0))
    stem = name.rstrip("0123456789")
    for slot in told.marks:
        alike = slot != name and slot.rstrip("0123456789") == stem and slot in asked
        if alike and not _within(told, slot, own) and asked[slot] != asked[name]:
            return asked[slot]
    return None


def _within(told: Told, slot: str, body: tuple[int, int]) -> bool:
    return body[0] <= told.marks[slot][0] < body[1]
