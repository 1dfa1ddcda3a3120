"""Units as a model reads them: context first, cells after their headers."""

from __future__ import annotations

from cica_qa.documents.chunk import chunk
from cica_qa.documents.units import linear
from cica_qa.types import Document

TABLE = """رسوم الخدمات

الخدمة\tالرسم\tالمدة
تجديد الرخصة\t120 ريالًا\tثلاثة أيام
نقل الملكية\t300 ريال\tأسبوع
"""


def test_a_row_is_read_as_cells_after_their_headers() -> None:
    (passage,) = chunk(Document("d", "رسوم الخدمات", TABLE))
    row = next(unit for unit in passage.units if TABLE[unit.start :].startswith("نقل"))
    line = linear(TABLE, row, "رسوم الخدمات")
    expected = "رسوم الخدمات | الخدمة: نقل الملكية | الرسم: 300 ريال | المدة: أسبوع"
    assert line.text == expected
    start = line.text.index("300 ريال")
    ((first, last),) = line.spans(start, start + len("300 ريال"))
    assert TABLE[first:last] == "300 ريال"
    assert line.spans(0, line.text.index(" | ")) == ()


def test_a_footnote_is_read_with_the_sentence_that_refers_to_it() -> None:
    text = (
        "# نظام النادي\n\n## الرسوم\n\nرسم الاشتراك 90 دينارًا. ويُعفى الطلاب من نصفه[^2].\n\n"
        "## الختام\n\nينفذ النظام فورًا.\n\n[^2]: بشرط إحضار بطاقة سارية."
    )
    passages = chunk(Document("d", "نظام النادي", text, metadata={"format": "markdown"}))
    (note,) = (unit for passage in passages for unit in passage.units if unit.kind == "note")
    assert [text[start:end] for start, end in note.context] == [
        "## الرسوم", "ويُعفى الطلاب من نصفه[^2].",
    ]  # fmt: skip


def test_the_mark_of_a_footnote_must_follow_a_word() -> None:
    text = (
        "كتاب\n\nوُجد النقش في البئر (1). ونُقل إلى المتحف (2).\n\n(1) مادة أولى.\n\n"
        "____________\n(1) في السجل أنه وجد في الحقل.\n(2) سنة 1974."
    )
    passages = chunk(Document("d", "كتاب", text))
    notes = [unit for passage in passages for unit in passage.units if unit.kind == "note"]
    assert [text[slice(*note.context[-1])] for note in notes] == [
        "وُجد النقش في البئر (1).", "ونُقل إلى المتحف (2).",
    ]  # fmt: skip
