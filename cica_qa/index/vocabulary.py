"""The words of a collection: how many passages have each, and how the collection spells it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.letters import fold
from cica_qa.index.durable import Writer

_FILE = "words.json"
Form = tuple[str, str]
"""A folded word, and how it is spelt."""


class Vocabulary:
    """The words of all passages, folded. Immutable; safe to share between threads."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        """``data`` is the content of the file; it is parsed when it is first needed."""
        self._data = data

    @classmethod
    def from_words(cls, passages: Iterable[Sequence[str]]) -> Self:
        """Count the words of passages, given as they stand in the normalised text."""
        return cls._of(*_counted(passages))

    def changed(self, gone: Iterable[Sequence[str]], new: Iterable[Sequence[str]]) -> Self:
        """Return the words without those of some of the passages, and with those of others."""
        counts, forms = Counter(self.counts), self._forms
        old_counts, old_forms = _counted(gone)
        new_counts, new_forms = _counted(new)
        counts.subtract(old_counts)
        counts.update(new_counts)
        forms.subtract(old_forms)
        forms.update(new_forms)
        return self._of(+counts, +forms)

    @classmethod
    def _of(cls, counts: Counter[str], forms: Counter[Form]) -> Self:
        spelt: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for (name, form), count in sorted(forms.items(), key=lambda item: (-item[1], item[0])):
            spelt[name][form] = count
        content = {
            "counts": {name: counts[name] for name in sorted(counts)},
            "spellings": {
                name: spelt[name] for name in sorted(spelt) if list(spelt[name]) != [name]
            },
        }
        text = json.dumps(content, ensure_ascii=False)
        return cls(np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map what ``files`` wrote. Raises ``OSError`` or ``ValueError``.

        It is mapped now, since the folder may be gone by the time the words are asked for.
        """
        return cls(np.memmap(folder / _FILE, np.uint8, "r"))

    def files(self) -> dict[str, Writer]:
        """Return what writes each file, by name."""
        return {_FILE: partial(_write, self._data)}

    @property
    def counts(self) -> Mapping[str, int]:
        """The folded words of all passages, with the number of passages that have each."""
        return self._parsed[0]

    @cached_property
    def spellings(self) -> Mapping[str, Sequence[str]]:
        """How the passages spell a folded word, the most frequent spelling first.

        A word that they only spell as it is folded is left out.
        """
        return {name: list(forms) for name, forms in self._parsed[1].items()}

    @property
    def _forms(self) -> Counter[Form]:
        spelt = self._parsed[1]
        return Counter(
            {
                (name, form): count
                for name, of_all in self.counts.items()
                for form, count in spelt.get(name, {name: of_all}).items()
            }
        )

    @cached_property
    def _parsed(self) -> tuple[Mapping[str, int], Mapping[str, Mapping[str, int]]]:
        parsed = json.loads(self._data.tobytes())
        return parsed["counts"], parsed["spellings"]


def _counted(passages: Iterable[Sequence[str]]) -> tuple[Counter[str], Counter[Form]]:
    """In how many passages each folded word stands, and each form of it."""
    counts: Counter[str] = Counter()
    forms: Counter[Form] = Counter()
    for words in passages:
        folded = {(name, word) for word in words if (name := fold(word))}
        forms.update(folded)
        counts.update({name for name, _ in folded})
    return counts, forms


def _write(data: NDArray[np.uint8], stream: BinaryIO) -> None:
    stream.write(data.tobytes())
