"""The chat's markup: what a reader sees is the text itself, and nothing in it runs."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.chat import render, sources, texts
from cica_qa.types import Answer, Citation, Document, Hit, Passage

HOSTILE = "<img src=x onerror=alert(1)> **a** $x$ # b & \"q\" 's' {{7*7}} ${1+1}"
VOID = {"img", "br", "meta", "input"}

# Documents come from decoded files: no surrogates, and no NUL, which no page can hold.
any_text = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"))


class Page(HTMLParser):
    """Collects the text by class and by tag, the attributes, and whether tags balance."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        classes = dict(attrs).get("class") or ""
        self.open.append((tag, classes))
        for name in {tag, *classes.split()}:
            self.texts.setdefault(name, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for name in {n for tag, classes in self.open for n in (tag, *classes.split())}:
            self.texts[name][-1] += data

    def attributes(self, tag: str, name: str) -> list[str | None]:
        return [attrs[name] for t, attrs in self.tags if t == tag and name in attrs]


def make_passage(text: str, start: int = 40, headings: tuple[str, ...] = ("خلفية",)) -> Passage:
    end = start + len(text)
    return Passage(f"doc:{start}-{end}", "doc", start, end, text, headings)


def make_answer(*quotes: str, question: str = "سؤال؟") -> Answer:
    passage = make_passage("\n\n".join(quotes))
    citations, position = [], passage.start
    for number, quote in enumerate(quotes, start=1):
        end = position + len(quote)
        citations.append(Citation(number, passage.passage_id, passage.doc_id, position, end, quote))
        position = end + 2
    hits = (Hit(passage, 1.0, 1),)
    return Answer(question, "\n".join(quotes), tuple(citations), hits)


def whole(answer: Answer, title: str = "الوثيقة") -> str:
    return render.answer(answer, "1", lambda doc_id: title)


@given(any_text, st.data())
def test_a_source_shows_the_passage_and_marks_exactly_the_quote(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    passage = make_passage(text, headings=(text, "فرع"))
    span = (passage.start + start, passage.start + end)
    page = Page(sources.source("p", "الاستشهاد 1", text, Hit(passage, 1.0, 1), span))
    assert page.texts["cica-passage"] == [text]
    assert page.texts.get("mark", []) == ([text[start:end]] if start < end else [])
    assert page.texts["h3"] == [text]
    assert page.texts["li"] == [text, "فرع"]


@given(st.text())
def test_a_question_is_shown_literally_whatever_it_contains(question):
    page = Page(render.exchange(question, render.thinking()))
    shown = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in question)
    assert page.texts["cica-question"] == [shown]
    assert {tag for tag, _ in page.tags} == {"article", "div", "span"}
    page.texts["cica-question"][0].encode()  # can be sent


def test_markup_in_documents_is_text_everywhere():
    answer = make_answer(f"• {HOSTILE}")
    page = Page(whole(answer, title=HOSTILE))
    assert page.attributes("img", "src") == []
    assert page.texts["cica-passage"] == [f"• {HOSTILE}"]
    assert page.texts["cica-answer"] == [f"{HOSTILE}\xa01"]
    assert page.texts["h3"] == [HOSTILE]
    assert Page(render.header([Document("d", HOSTILE, "")])).texts["h1"] == [HOSTILE]
    assert Page(render.notice(HOSTILE)).texts["p"] == [HOSTILE]


def test_carriage_returns_and_tabs_reach_the_page_unchanged():
    markup = sources.source("p", "ل", "ع", Hit(make_passage("أ\r\n\t  ب\rج"), 1.0, 1), (41, 43))
    assert "\r" not in markup  # a browser would turn it into a line feed
    assert Page(markup).texts["cica-passage"] == ["أ\r\n\t  ب\rج"]


def test_a_quoted_list_becomes_a_list_with_its_chip_after_the_last_item():
    page = Page(whole(make_answer("أبرزها:\n\n  • الأول.\n  • الثاني.", "- الثالث.")))
    assert page.texts["p"] == ["أبرزها:"]
    assert page.texts["ul"] == ["الأول.الثاني.\xa01الثالث.\xa02"]
    assert page.texts["cica-chip"] == ["1", "2"]


@pytest.mark.parametrize("line", ["-5 درجات", "2 - 3", "*", "•", "1. أول", "–"])
def test_what_only_resembles_a_bullet_stays_as_it_is(line):
    page = Page(whole(make_answer(line)))
    assert page.texts["p"] == [f"{line}\xa01"]


def test_each_chip_names_its_place_and_opens_its_own_hidden_source():
    page = Page(whole(make_answer("الأولى.", "الثانية.")))
    assert page.attributes("button", "aria-controls") == ["cica-source-1-1", "cica-source-1-2"]
    assert page.attributes("section", "id") == ["cica-source-1-1", "cica-source-1-2"]
    assert page.attributes("section", "hidden") == [None, None]
    assert page.attributes("button", "aria-expanded") == ["false", "false"]
    assert page.attributes("button", "aria-label")[0] == "الاستشهاد 1: اعرض موضعه في «خلفية»"
    assert page.texts["mark"] == ["الأولى.", "الثانية."]


def test_an_answer_has_its_lines_in_order():
    page = Page(whole(make_answer("أبرزها:\n• الأول.", "الثانية.")))
    assert page.texts["cica-answer"] == ["أبرزها:الأول.\xa01الثانية.\xa02"]


def test_the_newest_exchange_says_which_it_is_and_whether_it_is_on_its_way():
    inner = render.exchange('<"س؟">', render.thinking())
    busy = Page(render.newest("3", inner, busy=True))
    assert busy.attributes("div", "data-key") == ["3"]
    assert busy.attributes("div", "data-busy") == ["true"]
    assert busy.attributes("div", "data-markup") == [inner]
    assert Page(render.newest("3", "")).attributes("div", "data-busy") == ["false"]


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (0, "كل سؤال هنا قائم بذاته، ولا يُراعى ما سبقه."),
        (1, "طالت المحادثة، فلا يُراعى من الآن ممّا سبق إلا السؤال الأخير."),
        (2, "طالت المحادثة، فلا يُراعى من الآن ممّا سبق إلا السؤالان الأخيران."),
        (3, "طالت المحادثة، فلا يُراعى من الآن ممّا سبق إلا آخر 3 أسئلة."),
        (20, "طالت المحادثة، فلا يُراعى من الآن ممّا سبق إلا آخر 20 سؤالًا."),
        (103, "طالت المحادثة، فلا يُراعى من الآن ممّا سبق إلا آخر 103 أسئلة."),
    ],
)
def test_how_many_questions_are_heeded_is_told_in_agreement(kept, told):
    assert texts.forgotten(kept) == told


def test_a_passage_without_headings_is_named_by_its_document():
    passage = make_passage("نص.", headings=())
    citation = Citation(1, passage.passage_id, "doc", 40, 43, "نص.")
    answer = Answer("س؟", "نص.", (citation,), (Hit(passage, 1.0, 1),))
    page = Page(whole(answer, title="دليل المدينة"))
    assert "«دليل المدينة»" in (page.attributes("button", "aria-label")[0] or "")
    assert "ol" not in page.texts


def test_small_talk_is_shown_plainly():
    page = Page(whole(Answer("شكرًا", "عفوًا! هات سؤالك.")))
    assert page.texts["cica-answer"] == ["عفوًا! هات سؤالك."]
    assert "button" not in page.texts


def test_an_abstention_gives_its_reason_and_the_nearest_passages_unmarked():
    hits = tuple(
        Hit(make_passage(f"عنوان {n}\n\nنص {n}.", 100 * n, (f"عنوان {n}",)), 1 / n, n)
        for n in range(1, 6)
    )
    answer = Answer("س؟", "لا أجد جوابًا.", (), hits, abstained=True, reason="لا سند كافٍ.")
    page = Page(whole(answer))
    assert "cica-answer" not in page.texts
    assert "mark" not in page.texts
    assert page.texts["cica-abstention"][0].startswith(
        f"؟{texts.ABSTAINED}لا أجد جوابًا.لا سند كافٍ.{texts.NEAREST}"
    )
    assert page.texts["cica-near"] == [f"عنوان {n}نص {n}." for n in (1, 2, 3)]
    assert page.texts["cica-passage"] == [hit.passage.text for hit in hits[:3]]
    assert page.attributes("button", "aria-controls") == page.attributes("section", "id")


def test_an_abstention_without_passages_offers_none():
    page = Page(whole(Answer("س؟", "لا أجد جوابًا.", abstained=True, reason="لا أجد جوابًا.")))
    assert page.texts["p"] == ["لا أجد جوابًا."]
    assert texts.NEAREST not in page.texts["cica-abstention"][0]


@pytest.mark.parametrize(
    ("count", "phrase"),
    [
        (0, "لا وثائق بعد"),
        (1, "وثيقة واحدة"),
        (2, "وثيقتان"),
        (3, "3 وثائق"),
        (10, "10 وثائق"),
        (11, "11 وثيقة"),
        (99, "99 وثيقة"),
        (100, "100 وثيقة"),
        (102, "102 وثيقة"),
        (103, "103 وثائق"),
        (111, "111 وثيقة"),
    ],
)
def test_the_noun_agrees_with_the_number(count, phrase):
    assert texts.documents(count) == phrase


@pytest.mark.parametrize(
    ("titles", "listed"),
    [
        ("أب", "«أ»، «ب»"),
        ("أبجد", "«أ»، «ب»، «ج»، ووثيقة أخرى"),
        ("أبجده", "«أ»، «ب»، «ج»، ووثيقتان أخريان"),
        ("أبجدهو", "«أ»، «ب»، «ج»، و3 وثائق أخرى"),
    ],
)
def test_the_header_names_the_first_documents_and_counts_the_others(titles, listed):
    page = Page(render.header([Document(str(i), t, "") for i, t in enumerate(titles)]))
    assert page.texts["h1"] == [texts.documents(len(titles))]
    assert page.texts["p"] == [listed.replace("«", "«\u2068").replace("»", "\u2069»")]


def test_the_header_of_one_document_is_its_title_or_else_its_id():
    assert Page(render.header([Document("d", "عنوان", "")])).texts["h1"] == ["عنوان"]
    assert Page(render.header([Document("d.txt", "", "")])).texts["h1"] == ["d.txt"]


def test_a_latin_aside_in_a_title_is_isolated_and_nothing_else_is() -> None:
    shown = render.name("منظمة الأمن (OSCE) في <أوروبا> (الغربية)")

    assert shown == "منظمة الأمن <bdi>(OSCE)</bdi> في &lt;أوروبا&gt; (الغربية)"


def test_what_answers_in_a_line_is_set_off_and_no_character_is_lost():
    answer = make_answer("أبرزها:\n  • عام 1999 <b>.\n  • عام 2001.")
    (citation,) = answer.citations
    start = citation.start + citation.quote.index("1999")
    end = citation.start + citation.quote.index("2001") + 4
    page = Page(whole(replace(answer, citations=(replace(citation, focus=((start, end),)),))))
    assert page.texts["cica-focus"] == ["1999 <b>.", "عام 2001"]
    assert page.texts["cica-answer"] == ["أبرزها:عام 1999 <b>.عام 2001.\xa01"]


def test_words_taken_for_others_are_shown_but_not_their_hamzas():
    answer = make_answer("نص.")
    pairs = (("سيكا", "CICA"), ("الامانه", "الأمانة"), ("<b>", "بيت"), ("تأسس", "تأسيس"))
    hits = (replace(answer.hits[0], parts={"corrected": pairs}),)
    shown = whole(replace(answer, hits=hits))
    assert "بحثتُ عن «\u2068CICA\u2069» بدل «\u2068سيكا\u2069»." in shown
    assert "الأمانة" not in shown
    assert "تأسيس" not in shown
    assert "«\u2068&lt;b&gt;\u2069»" in shown


def test_what_leads_what_is_added_and_what_was_carried_over_are_shown():
    answer = replace(make_answer("نص."), lead="لا", note="بقي شيء.", carried="<الاجتماع>")
    page = Page(whole(answer))
    assert page.texts["cica-answer"] == ["لانص.\xa01بقي شيء."]
    assert page.texts["cica-lead"] == ["لا"]
    assert page.texts["cica-about"] == [f"{texts.ABOUT} <الاجتماع>"]


def test_what_a_question_in_latin_letters_was_read_as_is_shown():
    page = Page(whole(replace(make_answer("نص."), read_as="فين <المركز>")))
    assert page.texts["cica-about"] == [f"{texts.READ_AS} فين <المركز>"]


def test_a_reply_that_is_no_answer_is_shown_plainly():
    page = Page(whole(Answer("شكرًا", "على الرحب والسعة.", abstained=True)))
    assert page.texts["cica-answer"] == ["على الرحب والسعة."]
    assert "cica-abstention" not in page.texts


def test_words_that_are_like_those_of_the_question_are_underlined_where_they_stand():
    passage = make_passage("عُقد الاجتماع <الأول> في ألماتي.")
    parts = {"words": {"انعقد": 0.8, "أين": 0.1}, "nearest": {"انعقد": (40, 45), "أين": (61, 63)}}
    markup = sources.source("p", "ل", "ع", Hit(passage, 1.0, 1, parts), (46, 54))
    page = Page(markup)
    assert page.texts["cica-word"] == ["عُقد "]
    assert page.texts["mark"] == [passage.text[6:14]]
    assert page.texts["cica-passage"] == [passage.text]


@pytest.mark.parametrize(
    ("page", "shown"), [("3", "1 · ص 3"), ("الميزانية", "1 · الميزانية"), ("", "1")]
)
def test_a_chip_names_the_page(page: str, shown: str) -> None:
    passage = Passage("doc:0-3", "doc", 0, 3, "نص.")
    citation = Citation(1, passage.passage_id, "doc", 0, 3, "نص.", page=page)
    answer = Answer("س", "نص.", (citation,), (Hit(passage, 0.9, 1),))
    assert f">{shown}</button>" in render.answer(answer, "k", lambda _: "وثيقة")
