"""What of a passage is encoded, and what its words are found by."""

from __future__ import annotations

from cica_qa.arabic.analyze import STEMS, Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import windows, without_bullet
from cica_qa.index.lexical import TITLE
from cica_qa.types import Passage, Span


def row_texts(passage: Passage, window_words: int) -> list[str]:
    """Return the texts encoded for a passage: one for each sentence, then the windows.

    List items and windows carry their innermost heading, without which they say little;
    sentences stand alone, since headings have many words in common. A window of one sentence
    is no row of its own.
    """
    own = {(span.start, span.end) for span in passage.sentences}
    wider = [w for w in windows(passage, window_words) if (w.start, w.end) not in own]
    sentences = [_text(passage, span, headed=span.kind == "item") for span in passage.sentences]
    return [*sentences, *(_text(passage, window, headed=True) for window in wider)]


def window_texts(passage: Passage, window_words: int) -> list[str]:
    """Return the texts of all windows of a passage, in which its words are read."""
    return [_text(passage, window, headed=True) for window in windows(passage, window_words)]


def _text(passage: Passage, span: Span, *, headed: bool) -> str:
    text = without_bullet(passage.slice(span.start, span.end))
    return f"{passage.headings[-1]}: {text}" if headed and passage.headings else text


def lexical_text(passage: Passage) -> str:
    """Return the text whose words find a passage: its own, under all its headings."""
    missing = [heading for heading in passage.headings if heading not in passage.text]
    return "\n".join([*missing, passage.text])


def lexical_terms(
    passage: Passage, title: str, normalizer: Normalizer, analyzer: Analyzer
) -> dict[str, list[str]]:
    """Return the terms of a passage by field, and those of its document's title.

    The title has a field of its own, so that a search may give it the weight it deserves: it
    says which document is meant, and is the same in all of the document's passages.
    """
    text = normalizer(lexical_text(passage))
    title_terms = analyzer.passage_terms(normalizer(title))[STEMS]
    return {**analyzer.passage_terms(text), TITLE: title_terms}
