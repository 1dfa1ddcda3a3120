"""The words of passages: the number of passages with each word, and its spellings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.letters import fold
from cica_qa.index.durable import FileWriter, array_writer, bytes_writer
from cica_qa.index.pack import Pack
from cica_qa.index.ragged import Indices, concatenated, picked

_FILE, _STARTS, _FORMS = "words.json", "form_starts.npy", "forms.npy"
WordForm = tuple[str, str]
"""A folded word and one of its spellings."""
SpellingCounts = Mapping[str, int]
"""The number of passages with each spelling of a folded word, the most frequent first."""


class Vocabulary:
    """The words of a segment's passages, folded. Immutable; safe to share between threads."""

    def __init__(self, data: bytes, starts: Indices, forms: NDArray[np.uint32]) -> None:
        """Take the words as JSON, which is parsed on first use, and the forms in each passage.

        ``forms`` are indices into ``table``; those of passage ``i`` begin at ``starts[i]``, and
        ``starts`` has one more entry than there are passages. Raises ``ValueError`` if the parts
        do not match.
        """
        if not len(starts) or int(starts[-1]) != len(forms):
            raise ValueError("the words do not agree with the number of passages")
        self._data = data
        self._starts = starts
        self._forms = forms

    @classmethod
    def from_words(cls, passages: Iterable[Sequence[str]]) -> Self:
        """Index the words of each passage, spelt as in its normalised text."""
        known: dict[WordForm, int] = {}
        starts, forms = [0], []
        for words in passages:
            folded = {(name, word) for word in words if (name := fold(word))}
            forms += [known.setdefault(form, len(known)) for form in folded]
            starts.append(len(forms))
        return cls._of(list(known), np.array(starts, np.int64), np.array(forms, np.int64))

    @classmethod
    def merged(cls, parts: Sequence[Self], order: Indices) -> Self:
        """Return the words of the passages at ``order``, numbered through all ``parts``.

        No passage may occur twice.
        """
        known: dict[WordForm, int] = {}
        starts, forms = np.zeros(1, np.int64), [np.empty(0, np.int64)]
        for part in parts:
            table = [known.setdefault(form, len(known)) for form in part.table]
            forms.append(np.array(table, np.int64)[part._forms])
            starts = concatenated(starts, part._starts)
        chosen, places = picked(starts, order)
        return cls._of(list(known), chosen, np.concatenate(forms)[places])

    @classmethod
    def _of(cls, table: Sequence[WordForm], starts: Indices, forms: Indices) -> Self:
        """Build the vocabulary of ``forms``, indices into a table that may have unused entries."""
        numbers = {name: at for at, name in enumerate(sorted({name for name, _ in table}))}
        owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        named = np.array([numbers[name] for name, _ in table], np.int64)
        # A passage that spells a word in two ways counts once.
        once = np.unique(owners * max(len(numbers), 1) + named[forms]) % max(len(numbers), 1)
        of_name = np.bincount(once, minlength=len(numbers)).tolist()
        counts = np.bincount(forms, minlength=len(table)).tolist()
        used = [at for at, count in enumerate(counts) if count]
        used.sort(key=lambda at: (table[at][0], -counts[at], table[at][1]))
        spelt: dict[str, dict[str, int]] = {}
        for at in used:
            name, form = table[at]
            spelt.setdefault(name, {})[form] = counts[at]
        content = {
            "counts": {name: of_name[numbers[name]] for name in spelt},
            "spellings": {name: ways for name, ways in spelt.items() if list(ways) != [name]},
        }
        places = np.zeros(len(table), np.uint32)
        places[used] = np.arange(len(used))
        moved = places[forms]
        moved = moved[np.lexsort((moved, owners))]
        text = json.dumps(content, ensure_ascii=False)
        return cls(text.encode("utf-8", "surrogatepass"), starts, moved)

    @classmethod
    def load(cls, pack: Pack) -> Self:
        """Open a saved vocabulary. Raises ``KeyError`` or ``ValueError``."""
        return cls(pack.data(_FILE).tobytes(), pack.array(_STARTS), pack.array(_FORMS))

    def files(self) -> dict[str, FileWriter]:
        """Return a writer for each file, by name."""
        return {
            _FILE: bytes_writer(self._data),
            _STARTS: array_writer(self._starts),
            _FORMS: array_writer(self._forms),
        }

    def __len__(self) -> int:
        return len(self._starts) - 1

    @property
    def counts(self) -> Mapping[str, int]:
        """The folded words of all passages, with the number of passages that contain each."""
        return self._parsed[0]

    @property
    def spellings(self) -> Mapping[str, SpellingCounts]:
        """The spellings of each folded word, unless its only spelling is the folded one."""
        return self._parsed[1]

    @cached_property
    def table(self) -> list[WordForm]:
        """All forms in word order, for each word the most frequent first."""
        spelt = self.spellings
        return [(name, form) for name in self.counts for form in spelt.get(name, (name,))]

    def of(self, passages: Indices) -> tuple[Counter[str], Counter[WordForm]]:
        """Return the numbers of these passages that contain each folded word and each form."""
        counts: Counter[str] = Counter()
        forms: Counter[WordForm] = Counter()
        for at in passages.tolist():
            own = self._forms[self._starts[at] : self._starts[at + 1]].tolist()
            found = [self.table[form] for form in own]
            forms.update(found)
            counts.update({name for name, _ in found})
        return counts, forms

    @cached_property
    def _parsed(self) -> tuple[Mapping[str, int], Mapping[str, SpellingCounts]]:
        parsed = json.loads(self._data)
        return parsed["counts"], parsed["spellings"]


def words_of(
    parts: Sequence[Vocabulary], gone: Sequence[NDArray[np.bool_] | None]
) -> tuple[Mapping[str, int], Mapping[str, Sequence[str]]]:
    """Return the words of several segments, without the passages that are ``gone``.

    The first mapping has the number of passages with each word, the second its spellings.
    """
    counts: Counter[str] = Counter()
    forms: Counter[WordForm] = Counter()
    for part, lost in zip(parts, gone, strict=True):
        if lost is not None:
            lost_counts, lost_forms = part.of(np.flatnonzero(lost))
            counts.update(lost_counts)
            forms.update(lost_forms)
    spellings = Spellings(parts, forms)
    if len(parts) == 1 and not counts:
        return parts[0].counts, spellings
    return WordCounts([part.counts for part in parts], counts), spellings


class WordCounts(Mapping[str, int]):
    """The folded words of several segments, with the number of passages that contain each.

    ``gone`` are the counts of deleted passages. Words are looked up in each segment, so that
    adding a segment costs nothing.
    """

    def __init__(self, parts: Sequence[Mapping[str, int]], gone: Mapping[str, int]) -> None:
        self._parts = parts
        self._gone = gone

    def __getitem__(self, name: str) -> int:
        count = sum(part.get(name, 0) for part in self._parts) - self._gone.get(name, 0)
        if count <= 0:
            raise KeyError(name)
        return count

    def __contains__(self, name: object) -> bool:
        for part in self._parts:  # called hundreds of times per unknown word
            if name in part:
                return name not in self._gone or self.get(str(name), 0) > 0
        return False

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(name for part in self._parts for name in part)
        return (name for name in names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Spellings(Mapping[str, Sequence[str]]):
    """The spellings of folded words in several segments, the most frequent first.

    Words whose only spelling is the folded one are left out.
    """

    def __init__(self, parts: Sequence[Vocabulary], gone: Mapping[WordForm, int]) -> None:
        self._parts = parts
        self._gone = gone

    def __getitem__(self, name: str) -> Sequence[str]:
        ways: Counter[str] = Counter()
        for part in self._parts:
            if name in part.spellings:
                ways.update(part.spellings[name])
            elif name in part.counts:
                ways[name] += part.counts[name]
        left = {way: count - self._gone.get((name, way), 0) for way, count in ways.items()}
        ranked = sorted((way for way in left if left[way] > 0), key=lambda way: (-left[way], way))
        if ranked in ([], [name]):
            raise KeyError(name)
        return ranked

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(name for part in self._parts for name in part.spellings)
        return (name for name in names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
