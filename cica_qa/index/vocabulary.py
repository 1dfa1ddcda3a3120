"""The words of a collection: how many passages have each, and how the collection spells it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.letters import fold
from cica_qa.index.durable import Writer

_FILE = "words.json"


class Vocabulary:
    """The words of all passages, folded. Immutable; safe to share between threads."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        """``data`` is the content of the file; it is parsed when it is first needed."""
        self._data = data

    @classmethod
    def from_words(cls, passages: Iterable[Sequence[str]]) -> Self:
        """Count the words of passages, given as they stand in the normalised text."""
        counts: Counter[str] = Counter()
        forms: dict[str, Counter[str]] = {}
        for words in passages:
            folded = {word: fold(word) for word in words}
            counts.update({name for name in folded.values() if name})
            for word, name in folded.items():
                if name:
                    forms.setdefault(name, Counter())[word] += 1
        spellings = {
            name: [form for form, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))]
            for name, found in forms.items()
            if list(found) != [name]
        }
        content = json.dumps({"counts": counts, "spellings": spellings}, ensure_ascii=False)
        return cls(np.frombuffer(content.encode("utf-8", "surrogatepass"), np.uint8))

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

    @property
    def spellings(self) -> Mapping[str, Sequence[str]]:
        """How the passages spell a folded word, the most frequent spelling first.

        A word that they only spell as it is folded is left out.
        """
        return self._parsed[1]

    @cached_property
    def _parsed(self) -> tuple[Mapping[str, int], Mapping[str, Sequence[str]]]:
        parsed = json.loads(self._data.tobytes())
        return parsed["counts"], parsed["spellings"]


def _write(data: NDArray[np.uint8], stream: BinaryIO) -> None:
    stream.write(data.tobytes())
