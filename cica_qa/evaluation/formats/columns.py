"""The roles of columns, recognized by their English and Arabic names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer

# If several columns of a role have a value, the one whose name comes first counts.
_NAMES = {
    "id": "id qid question_id query_id رقم معرف رقم_السؤال",
    "question": "question query سؤال نص_السؤال",
    "answers": "answers gold_answers golds إجابات أجوبة "
    "answer gold_answer gold إجابة جواب إجابة_صحيحة",
    "starts": "answer_starts answer_start",
    "context": "context passage paragraph سياق نص فقرة",
    "title": "title عنوان",
    "document": "doc_id context_id document_id document وثيقة مستند مصدر",
    "section": "gold_sections sections gold_section section قسم",
    "answerable": "answerable قابل_للإجابة",
    "impossible": "is_impossible impossible",
    "type": "type question_type نوع نوع_السؤال",
    "dialect": "dialect لهجة",
    "history": "history conversation محادثة",
    "prior_question": "prior_question السؤال_السابق",
    "prior_answer": "prior_answer الإجابة_السابقة",
}
_PLURAL = "answers gold_answers golds إجابات أجوبة"
# The roles of which all columns count, since they hold alternatives or additions.
_JOINED = frozenset(("answers", "section"))
_SLICED = ("type", "dialect")
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class RowFields:
    """A row sorted by role: ``roles`` holds their non-blank values, ``columns`` all others."""

    roles: dict[str, list[object]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    plain_list: bool = False
    """Whether a column that should hold a list of answers holds a single string."""

    def first(self, role: str) -> object:
        """Return the first value of a role; None if it has none."""
        return next(iter(self.roles.get(role, ())), None)

    def text(self, role: str) -> str:
        """Return the first value of a role as text; "" if it has none."""
        return as_text(self.first(role))

    def texts(self, role: str) -> list[str]:
        """Return the distinct texts of a role, from single values and from lists."""
        values = [v for value in self.roles.get(role, ()) for v in _listed(value)]
        return list(dict.fromkeys(text for value in values if (text := as_text(value).strip())))


def row_fields(row: Mapping[str, object]) -> RowFields:
    """Sort the values of a row by the roles of their columns."""
    fields = RowFields()
    ranked: dict[str, list[tuple[int, str, object]]] = {}
    for name, value in row.items():
        if is_blank(value):
            continue
        role, rank = role_of(name)
        if role:
            ranked.setdefault(role, []).append((rank, name, value))
        elif text := as_text(value):
            fields.columns[as_text(name)] = text
    for role, entries in ranked.items():
        entries.sort(key=lambda entry: entry[0])
        used = entries if role in _JOINED else entries[:1]
        fields.roles[role] = [value for _, _, value in used]
        unused = {as_text(name): as_text(value) for _, name, value in entries[len(used) :]}
        fields.columns |= {name: text for name, text in unused.items() if text}
        if role == "answers":
            fields.plain_list = any(
                isinstance(value, str) and _folded(name) in _plural() for _, name, value in used
            )
    fields.columns |= {name: text for name in _SLICED if (text := fields.text(name))}
    return fields


@lru_cache(4096)
def role_of(name: str) -> tuple[str, int]:
    """Return the role of a column and the rank of its name; ("", 0) for an unknown name."""
    return _roles().get(_folded(name), ("", 0))


@lru_cache(4096)
def misspelt(name: str) -> str:
    """Return the known name that an unknown one resembles up to a letter or so; "" if none."""
    folded = _folded(name)
    if len(folded) < 4 or role_of(name)[0]:
        return ""
    similar = difflib.get_close_matches(folded, _spellings(), 3, 0.83)
    near = next((known for known in similar if abs(len(known) - len(folded)) < 2), "")
    return _spellings().get(near, "")


def known_names(role: str) -> str:
    """Return the possible names of a role's column, for a message."""
    return ", ".join(name.replace("_", " ") if name > "~" else name for name in _names(role))


def has_role(names: Iterable[str], role: str) -> bool:
    """Return whether one of the columns has the role."""
    return any(role_of(name)[0] == role for name in names)


def as_text(value: object) -> str:
    """Return a scalar as text that can be stored; "" for None, lists and objects."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    return str(value) if isinstance(value, int | float) else ""


def is_blank(value: object) -> bool:
    """Return whether a cell is empty or blank."""
    return (
        value is None
        or value == []
        or value == {}
        or (isinstance(value, str) and not value.strip())
    )


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _names(role: str) -> list[str]:
    return _NAMES[role].split()


def _folded(name: str) -> str:
    """Return a name without case, diacritics, hamza, ال and separators."""
    words = re.findall(r"[^\W_]+", fold(_normalizer()(as_text(name))))
    return "".join(word.removeprefix("ال") if len(word) > 4 else word for word in words)


@cache
def _normalizer() -> Normalizer:
    return Normalizer()


@cache
def _roles() -> dict[str, tuple[str, int]]:
    return {_folded(n): (role, rank) for role in _NAMES for rank, n in enumerate(_names(role))}


@cache
def _spellings() -> dict[str, str]:
    return {
        _folded(name): name.replace("_", " ") if name > "~" else name
        for role in _NAMES
        for name in _names(role)
    }


@cache
def _plural() -> frozenset[str]:
    return frozenset(map(_folded, _PLURAL.split()))
