"""The words of passages: how many passages have each, and how they spell it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.letters import fold
from cica_qa.index.durable import Writer, array_writer, bytes_writer
from cica_qa.index.pack import Pack
from cica_qa.index.ragged import Places, joined, picked

_FILE, _STARTS, _FORMS = "words.json", "form_starts.npy", "forms.npy"
Form = tuple[str, str]
"""A folded word, and how it is spelt."""
Spelt = Mapping[str, int]
"""In how many passages a folded word is spelt in each way, the most frequent first."""


class Vocabulary:
    """The words of the passages of a segment, folded. Immutable; safe to share between threads.

    ``starts`` says for each passage where its forms begin in ``forms``, which counts through
    ``table``; it has one entry more than there are passages.
    """

    def __init__(self, data: bytes, starts: Places, forms: NDArray[np.uint32]) -> None:
        """``data`` is the content of the file; it is parsed when it is first needed.

        Raises ``ValueError`` where the parts do not belong together.
        """
        if not len(starts) or int(starts[-1]) != len(forms):
            raise ValueError("the words do not agree with the number of passages")
        self._data = data
        self._starts = starts
        self._forms = forms

    @classmethod
    def from_words(cls, passages: Iterable[Sequence[str]]) -> Self:
        """Count the words of passages, given as they stand in the normalised text."""
        known: dict[Form, int] = {}
        starts, forms = [0], []
        for words in passages:
            folded = {(name, word) for word in words if (name := fold(word))}
            forms += [known.setdefault(form, len(known)) for form in folded]
            starts.append(len(forms))
        return cls._of(list(known), np.array(starts, np.int64), np.array(forms, np.int64))

    @classmethod
    def merged(cls, parts: Sequence[Self], order: Places) -> Self:
        """Return the words of the passages at ``order``: all ``parts`` count on, none twice."""
        known: dict[Form, int] = {}
        starts, forms = np.zeros(1, np.int64), [np.empty(0, np.int64)]
        for part in parts:
            table = [known.setdefault(form, len(known)) for form in part.table]
            forms.append(np.array(table, np.int64)[part._forms])
            starts = joined(starts, part._starts)
        chosen, places = picked(starts, order)
        return cls._of(list(known), chosen, np.concatenate(forms)[places])

    @classmethod
    def _of(cls, table: Sequence[Form], starts: Places, forms: Places) -> Self:
        """``forms`` count through ``table``, which may have more than they need."""
        numbers = {name: at for at, name in enumerate(sorted({name for name, _ in table}))}
        owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        named = np.array([numbers[name] for name, _ in table], np.int64)
        # A passage that spells a word in two ways has it once.
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
        """Open what ``files`` wrote. Raises ``KeyError`` or ``ValueError``."""
        return cls(pack.data(_FILE).tobytes(), pack.array(_STARTS), pack.array(_FORMS))

    def files(self) -> dict[str, Writer]:
        """Return what writes each part, by name."""
        return {
            _FILE: bytes_writer(self._data),
            _STARTS: array_writer(self._starts),
            _FORMS: array_writer(self._forms),
        }

    def __len__(self) -> int:
        return len(self._starts) - 1

    @property
    def counts(self) -> Mapping[str, int]:
        """The folded words of all passages, with the number of passages that have each."""
        return self._parsed[0]

    @property
    def spellings(self) -> Mapping[str, Spelt]:
        """How the passages spell a folded word, but for one that is only spelt as it is folded."""
        return self._parsed[1]

    @cached_property
    def table(self) -> list[Form]:
        """All forms in the order of their words, of one word the most frequent first."""
        spelt = self.spellings
        return [(name, form) for name in self.counts for form in spelt.get(name, (name,))]

    def of(self, passages: Places) -> tuple[Counter[str], Counter[Form]]:
        """Return in how many of some passages each folded word stands, and each form of it."""
        counts: Counter[str] = Counter()
        forms: Counter[Form] = Counter()
        for at in passages.tolist():
            own = self._forms[self._starts[at] : self._starts[at + 1]].tolist()
            found = [self.table[form] for form in own]
            forms.update(found)
            counts.update({name for name, _ in found})
        return counts, forms

    @cached_property
    def _parsed(self) -> tuple[Mapping[str, int], Mapping[str, Spelt]]:
        parsed = json.loads(self._data)
        return parsed["counts"], parsed["spellings"]


def words_of(
    parts: Sequence[Vocabulary], gone: Sequence[NDArray[np.bool_] | None]
) -> tuple[Mapping[str, int], Mapping[str, Sequence[str]]]:
    """Return the words of several segments without those of passages that are ``gone``.

    First in how many passages each is, then how they spell it.
    """
    counts: Counter[str] = Counter()
    forms: Counter[Form] = Counter()
    for part, lost in zip(parts, gone, strict=True):
        if lost is not None:
            lost_counts, lost_forms = part.of(np.flatnonzero(lost))
            counts.update(lost_counts)
            forms.update(lost_forms)
    spellings = Spellings(parts, forms)
    if len(parts) == 1 and not counts:
        return parts[0].counts, spellings
    return Counted([part.counts for part in parts], counts), spellings


class Counted(Mapping[str, int]):
    """The folded words of several segments, with the number of passages that have each.

    ``gone`` are counts of passages that are deleted. A word is looked up where it is, so that a
    segment more costs nothing.
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
        for part in self._parts:  # asked for hundreds of times for each unknown word
            if name in part:
                return name not in self._gone or self.get(str(name), 0) > 0
        return False

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(name for part in self._parts for name in part)
        return (name for name in names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Spellings(Mapping[str, Sequence[str]]):
    """How the passages of several segments spell a folded word, the most frequent way first.

    A word that they only spell as it is folded is left out.
    """

    def __init__(self, parts: Sequence[Vocabulary], gone: Mapping[Form, int]) -> None:
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
