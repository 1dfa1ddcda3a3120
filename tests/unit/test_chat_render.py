"""The chat's markup: what a reader sees is the text itself, and nothing in it runs."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.answer.select import confidence_levels
from cica_qa.chat import render, sources, take, texts
from cica_qa.chat.places import citation_places
from cica_qa.types import Answer, Citation, Hit, Match, Passage, Unit

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


def whole(answer: Answer, title: str = "الوثيقة", *, alone: bool = True) -> str:
    return render.answer(answer, lambda doc_id: title, alone=alone)


def chip(number: int, place: str = "خلفية") -> str:
    return f"\xa0{number} {place}"


@given(any_text, st.data())
def test_a_source_shows_the_passage_and_marks_exactly_the_quote(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    passage = make_passage(text, headings=(text, "فرع"))
    span = (passage.start + start, passage.start + end)
    page = Page(sources.source(1, text, text, Hit(passage, 1.0, 1), span))
    assert page.texts["cica-source"] == [text]
    assert "".join(page.texts.get("mark", [])) == text[start:end]
    assert page.attributes("template", "data-place") == [text]


@given(st.text())
def test_a_question_is_shown_literally_whatever_it_contains(question):
    page = Page(f"<div>{render.question(question)}</div>")
    shown = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in question)
    assert page.texts["div"] == [shown]
    assert {tag for tag, _ in page.tags} <= {"div", "bdi", "a"}
    page.texts["div"][0].encode()  # can be sent


def test_markup_in_documents_is_text_everywhere():
    answer = make_answer(f"• {HOSTILE}")
    page = Page(whole(answer, title=HOSTILE))
    assert page.attributes("img", "src") == []
    assert page.texts["cica-source"] == [f"• {HOSTILE}"]
    assert page.texts["cica-answer"] == [f"{HOSTILE}{chip(1)}{texts.say('unsure')}"]
    assert Page(page.attributes("template", "data-title")[0] or "").tags == [
        tag
        for tag in Page(page.attributes("template", "data-title")[0] or "").tags
        if tag[0] == "bdi"
    ]
    assert Page(render.notice(HOSTILE)).texts["p"] == [HOSTILE]


def test_carriage_returns_and_tabs_reach_the_page_unchanged():
    markup = sources.source(1, "م", "ع", Hit(make_passage("أ\r\n\t  ب\rج"), 1.0, 1), (41, 43))
    assert "\r" not in markup  # a browser would turn it into a line feed
    assert Page(markup).texts["cica-source"] == ["أ\r\n\t  ب\rج"]


def test_a_quoted_list_becomes_a_list_with_its_chip_after_the_last_item():
    page = Page(whole(make_answer("أبرزها:\n\n  • الأول.\n  • الثاني.", "- الثالث.")))
    assert page.texts["p"] == ["أبرزها:", texts.say("unsure")]
    assert page.texts["ul"] == [f"الأول.الثاني.{chip(1)}الثالث.{chip(2)}"]
    assert page.texts["cica-chip"] == ["1 خلفية", "2 خلفية"]


@pytest.mark.parametrize("line", ["-5 درجات", "2 - 3", "*", "•", "1. أول", "–"])
def test_what_only_resembles_a_bullet_stays_as_it_is(line):
    page = Page(whole(make_answer(line)))
    assert page.texts["p"][0] == f"{line}{chip(1)}"


def test_a_quote_and_a_place_keep_their_numbers_in_order_beside_a_chip() -> None:
    answer = make_answer("هاتف 920-001-234 <b>")
    markup = render.answer(answer, lambda _: "عقد 12-7/2024 ملحق")
    assert 'عقد <bdi dir="ltr">12-7/2024</bdi> ملحق' in markup
    (tip,) = Page(markup).attributes("button", "data-tip")
    assert tip == 'هاتف <bdi dir="ltr">920-001-234</bdi> &lt;b&gt;'


def test_each_chip_names_its_place_and_quote_and_stands_for_its_own_source():
    page = Page(whole(make_answer("الأولى.", "الثانية."), alone=False))
    assert page.attributes("button", "data-source") == ["1", "2"]
    assert page.attributes("template", "data-number") == ["1", "2"]
    assert page.attributes("template", "data-document") == ["doc", "doc"]
    assert page.attributes("template", "data-start") == ["40", "49"]
    label = "الاستشهاد 1: اعرض موضعه في «الوثيقة، خلفية»"
    assert page.attributes("button", "aria-label")[0] == label
    assert page.attributes("button", "data-tip") == ["الأولى.", "الثانية."]
    assert page.texts["cica-chip"] == ["1 الوثيقة، خلفية", "2 الوثيقة، خلفية"]
    assert page.texts["mark"] == ["الأولى.", "الثانية."]


def test_a_chip_is_tied_to_the_last_word_of_its_line():
    assert 'أخيرة.<span class="cica-last">&nbsp;<button' in whole(make_answer("كلمة وأخرى أخيرة."))


def test_latin_that_ends_a_line_stays_in_one_piece():
    shown = whole(make_answer("يعمل على نظام Windows 11 Pro"))
    assert 'نظام <bdi dir="ltr">Windows 11 Pro</bdi><span class="cica-last">' in shown


def test_a_chip_names_the_article_and_the_page():
    text = "المادة 7: تسلَّم الشقة خلال شهر."
    unit = Unit(40, 40 + len(text), "article", number="7", label=(40, 48))
    passage = replace(make_passage(text, headings=("الباب الأول",)), units=(unit,))
    citation = Citation(1, passage.passage_id, "doc", 50, 40 + len(text), text[10:], page="2")
    answer = Answer("س؟", text[10:], (citation,), (Hit(passage, 1.0, 1),))
    page = Page(whole(answer, title="عقد الإيجار", alone=False))
    assert page.texts["cica-chip"] == ["1 عقد الإيجار، المادة 7، ص 2"]


def test_an_answer_has_its_lines_in_order():
    page = Page(whole(make_answer("أبرزها:\n• الأول.", "الثانية.")))
    said = f"أبرزها:الأول.{chip(1)}الثانية.{chip(2)}{texts.say('unsure')}"
    assert page.texts["cica-answer"] == [said]


@pytest.mark.parametrize(
    ("level", "below", "word"),
    [
        ("sure", 0, "sure"),
        ("sure", 0.01, "likely"),
        ("likely", 0, "likely"),
        ("likely", 0.01, "unsure"),
    ],
)
def test_how_sure_an_answer_is_is_said_in_words(level: str, below: float, word: str) -> None:
    page = Page(whole(replace(make_answer("نص."), confidence=confidence_levels()[level] - below)))
    assert page.texts["cica-sure"] == [texts.say(word)]


def test_each_text_of_the_page_has_both_languages_with_the_same_parts() -> None:
    for key, told in texts.words().items():
        arabic, english = told
        assert arabic.strip(), key
        assert english.strip(), key
        assert set(re.findall(r"{(\w+)}", arabic)) == set(re.findall(r"{(\w+)}", english)), key


def test_the_texts_that_scripts_use_are_all_there() -> None:
    static = Path(texts.__file__).parent / "static"
    used = set()
    for file in static.glob("*.js"):
        script = file.read_text(encoding="utf-8")
        used |= set(re.findall(r'\bsay\("(\w+)"', script))
        used |= set(re.findall(r'\b(?:say|label): "(\w+)"', script))
        used |= set(re.findall(r'\btell\([^,]+, "(\w+)"', script))
    assert len(used) > 40
    assert used - set(texts.words()) == set()


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
    assert page.texts["cica-chip"] == ["1 دليل المدينة"]


def test_small_talk_is_shown_plainly():
    page = Page(whole(Answer("شكرًا", "عفوًا! هات سؤالك.")))
    assert page.texts["cica-answer"] == ["عفوًا! هات سؤالك."]
    assert "button" not in page.texts


def test_an_abstention_says_so_once_gives_its_reason_and_the_nearest_passages_unmarked():
    hits = tuple(
        Hit(make_passage(f"عنوان {n}\n\nنص {n}.", 100 * n, (f"عنوان {n}",)), 1 / n, n)
        for n in range(1, 6)
    )
    answer = Answer("س؟", "لا أجد جوابًا.", (), hits, abstained=True, reason="لا سند كافٍ.")
    page = Page(whole(answer))
    assert "cica-answer" not in page.texts
    assert "mark" not in page.texts
    said = "لم أجد جوابًا مؤكَّدًا في وثائقك. قد يفيدك ما يلي:"
    assert page.texts["cica-abstention"][0].startswith(f"؟{said}لا سند كافٍ.عنوان 1")
    assert page.texts["cica-near"] == [f"عنوان {n}نص {n}." for n in (1, 2, 3)]
    assert page.texts["cica-source"] == [hit.passage.text for hit in hits[:3]]
    assert page.attributes("button", "data-source") == page.attributes("template", "data-number")


@pytest.mark.parametrize(
    "reason", ["لم أجد في أقرب المقاطع جملةً تجيب.", "لا يوجد في الوثائق مقطع."]
)
def test_a_reason_that_says_no_more_is_not_said(reason: str) -> None:
    page = Page(whole(Answer("س؟", "لا أجد جوابًا.", abstained=True, reason=reason)))
    assert page.texts["cica-abstention"] == ["؟لم أجد جوابًا مؤكَّدًا في وثائقك."]


def test_latin_in_a_title_is_isolated_within_the_brackets_around_it() -> None:
    shown = render.name("منظمة الأمن (in Europe – OSCE) في <أوروبا> (الغربية)")

    inner = '(<bdi dir="ltr">in Europe – OSCE</bdi>)'
    assert shown == f"منظمة الأمن {inner} في &lt;أوروبا&gt; (الغربية)"


def test_what_answers_in_a_line_is_set_off_and_no_character_is_lost():
    answer = make_answer("أبرزها:\n  • عام 1999 <b>.\n  • عام 2001.")
    (citation,) = answer.citations
    start = citation.start + citation.quote.index("1999")
    end = citation.start + citation.quote.index("2001") + 4
    page = Page(whole(replace(answer, citations=(replace(citation, focus=((start, end),)),))))
    assert page.texts["cica-focus"] == ["1999 <b>.", "عام 2001"]
    assert page.texts["cica-answer"] == [
        f"أبرزها:عام 1999 <b>.عام 2001.{chip(1)}{texts.say('unsure')}"
    ]


def test_words_taken_for_others_are_shown_but_not_their_hamzas():
    answer = make_answer("نص.")
    pairs = (("سيكا", "CICA"), ("الامانه", "الأمانة"), ("<b>", "بيت"), ("تأسس", "تأسيس"))
    hits = (replace(answer.hits[0], match=Match(corrected=pairs)),)
    shown = whole(replace(answer, hits=hits))
    assert "بحثتُ عن «\u2068CICA\u2069» بدل «\u2068سيكا\u2069»." in shown
    assert "الأمانة" not in shown
    assert "تأسيس" not in shown
    assert "«\u2068&lt;b&gt;\u2069»" in shown


def test_what_leads_what_is_added_and_what_was_carried_over_are_shown():
    answer = replace(make_answer("نص."), lead="لا", note="بقي شيء.", carried="<الاجتماع>")
    page = Page(whole(answer))
    assert page.texts["cica-answer"] == [f"لانص.{chip(1)}بقي شيء.{texts.say('unsure')}"]
    assert page.texts["cica-lead"] == ["لا"]
    assert page.texts["cica-about"] == [f"{texts.say('about')} <الاجتماع>"]


@pytest.mark.parametrize(
    ("carried", "told"),
    [("في الخط الأخضر؟", "الخط الأخضر"), ("عن إجازة الموظف في", "إجازة الموظف"), ("على", "")],
)
def test_what_was_carried_over_is_told_as_a_topic_and_not_as_a_torn_phrase(carried, told):
    page = Page(whole(replace(make_answer("نص."), carried=carried)))
    said = f"{texts.say('about')} {told}"
    assert page.texts.get("cica-about", [""]) == ([said] if told else [""])


def test_what_a_question_in_latin_letters_was_read_as_is_shown():
    page = Page(whole(replace(make_answer("نص."), read_as="فين <المركز>")))
    assert page.texts["cica-about"] == [f"{texts.say('read_as')} فين <المركز>"]


def test_a_reply_that_is_no_answer_is_shown_plainly():
    page = Page(whole(Answer("شكرًا", "على الرحب والسعة.", abstained=True)))
    assert page.texts["cica-answer"] == ["على الرحب والسعة."]
    assert "cica-abstention" not in page.texts


def test_words_that_are_like_those_of_the_question_are_underlined_where_they_stand():
    passage = make_passage("عُقد الاجتماع <الأول> في ألماتي.")
    match = Match(words={"انعقد": 0.8, "أين": 0.1}, nearest={"انعقد": (40, 45), "أين": (61, 63)})
    markup = sources.source(1, "م", "ع", Hit(passage, 1.0, 1, match), (46, 54))
    page = Page(markup)
    assert page.texts["cica-word"] == ["عُقد "]
    assert page.texts["mark"] == [passage.text[6:14]]
    assert page.texts["cica-source"] == [passage.text]


LATIN = "Conference on Interaction in Asia"


def test_a_focus_in_a_run_of_latin_stands_within_its_one_isolate() -> None:
    answer = make_answer(f"مؤتمر {LATIN} في ألماتي")
    (citation,) = answer.citations
    for words in ("on Interaction", "Asia في", "مؤتمر Conference"):
        start = citation.start + citation.quote.index(words)
        focus = ((start, start + len(words)),)
        marked = replace(answer, citations=(replace(citation, focus=focus),))
        page = Page(whole(marked))
        assert LATIN in page.texts["bdi"]
        assert "".join(page.texts["cica-focus"]) == words
        assert page.texts["p"][0] == f"مؤتمر {LATIN} في ألماتي{chip(1)}"


def test_a_quote_and_words_in_a_run_of_latin_stand_within_its_one_isolate() -> None:
    passage = make_passage(f"مؤتمر {LATIN} في ألماتي")
    end = 40 + passage.text.index(" in Asia")
    word = (end - len("Interaction"), end + len(" in"))
    match = Match(words={"س": 0.8}, nearest={"س": word})
    page = Page(sources.source(1, "م", "ع", Hit(passage, 1.0, 1, match), (40, end)))
    assert page.texts["bdi"] == [LATIN]
    assert page.texts["mark"] == ["مؤتمر ", "Conference on Interaction"]
    assert page.texts["cica-word"] == ["Interaction", " in"]


def test_a_quote_within_a_line_of_latin_leaves_the_line_one_isolate() -> None:
    passage = make_passage("عنوان\nAnnual report, second part\nنص")
    start = 40 + passage.text.index("report")
    markup = sources.source(1, "م", "ع", Hit(passage, 1.0, 1), (start, start + 6))
    assert '<bdi dir="ltr">Annual <mark>report</mark>, second part</bdi></bdi>\nنص' in markup


def test_a_near_passage_is_shown_without_its_heading_and_marks_of_markdown() -> None:
    passage = make_passage("## البند 3\n\nأجرة **الشقة** السنوية", headings=("البند 3",))
    hits = (Hit(passage, 1.0, 1),)
    page = Page(whole(Answer("س؟", "لا.", hits=hits, abstained=True, reason="بلا جواب")))
    assert page.texts["cica-near"] == ["البند 3أجرة الشقة السنوية"]


def test_a_quoted_row_is_a_table_with_its_header_and_its_chip_in_the_last_cell() -> None:
    text = "القسط | الموعد\nالأول | 01/02/2026"
    head, cells = ((40, 45), (48, 54)), ((55, 60), (63, 73))
    passage = replace(make_passage(text), units=(Unit(55, 73, "row", cells=cells, header=head),))
    citation = Citation(1, passage.passage_id, "doc", 55, 73, text[15:])
    page = Page(whole(Answer("س؟", text[15:], (citation,), (Hit(passage, 1.0, 1),))))
    assert page.texts["th"] == ["القسط", "الموعد"]
    assert page.texts["td"] == ["الأول", f"01/02/2026{chip(1)}"]
    assert page.texts["bdi"][0] == "01/02/2026"


def test_marks_of_markdown_are_not_shown_in_an_answer_and_stars_of_others_are() -> None:
    answer = make_answer("تُدفع **الأجرة** في *أول* السنة.")
    (citation,) = answer.citations
    start = citation.start + citation.quote.index("الأجرة")
    answer = replace(answer, citations=(replace(citation, focus=((start, start + 6),)),))
    page = Page(render.answer(answer, lambda _: "و", alone=True, marked=frozenset({"doc"})))
    assert page.texts["p"][0] == f"تُدفع الأجرة في أول السنة.{chip(1)}"
    assert page.texts["cica-focus"] == ["الأجرة"]
    assert Page(whole(answer)).texts["p"][0].startswith("تُدفع **الأجرة** في *أول*")


def test_an_answer_is_taken_along_with_its_sources() -> None:
    answer = replace(make_answer("أبرزها:\n• الأول.", "الثانية *."), lead="نعم")
    places = citation_places(answer, lambda _: "الوثيقة")
    assert take.plain(answer, places) == (
        "نعم\nأبرزها:\n• الأول. [1]\nالثانية *. [2]\n\n[1] الوثيقة، خلفية\n[2] الوثيقة، خلفية"
    )
    assert take.markdown(answer, places) == (
        "نعم\n\nأبرزها:\n\n• الأول. [^1]\n\nالثانية \\*. [^2]\n\n"
        "[^1]: الوثيقة، خلفية: «أبرزها: • الأول.»\n\n[^2]: الوثيقة، خلفية: «الثانية \\*.»"
    )


def test_a_no_is_taken_along_with_its_reason() -> None:
    answer = Answer("س؟", "لا أجد.", abstained=True, reason="لا سند كافٍ.")
    assert take.plain(answer, {}) == "لم أجد جوابًا مؤكَّدًا في وثائقك.\nلا سند كافٍ."
