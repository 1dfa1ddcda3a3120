"""Opens question sets of any format, recognized by their content and not by their names."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cica_qa.errors import QuestionSetError
from cica_qa.evaluation.formats.beir import BeirSet
from cica_qa.evaluation.formats.columns import has_role, role_of
from cica_qa.evaluation.formats.jsonl import JsonLinesSet
from cica_qa.evaluation.formats.table import TableSet, sniff_header
from cica_qa.evaluation.formats.text import read_head
from cica_qa.evaluation.formats.trec import TrecSet, looks_like_topics
from cica_qa.evaluation.types import QuestionSet

_ARTICLES = re.compile(r'"data"\s*:\s*\[')
_KNOWN = (
    "Known are: JSON Lines (a question a line), CSV or TSV with a header, SQuAD's JSON, "
    "a BEIR folder (corpus.jsonl, queries.jsonl, qrels/), and TREC topics with qrels beside them."
)


def read_set(path: Path, *, strict: bool = False) -> QuestionSet:
    """Open a question set, whose format is recognized by its content.

    Faulty entries are recorded in ``problems``; if ``strict``, iterating raises the first as
    ``QuestionSetError``. Raises ``QuestionSetError`` for a path that does not exist, has no known
    format, or lacks a file or column that its format requires.
    """
    if path.is_dir():
        return _read_folder(path, strict=strict)
    head = read_head(path)
    text = head.lstrip()
    if not text:
        raise QuestionSetError(f"{path} is empty or no text. {_KNOWN}")
    if text.startswith("[") or _is_squad(text):
        return _read_squad(path, strict=strict)
    if _is_json_lines(text):
        return JsonLinesSet(path, strict=strict)
    if text.startswith("<"):
        if looks_like_topics(head):
            return TrecSet(path, path, strict=strict)
        raise _unknown(path)
    _, columns = sniff_header(path)
    if not has_role(columns, "question"):
        if looks_like_topics(head):
            return TrecSet(path, path, strict=strict)
        if len(columns) < 2 and not any(role_of(name)[0] for name in columns):
            raise _unknown(path)
    return TableSet(path, strict=strict)


def _read_folder(path: Path, *, strict: bool) -> QuestionSet:
    files = sorted(file for file in path.iterdir() if file.is_file())
    names = {file.name for file in files}
    if names & {"queries.jsonl", "corpus.jsonl"}:
        return BeirSet(path, strict=strict)
    for file in files:
        if "qrels" not in file.name.lower() and looks_like_topics(read_head(file)):
            return TrecSet(path, file, strict=strict)
    raise _unknown(path)


def _read_squad(path: Path, *, strict: bool) -> QuestionSet:
    try:
        # ijson is optional, as only this format needs it.
        from cica_qa.evaluation.formats.squad import SquadSet
    except ModuleNotFoundError as error:
        raise QuestionSetError(
            f"{path} is SQuAD's JSON, which takes {error.name} to read. "
            "Install it: pip install 'cica-qa[evaluate]'."
        ) from error
    return SquadSet(path, strict=strict)


def _is_squad(text: str) -> bool:
    if not text.startswith("{"):
        return False
    try:
        first = json.loads(text.partition("\n")[0])
    except (ValueError, RecursionError):
        return _ARTICLES.search(text) is not None
    return isinstance(first.get("data"), list) and not has_role(first, "question")


def _is_json_lines(text: str) -> bool:
    """Return whether half of the lines start like an object; any single line may be faulty."""
    lines = [line for line in text.split("\n")[:20] if line.strip()]
    return 2 * sum(line.lstrip().startswith("{") for line in lines) >= len(lines)


def _unknown(path: Path) -> QuestionSetError:
    return QuestionSetError(f"{path} is no question set of a known format. {_KNOWN}")
