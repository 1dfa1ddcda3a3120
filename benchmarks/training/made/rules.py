"""Rules that allow, forbid, oblige, exempt and except, asked about from either side.

A line of `rules.tsv` has an actor, an act (a verbal noun), a condition, the actor who may be
excepted, and whether the act can be allowed (act) or demanded (duty).
"""

from __future__ import annotations

from functools import cache

from benchmarks.training.made.row import Made, found, polar
from benchmarks.training.made.words import Draw, lines_of, ordinal

_ALLOW = ("يجوز {l} {act}", "يحق {l} {act}", "يُسمح {l} ب{act}", "{l} الحق في {act}")
_FORBID = (
    "لا يجوز {l} {act}", "لا يحق {l} {act}", "يُحظر على {who} {act}", "يُمنع {who} من {act}",
    "لا يُسمح {l} ب{act}", "ليس {l} {act}",
)  # fmt: skip
_OBLIGE = ("يجب على {who} {act}", "يلتزم {who} ب{act}", "على {who} {act}", "يتعين على {who} {act}")
_SPARE = ("لا يجب على {who} {act}", "يُعفى {who} من {act}", "لا يلزم {who} {act}")
_STANCES = {"act": ("allow", "forbid"), "duty": ("oblige", "spare")}
_ASK_MAY = (
    "هل يجوز {l} {act}؟", "هل يحق {l} {act}؟", "هل يُسمح {l} ب{act}؟", "هل بإمكان {who} {act}؟",
    "ينفع {l} {act}؟", "يصير {l} {act}؟", "ممكن {l} {act}؟", "مسموح {l} {act}؟", "عادي {l} {act}؟",
    "هل {act} مسموح به {l}؟", "واش يجوز {l} {act}؟",
)  # fmt: skip
_ASK_BARRED = (
    "هل يُمنع {who} من {act}؟", "هل يُحظر على {who} {act}؟", "هل {act} ممنوع على {who}؟",
    "ممنوع على {who} {act}؟", "هل لا يجوز {l} {act}؟", "محظور على {who} {act}؟",
)  # fmt: skip
_ASK_MUST = (
    "هل يجب على {who} {act}؟", "هل يلتزم {who} ب{act}؟", "هل {who} ملزم ب{act}؟",
    "لازم على {who} {act}؟", "ضروري على {who} {act}؟", "هل على {who} {act}؟",
)  # fmt: skip
_ASK_SPARED = ("هل يُعفى {who} من {act}؟", "هل {who} معفى من {act}؟", "هل {who} غير ملزم ب{act}؟")


@cache
def _rules() -> tuple[tuple[str, ...], ...]:
    rows = (line.split("\t") for line in lines_of("rules.tsv"))
    return tuple(tuple(row) for row in rows)


def to(who: str) -> str:
    """Return the actor with «لـ» before it: «للمستأجر»."""
    if who.startswith("الل"):
        return "ل" + who[2:]
    return "لل" + who[2:] if who.startswith("ال") else "ل" + who


def rule_row(span_share: float, rng: Draw) -> Made:
    """Return a question about one of several rules, mostly a yes/no question."""
    rules = rng.sample(_rules(), rng.choice((1, 1, 2, 3, 4)))
    told = [(rule, rng.choice(_STANCES[rule[4]])) for rule in rules]
    asked = rng.randrange(len(told))
    (who, act, condition, like, _), stance = told[asked]
    draw = rng.random()
    style = rng.random()
    conditional = style < 0.3 and stance in ("allow", "forbid")
    excepted = 0.3 <= style < 0.5
    lines = [_line(rule[0], rule[1], rng.choice(_forms(s)), rng) for rule, s in told]
    if conditional:
        link = "إلا" if stance == "forbid" else "بشرط أن يكون ذلك"
        lines[asked] = f"{_line(who, act, rng.choice(_forms(stance)), rng)} {link} {condition}"
    elif excepted:
        but = rng.choice(("ما عدا", "باستثناء", "عدا"))
        lines[asked] += f"، ويُستثنى من ذلك {like}" if rng.random() < 0.5 else f" {but} {like}"
    text, spans = _document(lines, rng)
    if conditional and rng.random() < span_share:
        question = rng.choice(
            (
                f"متى يجوز {to(who)} {act}؟",
                f"ما شرط {act} {to(who)}؟",
                f"بأي شرط يُسمح {to(who)} ب{act}؟",
                f"شروط {act}",
            )
        )
        start = text.index(condition, spans[asked][0])
        return found("rule", question, text, (start, start + len(condition)))
    if excepted and rng.random() < span_share:
        question = rng.choice((f"من المستثنى من الحكم الخاص ب{act}؟", f"من يُستثنى في {act}؟"))
        start = text.index(like, spans[asked][0])
        return found("rule", question, text, (start, start + len(like)))
    if draw < 0.28:
        others = [r for r in _rules() if r not in rules and r[1] != act and r[0] != like]
        unknown = rng.choice(others)
        may = (*_ASK_MAY, *_ASK_BARRED)
        form = rng.choice(may if unknown[4] == "act" else (*_ASK_MUST, *_ASK_SPARED))
        by = unknown[0] if rng.random() < 0.5 else who
        return polar("rule", _line(by, unknown[1], form, rng), text, "neither")
    if conditional:
        if rng.random() < 0.5:
            question = _line(who, act, rng.choice(_ASK_MAY[:6]), rng).rstrip("؟") + f" {condition}؟"
            return polar("rule", question, text, "yes")
        form = rng.choice(
            (
                "هل يجوز {l} {act} بلا قيد أو شرط؟",
                "هل {act} مباح {l} مطلقًا؟",
                "ينفع {l} {act} من غير أي شرط؟",
            )
        )
        return polar("rule", _line(who, act, form, rng), text, "no")
    by = like if excepted and rng.random() < 0.6 else who
    holds = by == who
    if stance in ("allow", "forbid"):
        straight = rng.random() < 0.6
        form = rng.choice(_ASK_MAY if straight else _ASK_BARRED)
        verdict = ((stance == "allow") == holds) == straight
    else:
        straight = rng.random() < 0.65
        form = rng.choice(_ASK_MUST if straight else _ASK_SPARED)
        verdict = ((stance == "oblige") == holds) == straight
    return polar("rule", _line(by, act, form, rng), text, "yes" if verdict else "no")


def _forms(stance: str) -> tuple[str, ...]:
    return {"allow": _ALLOW, "forbid": _FORBID, "oblige": _OBLIGE, "spare": _SPARE}[stance]


def _line(who: str, act: str, form: str, rng: Draw) -> str:
    return form.format(l=to(who), who=who, act=act)


def _document(lines: list[str], rng: Draw) -> tuple[str, list[tuple[int, int]]]:
    heading = rng.choice(
        ("", "", "اللائحة الداخلية | ", "الأحكام العامة | ", "ضوابط عامة | ", "تعليمات | ")
    )
    style = rng.choice(("bare", "number", "article", "dash"))
    first = rng.randint(1, 15)
    text, spans = heading, []
    for n, line in enumerate(lines):
        if n:
            text += "\n"
        text += {
            "bare": "",
            "number": f"{first + n}. ",
            "article": f"المادة {ordinal(first + n)}: ",
            "dash": "- ",
        }[style]
        spans.append((len(text), len(text) + len(line)))
        text += line + "."
    return text, spans
