"""Lists with a lead-in (conditions, documents, steps), asked as a whole, by position or order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from benchmarks.training.made.row import Made, found, missing, polar
from benchmarks.training.made.words import Draw, lines_of, ordinal

_WHOLE = {
    "set": ("ما هي {t}؟", "ما {t}؟", "{t}", "اذكر {t}", "عدد {t}", "إيه {t}؟", "شو {t}؟", "وش {t}؟",
            "ما المقصود بـ{t}؟", "أريد قائمة {t}", "شنو {t}؟"),
    "steps": ("ما هي {t}؟", "{t}", "ما {t}؟", "اشرح {t}", "عدد {t} بالترتيب", "شو {t}؟"),
}  # fmt: skip
_NTH = {
    "steps": ("ما الخطوة {n}؟", "ما الخطوة {n} من {t}؟", "الخطوة {n} في {t}", "شو الخطوة {n}؟",
              "ماذا أفعل في الخطوة {n}؟", "إيه الخطوة {n}؟"),
    "set": ("ما البند {n} من {t}؟", "البند {n} في {t}", "اذكر البند {n} من {t}"),
}  # fmt: skip
_AFTER = ("ماذا بعد «{i}»؟", "ما الخطوة التي تلي «{i}»؟", "ماذا أفعل بعد {i}؟", "شو أعمل بعد {i}؟")
_BEFORE = ("ما الخطوة التي تسبق «{i}»؟", "ماذا قبل «{i}»؟", "ماذا أفعل قبل {i}؟")
_POLAR = (
    "هل «{i}» من {t}؟", "هل {i} من {t}؟", "هل يدخل {i} ضمن {t}؟", "هل تشمل {t}: {i}؟",
    "يعني {i} من {t}؟",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Topic:
    sort: str
    name: str
    leads: tuple[str, ...]
    items: tuple[str, ...]


@cache
def topics() -> tuple[Topic, ...]:
    """Return the topics of `lists.tsv`: set or steps, name, lead-ins, items."""
    rows = (line.split("\t") for line in lines_of("lists.tsv"))
    return tuple(Topic(r[0], r[1], tuple(r[2].split("|")), tuple(r[3].split("|"))) for r in rows)


def list_row(polar_share: float, rng: Draw) -> Made | None:
    """Return a question over a list, or None if this draw makes none."""
    topic = rng.choice(topics())
    items = list(topic.items)
    if topic.sort == "set":
        items = rng.sample(items, rng.randint(3, min(7, len(items))))
    elif len(items) > 3 and rng.random() < 0.3:
        items = items[: rng.randint(3, len(items))]
    text, spans = _written(topic, items, rng)
    other = rng.choice([t for t in topics() if t.sort == topic.sort and t is not topic])
    kind = "list" if topic.sort == "set" else "steps"
    draw = rng.random()
    if rng.random() < polar_share:
        if topic.sort != "set":
            return None
        if draw < 0.35:
            asked, name, verdict = rng.choice(items), topic.name, "yes"
        elif draw < 0.7:
            asked, name, verdict = rng.choice(other.items), topic.name, "no"
            if asked in topic.items:
                return None
        else:
            asked, name, verdict = rng.choice(other.items), other.name, "neither"
        return polar(kind, rng.choice(_POLAR).format(i=asked, t=name), text, verdict)
    if draw < 0.4:
        question = rng.choice(_WHOLE[topic.sort]).format(t=topic.name)
        return found(kind, question, text, (spans[0][0], spans[-1][1]))
    if draw < 0.58:
        question = rng.choice(_WHOLE[topic.sort]).format(t=other.name)
        return missing(kind, question, text)
    if draw < 0.66:
        number = rng.randint(len(items) + 1, len(items) + 4)
        return missing(kind, _nth(topic, number, rng), text)
    if draw < 0.82 or topic.sort == "set":
        number = rng.randint(1, len(items))
        return found(kind, _nth(topic, number, rng), text, spans[number - 1])
    if draw < 0.94:
        place = rng.randrange(len(items))
        question = rng.choice(_AFTER).format(i=items[place])
        if place + 1 == len(items):
            return missing(kind, question, text)
        return found(kind, question, text, spans[place + 1])
    place = rng.randrange(1, len(items))
    question = rng.choice(_BEFORE).format(i=items[place])
    return found(kind, question, text, spans[place - 1])


def _nth(topic: Topic, number: int, rng: Draw) -> str:
    feminine = topic.sort == "steps"
    plain = number > 10 or rng.random() < 0.25
    said = f"رقم {number}" if plain else ordinal(number, feminine)
    return rng.choice(_NTH[topic.sort]).format(n=said, t=topic.name)


def _written(topic: Topic, items: list[str], rng: Draw) -> tuple[str, list[tuple[int, int]]]:
    style = rng.choice(("- ", "• ", "{n}. ", "{n}- ", "{n}) ", "", "* "))
    text = rng.choice(topic.leads) + rng.choice((":\n", ":\n", "\n", " | "))
    spans = []
    for number, item in enumerate(items, 1):
        text += style.format(n=number)
        spans.append((len(text), len(text) + len(item)))
        text += item + ("\n" if number < len(items) else "")
    return text, spans
