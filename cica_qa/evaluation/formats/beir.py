"""BEIR folders: a corpus, queries and relevance judgements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cica_qa.errors import QuestionSetError
from cica_qa.evaluation.formats.base import FileSet
from cica_qa.evaluation.formats.columns import as_text
from cica_qa.evaluation.formats.jsonl import read_objects
from cica_qa.evaluation.formats.text import ProblemSink, ignore_problem
from cica_qa.evaluation.formats.trec import (
    preferred_qrels,
    read_qrels,
    relevant_grades,
    report_unknown,
)
from cica_qa.evaluation.types import Question, SetProblem
from cica_qa.types import Document


class BeirSet(FileSet):
    """The queries with judgements. Raises ``QuestionSetError`` if a file is missing."""

    format = "beir"

    def __init__(self, path: Path, *, strict: bool = False) -> None:
        super().__init__(path, strict=strict)
        self.file = path / "queries.jsonl"
        self._corpus = path / "corpus.jsonl"
        qrels = preferred_qrels(sorted((path / "qrels").glob("*.tsv")))
        missing = [file.name for file in (self.file, self._corpus) if not file.is_file()]
        if qrels is None:
            missing.append("qrels/test.tsv")
        if missing or qrels is None:
            raise QuestionSetError(f"{path} lacks {', '.join(missing)}. Add what BEIR has there.")
        self._qrels = qrels

    def _questions(self) -> Iterator[Question]:
        problems: list[SetProblem] = []
        grades = read_qrels(self._qrels, problems)
        for problem in problems:
            self._report(problem)
        seen: set[int] = set()
        judged: set[str] = set()
        for line, qid, row in _identified(self.file, seen, self._report):
            if qid not in grades:
                continue
            judged.add(qid)
            text = as_text(row.get("text"))
            if text.strip():
                yield _question(line, qid, text, row, grades[qid])
            else:
                message = f"the query {qid!r} has no text; fill it or take it out."
                self._report(SetProblem(str(self.file), line, "no-question", message))
        report_unknown(self._qrels, judged, self._known(grades), self._report)

    def _known(self, grades: Mapping[str, Mapping[str, int]]) -> set[str]:
        """Return the judged documents that exist, and report the problems of the corpus."""
        named = {doc_id for docs in grades.values() for doc_id in docs}
        known: set[str] = set()
        for line, doc_id, row in _identified(self._corpus, set(), self._report):
            if doc_id in named:
                known.add(doc_id)
            if not _text(row):
                message = f"the document {doc_id!r} has no text; fill it or take it out."
                self._report(SetProblem(str(self._corpus), line, "empty-context", message))
        return known

    def _documents(self) -> Iterator[Document]:
        for _, doc_id, row in _identified(self._corpus, set(), ignore_problem):
            if text := _text(row):
                yield Document(doc_id, as_text(row.get("title")), text)

    def _files(self) -> Sequence[Path]:
        return self._corpus, self.file, self._qrels


def _question(
    line: int, qid: str, text: str, row: Mapping[str, object], grades: Mapping[str, int]
) -> Question:
    metadata = row.get("metadata")
    given = metadata.items() if isinstance(metadata, dict) else ()
    columns = {as_text(name): as_text(value) for name, value in given if as_text(value)}
    return Question(qid, text, relevant=relevant_grades(grades), columns=columns, line=line)


def _text(row: Mapping[str, object]) -> str:
    """Return a document's text, or its title if the text is blank."""
    texts = (as_text(row.get(name)) for name in ("text", "title"))
    return next((text for text in texts if text.strip()), "")


def _identified(
    path: Path, seen: set[int], report: ProblemSink
) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Yield (line, id, object) for each object with a unique id; ``seen`` collects id hashes."""
    for line, row in read_objects(path, report):
        key = as_text(row.get("_id", row.get("id"))).strip()
        if not key:
            message = "an entry without «_id»; give it one."
            report(SetProblem(str(path), line, "malformed", message))
        elif hash(key) in seen:
            message = f"the id {key!r} was used before; this entry is left out. Give it its own id."
            report(SetProblem(str(path), line, "duplicate-id", message))
        else:
            seen.add(hash(key))
            yield line, key, row
