"""The extractive answerer: the best-supported span, or an honest no."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from cica_qa.answer.abstain import NOT_SAID, confidence, reason
from cica_qa.answer.candidates import Candidate, candidates
from cica_qa.answer.cite import cite
from cica_qa.answer.extract import MOST_GAINED, Ranked, Ranking, gained
from cica_qa.answer.focus import focus, where
from cica_qa.answer.marks import Readings, amount, asks_name, complete, marked
from cica_qa.answer.numbered import answer_by_number
from cica_qa.answer.polarity import polarity
from cica_qa.answer.support import COVERED, Supports, Words, carrying_words, places_alike
from cica_qa.arabic.dialect import to_msa
from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.questions import Asked, Kind, understand
from cica_qa.arabic.spans import Place, spans_of
from cica_qa.models.reader.reader import Reading, SpanReader, normalized_stretch
from cica_qa.models.reader.spans import ReadSpan
from cica_qa.types import Answer, Citation, Hit, Unit

DIFFER = "تختلف الوثائق في ذلك:"
_WORDS_TO_DIFFER = 2
"""Documents differ about what all words of the question name: birth and death are two dates."""
_POINTS_BACK = re.compile(r"(?<!\w)[وفلب]?(?:هذا|هذه|هولاء|ذلك|تلك|لذلك|لذا|كذلك)(?!\w)")
_DIFFERING = ("date", "number")
CANDIDATES_READ = 3
"""How many of the candidates that the rules put first the reader reads at most."""
_NEAREST = 5
"""How many passages are looked into for a word before it is called missing."""
_UNMARKED: tuple[Kind, ...] = ("yesno", "comparison")
"""What a whole sentence answers."""


class ExtractiveAnswerer:
    """Answers with a sentence, a list item or a whole list of the hits, word for word."""

    def __init__(self, threshold: float = 0.4, reader: SpanReader | None = None) -> None:
        """``threshold``, between 0 and 1, is the confidence below which it abstains.

        ``reader`` points at answers in the first hits; without one the rules do alone.
        """
        self._threshold = threshold
        self._reader = reader
        self._normalizer = Normalizer()

    def answer(self, question: str, hits: Sequence[Hit]) -> Answer:
        """Return the best-supported span with its citation, or an abstention."""
        return self.find(question, understand(self.searched(question, hits))[0], hits)

    def searched(self, question: str, hits: Sequence[Hit]) -> str:
        """Return a question normalised, in MSA and corrected, as it was searched."""
        found = hits[0].parts.get("searched") if hits else None
        return found if isinstance(found, str) else to_msa(self._normalizer(question))

    def find(self, question: str, asked: Asked, hits: Sequence[Hit], carried: str = "") -> Answer:
        """Return the answer to one thing that is asked.

        Words of the question that are in ``carried``, from earlier turns, weigh less.
        """
        if told := answer_by_number(question, asked.text, hits):
            return told
        words = carrying_words(hits, carried)
        ranking = Ranking(asked, candidates(hits), words, self._normalizer, carried)
        ranked = ranking.order()
        if self._reader is not None:
            readings = read_first(self._reader, f"{carried} {asked.text}".strip(), ranked)
            ranked = ranking.order(readings)
        sure = confidence(self._normalizer(question), ranked, asked.kind)
        if not ranked or sure < self._threshold:
            why = reason(asked, ranked, self._missing(words, ranked, hits))
            return Answer(
                question, NOT_SAID, (), tuple(hits), abstained=True, confidence=sure, reason=why
            )
        best = ranked[0]
        said = self._cite(1, asked, _explained(asked, best), words, best.read)
        citations: tuple[Citation, ...] = (said,)
        lead = ""
        if asked.kind == "yesno":
            lead = polarity(asked.text, self._normalizer.normalize(best.candidate.text), best)
        elif other := self._other(asked, ranked, said, words):
            citations, lead = (said, other), DIFFER
        text = compose(lead, citations)
        return Answer(question, text, citations, tuple(hits), confidence=sure, lead=lead)

    def _missing(self, words: Words, ranked: Sequence[Ranked], hits: Sequence[Hit]) -> list[str]:
        supports = Supports(words, self._normalizer, hits)
        return supports.missing(ranked[0].support, hits[:_NEAREST]) if ranked else []

    def _cite(
        self,
        number: int,
        asked: Asked,
        candidate: Candidate,
        words: Words,
        read: ReadSpan | None,
    ) -> Citation:
        stretches = () if candidate.is_list else self._focus(asked, candidate, words, read)
        return cite(number, candidate.hit.passage, candidate.span, stretches)

    def _focus(
        self, asked: Asked, candidate: Candidate, words: Words, read: ReadSpan | None
    ) -> tuple[tuple[int, int], ...]:
        """What the reader marks, where it read.

        A reason that the rules see keeps its marker. A number is asked for by «كم»: what the reader
        marks without one, or with another than that of what is counted, gives way to what they see.
        """
        normal, shift = self._normalizer.normalize(candidate.text), candidate.span.start
        place, found = None, list[Place]()
        if read is not None:
            place = normalized_stretch(normal, read.start - shift, read.end - shift)
            place = where(asked, normal.text, words, place)
        is_number = asked.kind == "number"
        counted = spans_of("number", normal.text, asked.noun) if is_number else []
        uncounted = is_number and place and not _counts(normal.text, place, counted)
        if place is None or asked.kind == "reason" or uncounted:
            found = focus(asked, normal.text, words, places_alike(candidate, normal, words))
        if place is not None and not found and asked.kind not in _UNMARKED:
            several = asked.several or asked.kind == "list"
            if is_number and not several:
                place = amount(normal.text, place, counted)
            found = [complete(normal.text, place, several, asks_name(asked.text))]
        places = (normal.original_span(*place) for place in found)
        return tuple((shift + start, shift + end) for start, end in places)

    def _other(
        self, asked: Asked, ranked: Sequence[Ranked], said: Citation, words: Words
    ) -> Citation | None:
        """What another document says otherwise of the same thing, if one does."""
        if asked.kind not in _DIFFERING or len(words) < _WORDS_TO_DIFFER:
            return None
        values = self._values(said)
        for one in ranked[1:]:
            covered = bool((one.support.context >= COVERED).all())
            if one.candidate.hit.passage.doc_id == said.doc_id or not one.fits or not covered:
                continue
            other = self._cite(2, asked, one.candidate, words, one.read)
            others = self._values(other)
            if not (values <= others or others <= values):
                return other
        return None

    def _values(self, citation: Citation) -> set[float]:
        """The numbers that are marked: a year does not differ from a day of it."""
        start = citation.start
        marked = " ".join(citation.quote[a - start : b - start] for a, b in citation.focus)
        return {number.value for number in numbers(self._normalizer(marked))}


def read_first(reader: SpanReader, question: str, ranked: Sequence[Ranked]) -> Readings:
    """Return what the reader makes of the first candidates, by their passages.

    ``ranked`` is in the order of the rules. What the reader adds has its limits: once no other
    candidate could come before the best one of those read, no more are.
    """
    readings: dict[str, Reading] = {}
    spots = defaultdict[str, list[tuple[int, int]]](list)
    best = -math.inf
    for one in ranked[:CANDIDATES_READ]:
        if one.score + MOST_GAINED < best:
            break
        passage, span = one.candidate.hit.passage, one.candidate.span
        own = spots[passage.passage_id]
        own.append((span.start - passage.start, span.end - passage.start))
        (readings[passage.passage_id],) = reader.read(question, [passage.text], [own])
        best = max(best, one.score + gained(marked(one.candidate, readings)))
    return readings


def _counts(text: str, place: Place, counted: Sequence[Place]) -> bool:
    """Whether a stretch has a number, and where the text counts what is asked for, that one."""
    said = any(start < place[1] and place[0] < end for start, end in counted)
    return bool(numbers(text[slice(*place)])) and (said or not counted)


def _explained(asked: Asked, best: Ranked) -> Candidate:
    """A sentence with the one before it, where it points back to the reason that is asked for."""
    one, passage = best.candidate, best.candidate.hit.passage
    if (
        asked.kind not in ("reason", "manner")
        or one.is_list
        or one.first == 0
        or one.replies_to is not None
    ):
        return one
    before = passage.units[one.first - 1]
    points_back = _POINTS_BACK.search(fold(one.text)) is not None
    if before.kind != "sentence" or one.span.kind != "sentence" or not points_back:
        return one
    return replace(one, span=Unit(before.start, one.span.end), first=one.first - 1)


def compose(lead: str, citations: Sequence[Citation], note: str = "") -> str:
    """Return the text of an answer: what leads, the quotes, what is to be added."""
    quotes = [citation.quote for citation in citations]
    if lead and not lead.endswith(":"):
        lead = f"{lead}."
    return "\n".join(filter(None, [lead, *quotes, note]))
