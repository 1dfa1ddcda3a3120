"""What all question sets have in common: problems, strictness, fingerprints."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from cica_qa.errors import QuestionSetError
from cica_qa.evaluation.formats.rows import Row, RowReader, document_of, unit_of
from cica_qa.evaluation.formats.text import Tell, ignore, open_file
from cica_qa.evaluation.types import Problem, Question
from cica_qa.types import Document

_LOOKED_AT = 100
_CHUNK = 1 << 20


class FileSet(ABC):
    """A question set in files. Iterating reads them anew; ``file`` is the one of the questions.

    Iterating raises ``QuestionSetError`` where a file cannot be read or no question could be used,
    and, where ``strict``, for the first problem.
    """

    format = ""

    def __init__(self, path: Path, *, strict: bool = False) -> None:
        self.path = path
        self.file = path
        self.name = path.stem if path.is_file() else path.resolve().name
        self.unit = "document"
        self.problems: list[Problem] = []
        self._strict = strict

    def __iter__(self) -> Iterator[Question]:
        self.problems.clear()
        some = False
        for question in self._questions():
            some = True
            yield question
        if not some:
            told = "".join(f"\n  {problem}" for problem in self.problems[:3])
            raise QuestionSetError(f"{self.file} has no question that can be used.{told}")

    def documents(self) -> Iterable[Document] | None:
        """Return the documents that the set brings, each once; None where it brings none."""
        first = next(self._documents(), None)
        return None if first is None else self._documents()

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits of the SHA-256 of the set's files."""
        digest = hashlib.sha256()
        for path in self._files():
            with open_file(path) as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
        return digest.hexdigest()[:16]

    @abstractmethod
    def _questions(self) -> Iterator[Question]: ...

    def _documents(self) -> Iterator[Document]:
        yield from ()

    def _files(self) -> Sequence[Path]:
        return (self.path,)

    def _tell(self, problem: Problem) -> None:
        if self._strict:
            raise QuestionSetError(str(problem))
        self.problems.append(problem)


class RowSet(FileSet):
    """A set of which each row is a question, and may bring the document it is asked of."""

    def __init__(self, path: Path, *, strict: bool = False) -> None:
        super().__init__(path, strict=strict)
        units = {unit_of(row) for _, row in islice(self._rows(ignore), _LOOKED_AT)}
        self.unit = "section" if "section" in units else "document"

    @abstractmethod
    def _rows(self, tell: Tell) -> Iterator[tuple[int, Row]]:
        """Yield each row with its line, 0 where the format has none."""

    def _questions(self) -> Iterator[Question]:
        reader = RowReader(str(self.file), self.unit, self._tell)
        for line, row in self._rows(self._tell):
            question = reader.question(line, row)
            if question is not None:
                yield question

    def _documents(self) -> Iterator[Document]:
        seen: set[int] = set()
        for _, row in self._rows(ignore):
            document = document_of(row)
            if document is not None and hash(document.doc_id) not in seen:
                seen.add(hash(document.doc_id))
                yield document
