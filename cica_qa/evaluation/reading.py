"""Reading metrics: exact match, F1, and whether a text or its citations hold an accepted answer.

Answers are compared word by word under one of three normalizations:

arabic   ignores diacritics, punctuation, the article ال before three letters or more, and
         differences between letters that writers confuse (``fold``)
squad    as SQuAD v1.1 (Rajpurkar et al., EMNLP 2016): ignores case, ASCII punctuation and the
         English articles
mlqa     as MLQA v1 for Arabic (Lewis et al., ACL 2020): ignores case and all punctuation; every ال
         is removed and splits its word
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Literal

from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.evaluation.types import Gold
from cica_qa.types import Citation

AnswerNormalization = Literal["arabic", "squad", "mlqa"]

_WORD = re.compile(r"[^\W_]+")
_ARTICLE = re.compile(r"^ال(?=\w{3})")
_ENGLISH_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def exact_match(
    prediction: str, golds: Sequence[str], normalization: AnswerNormalization = "arabic"
) -> float:
    """Return 1 if the words of an answer are those of one of ``golds``, in order, else 0.

    Without ``golds`` the right answer is no answer: 1 for a prediction without words (SQuAD 2.0).
    """
    words = answer_tokens(prediction, normalization)
    return float(any(words == answer_tokens(gold, normalization) for gold in golds or ("",)))


def f1(
    prediction: str, golds: Sequence[str], normalization: AnswerNormalization = "arabic"
) -> float:
    """Return the word F1 of an answer with the best of ``golds``, between 0 and 1.

    If one side has no words, it is 1 if the other has none either, else 0 (Rajpurkar et al.,
    "Know What You Don't Know", ACL 2018). Without ``golds`` the right answer is no answer.
    """
    words = answer_tokens(prediction, normalization)
    return max(_f1(words, answer_tokens(gold, normalization)) for gold in golds or ("",))


def answer_tokens(text: str, normalization: AnswerNormalization = "arabic") -> list[str]:
    """Return the normalized words of an answer, in order."""
    return _TOKENS[normalization](text)


def holds(text: str, golds: Sequence[str], all_of: bool = False) -> float:
    """Return 1 if a text contains one of ``golds``, or all of them if ``all_of``; else 0.

    Whole words are compared, normalised, folded and in sequence. A gold without words is never
    contained, and without ``golds`` the result is 0.
    """
    words = f" {' '.join(_words(text))} "
    held = [bool(own := _words(gold)) and f" {' '.join(own)} " in words for gold in golds]
    return float(bool(held) and (all(held) if all_of else any(held)))


def citation_scores(
    cited: Sequence[Citation], golds: Sequence[Gold], all_of: bool = False
) -> tuple[float, float]:
    """Return the precision and recall of citations, each between 0 and 1.

    Precision is the share of citations that contain one of ``golds``: its span if that is known,
    else its words. Recall is the share of ``golds`` in some citation if ``all_of``, else 1 if any
    is. Both are 0 without citations or without ``golds``.
    """
    if not cited or not golds:
        return 0.0, 0.0
    right = sum(any(_cites(one, gold) for gold in golds) for one in cited)
    held = sum(any(_cites(one, gold) for one in cited) for gold in golds)
    return right / len(cited), held / len(golds) if all_of else float(held > 0)


def sentence_right(cited: Sequence[Citation], golds: Sequence[Gold]) -> float:
    """Return 1 if the first citation contains one of ``golds``, by span if known; else 0."""
    return float(any(_cites(one, gold) for one in cited[:1] for gold in golds))


def _cites(citation: Citation, gold: Gold) -> bool:
    if not gold.doc_id or gold.start < 0:
        return holds(citation.quote, [gold.text]) > 0
    end = gold.start + len(gold.text)
    return citation.doc_id == gold.doc_id and citation.start <= gold.start and end <= citation.end


def _f1(mine: Sequence[str], other: Sequence[str]) -> float:
    if not mine or not other:
        return float(mine == other)
    same = sum((Counter(mine) & Counter(other)).values())
    if not same:
        return 0.0
    precision, recall = same / len(mine), same / len(other)
    return 2 * precision * recall / (precision + recall)


@cache
def _normalizer() -> Normalizer:
    return Normalizer()


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(_normalizer()(text)))


def _arabic(text: str) -> list[str]:
    return [_ARTICLE.sub("", word) for word in _words(text)]


def _squad(text: str) -> list[str]:
    bare = "".join(letter for letter in text.lower() if letter not in _PUNCTUATION)
    return _ENGLISH_ARTICLES.sub(" ", bare).split()


def _mlqa(text: str) -> list[str]:
    bare = "".join(
        letter
        for letter in text.lower()
        if letter not in _PUNCTUATION and not unicodedata.category(letter).startswith("P")
    )
    # MLQA's script has the pattern «\sال^|ال», whose first half can never match.
    return bare.replace("ال", " ").split()


_TOKENS: Mapping[AnswerNormalization, Callable[[str], list[str]]] = MappingProxyType(
    {"arabic": _arabic, "squad": _squad, "mlqa": _mlqa}
)
