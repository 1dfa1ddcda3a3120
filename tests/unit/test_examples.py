"""The example questions of the chat, of a question set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cica_qa.chat.examples import example_questions
from cica_qa.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]


def question_file(folder: Path, *entries: object) -> Path:
    file = folder / "questions.jsonl"
    lines = [json.dumps(entry, ensure_ascii=False) for entry in entries]
    file.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    return file


def test_the_article_gives_one_question_of_each_of_four_types() -> None:
    assert example_questions(ROOT / "corpus/questions/cica.jsonl") == [
        "في أي عام بدأ العمل على تأسيس مؤتمر التفاعل وإجراءات بناء الثقة في آسيا؟",
        "هل يحق للأعضاء المراقبين التصويت؟",
        "لماذا ظهرت الحاجة إلى منتدى إقليمي جديد في أوائل التسعينيات؟",
        "ما هي أهداف المؤتمر؟",
    ]


def test_only_questions_that_stand_alone_and_have_an_answer(tmp_path: Path) -> None:
    file = question_file(
        tmp_path,
        {"question": "لا جواب له", "type": "a", "answerable": False},
        {"question": "وأين؟", "type": "b", "prior_question": "متى؟"},
        {"question": "  ", "type": "c"},
        {"question": 7, "type": "d"},
        {"type": "e"},
        ["not an entry"],
        {"question": "سؤال أول", "type": "a"},
        {"question": "سؤال ثانٍ من النوع نفسه", "type": "a"},
        {"question": "سؤال بلا نوع"},
    )
    assert example_questions(file) == ["سؤال أول", "سؤال بلا نوع"]


def test_a_byte_order_mark_and_unicode_line_ends_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('\ufeff{"question": "سطر\u2028واحد؟"}\r\n', encoding="utf-8")
    assert example_questions(file) == ["سطر\u2028واحد؟"]


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", None])
def test_a_file_that_is_no_question_set_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "questions.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"cannot read example questions from {file}: "):
        example_questions(file)
