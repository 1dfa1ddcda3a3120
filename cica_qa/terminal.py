"""How answers, builds and models read in a terminal: text for the command line to print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self, TextIO

from tqdm import tqdm

from cica_qa.types import Answer, IndexInfo

# Escape sequences in a document must not reach the terminal.
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "\ufffd")


def answer_json(answer: Answer, show_hits: bool) -> str:
    """Return an answer as one line of JSON, whose names are those of ``Answer``."""
    table = asdict(answer)
    if not show_hits:
        del table["hits"]
    return json.dumps(table, ensure_ascii=False)


def answer_text(answer: Answer, titles: dict[str, str], show_hits: bool) -> str:
    """Return an answer to read; ``titles`` maps document ids to titles."""
    lines = [answer.text]
    if answer.reason:
        lines.append(answer.reason)
    for citation in answer.citations:
        title = titles.get(citation.doc_id, citation.doc_id)
        place = f"{citation.doc_id}:{citation.start}-{citation.end}"
        lines.append(f"[{citation.number}] {title} ({place})")
    for hit in answer.hits if show_hits else ():
        where = " / ".join(hit.passage.headings)
        lines.append(f"\n#{hit.rank} {hit.score:.3f} {hit.passage.passage_id} {where}".rstrip())
        lines.append(hit.passage.text)
    return "\n".join([*lines, ""]).translate(_CONTROLS)


def build_report(info: IndexInfo, index_dir: Path) -> Iterator[str]:
    """Yield what a build changed, a document a line, then what the index holds."""
    for mark, doc_ids in (("+", info.added), ("~", info.changed), ("-", info.removed)):
        yield from (f"{mark} {doc_id}" for doc_id in doc_ids)
    state = "published" if info.published else "nothing changed"
    yield (
        f"{index_dir}: {state}; documents {info.documents}, passages {info.passages}, "
        f"vectors {info.vectors} ({info.encoded} newly encoded)"
    )


def one_line(error: BaseException) -> str:
    """Return an error's message on one line, or its kind where it has none."""
    lines = (line.strip() for line in str(error).splitlines())
    return "; ".join(line for line in lines if line) or type(error).__name__


class ProgressBar:
    """Shows the stages of a build on a terminal, and nothing where there is none."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: Any = None
        self._stage = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, stage: str, done: int, total: int) -> None:
        """Move the bar of ``stage`` to ``done`` of ``total``."""
        if stage != self._stage:
            self.__exit__()
            self._stage = stage
            quiet = not self._stream.isatty()
            self._bar = tqdm(total=total, desc=stage, disable=quiet, file=self._stream)
        self._bar.update(done - self._bar.n)
