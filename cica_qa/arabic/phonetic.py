"""Arabic words by their sound, as people write it in Latin letters and digits: «3adad» is «عدد».

Each letter, or a few, may stand for some Arabic ones, the likeliest first (``arabizi_letters``).
The words that a spelling may mean are found by walking through all known words, sorted, as if they
were a tree: the cheapest beginnings first, and only those that some word has.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import heappop, heappush
from math import log

from cica_qa.arabic.letters import ARTICLE, TO_THE
from cica_qa.arabic.lexicon import pattern, word_list

_LONGEST = 24
_MOST, _MOST_STEPS = 5, 3000
_SHORTEST_BARE = 3

# Costs in places down the lists of letters.
_PER_LETTER, _AT_LEAST, _AT_MOST = 0.6, 1.0, 4.0
"""How far from the likeliest spelling a word may be: a share of its letters, and no less."""
_UNWRITTEN, _APART, _DOUBLED = 1.5, 1.0, 1.0
"""A long vowel that is not written; two letters that are mostly one; a doubled one read as two."""
_PREFIX, _SUFFIX, _MADE = 0.5, 0.7, 1.0
"""What is written as one with a word, and the whole where the collection lacks it."""
_FREQUENCY = 0.25  # nats
_OTHER = 1.0
"""How much less likely a word is that the collection lacks, beside how rare it is."""
_MARGIN = 1.5
_VOWELS = "اوي"
_AND = "و"

_REPEATED = re.compile(r"(.)\1\1+")
_ASSIMILATED = re.compile(r"[aei](sh|th|dh|[tdrzsn4$69])\1")
"""«esh-shams», «assalam»: the article sounds like the letter after it."""
_END = "\uffff"

_Option = tuple[int, str, float]  # letters read, what they stand for, the cost


@dataclass(frozen=True, slots=True)
class PhoneticMatch:
    """A word that a spelling may mean, as the collection spells it.

    ``cost`` is how far it is from the likeliest reading of its letters, ``doubt`` the same with
    how rare it is.
    """

    text: str
    doubt: float = 0.0
    cost: float = 0.0


class PhoneticVocabulary:
    """The words of a collection, and others, to be found by their sound. Safe to share."""

    def __init__(
        self,
        counts: Mapping[str, int],
        spellings: Mapping[str, Sequence[str]],
        others: Mapping[str, str],
    ) -> None:
        """Sort the words; ``counts`` and ``spellings`` are of the collection, folded.

        ``others`` maps further folded words to their spelling: a word that the collection lacks
        is not taken for one that it has.
        """
        self._weights: dict[str, float] = {}
        self._spelt: dict[str, str] = dict(others)
        self._counts = counts
        for word in counts:
            if word.isascii():
                continue
            spelt = next(iter(spellings.get(word, ())), word)
            for bare, text in _forms(word, spelt, counts):
                self._weights[bare] = self._weights.get(bare, 0) + counts[word]
                self._spelt[bare] = spelt if bare == word else self._spelt.get(bare, text)
        self._words = sorted(self._weights.keys() | {w for w in others if w})
        self._heard = lru_cache(4096)(self._search)  # people ask in the same words

    def heard(self, word: str, before: str = "") -> tuple[PhoneticMatch, ...]:
        """Return what a word in small Latin letters may mean, the likeliest first.

        ``before`` is Arabic that is written as one with it: the article in «el markaz».
        """
        return self._heard(word, before)

    def _search(self, word: str, before: str) -> tuple[PhoneticMatch, ...]:
        word = _REPEATED.sub(r"\1\1", word)[:_LONGEST]
        found: dict[str, PhoneticMatch] = {}
        for cost, whole, bare in self._walk(word, before):
            total = cost + (0.0 if whole == bare or whole in self._counts else _MADE)
            count = self._counts.get(whole, 0) or self._weights.get(bare, 0)
            doubt = total - _FREQUENCY * log(count + 0.5) + (0.0 if count else _OTHER)
            if whole not in found or doubt < found[whole].doubt:
                found[whole] = PhoneticMatch(self._spelling(whole, bare), doubt, total)
        # Of equals the shorter: short vowels, which Arabic does not write, are the more frequent.
        ranked = sorted(found.values(), key=lambda one: (one.doubt, len(one.text), one.text))
        return tuple(ranked[:_MOST])

    def _spelling(self, whole: str, bare: str) -> str:
        """How a word is spelt that begins or ends with what is written as one with it."""
        if whole in self._spelt:
            return self._spelt[whole]
        return whole.replace(bare, self._spelt[bare])

    def _walk(self, word: str, before: str) -> Iterator[tuple[float, str, str]]:
        """Yield the costs of words, the cheapest first, the words, and those without prefixes.

        Where one is found, others that cost not much more are looked for, too.
        """
        limit = min(max(_AT_LEAST, _PER_LETTER * len(word)), _AT_MOST)
        words = self._words
        heap = sorted(
            (cost, start, "", 0, len(words), arabic)
            for start, arabic, cost in _beginnings(word, before)
        )
        inside: dict[int, list[_Option]] = {}
        seen: dict[tuple[int, str, str], float] = {}
        for _ in range(_MOST_STEPS):
            if not heap:
                return
            cost, at, text, low, high, prefix = heappop(heap)
            if cost > limit:
                return
            if seen.get((at, text, prefix), limit + 1) <= cost:
                continue
            seen[at, text, prefix] = cost
            whole = len(text) > 1 and low < high and words[low] == text
            if at == len(word):
                if whole and _may_follow(prefix, text):
                    limit = min(limit, cost + _MARGIN)
                    yield cost, prefix + text, text
                continue
            if whole and (suffix := word_list("arabizi_words", "suffix").get(word[at:])):
                joined = text[:-1] + "ت" if text[-1] == "ه" else text
                yield cost + _SUFFIX, prefix + joined + suffix, text
            if text and at not in inside:
                inside[at] = _read(word, at, "inside")
            steps = inside[at] if text else _read(word, at, "first")
            for size, letters, more in steps:
                if cost + more > limit:
                    continue
                place = self._under(text + letters, low, high) if letters else (low, high)
                if place[0] < place[1]:
                    heappush(heap, (cost + more, at + size, text + letters, *place, prefix))
            if text and text[-1] not in _VOWELS and cost + _UNWRITTEN <= limit:
                for vowel in _VOWELS:
                    place = self._under(text + vowel, low, high)
                    if place[0] < place[1]:
                        heappush(heap, (cost + _UNWRITTEN, at, text + vowel, *place, prefix))

    def _under(self, text: str, low: int, high: int) -> tuple[int, int]:
        """Where the words stand that begin so."""
        start = bisect_left(self._words, text, low, high)
        if start == high or not self._words[start].startswith(text):
            return start, start
        return start, bisect_left(self._words, text + _END, start, high)


def literal_transliteration(word: str) -> str:
    """Return a word that nobody knows letter by letter, each as its likeliest."""
    text, at = "", 0
    while at < len(word):
        steps = _read(word, at, "inside" if at else "first")
        likely = [step for step in steps if step[2] < 1] or [(1, word[at], 0.0)]
        size, letters, _ = max(likely, key=lambda step: (step[0], len(step[1])))
        text, at = text + letters, at + size
    return text


def _forms(word: str, spelt: str, counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """A folded word with its spelling, and without what is written as one with its beginning."""
    yield word, spelt
    for clitic in word_list("clitics", "known"):
        rest = word[len(clitic) :]
        if not word.startswith(clitic) or len(rest) < _SHORTEST_BARE:
            continue
        known = rest in counts or ARTICLE + rest in counts
        if known or clitic == _AND or clitic.endswith((ARTICLE, TO_THE)):
            yield rest, spelt[len(clitic) :]


def _beginnings(word: str, before: str) -> Iterator[tuple[int, str, float]]:
    """Where a word may begin behind what is written as one with it, and what that is."""
    yield 0, before, 0.0
    if before:
        return
    prefixes = word_list("arabizi_words", "prefix")
    for size in range(1, 4):
        if word[:size] in prefixes and len(word) - size > 1:
            yield size, prefixes[word[:size]], _PREFIX
    if match := _ASSIMILATED.match(word):
        yield match.end(1), ARTICLE, _PREFIX


def _may_follow(prefix: str, text: str) -> bool:
    """Whether a folded word may stand behind what is written as one with it."""
    if prefix.endswith(ARTICLE):
        return not text.startswith(ARTICLE)
    if prefix in word_list("arabizi_words", "before_verb"):
        return pattern("verb").fullmatch(text) is not None
    return True


def _read(word: str, at: int, mark: str) -> list[_Option]:
    best: dict[tuple[int, str], float] = {}
    together = max(
        (n for n in (1, 2, 3) if word[at : at + n] in _letters("inside") and at + n <= len(word)),
        default=1,
    )
    for size in (1, 2, 3):
        letters = word[at : at + size]
        if len(letters) < size:
            break
        place = "last" if at + size == len(word) and mark != "first" else mark
        apart = _APART if size < together else 0.0
        for arabic, cost in _letters(place).get(letters) or _letters("inside").get(letters, ()):
            known = best.get((size, arabic), 99.0)
            best[size, arabic] = min(known, cost + apart)
    if word[at : at + 1] == word[at + 1 : at + 2] and word[at] not in "aeiou":
        for (size, arabic), cost in list(best.items()):
            if size == 1:  # a doubled letter is written once
                best[2, arabic] = min(cost, best.get((2, arabic), 99.0))
                best[1, arabic] = cost + _DOUBLED
    if not best:
        best[1, ""] = 1.0
    return [(size, arabic, cost) for (size, arabic), cost in best.items()]


@cache
def _letters(mark: str) -> dict[str, tuple[tuple[str, float], ...]]:
    return {
        letters: tuple(
            (one.strip("-"), float(place))
            for place, alike in enumerate(spellings.split(" "))
            for one in alike.split("|")
        )
        for letters, spellings in word_list("arabizi_letters", mark).items()
    }
