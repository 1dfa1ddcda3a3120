"""Units as a model reads them: their context first, cells behind their headers."""

from __future__ import annotations

from cica_qa.documents.chunk import chunk
from cica_qa.documents.units import linear
from cica_qa.types import Document

TABLE = """رسوم الخدمات

الخدمة\tالرسم\tالمدة
تجديد الرخصة\t120 ريالًا\tثلاثة أيام
نقل الملكية\t300 ريال\tأسبوع
"""


def test_a_row_is_read_as_its_cells_behind_their_headers() -> None:
    (passage,) = chunk(Document("d", "رسوم الخدمات", TABLE))
    row = next(unit for unit in passage.units if TABLE[unit.start :].startswith("نقل"))
    line = linear(TABLE, row, "رسوم الخدمات")
    expected = "رسوم الخدمات | الخدمة: نقل الملكية | الرسم: 300 ريال | المدة: أسبوع"
    assert line.text == expected
    start = line.text.index("300 ريال")
    ((first, last),) = line.spans(start, start + len("300 ريال"))
    assert TABLE[first:last] == "300 ريال"
    assert line.spans(0, line.text.index(" | ")) == ()
