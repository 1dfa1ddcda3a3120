"""Which items of a list a question is about: what one says is not said of the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cica_qa.answer.candidates import Candidate, lists_of
from cica_qa.answer.support import COVERED, Normalize, Support, Words
from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.clean import arabic_share
from cica_qa.arabic.letters import fold
from cica_qa.arabic.matching import Forms
from cica_qa.arabic.questions import Asked, Kind
from cica_qa.documents.chunk import without_bullet
from cica_qa.documents.units import LISTED
from cica_qa.protocols import Vectors
from cica_qa.types import Hit

TELLING = 0.25
"""The least part of a question that tells about which item of a list it is."""
_NAMED = 0.6
"""The part of what an item's label alone has by which a question names the item."""
_LABEL = re.compile(r"\W*([^:؟?.\n]{2,80})[:：]\s")
_WORD = re.compile(r"[^\W\d_]{2,}")
_VERB = re.compile(r"[يتن].*")  # or a name, of which then nothing is said
_NOTHING = 1e-6
# What a label says that tells when or where something is, or what it costs, as ``fold`` leaves it.
_FIELDS: Mapping[Kind, frozenset[str]] = {
    "date": frozenset(
        """
        تاريخ موعد مواعيد توقيت وقت اوقات ساعه ساعات دوام عمل زمان يوم date time hours when day
        """.split()
    ),
    "place": frozenset("مكان موقع عنوان مقر place location venue address where".split()),
    "number": frozenset("سعر ثمن تكلفه رسوم رسم قيمه مبلغ اجره price cost fee fees".split()),
}
HAPPENS = frozenset("تقع يقع توجد يوجد تعقد يعقد تنعقد ينعقد تجري يجري تبدا يبدا تفتح يفتح".split())
"""What is said with such a label, as ``fold`` leaves it."""
_OF_BOOKS = frozenset("مولف كاتب ناشر مترجم شاعر author publisher".split())
"""Labels beside which «العنوان:» is a title."""
_WHICH = frozenset("اي ايه من".split())
_ASKS_PRICE = re.compile(r"\W*(?:بكم|how much)\b")


Labels = Mapping[int, Sequence[str]]
"""The words of the label of each item of a list, none where it has no label."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a question tells of a list, by the places of its items in the passage.

    ``alone`` says for each word of the question which item alone has it, or -1, ``named`` which
    items it names, and ``telling`` which have labels that tell what is asked for. ``shared`` are
    the words that several labels have.
    """

    alone: NDArray[np.int64]
    named: Sequence[int]
    telling: Sequence[int]
    shared: Set[str]


class Items:
    """Tells how far the items of a list are not what a question is about.

    A question may name an item by its label («مجلس الوزراء: يجتمع كل شهر»), or else by words that
    the item alone has. The noun of what is asked for («مرة» in «كم مرة») tells neither.
    """

    def __init__(
        self,
        asked: Asked,
        words: Words,
        normalize: Normalize,
        forms: Callable[[Hit], tuple[Vectors, Vectors]],
    ) -> None:
        """``forms`` is that of ``Supports`` for the same ``words``."""
        counted = np.array([Forms(asked.noun).holds(word) < COVERED for word in words], bool)
        self._weights = np.fromiter(words.values(), np.float32) * counted
        self._weight = float(self._weights.sum())
        self._words = words
        self._question = Forms(" ".join(w for w, c in zip(words, counted, strict=True) if c))
        self._pairs = list(_named_things(asked))
        priced = asked.kind != "number" or _ASKS_PRICE.match(fold(asked.text))
        self._fields = _FIELDS.get(asked.kind, frozenset()) if priced else frozenset()
        self._arabic = arabic_share(asked.text) >= 0.5
        self._normalize = normalize
        self._forms = forms
        self._known: dict[tuple[str, int], _Told] = {}

    def of_one(self, whole: Candidate, support: Support, several: bool) -> float:
        """Return how far a whole list is not what is asked for, but one of its items.

        «مجالات التعاون الاقتصادي» is one of «مجالات التعاون». ``several`` is whether a list may
        answer; where none may, an item that is told of leaves nothing to it.
        """
        told = self._told(whole)
        share = float((told.alone >= 0) @ self._weights) / max(self._weight, _NOTHING)
        if several:
            return share
        one = len(told.named) == 1 or told.telling or share >= TELLING
        return 1.0 if one or self.of_none(whole, support) else share

    def of_another(self, item: Candidate, support: Support) -> float:
        """Return how far not this item of its list is asked about, but another or none."""
        told, at = self._told(item), item.first
        if told.named:
            return float(at not in told.named)
        if self.of_none(item, support):
            return 1.0
        other = float(((told.alone >= 0) & (told.alone != at)) @ self._weights)
        if other and other >= TELLING * self._weight:
            return other / float((told.alone >= 0) @ self._weights)
        return float(bool(told.telling) and at not in told.telling)

    def said_of_another(self, item: Candidate) -> float:
        """Return how much of what is asked another item of its list alone says."""
        told = self._told(item)
        others = float(((told.alone >= 0) & (told.alone != item.first)) @ self._weights)
        return others / max(self._weight, _NOTHING)

    def of_none(self, candidate: Candidate, support: Support) -> bool:
        """Return whether what is asked about is named like items of a list, and is none of them.

        As «إجازة الزواج» among «إجازة الحج» and «إجازة الوضع». ``support`` is the candidate's.
        """
        covered = np.maximum(support.context, support.meaning) >= COVERED
        foreign = {word for word, has in zip(self._words, covered, strict=True) if not has}
        shared = self._told(candidate).shared
        return any(
            its_name in foreign and any(map(Forms(one).has, shared))
            for one, its_name in self._pairs
        )

    def tells(self, item: Candidate, support: Support) -> bool:
        """Return whether an item's label says that it tells what is asked («المكان: …»).

        Of what stands above it: where the seminar is, not where the club is that invites to it.
        """
        if item.span.kind not in LISTED or item.first not in self._told(item).telling:
            return False
        about = np.array([fold(word) not in HAPPENS for word in self._words], bool) * self._weights
        # The letters of another script tell nothing, but the meaning does.
        foreign = self._in_another_script(item.hit)
        covered = support.elsewhere if foreign else support.context
        return float(about @ covered) >= COVERED * float(about.sum())

    def _told(self, candidate: Candidate) -> _Told:
        """What the question tells of the list that a candidate is or is in."""
        hit, at = candidate.hit, candidate.first
        lists = [*lists_of(hit.passage), (at, at)]
        first, last = next(one for one in lists if one[0] <= at <= one[1])
        key = hit.passage.passage_id, first
        if key not in self._known:
            items = _items(hit, first, last)
            labels = {item: self._label(hit, item) for item in items}
            others = [self._text(hit, row) for row in range(first, last + 1) if row not in items]
            headings = map(self._normalize, hit.passage.headings)
            self._known[key] = _Told(
                self._alone(hit, first, last),
                self._named(labels, " ".join((*others, *headings))),
                self._telling(labels),
                _shared(labels.values()),
            )
        return self._known[key]

    def _in_another_script(self, hit: Hit) -> bool:
        return (arabic_share(hit.passage.text) >= 0.5) != self._arabic

    def _named(self, labels: Labels, above: str) -> list[int]:
        """The items whose labels the question names, by the words that one label alone has.

        Words that the list's lead or what stands ``above`` it has say of which list it is.
        """
        if not all(labels.values()):
            return []
        forms = {at: Forms(" ".join(label)) for at, label in labels.items()}
        lead, named = Forms(above), []
        for at, label in labels.items():
            others = [lead, *(forms[other] for other in labels if other != at)]
            own = [word for word in label if not any(form.has(word) for form in others)]
            said = sum(self._question.has(word) for word in own)
            if said and said >= _NAMED * len(own):
                named.append(at)
        return named

    def _telling(self, labels: Labels) -> list[int]:
        """The items whose labels say that they tell what is asked for."""
        bare = {at: {_bare(word) for word in label} for at, label in labels.items()}
        fields = self._fields
        if not _OF_BOOKS.isdisjoint(set().union(*bare.values())):
            fields -= {"عنوان"}
        return [at for at, label in bare.items() if label and label <= fields]

    def _label(self, hit: Hit, at: int) -> list[str]:
        match = _LABEL.match(self._text(hit, at))
        words = _WORD.findall(match[1]) if match else []
        return [word for word in words if not is_stop_word(fold(word))] or words

    def _alone(self, hit: Hit, first: int, last: int) -> NDArray[np.int64]:
        """Which item of a list alone has each word; -1 where none or several have it.

        Nor where the list's lead or what stands above it has it. Where an item has a word itself,
        the others' words of the same root do not count.
        """
        if self._in_another_script(hit):
            return np.full(len(self._words), -1)  # the letters of another script tell nothing
        inside, above = self._forms(hit)
        items = _items(hit, first, last)
        same = np.array([self._has(hit, at) for at in items]).reshape(len(items), len(self._words))
        held = np.where(same.any(axis=0), same, inside[items] >= COVERED)
        lead = inside[[at for at in range(first, last + 1) if at not in items]]
        outside = np.maximum(lead.max(axis=0, initial=0.0), above)
        alone = (held.sum(axis=0) == 1) & (outside < COVERED)
        return np.where(alone, np.array(items)[held.argmax(axis=0)], -1)

    def _has(self, hit: Hit, at: int) -> list[bool]:
        forms = Forms(self._text(hit, at))
        return [forms.has(word) for word in self._words]

    def _text(self, hit: Hit, at: int) -> str:
        span = hit.passage.units[at]
        return self._normalize(without_bullet(hit.passage.slice(span.start, span.end)))


def _named_things(asked: Asked) -> Iterator[tuple[str, str]]:
    """Pairs of words of a question that may be a thing and its name: «إجازة», «الزواج».

    «أي إجازة» names none, and neither does what is counted or does something («كم فرع يفتح»).
    """
    counted, before = Forms(asked.noun), ""
    for one, its_name in pairwise(_WORD.findall(asked.text)):
        does = counted.has(one) or _VERB.fullmatch(its_name)
        if fold(before) not in _WHICH and (its_name.startswith("ال") or not does):
            yield one, its_name
        before = one


def _shared(labels: Collection[Sequence[str]]) -> set[str]:
    forms = [Forms(" ".join(label)) for label in labels]
    return {w for label in labels for w in label if sum(form.has(w) for form in forms) > 1}


def _bare(word: str) -> str:
    return fold(word).removeprefix("ال").lower()


def _items(hit: Hit, first: int, last: int) -> Sequence[int]:
    sentences = hit.passage.units
    return [at for at in range(first, last + 1) if sentences[at].kind in LISTED]
