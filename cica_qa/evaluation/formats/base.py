"""The base classes of question sets: problems, strictness and fingerprints."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from cica_qa.errors import QuestionSetError
from cica_qa.evaluation.formats.rows import RawRow, RowReader, row_document, unit_of
from cica_qa.evaluation.formats.text import ProblemSink, ignore_problem, open_file
from cica_qa.evaluation.types import Question, SetProblem
from cica_qa.types import Document

_LOOKED_AT = 100
_CHUNK = 1 << 20


class FileSet(ABC):
    """A question set in files; ``file`` is the one with the questions.

    Each iteration reads the files again. It raises ``QuestionSetError`` if a file cannot be read or
    has no usable question, and, if ``strict``, for the first problem.
    """

    format = ""

    def __init__(self, path: Path, *, strict: bool = False) -> None:
        self.path = path
        self.file = path
        self.name = path.stem if path.is_file() else path.resolve().name
        self.unit = "document"
        self.problems: list[SetProblem] = []
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
        """Return the set's own documents, each once; None if it has none."""
        first = next(self._documents(), None)
        return None if first is None else self._documents()

    def fingerprint(self) -> str:
        """Return the first 16 hexadecimal digits of the SHA-256 of the set's files."""
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

    def _report(self, problem: SetProblem) -> None:
        if self._strict:
            raise QuestionSetError(str(problem))
        self.problems.append(problem)


class RowSet(FileSet):
    """A set in which each row is a question, with or without the document it is asked of."""

    def __init__(self, path: Path, *, strict: bool = False) -> None:
        super().__init__(path, strict=strict)
        units = {unit_of(row) for _, row in islice(self._rows(ignore_problem), _LOOKED_AT)}
        self.unit = "section" if "section" in units else "document"

    @abstractmethod
    def _rows(self, report: ProblemSink) -> Iterator[tuple[int, RawRow]]:
        """Yield (line, row) for each row; the line is 0 if the format has no lines."""

    def _questions(self) -> Iterator[Question]:
        reader = RowReader(str(self.file), self.unit, self._report)
        for line, row in self._rows(self._report):
            question = reader.question(line, row)
            if question is not None:
                yield question

    def _documents(self) -> Iterator[Document]:
        seen: set[int] = set()
        for _, row in self._rows(ignore_problem):
            document = row_document(row)
            if document is not None and hash(document.doc_id) not in seen:
                seen.add(hash(document.doc_id))
                yield document
