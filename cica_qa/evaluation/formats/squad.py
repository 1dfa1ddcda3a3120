"""SQuAD's JSON, nested or flat, streamed one paragraph at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress

import ijson
from ijson.common import ObjectBuilder

from cica_qa.evaluation.formats.base import RowSet
from cica_qa.evaluation.formats.rows import RawRow
from cica_qa.evaluation.formats.text import ProblemSink, read_head, utf8_stream
from cica_qa.evaluation.types import SetProblem

_OPENS = frozenset(("start_map", "start_array", "string", "number", "boolean", "null"))
_BROKEN = (ijson.JSONError, UnicodeError)
_MEND = "Correct it or take it out."


class SquadSet(RowSet):
    """SQuAD 1 and 2 (articles of paragraphs of questions), or a flat JSON list of rows.

    Its questions have no line numbers, since such files mostly have a single line.
    """

    format = "squad"

    def _rows(self, report: ProblemSink) -> Iterator[tuple[int, RawRow]]:
        titles: list[str] | None = None
        for number, title, entry in self._entries(report):
            if not isinstance(entry, dict):
                self._faulty(report, f"entry {number} is no object. {_MEND}")
            elif "qas" not in entry:
                yield 0, entry
            elif not isinstance(entry["qas"], list):
                self._faulty(report, f"the questions in entry {number} are no list. {_MEND}")
            else:
                if title is None:
                    # Some files have the title of an article after its paragraphs.
                    titles = self._titles() if titles is None else titles
                    title = titles[number - 1]
                above = {k: v for k, v in entry.items() if k != "qas"} | {"title": title}
                # The id of a paragraph is not that of its questions.
                above |= {"context_id": above.pop("id", None) or above.get("context_id")}
                for asked in entry["qas"]:
                    if isinstance(asked, dict):
                        yield 0, {**above, **asked}
                    else:
                        self._faulty(report, f"a question in entry {number} is no object. {_MEND}")

    def _titles(self) -> list[str]:
        """Return the title of each article, or "", as far as the JSON can be read."""
        titles: list[str] = []
        with closing(utf8_stream(self.path)) as stream, suppress(*_BROKEN):
            top = self._top()
            for path, event, value in ijson.parse(stream, use_float=True):
                if path == top and event in _OPENS:
                    titles.append("")
                elif path == f"{top}.title" and event == "string":
                    titles[-1] = value
        return titles

    def _entries(self, report: ProblemSink) -> Iterator[tuple[int, str | None, object]]:
        """Yield (article number, title or None, entry) for each paragraph or flat row."""
        try:
            with closing(utf8_stream(self.path)) as stream:
                yield from _split(ijson.parse(stream, use_float=True), self._top())
        except _BROKEN as error:
            message = " ".join(str(error).split())[:120]
            self._faulty(
                report, f"the JSON breaks off ({message}). What stands behind is left out."
            )

    def _top(self) -> str:
        return "item" if read_head(self.path).lstrip().startswith("[") else "data.item"

    def _faulty(self, report: ProblemSink, message: str) -> None:
        report(SetProblem(str(self.path), 0, "malformed", message))


def _split(
    events: Iterator[tuple[str, str, object]], top: str
) -> Iterator[tuple[int, str | None, object]]:
    """Split a stream of events into paragraphs and flat rows, holding one at a time."""
    below, paragraph = f"{top}.paragraphs", f"{top}.paragraphs.item"
    number, opened, nested = 0, False, False
    entry, inner = ObjectBuilder(), ObjectBuilder()
    for path, event, value in events:
        if path == top and event in _OPENS:
            number, opened, nested = number + 1, event == "start_map", False
            entry = ObjectBuilder()
            entry.event(event, value)
            if not opened:
                yield number, None, None
        elif not opened:
            continue
        elif path == below and event == "start_array":
            nested = True
        elif nested and path == paragraph and event in _OPENS:
            inner = ObjectBuilder()
            inner.event(event, value)
            if event != "start_map":
                yield number, None, None
        elif nested and path.startswith(below):
            if path.startswith(paragraph):
                inner.event(event, value)
            if path == paragraph and event == "end_map":
                title = entry.value.get("title")
                yield number, title if isinstance(title, str) else None, inner.value
        else:
            entry.event(event, value)
            if path == top and event == "end_map":
                opened = False
                if not nested:
                    yield number, None, entry.value
