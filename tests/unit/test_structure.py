"""The structure of plain text and Markdown, as exact slices."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from cica_qa.documents.load import load_file
from cica_qa.documents.structure import heading_text, parse_blocks, refine, sections
from cica_qa.types import Block, Document, Section

ARTICLE = Path(__file__).resolve().parents[2] / "corpus/documents/cica.txt"
LONG = "هذه فقرة طويلة تتبع العنوان مباشرة بلا سطر فارغ وفيها كلام كثير ينتهي بنقطة."
LETTER = {
    "title": "T", "heading": "H", "paragraph": "P", "item": "I", "row": "R", "field": "F",
    "article": "A", "question": "Q", "reply": "Y", "verse": "V", "speech": "S", "note": "N",
}  # fmt: skip


def document(text: str, markup: str) -> Document:
    return Document("d", "", text, "", {"format": markup})


def blocks(text: str, markup: str = "plain") -> list[tuple[str, str]]:
    """Return each block as its letter (with a heading's level, ``!`` if detached) and slice."""
    return [
        (
            LETTER[b.kind] + (str(b.level) if b.kind == "heading" else "") + "!" * b.detached,
            text[b.start : b.end],
        )
        for b in parse_blocks(document(text, markup))
    ]


def markdown(text: str) -> list[tuple[str, str]]:
    return blocks(text, "markdown")


def test_the_article() -> None:
    text = ARTICLE.read_text(encoding="utf-8")
    assert hashlib.sha256(ARTICLE.read_bytes()).hexdigest() == (
        "a54661ad4a6b1c475a03e4f7987ac085972b7395da591f2f05aee25fc09f80c0"
    )
    found = parse_blocks(load_file(ARTICLE))
    # 15 headings with content, and «المراجع» without any at the end
    assert Counter(block.kind for block in found) == {
        "title": 1, "heading": 16, "paragraph": 17, "item": 28,
    }  # fmt: skip
    lists = [len(list(run)) for kind, run in groupby(b.kind for b in found) if kind == "item"]
    assert lists == [5, 4, 5, 5, 4, 5]
    assert not any(
        "CDATA" in text[b.start : b.end] or "]]>" in text[b.start : b.end] for b in found
    )
    assert [heading_text(text, b) for b in found if b.kind == "heading"] == [
        "خلفية تاريخية",
        "أهداف مؤتمر التفاعل وإجراءات بناء الثقة في آسيا",
        "هيكل ومؤسسات المؤتمر",
        "مجالات التعاون",
        "إجراءات بناء الثقة",
        "العضوية في مؤتمر التفاعل وإجراءات بناء الثقة في آسيا",
        "أهمية مؤتمر التفاعل وإجراءات بناء الثقة في آسيا",
        "التحديات التي تواجه المؤتمر",
        "مستقبل مؤتمر التفاعل وإجراءات بناء الثقة في آسيا",
        "التعاون مع المنظمات الدولية والإقليمية",
        "الاجتماعات والقمم",
        "أهمية الشباب والمرأة",
        "التوسع والنمو",
        "الآثار الإيجابية",
        "خاتمة",
        "المراجع",
    ]
    assert [b.start for b in found if b.detached] == [130]  # behind the stray <![CDATA[


def test_sections() -> None:
    text = "# كتاب\n\nتمهيد.\n\n## باب\n\nنص.\n\n### **فصل** ###\n\nآخر."
    assert sections(document(text, "markdown")) == [
        Section("", 0, 0, 14),
        Section("باب", 2, 16, 27),
        Section("فصل", 3, 29, 50),
    ]


def test_a_table_of_contents_is_not_a_series_of_headings() -> None:
    text = f"تقرير\n\nالمقدمة\n\nالمنهج\n\nالنتائج\n\nالخاتمة\n\n{LONG}\n\nالمنهج\n\n{LONG}"
    assert blocks(text) == [
        ("T", "تقرير"),
        ("P", "المقدمة"),
        ("P", "المنهج"),
        ("P", "النتائج"),
        ("H1", "الخاتمة"),
        ("P", LONG),
        ("H1", "المنهج"),
        ("P", LONG),
    ]


def test_names_without_bullets_are_not_headings() -> None:
    assert blocks("الحضور\n\nأحمد علي\n\nسعاد حسن\n\nمحمد عمر\n\nليلى خالد") == [
        ("T", "الحضور"),
        ("P", "أحمد علي"),
        ("P", "سعاد حسن"),
        ("P", "محمد عمر"),
        ("P", "ليلى خالد"),
    ]


def test_adjacent_numbered_lines_are_a_list_and_separate_ones_headings() -> None:
    assert blocks("الخطوات\n\nهي كما يلي:\n\n1. افتح\n\n2. اقرأ\n\n3. أغلق") == [
        ("T", "الخطوات"),
        ("P", "هي كما يلي:"),
        ("I", "1. افتح"),
        ("I", "2. اقرأ"),
        ("I", "3. أغلق"),
    ]
    assert blocks("الدليل\n\n1. المقدمة\n\nهذه مقدمة.\n\n2. المنهج\n\nهذا منهج.") == [
        ("T", "الدليل"),
        ("H1", "1. المقدمة"),
        ("P", "هذه مقدمة."),
        ("H1", "2. المنهج"),
        ("P", "هذا منهج."),
    ]


def test_a_heading_without_a_blank_line_under_it() -> None:
    assert blocks(f"عنوان\n{LONG}\n\nعنوان ثان\n• بند\n• بند آخر") == [
        ("H1", "عنوان"),
        ("P", LONG),
        ("H1", "عنوان ثان"),
        ("I", "• بند"),
        ("I", "• بند آخر"),
    ]


def test_a_short_heading_stands_above_a_short_sentence() -> None:
    dose, effects = "من سنتين إلى خمس: 2.5 مل مرتين يوميًا.", "قد يسبب غثيانًا خفيفًا في حالات نادرة."
    assert blocks(f"نشرة الدواء\n\nالجرعة\n{dose}\n\nالآثار الجانبية\n{effects}") == [
        ("T", "نشرة الدواء"),
        ("H1", "الجرعة"),
        ("P", dose),
        ("H1", "الآثار الجانبية"),
        ("P", effects),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "المدير العام\nالدكتور محمد علي عبد الرحمن",  # no sentence below
        "أول يوم لنا في البيت\nرتبنا الكتب على الرفوف ثم شربنا الشاي معًا.",  # too many words
        "شارع النيل\nالقاهرة، مصر.",  # not much shorter
    ],
)
def test_a_line_above_anything_else_is_no_heading(text: str) -> None:
    assert blocks(f"العنوان\n\n{text}")[1:] == [("P", text)]


def test_lines_that_all_have_a_label_are_fields() -> None:
    fields = "الشاشة: 6.5 بوصة\nالسعر: 1200 ريال\nبلد الصنع: مصر"
    assert blocks(f"هاتف نور\n\n{fields}") == [
        ("T", "هاتف نور"),
        ("F", "الشاشة: 6.5 بوصة"),
        ("F", "السعر: 1200 ريال"),
        ("F", "بلد الصنع: مصر"),
    ]
    wrapped = "قال الوزير: إن العمل مستمر في كل\nالمحافظات، وأضاف: سيتم الإعلان قريبًا."
    assert blocks(f"العنوان\n\n{wrapped}")[1:] == [("P", wrapped)]


@pytest.mark.parametrize(
    "heading", ["المادة 5: الأجرة", "المادة (5)", "الفصل الثاني", "البند الأول:", "أولًا: التعريف"]
)
def test_a_part_of_a_law_has_its_heading_whatever_follows(heading: str) -> None:
    assert blocks(f"قانون العمل\n\n{heading}\nنص قصير.\n\nتمت.")[1:] == [
        ("H1", heading),
        ("P", "نص قصير."),
        ("P", "تمت."),
    ]


def test_a_part_without_a_number_is_an_ordinary_line() -> None:
    text = "فصل الشتاء بارد في الشمال\nودافئ في الجنوب."
    assert blocks(f"الطقس\n\n{text}")[1:] == [("P", text)]


@pytest.mark.parametrize(
    "item",
    [
        "• بند", "•بند", "● بند", "▪ بند", "◦ بند", "○ بند", "\uf0b7بند", "➢ بند", "✓ بند",
        "- بند", "– بند", "— بند", "* بند", "+ بند", "· بند",
        "1. بند", "1- بند", "1) بند", "(1) بند", "[1] بند", "١- بند", "١-بند", "١.بند", "۲) بند",
        "أ) بند", "أ- بند", "(ب) بند", "a) بند",
        "\u200f• بند", "\u202b- بند",
    ],
)  # fmt: skip
def test_bullets(item: str) -> None:
    bare = item.lstrip("\u200f\u202b")
    assert blocks(f"مقدمة القائمة:\n{item}\n{item}") == [
        ("P", "مقدمة القائمة:"),
        ("I", bare),
        ("I", bare),
    ]


@pytest.mark.parametrize(
    "line", ["3.5 ملايين نسمة", "-5 درجات", "د. أحمد علي", "2020-2021 عام", "و قال", "1990. عام"]
)
def test_what_only_looks_like_a_bullet(line: str) -> None:
    assert blocks(f"مقدمة النص:\n{line}\nتتمة.") == [("P", f"مقدمة النص:\n{line}\nتتمة.")]


def test_wrapped_lines_are_one_block() -> None:
    assert blocks("عنوان\n\nفقرة على\nسطرين.\n\n• بند على\n  سطرين\n• آخر") == [
        ("T", "عنوان"),
        ("P", "فقرة على\nسطرين."),
        ("I", "• بند على\n  سطرين"),
        ("I", "• آخر"),
    ]


def test_a_poem_is_a_paragraph() -> None:
    poem = "قفا نبك من ذكرى حبيب ومنزل\nبسقط اللوى بين الدخول فحومل\nفتوضح فالمقراة"
    assert blocks(poem) == [("P", poem)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_every_kind_of_line_end(end: str) -> None:
    assert blocks(f"عنوان{end}{end}فقرة.{end}{end}• بند{end}• آخر{end}") == [
        ("T", "عنوان"),
        ("P", "فقرة."),
        ("I", "• بند"),
        ("I", "• آخر"),
    ]


@pytest.mark.parametrize("rule", ["-----", "=====", "* * *", "ـــــ", "<![CDATA[", "]]>"])
def test_rules_and_debris_separate_blocks(rule: str) -> None:
    assert blocks(f"عنوان\n\nفقرة أولى.\n{rule}\nفقرة ثانية.") == [
        ("T", "عنوان"),
        ("P", "فقرة أولى."),
        ("P!", "فقرة ثانية."),
    ]


@pytest.mark.parametrize(
    ("line", "content"),
    [
        ("<![CDATA[نص هنا.]]>", "نص هنا."),
        ('<?xml version="1.0"?><!DOCTYPE html> نص هنا. ', "نص هنا."),
        ("\ufeff\u200fنص هنا.\u202c \0", "نص هنا."),
        ("نص <![CDATA[ هنا.", "نص <![CDATA[ هنا."),
        ("نص]] > هنا <!", "نص]] > هنا <!"),
    ],
)
def test_debris_at_the_ends_of_a_line_is_not_content(line: str, content: str) -> None:
    (found,) = parse_blocks(document(line, "plain"))
    assert line[found.start : found.end] == content


@pytest.mark.parametrize("line", ["سطر واحد بلا نقطة", "سطر واحد.", "• بند"])
def test_a_single_line_is_not_a_title(line: str) -> None:
    assert [text for _, text in blocks(line)] == [line]
    assert blocks(line)[0][0] in "PI"


@pytest.mark.parametrize("text", ["", " \n\n", "---\n***", "<![CDATA[]]>"])
@pytest.mark.parametrize("markup", ["plain", "markdown"])
def test_a_text_without_content(text: str, markup: str) -> None:
    assert blocks(text, markup) == []


def test_markdown_headings() -> None:
    assert markdown("# عنوان #\n\n## قسم\n\nنص.\n\n### فرع\nنص.\n\nآخر\n----\n") == [
        ("T", "# عنوان #"),
        ("H2", "## قسم"),
        ("P", "نص."),
        ("H3", "### فرع"),
        ("P", "نص."),
        ("H2", "آخر\n----"),
    ]
    assert markdown("عنوان\n=====\n\nنص.") == [("T", "عنوان\n====="), ("P", "نص.")]
    assert markdown("تمهيد.\n\n# رأس\n") == [("P", "تمهيد."), ("H1", "# رأس")]


def test_markdown_lists() -> None:
    assert markdown("- أول\n  - فرع\n    تتمة\n\n    فقرة\n- ثان\n\n1. واحد\n2. اثنان") == [
        ("I", "- أول"),
        ("I", "- فرع\n    تتمة\n\n    فقرة"),
        ("I", "- ثان"),
        ("I", "1. واحد"),
        ("I", "2. اثنان"),
    ]
    assert markdown("نص.\n\n- # رأس\n\n  تتمة") == [("P", "نص."), ("H1", "- # رأس"), ("I", "تتمة")]


def test_markdown_tables() -> None:
    assert markdown("| الدولة | العام |\n|---|---|\n| مصر | 2001 |\n| قطر | 2014 |") == [
        ("R", "| الدولة | العام |"),
        ("R", "| مصر | 2001 |"),
        ("R", "| قطر | 2014 |"),
    ]


def test_markdown_quotes_and_code() -> None:
    assert markdown("> قول\n> تتمة\n\nنص.\n\n```sh\n# تعليق\n```\n\n    رمز") == [
        ("P", "قول\n> تتمة"),
        ("P", "نص."),
        ("P", "```sh\n# تعليق\n```"),
        ("P", "رمز"),
    ]
    assert markdown(">" * 60 + " عميق") == [("P", "عميق")]


def test_front_matter_is_not_content_but_text_between_rules_is() -> None:
    assert markdown("---\ntitle: x\nالكاتب: ص\n---\n# رأس\n\nنص.") == [("T", "# رأس"), ("P", "نص.")]
    assert markdown("---\n\nنص بين خطين.\n\n---\n\nآخر.") == [
        ("P!", "نص بين خطين."),
        ("P!", "آخر."),
    ]
    assert markdown("---\nنص بين خطين.\n***\nآخر.")[0] == ("P!", "نص بين خطين.")


def test_html_in_markdown() -> None:
    assert markdown("نص.\n\n<!-- تعليق -->\n\nآخر.\n\n<div>داخل</div>\n\n<br>\n\nأخير.") == [
        ("P", "نص."),
        ("P!", "آخر."),
        ("P", "<div>داخل</div>"),
        ("P!", "أخير."),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_markdown_with_every_line_end_and_byte_order_mark(end: str, mark: str) -> None:
    text = mark + end.join(["نص.", "", "## قسم", "", "نص\0", "تتمة."])
    assert markdown(text) == [("P", "نص."), ("H2", "## قسم"), ("P", f"نص\0{end}تتمة.")]


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("## قسم ##", "قسم"),
        ("قسم\n---", "قسم"),
        ("# **مهم** و`رمز`", "مهم ورمز"),
        ("# [رابط](http://x.y) هنا", "رابط هنا"),
        ("# _مائل_ snake_case C#", "مائل snake_case C#"),
        ("المادة_الأولى", "المادة_الأولى"),
        ("قسم   على\nسطرين", "قسم على سطرين"),
    ],
)
def test_heading_text(heading: str, text: str) -> None:
    assert heading_text(heading, Block("heading", 0, len(heading), 1)) == text


def found(text: str, markup: str = "plain") -> list[Block]:
    return parse_blocks(document(text, markup))


def labels(text: str, markup: str = "plain") -> list[tuple[str, str, str]]:
    """Return the kind, label and value of each block with a label."""
    return [
        (
            LETTER[b.kind],
            text[slice(*b.label)],
            text[slice(*b.cells[0])] if b.cells else "",
        )
        for b in found(text, markup)
        if b.label
    ]


def test_fields_with_and_without_values_among_other_lines() -> None:
    text = "عقد\n\nالطرف الأول (المؤجر): شركة الديار\nالسجل: ٣٣٠٨\nالفاكس:\nويُشار إليها بالشركة."
    assert labels(text) == [
        ("F", "الطرف الأول (المؤجر)", "شركة الديار"),
        ("F", "السجل", "٣٣٠٨"),
        ("F", "الفاكس", ""),
    ]
    assert blocks(text)[-1] == ("P", "ويُشار إليها بالشركة.")


def test_fields_in_bold() -> None:
    text = "# سيرة\n\n**الهاتف:** 0944\n**الفرع:**\n\n- **اللغات:** العربية\n- **الرقم:** \n"
    assert labels(text, "markdown") == [
        ("F", "الهاتف", "0944"),
        ("F", "الفرع", ""),
        ("F", "اللغات", "العربية"),
        ("F", "الرقم", ""),
    ]


def test_reported_speech_is_not_a_field() -> None:
    said = "وقالت الأستاذة عبير الطويل: لا أقلق من المصروفات"
    assert blocks(f"محضر\n\n{said}\n\nتمت.")[1][0] != "F"


def test_a_lead_is_not_an_empty_field() -> None:
    assert blocks("محضر\n\nالمكان: المقر\nالحاضرون:\n- شهاب\n- ريما")[2:] == [
        ("P", "الحاضرون:"),
        ("I", "- شهاب"),
        ("I", "- ريما"),
    ]


@pytest.mark.parametrize("fact", ["تقع الحديقة في حي الزهور", "يفتح المركز مساء كل يوم"])
def test_a_fact_on_a_line_of_its_own_is_not_a_heading(fact: str) -> None:
    assert ("P", fact) in blocks(f"دليل المركز\n\n{fact}\n\n{LONG}")


def test_a_last_line_with_nothing_under_it_is_a_fact() -> None:
    assert blocks("دليل المركز\n\nرسم الاشتراك خمسون دينارا")[1:] == [
        ("P", "رسم الاشتراك خمسون دينارا")
    ]


TABLE = "الوظيفة\tالراتب\nمحاسب\t9200\nسائق\t4800"


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        (TABLE, "plain"),
        (TABLE.replace("\t", " | "), "plain"),
        (TABLE.replace("\t", "      "), "plain"),
        ("|الوظيفة|الراتب|\n|--|--|\n|محاسب|9200|\n|سائق|4800|", "markdown"),
        (TABLE, "markdown"),
    ],
    ids=["tabs", "pipes", "spaces", "markdown", "tabs in markdown"],
)
def test_tables_have_cells_and_a_header(text: str, markup: str) -> None:
    rows = found(text, markup)
    assert [b.kind for b in rows] == ["row"] * 3
    cells = [[text[slice(*cell)] for cell in b.cells] for b in rows]
    assert cells == [["الوظيفة", "الراتب"], ["محاسب", "9200"], ["سائق", "4800"]]
    assert {b.header for b in rows} == {rows[0].cells}


def test_a_table_of_facts_has_no_header() -> None:
    text = "القاهرة\t1200\nعمان\t900\nتونس\t700"
    assert {b.header for b in found(text)} == {()}


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("المادة (٧)", "7"),
        ("المادة الثانية عشرة: النفاذ", "12"),
        ("البند الثالث", "3"),
        ("مادة ١٢: النفاذ", "12"),
        ("الفصل الخامس والعشرون", "25"),
        ("المادة الخامسة بعد المائة", "105"),
        ("أولًا: الوضع المالي", "1"),
        ("المادة ١٢ مكرر", "12 مكرر"),
    ],
)
def test_the_number_of_a_part_in_ascii(line: str, number: str) -> None:
    block = found(f"نظام\n\n{line}\nنص المادة هنا وفيه حكم.\n\nتمت.")[1]
    assert (block.kind, block.number) == ("heading", number)
    assert block.label is not None
    assert line.startswith(f"نظام\n\n{line}\n"[slice(*block.label)])


def test_parts_are_nested() -> None:
    text = (
        "نظام\n\nالباب الأول: عام\n\nالمادة 1\nحكم أول.\n"
        "المادة 2\nحكم ثان.\n\nالباب الثاني\n\nالمادة 3\nحكم ثالث."
    )
    assert [(b.level, b.number) for b in found(text) if b.kind == "heading"] == [
        (1, "1"), (2, "1"), (2, "2"), (1, "2"), (2, "3"),
    ]  # fmt: skip


def test_codes_and_dotted_numbers_in_series_open_articles() -> None:
    codes = "الأعطال:\nE1 - انسداد، أزل العائق.\nE2 - ارتفاع حرارة، انتظر."
    assert [(b.kind, b.number) for b in found(codes)[1:]] == [("article", "E1"), ("article", "E2")]
    dotted = "العقد\n\n7.1 يلتزم الطرف الأول بالدفع.\n7.2 يلتزم الطرف الثاني بالتسليم."
    assert [b.number for b in found(dotted) if b.kind == "article"] == ["7.1", "7.2"]
    assert not any(b.number for b in found("العقد\n\n3.5 ملايين نسمة يسكنون المدينة."))


def test_an_unknown_noun_in_series_names_parts() -> None:
    text = "سجل\n\nالحديث 1: الأعمال بالنيات.\n\nالحديث 2: الدين النصيحة."
    assert [(b.kind, b.number) for b in found(text)[1:]] == [("article", "1"), ("article", "2")]
    assert not any(b.number for b in found("سجل\n\nالطابق 3: مكاتب.\n\nتمت."))


def test_questions_and_their_replies() -> None:
    marked = "أسئلة\n\nس: كم السعر؟\nج: عشرة.\n\nس: متى؟\nج: غدا."
    bare = "أسئلة\n\nكم السعر؟\nعشرة.\n\nمتى نفتح؟\nغدا."
    bold = "# أسئلة\n\n**س1: كم السعر؟**\nعشرة.\n\n**س2: متى؟**\nغدا."
    for text, markup in ((marked, "plain"), (bare, "plain"), (bold, "markdown")):
        assert [b.kind for b in found(text, markup)][1:] == ["question", "reply"] * 2
    assert [b.number for b in found(bold, "markdown") if b.kind == "question"] == ["1", "2"]


def test_one_question_in_prose_is_a_paragraph() -> None:
    assert blocks(f"مقال\n\nهل من حل؟\n\n{LONG}")[1] == ("P", "هل من حل؟")


def test_speech_has_its_speaker() -> None:
    text = "حوار\n\nسامي: متى وصلت؟\nليلى: أمس مساء.\nسامي: وكيف الطريق؟\nليلى: طويل."
    assert labels(text) == [
        ("S", "سامي", "متى وصلت؟"),
        ("S", "ليلى", "أمس مساء."),
        ("S", "سامي", "وكيف الطريق؟"),
        ("S", "ليلى", "طويل."),
    ]


def test_notes_under_a_rule_and_remarks() -> None:
    text = (
        "كتاب\n\nنص له حاشية (1).\n\n"
        "____________\n(1) انظر: الدليل.\n(2) في السجل.\n\nملاحظة: لا تبرد."
    )
    notes = [(b.kind, b.number) for b in found(text)[2:]]
    assert notes == [("note", "1"), ("note", "2"), ("note", "")]


def test_half_verses() -> None:
    text = (
        "قصيدة\n\n"
        "قفا نبك من ذكرى حبيب    بسقط اللوى بين الدخول\n"
        "فتوضح فالمقراة لم يعف رسمها    لما نسجتها من جنوب وشمأل"
    )
    verses = found(text)[1:]
    assert [b.kind for b in verses] == ["verse", "verse"]
    assert text[slice(*verses[0].cells[1])] == "بسقط اللوى بين الدخول"


def test_items_are_nested() -> None:
    text = "القائمة:\n1. أول\n- فرع\n- فرع آخر\n2. ثان\nأ) جزء"
    assert [(b.level, b.number) for b in found(text)[1:]] == [
        (0, "1"), (1, ""), (1, ""), (0, "2"), (1, "أ"),
    ]  # fmt: skip


def test_letters_with_full_stops_are_items_only_in_alphabetical_order() -> None:
    assert [b.number for b in found("لك:\nأ. نسخة.\nب. تصحيح.\nج. حذف.")[1:]] == ["أ", "ب", "ج"]
    doctor = "حضر اللقاء من الضيوف\nد. أحمد علي"
    assert blocks(doctor) == [("P", doctor)]


def test_a_title_of_two_lines_above_parts() -> None:
    text = (
        "هيئة التنقل بالمدينة\nلائحة الدراجات لعام ٢٠٢١\nصدرت بقرار الهيئة\n"
        "\nمادة ١: النطاق\nتسري على الطرق."
    )
    assert blocks(text)[:2] == [
        ("T", "هيئة التنقل بالمدينة\nلائحة الدراجات لعام ٢٠٢١"),
        ("P", "صدرت بقرار الهيئة"),
    ]


def test_paragraphs_of_a_file_reader_are_refined() -> None:
    text = "المادة 1\nيسري النظام.\nالاسم: ياسر\nاللون:\nعنوان أحمر\nنص."
    lines = [(m.start(), m.end()) for m in re.finditer(".+", text)]
    told = [Block("paragraph", *lines[at]) for at in range(4)]
    told += [Block("heading", *lines[4], 1), Block("paragraph", *lines[5])]
    refined = refine(text, told)
    assert [(b.kind, b.number) for b in refined] == [
        ("heading", "1"), ("paragraph", ""), ("field", ""), ("field", ""),
        ("heading", ""), ("paragraph", ""),
    ]  # fmt: skip
    assert [(b.start, b.end) for b in refined] == lines


def test_a_label_before_items_of_a_file_reader_is_their_lead() -> None:
    text = "حسب:\nالتكلفة\nالوقت"
    lines = [(m.start(), m.end()) for m in re.finditer(".+", text)]
    told = [Block("paragraph", *lines[0]), Block("item", *lines[1]), Block("item", *lines[2])]
    assert [block.kind for block in refine(text, told)] == ["paragraph", "item", "item"]


def test_the_title_of_a_part_in_its_own_heading_is_one_level_below() -> None:
    text = "المادة (1)\nالتعاريف\nنص.\nالمادة (2)\nالنطاق\nنص."
    lines = [(m.start(), m.end()) for m in re.finditer(".+", text)]
    kinds = ("heading", "heading", "paragraph") * 2
    told = [Block(k, *line, 2 * (k == "heading")) for k, line in zip(kinds, lines, strict=True)]
    assert [(block.level, block.number) for block in refine(text, told)] == [
        (2, "1"), (3, ""), (0, ""), (2, "2"), (3, ""), (0, ""),
    ]  # fmt: skip


def test_paragraphs_with_equally_many_cells_are_rows_of_a_table() -> None:
    text = "التقدير:\n\nالبند\tالكلفة\n\nالأساسات\t185000\n\nالمعبر\t42500\n\nمع الشكر."
    lines = [(m.start(), m.end()) for m in re.finditer(".+", text)]
    found = refine(text, [Block("paragraph", *line) for line in lines])
    assert [block.kind for block in found] == ["paragraph", "row", "row", "row", "paragraph"]
    assert [text[slice(*cell)] for cell in found[2].header] == ["البند", "الكلفة"]
    assert [(block.start, block.end) for block in found] == lines
