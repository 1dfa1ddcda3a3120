"""Example questions from a question set, offered before the first question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cica_qa.errors import SettingsError

_COUNT = 4


def example_questions(question_set: Path) -> list[str]:
    """Return up to four questions of a set, each of a different type.

    Raises ``SettingsError`` if ``question_set`` is not a readable JSONL file.
    """
    return list(_one_of_each_type(question_set))[:_COUNT]


def _one_of_each_type(path: Path) -> Iterator[str]:
    seen: set[str] = set()
    for entry in _entries(path):
        kind = str(entry.get("type", ""))
        asked = entry.get("question")
        alone = entry.get("answerable", True) and not entry.get("prior_question")
        if alone and kind not in seen and isinstance(asked, str) and asked.strip():
            seen.add(kind)
            yield asked


def _entries(path: Path) -> Iterator[dict[str, object]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
        entries = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read example questions from {path}: {error}") from error
    return (entry for entry in entries if isinstance(entry, dict))
