"""Phonetic search for Arabic words by their Latin transliteration: «3adad» finds «عدد».

``arabizi_letters`` lists the Arabic letters that one or more Latin letters may stand for, the
likeliest first. The search walks the sorted vocabulary as if it were a trie, best first: it expands
the cheapest prefix, and only prefixes that some word has.
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
_MAX_MATCHES, _MAX_STEPS = 5, 3000
_SHORTEST_BARE = 3

# Costs: one is one position down the list of letters.
_PER_LETTER, _AT_LEAST, _AT_MOST = 0.6, 1.0, 4.0
"""The highest cost of a match: per letter of the word, with a lower and an upper bound."""
_UNWRITTEN_VOWEL, _SPLIT_DIGRAPH, _DOUBLED_LETTER = 1.5, 1.0, 1.0
"""The cost of an unwritten long vowel, a split digraph, and a doubled letter read as two."""
_PREFIX, _SUFFIX, _UNATTESTED = 0.5, 0.7, 1.0
"""The cost of a prefix, of a suffix, and of a combination that the collection lacks."""
_FREQUENCY = 0.25
"""The weight of the log frequency of a word."""
_OTHER = 1.0
"""The extra doubt of a word that the collection lacks."""
_MARGIN = 1.5
"""How much costlier than the first match further ones may be."""
_VOWELS = "اوي"
_AND = "و"

_REPEATED = re.compile(r"(.)\1\1+")
_ASSIMILATED = re.compile(r"[aei](sh|th|dh|[tdrzsn4$69])\1")
"""«esh-shams», «assalam»: the article is assimilated to the next consonant."""
_END = "\uffff"

_Option = tuple[int, str, float]  # Latin letters read, the Arabic they stand for, the cost


@dataclass(frozen=True, slots=True)
class PhoneticMatch:
    """A word that a transliteration may stand for, as the collection spells it.

    ``cost`` is its distance from the likeliest reading of the letters; ``doubt`` also takes into
    account how rare the word is.
    """

    text: str
    doubt: float = 0.0
    cost: float = 0.0


class PhoneticVocabulary:
    """A vocabulary that is searched by sound. Safe to share between threads."""

    def __init__(
        self,
        counts: Mapping[str, int],
        spellings: Mapping[str, Sequence[str]],
        others: Mapping[str, str],
    ) -> None:
        """Sort the words.

        ``counts`` maps the folded words of the collection to their number of passages,
        ``spellings`` to how they are spelt there. ``others`` maps further folded words to their
        spelling; with them, a word that the collection lacks is not mistaken for one that it has.
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
        self._cached_search = lru_cache(4096)(self._search)  # questions repeat words

    def matches(self, word: str, before: str = "") -> tuple[PhoneticMatch, ...]:
        """Return up to five words that lower-case Latin letters may stand for, likeliest first.

        ``before`` is the Arabic that is joined to the word, such as the article in «el markaz».
        """
        return self._cached_search(word, before)

    def _search(self, word: str, before: str) -> tuple[PhoneticMatch, ...]:
        word = _REPEATED.sub(r"\1\1", word)[:_LONGEST]
        found: dict[str, PhoneticMatch] = {}
        for cost, whole, bare in self._walk(word, before):
            total = cost + (0.0 if whole == bare or whole in self._counts else _UNATTESTED)
            count = self._counts.get(whole, 0) or self._weights.get(bare, 0)
            doubt = total - _FREQUENCY * log(count + 0.5) + (0.0 if count else _OTHER)
            if whole not in found or doubt < found[whole].doubt:
                found[whole] = PhoneticMatch(self._spelling(whole, bare), doubt, total)
        # Shorter words win ties, since most vowels are short ones, which Arabic does not write.
        ranked = sorted(found.values(), key=lambda one: (one.doubt, len(one.text), one.text))
        return tuple(ranked[:_MAX_MATCHES])

    def _spelling(self, whole: str, bare: str) -> str:
        """Return the spelling of a word with its prefix or suffix."""
        if whole in self._spelt:
            return self._spelt[whole]
        return whole.replace(bare, self._spelt[bare])

    def _walk(self, word: str, before: str) -> Iterator[tuple[float, str, str]]:
        """Yield the cost of each match, the whole word, and the word without its affixes.

        Matches come in ascending order of cost, except that a suffix adds to it. After the first,
        only matches within ``_MARGIN`` of it are yielded.
        """
        limit = min(max(_AT_LEAST, _PER_LETTER * len(word)), _AT_MOST)
        words = self._words
        heap = sorted(
            (cost, start, "", 0, len(words), arabic)
            for start, arabic, cost in _starts(word, before)
        )
        inside: dict[int, list[_Option]] = {}
        seen: dict[tuple[int, str, str], float] = {}
        for _ in range(_MAX_STEPS):
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
                inside[at] = _readings(word, at, "inside")
            steps = inside[at] if text else _readings(word, at, "first")
            for size, letters, more in steps:
                if cost + more > limit:
                    continue
                place = self._prefix_range(text + letters, low, high) if letters else (low, high)
                if place[0] < place[1]:
                    heappush(heap, (cost + more, at + size, text + letters, *place, prefix))
            if text and text[-1] not in _VOWELS and cost + _UNWRITTEN_VOWEL <= limit:
                for vowel in _VOWELS:
                    place = self._prefix_range(text + vowel, low, high)
                    if place[0] < place[1]:
                        heappush(heap, (cost + _UNWRITTEN_VOWEL, at, text + vowel, *place, prefix))

    def _prefix_range(self, text: str, low: int, high: int) -> tuple[int, int]:
        """Return the range of the sorted words that start with ``text``."""
        start = bisect_left(self._words, text, low, high)
        if start == high or not self._words[start].startswith(text):
            return start, start
        return start, bisect_left(self._words, text + _END, start, high)


def literal_transliteration(word: str) -> str:
    """Return the letter-by-letter transliteration of an unknown word."""
    text, at = "", 0
    while at < len(word):
        steps = _readings(word, at, "inside" if at else "first")
        likely = [step for step in steps if step[2] < 1] or [(1, word[at], 0.0)]
        size, letters, _ = max(likely, key=lambda step: (step[0], len(step[1])))
        text, at = text + letters, at + size
    return text


def _forms(word: str, spelt: str, counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield a folded word with its spelling, and the same without each of its clitics."""
    yield word, spelt
    for clitic in word_list("clitics", "known"):
        rest = word[len(clitic) :]
        if not word.startswith(clitic) or len(rest) < _SHORTEST_BARE:
            continue
        known = rest in counts or ARTICLE + rest in counts
        if known or clitic == _AND or clitic.endswith((ARTICLE, TO_THE)):
            yield rest, spelt[len(clitic) :]


def _starts(word: str, before: str) -> Iterator[tuple[int, str, float]]:
    """Yield where a word may start after a prefix, the Arabic of the prefix, and its cost."""
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
    """Return whether a folded word may follow a prefix."""
    if prefix.endswith(ARTICLE):
        return not text.startswith(ARTICLE)
    if prefix in word_list("arabizi_words", "before_verb"):
        return pattern("verb").fullmatch(text) is not None
    return True


def _readings(word: str, at: int, mark: str) -> list[_Option]:
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
        apart = _SPLIT_DIGRAPH if size < together else 0.0
        for arabic, cost in _letters(place).get(letters) or _letters("inside").get(letters, ()):
            known = best.get((size, arabic), 99.0)
            best[size, arabic] = min(known, cost + apart)
    if word[at : at + 1] == word[at + 1 : at + 2] and word[at] not in "aeiou":
        for (size, arabic), cost in list(best.items()):
            if size == 1:  # a doubled letter is written once
                best[2, arabic] = min(cost, best.get((2, arabic), 99.0))
                best[1, arabic] = cost + _DOUBLED_LETTER
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
