"""Texts for the command line to print: answers, build reports, evaluations and progress."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self, TextIO

from cica_qa.answer.cite import page_name
from cica_qa.chat.texts import say
from cica_qa.reports import IndexInfo
from cica_qa.types import Answer

if TYPE_CHECKING:
    from cica_qa.evaluation.evaluate import Evaluation

# Control characters, so that escape sequences in documents do not reach the terminal.
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "\ufffd")


def answer_json(answer: Answer, show_hits: bool) -> str:
    """Return an answer as one line of JSON with the field names of ``Answer``."""
    table = asdict(answer)
    if not show_hits:
        del table["hits"]
    return json.dumps(table, ensure_ascii=False)


def answer_text(answer: Answer, titles: dict[str, str], show_hits: bool) -> str:
    """Return an answer with its citations as text; ``titles`` maps document ids to titles."""
    lines = [f"{say('read_as')} {answer.read_as}"] if answer.read_as else []
    lines.append(answer.text)
    if answer.reason:
        lines.append(answer.reason)
    for citation in answer.citations:
        title = titles.get(citation.doc_id, citation.doc_id)
        place = f"{citation.doc_id}:{citation.start}-{citation.end}"
        page = f"، {page_name(citation.page)}" if citation.page else ""
        lines.append(f"[{citation.number}] {title}{page} ({place})")
    for hit in answer.hits if show_hits else ():
        where = " / ".join(hit.passage.headings)
        lines.append(f"\n#{hit.rank} {hit.score:.3f} {hit.passage.passage_id} {where}".rstrip())
        lines.append(hit.passage.text)
    return "\n".join([*lines, ""]).translate(_CONTROLS)


def build_report(info: IndexInfo, index_dir: object) -> Iterator[str]:
    """Yield a line for each document that a build changed, then the totals of the index."""
    for mark, doc_ids in (("+", info.added), ("~", info.changed), ("-", info.removed)):
        yield from (f"{mark} {doc_id}" for doc_id in doc_ids)
    if info.network:
        yield f"{len(info.network)} came over the network and are kept: {', '.join(info.network)}"
    state = "published" if info.published else "nothing changed"
    yield (
        f"{index_dir}: {state}; documents {info.documents}, passages {info.passages}, "
        f"vectors {info.vectors} ({info.encoded} newly encoded)"
    )


_SHOWN = (
    *("nDCG@10", "RR@10", "R@5", "EM", "F1", "Holds", "Sentence", "AUROC"),
    *("Wrong refusal", "Wrong answer"),
)


def evaluation_report(evaluation: Evaluation) -> Iterator[str]:
    """Yield the main figures of each set with 95 % intervals, then the path of the report."""
    for result in evaluation.results:
        counts = result.counts
        yield f"{result.name}: {counts['questions']} questions, {counts['errors']} failed"
        for name in _SHOWN:
            if name in result.figures:
                one = result.figures[name]
                yield f"  {name:<16} {one.value:.4f}  ({one.low:.4f} to {one.high:.4f})"
        if result.latency:
            yield f"  {'median, ms':<16} {1000 * result.latency['p50']:.1f}"
    for compared in evaluation.comparisons:
        gain = compared.difference
        yield (
            f"{compared.set_name}: {compared.metric} {gain.value:+.4f} against the baseline "
            f"({gain.low:+.4f} to {gain.high:+.4f}, p {compared.p_corrected:.4f})"
        )
    yield f"report: {evaluation.files[0]}"


def terminal_safe(line: str) -> str:
    """Return a line with its control characters replaced."""
    return line.translate(_CONTROLS)


def error_line(error: BaseException) -> str:
    """Return the message of an error on one line, or its type if it has no message."""
    lines = (line.strip() for line in str(error).splitlines())
    return "; ".join(line for line in lines if line) or type(error).__name__


class ProgressBar:
    """Shows the progress of each stage of a build; silent if the stream is not a terminal."""

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
        """Set the bar of ``stage`` to ``done`` of ``total``; a new stage gets a new bar."""
        if stage != self._stage:
            from tqdm import tqdm  # imported late, as most commands need no bar

            self.__exit__()
            self._stage = stage
            quiet = not self._stream.isatty()
            self._bar = tqdm(total=total, desc=stage, disable=quiet, file=self._stream)
        self._bar.update(done - self._bar.n)
