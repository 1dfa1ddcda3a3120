"""Comparison of what people see in a file with what its reader extracts."""

from __future__ import annotations

import json
import re
import resource
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cica_qa.documents.load import read_file
from cica_qa.errors import DocumentError
from cica_qa.types import Document

_LOOSE = re.compile(r"[\u064b-\u065f\u0670\u0640\s]")


def exact(text: str) -> str:
    """Return a text with compatibility forms and white space folded."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def loose(text: str) -> str:
    """Return a text without diacritics, kashida and spaces, after NFKC."""
    return _LOOSE.sub("", unicodedata.normalize("NFKC", text))


@dataclass(slots=True)
class FileResult:
    """The outcome for a file. ``kind`` is ``text layer``, ``OCR``, ``both`` or its format."""

    name: str
    kind: str = "-"
    facts: int = 0
    exactly: int = 0
    loosely: int = 0
    pages: int = 0
    seconds: float = 0.0
    notes: str = ""
    missed: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """Return the file's row of the table."""
        speed = self.pages / self.seconds if self.pages and self.seconds else 0.0
        return {
            "file": self.name,
            "read as": self.kind,
            "facts": self.facts,
            "exactly": self.exactly,
            "loosely": self.loosely,
            "pages": self.pages or "-",
            "pages a second of CPU": float(f"{speed:.3g}") if speed else "-",
            "repairs and doubts": self.notes or "-",
        }


def facts_of(folder: Path) -> dict[str, list[str]]:
    """Return the facts of each file, from ``facts.jsonl``."""
    facts: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "facts.jsonl").read_text("utf-8").splitlines():
        fact = json.loads(line)
        facts[fact["file"]].append(fact["text"])
    return facts


def read_and_compare(path: Path, facts: Sequence[str]) -> tuple[FileResult, Document | None]:
    """Read a file as an index does and look for its facts; the document is None if that fails."""
    result = FileResult(path.name, facts=len(facts))
    before = _cpu()
    try:
        content = read_file(path, path.name)
    except DocumentError as error:
        result.notes, result.missed = f"not read: {error}", list(facts)
        return result, None
    result.seconds = _cpu() - before
    document = content.documents[0]
    result.pages = len(document.pages)
    result.notes = "; ".join((*content.repairs, *content.doubts))
    result.kind = _kind(content.format.name, content.repairs, document.metadata)
    whole, bare = exact(document.text), loose(document.text)
    result.missed = [fact for fact in facts if exact(fact) not in whole]
    result.exactly = len(facts) - len(result.missed)
    result.loosely = sum(loose(fact) in bare for fact in facts)
    return result, document


def summed(results: Iterable[FileResult]) -> list[dict[str, Any]]:
    """Return the totals for each kind of file."""
    groups: dict[str, list[FileResult]] = defaultdict(list)
    for result in results:
        pictured = result.kind in ("OCR", "both", "image")
        if result.kind == "text layer":
            groups["PDF with a sound text layer"].append(result)
        if result.kind == "text layer" or pictured:
            groups["all PDFs and pictures"].append(result)
        else:
            groups["all other formats"].append(result)
    rows = []
    for name, members in groups.items():
        facts = sum(result.facts for result in members)
        pages, seconds = sum(r.pages for r in members), sum(r.seconds for r in members)
        rows.append(
            {
                "files": name,
                "how many": len(members),
                "facts": facts,
                "exactly": sum(result.exactly for result in members) / facts,
                "loosely": sum(result.loosely for result in members) / facts,
                "pages a second of CPU": pages / seconds,
            }
        )
    return rows


def _kind(name: str, repairs: Sequence[str], metadata: Mapping[str, str]) -> str:
    if name != "pdf":
        return name
    if "ocr_confidence" not in metadata:
        return "text layer"
    pages = int(metadata.get("pages", "1"))
    said = " ".join(repairs)
    whole = "(page 1)" if pages == 1 else f"(pages 1–{pages})"
    return "OCR" if whole in said else "both"


def _cpu() -> float:
    """Return the processor time of this process and its child processes, in seconds."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
