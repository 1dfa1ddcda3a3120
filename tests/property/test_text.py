"""Properties of any text: offsets of its normalised form, sentences, passages, encodings."""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import fields
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cica_qa.arabic.matching import WordForms
from cica_qa.arabic.normalize import Normalizer, NormalizerOptions
from cica_qa.arabic.sentences import sentence_spans, split_long
from cica_qa.documents.chunk import chunk, parts, windows, without_bullet
from cica_qa.documents.encoding import decode
from cica_qa.documents.structure import parse_blocks, sections
from cica_qa.index.texts import encoder_texts
from cica_qa.types import Document

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئٱ"
HARAKAT = "ًٌٍَُِّْٰٕٓٔ"
INVISIBLE = "\u200c\u200d\u200e\u200f\u202a\u202c\u202e\u2066\u2069\ufeff\u00ad\u061c\u034f"
FORMS = "ﷺﷲﻻﻛﹰﹱﱞﱟﳲ\ufe73ﬁｱﾞﾟ½Ａ\u0e33"
FOREIGN = "کگیہۀۂۓےۃپچژڤ\u0675\u0678"
DIGITS = "٠١٢٣۰۱۲۳٫٬٪0123"
LATIN = "abcABCéÉİßΣ\u0301\u0307\u0345"
RARE = "\ud800\udc00\0\x1b\U0001d165\U0001d167\U000e0100\U0001f600가\u1100\u1161"
PUNCTUATION = " \n\r\t\u00a0\u2028.,،؛:؟!?…۔«»()[]\"'-–•*#>|`~_=+<&"
ARABIC = st.text(st.sampled_from(LETTERS + " "), max_size=30)
MIXED = st.text(
    st.one_of(
        *map(
            st.sampled_from,
            (LETTERS, HARAKAT + "ـ", INVISIBLE, FORMS, FOREIGN, DIGITS, LATIN, RARE, PUNCTUATION),
        )
    ),
    max_size=40,
)
ANY = st.text(st.characters(), max_size=40)  # surrogates and control characters included
TEXT = st.one_of(MIXED, ANY, ARABIC)
NAMES = [field.name for field in fields(NormalizerOptions)]
ALL_ON = NormalizerOptions(**dict.fromkeys(NAMES, True))
ALL_OFF = NormalizerOptions(**dict.fromkeys(NAMES, False))
OPTIONS = st.one_of(
    st.sampled_from([NormalizerOptions(), ALL_ON, ALL_OFF]),
    st.builds(NormalizerOptions, **{name: st.booleans() for name in NAMES}),
)


def is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


@given(OPTIONS, TEXT)
@example(ALL_ON, "i\u0307\u1161\u0301\u200f\U0001d165")
@example(NormalizerOptions(), "c\u0653\u0301")
@example(NormalizerOptions(), "ｶﾞ")
@example(ALL_ON, "İ\u3099")
def test_normalising_twice_changes_nothing(options: NormalizerOptions, text: str) -> None:
    normalizer = Normalizer(options)
    once = normalizer(text)
    assert normalizer(once) == once
    assert normalizer.normalize(text).text == once


@given(OPTIONS, TEXT)
def test_the_alignment_is_monotone_and_inside_the_text(
    options: NormalizerOptions, text: str
) -> None:
    result = Normalizer(options).normalize(text)
    starts, ends = result.starts.tolist(), result.ends.tolist()
    assert len(starts) == len(ends) == len(result.text)
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))


@given(OPTIONS, TEXT, st.data())
def test_every_span_maps_to_its_original(
    options: NormalizerOptions, text: str, data: st.DataObject
) -> None:
    normalizer = Normalizer(options)
    result = normalizer.normalize(text)
    start = data.draw(st.integers(0, len(result.text)))
    end = data.draw(st.integers(start, len(result.text)))
    first, last = result.original_span(start, end)
    assert 0 <= first <= last <= len(text)
    if start == end:
        assert first == last
        return
    while start and result.starts[start - 1] == first:  # widen to whole clusters
        start -= 1
    while end < len(result.text) and result.ends[end] == last:
        end += 1
    assert normalizer(text[first:last]) == result.text[start:end]
    assert first == 0 or not is_mark(text[first])
    assert last == len(text) or not is_mark(text[last])


@given(TEXT)
def test_with_all_switches_off_normalisation_is_the_identity(text: str) -> None:
    result = Normalizer(ALL_OFF).normalize(text)
    assert result.text == text
    for at, (start, end) in enumerate(zip(result.starts, result.ends, strict=True)):
        assert start <= at < end
    assert result.original_span(0, len(text)) == (0, len(text))


@given(st.one_of(TEXT, st.text(st.sampled_from("ab د.!؟…»)1 \n"), max_size=60)))
@example("... ابدأ. انته")
@example("! ! !")
def test_only_white_space_lies_between_sentences(text: str) -> None:
    spans = sentence_spans(text)
    position = 0
    for start, end in spans:
        assert text[position:start].strip() == ""
        assert position <= start < end
        assert text[start:end] == text[start:end].strip()
        position = end
    assert text[position:].strip() == ""
    if any(c.isalnum() and c != "ـ" for c in text):
        assert all(any(map(str.isalnum, text[start:end])) for start, end in spans)


@given(
    st.one_of(TEXT, st.text(st.sampled_from("اب \u064b\u0651،"), max_size=200)), st.integers(1, 30)
)
@example("ا" + "\u064e" * 40 + "ب", 5)
@example("كلمة " + "." * 50, 10)
@example("اب \u064bج", 3)
def test_long_sentences_are_cut_between_letters(text: str, limit: int) -> None:
    spans = split_long(text, 0, len(text), limit)
    position = 0
    for start, end in spans:
        assert text[position:start].strip() == ""
        assert start < end
        assert start == 0 or not is_mark(text[start]) or text[start - 1].isspace()
        assert end == len(text) or not is_mark(text[end])
        if end - start > limit:  # one letter and its marks: nowhere to cut
            assert all(map(is_mark, text[start + limit : end]))
        position = end
    assert text[position:].strip() == ""


WORDS = st.text(st.sampled_from(LETTERS + "ab1"), min_size=1, max_size=9)
PHRASE = st.lists(WORDS, min_size=1, max_size=25).map(" ".join)
LINE = st.one_of(
    PHRASE,
    PHRASE.map("{}.".format),
    PHRASE.map("{}:".format),
    st.lists(PHRASE.map("{}.".format), min_size=1, max_size=8).map(" ".join),
    st.tuples(
        st.sampled_from(
            ["• ", "- ", "1. ", "٢- ", "أ) ", "* ", "  - ", "# ", "## ", "> ", "| ", "    "]
        ),
        PHRASE,
    ).map("".join),
    st.sampled_from(
        [
            "",
            "",
            "",
            "---",
            "===",
            "***",
            "```",
            "<![CDATA[",
            "]]>",
            "<!-- x -->",
            "ـــــ",
            "\u200f",
        ]
    ),
    TEXT,
    st.text(st.sampled_from(LETTERS), min_size=300, max_size=700),
)
DOCUMENT = st.builds(
    lambda lines, ending, markup: Document("d", "", ending.join(lines), "", {"format": markup}),
    st.lists(LINE, max_size=30),
    st.sampled_from(["\n", "\n", "\n\n", "\r\n", "\r"]),
    st.sampled_from(["plain", "markdown"]),
)
LIMIT = st.sampled_from([200, 300, 700, 2000])


@given(DOCUMENT)
def test_blocks_are_ordered_and_disjoint(document: Document) -> None:
    position = 0
    for block in parse_blocks(document):
        assert position <= block.start < block.end <= len(document.text)
        position = block.end
    found = sections(document)
    assert [s.start for s in found] == sorted(s.start for s in found)
    assert all(section.end <= after.start for section, after in pairwise(found))


@given(DOCUMENT)
def test_blocks_cover_plain_text(document: Document) -> None:
    plain = Document("d", "", document.text)
    inside = set()
    for block in parse_blocks(plain):
        inside.update(range(block.start, block.end))
    bare = plain.text
    for wrapper in ("<![CDATA[", "]]>"):
        bare = bare.replace(wrapper, "." * len(wrapper))
    lost = [c for at, c in enumerate(bare) if at not in inside and c.isalnum() and c != "ـ"]
    assert lost == []


@given(DOCUMENT, LIMIT)
def test_passages_are_exact_ordered_slices(document: Document, limit: int) -> None:
    passages = chunk(document, limit)
    position = 0
    for passage in passages:
        assert position <= passage.start < passage.end
        assert passage.text == document.text[passage.start : passage.end]
        assert passage.passage_id == f"d#{passage.start}-{passage.end}"
        position = passage.end
        inner = passage.start
        assert passage.units
        for span in passage.units:
            assert inner <= span.start < span.end <= passage.end
            inner = span.end
    assert passages == chunk(document, limit)


@given(DOCUMENT, LIMIT)
def test_passages_cover_every_block(document: Document, limit: int) -> None:
    passages = chunk(document, limit)
    inside = {at for passage in passages for at in range(passage.start, passage.end)}
    cited = {at for p in passages for span in p.units for at in range(span.start, span.end)}
    for block in parse_blocks(document):
        letters = [at for at in range(block.start, block.end) if document.text[at].isalnum()]
        assert inside.issuperset(letters)
        if block.kind != "heading":
            assert cited.issuperset(letters)


@given(DOCUMENT, LIMIT)
def test_only_lists_and_headings_make_passages_too_long(document: Document, limit: int) -> None:
    for passage in chunk(document, limit):
        beyond_headings = passage.end - passage.units[0].start
        listed = any(span.kind == "item" for span in passage.units)
        assert beyond_headings <= (2.5 * limit if listed else limit)


@given(DOCUMENT, st.integers(1, 400))
def test_every_sentence_is_in_one_part(document: Document, chars: int) -> None:
    for passage in chunk(document, 700):
        found = parts(passage, chars)
        assert all(found)
        assert [span for part in found for span in part] == list(passage.units)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=40), st.integers(1, 60))
def test_windows_cover_every_sentence(sizes: list[int], words: int) -> None:
    found = windows(sizes, words)
    assert (found[0][0], found[-1][1]) == (0, len(sizes) - 1)
    for (first, last), (following, _) in pairwise(found):
        assert first < following <= last + 1
    assert all(first == last or sum(sizes[first : last + 1]) <= words for first, last in found)


@given(DOCUMENT, st.integers(10, 60))
def test_windows_lie_in_the_text_that_is_read(document: Document, words: int) -> None:
    normalizer = Normalizer()
    for passage in chunk(document, 700):
        bare = [without_bullet(passage.slice(s.start, s.end)) for s in passage.units]
        content = " ".join(map(normalizer, bare))
        for reading in encoder_texts(passage, normalizer, words):
            assert reading.text.startswith(reading.heading)
            for start, end in reading.windows:
                assert len(reading.heading) <= start < end <= len(reading.text)
                assert reading.text[start:end] in content


READABLE = st.lists(
    st.text(st.sampled_from(LETTERS + "،؟abc019.\n"), min_size=3, max_size=12),
    min_size=2,
    max_size=40,
).map(lambda words: "سلام " + " ".join(words))
ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16-le": b"",
    "utf-16-be": b"",
    "utf-16-le with mark": b"\xff\xfe",
    "utf-16-be with mark": b"\xfe\xff",
    "cp1256": b"",
}


@pytest.mark.parametrize("name", ENCODINGS)
@given(text=READABLE)
def test_every_encoding_is_recognised(name: str, text: str) -> None:
    if name == "cp1256":
        text = text.replace("ٱ", "ا")  # not in that code page
    assert decode(ENCODINGS[name] + text.encode(name.split()[0])) == text


@given(
    st.text(st.sampled_from(LETTERS + HARAKAT + string.ascii_letters + DIGITS + " ﷺ😀"), min_size=1)
)
def test_any_utf8_text_is_read_as_it_is(text: str) -> None:
    assert decode(text.encode()) == text


@given(TEXT, TEXT)
def test_a_text_covers_its_own_words_fully_and_others_partly(question: str, text: str) -> None:
    for word in re.findall(r"[^\W_]+", question):
        assert 0 <= WordForms(text).coverage(word) <= 1
        assert WordForms(question).coverage(word) == 1
        assert WordForms("").coverage(word) == 0
