"""Single-byte encodings of Arabic, and the repair of texts that arrive damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from cica_qa.arabic.letter_pairs import is_backwards, letter_score
from cica_qa.documents.encoding import decode_as
from cica_qa.documents.load import load_paths
from cica_qa.documents.reading import Read
from cica_qa.documents.repair import repair_letters
from cica_qa.types import Block

TEXT = (
    "دليل محطة التحلية\n\nتنتج المحطة ستين ألف متر مكعب من المياه يوميًا.\n\n"
    "بدأ تشغيل المحطة في شهر مارس 2011 (المرحلة الأولى).\n\nيدير المحطة المهندس سالم الراجحي."
)
REVERSED = "\n".join(line[::-1] for line in TEXT.split("\n"))
NOTE = "its letters stood back to front, and were put in order"


@pytest.mark.parametrize("encoding", ["cp1256", "iso8859-6", "mac-arabic"])
def test_single_byte_encodings_are_told_apart(encoding: str) -> None:
    text = TEXT.replace("(", "؛ ").replace(")", "؟")
    assert decode_as(text.encode(encoding))[0] == text


def test_the_letters_of_all_three_encodings_are_read() -> None:
    assert decode_as(TEXT.encode("iso8859-6"))[1] == "iso8859-6"
    assert decode_as(TEXT.encode("cp1256"))[1] == "cp1256"
    assert decode_as((TEXT + "٪١٢٣").encode("mac-arabic"))[1] == "mac-arabic"


def test_arabic_is_told_from_arabic_decoded_wrongly() -> None:
    assert letter_score(TEXT)[0] > 0.8
    assert letter_score(REVERSED)[0] < 0.3
    assert is_backwards(REVERSED)
    assert not is_backwards(TEXT)
    assert letter_score("no Arabic") == (0.0, 0)


def test_a_text_back_to_front_is_reversed() -> None:
    assert repair_letters(Read(REVERSED)) == Read(TEXT, repairs=(NOTE,))
    assert repair_letters(Read(TEXT)) == Read(TEXT)


@pytest.mark.parametrize("text", ["قلم رقم", "كتاب\nسلام", "لا كلا هلا مهلا", "قلم رقم 7\n" * 500])
def test_a_text_of_few_words_is_never_reversed(text: str) -> None:
    assert repair_letters(Read(text)).repairs == ()


def test_numbers_in_order_stay_as_they_are() -> None:
    seen = REVERSED.replace("1102", "2011").replace("(", "<").replace(")", "(").replace("<", ")")
    assert repair_letters(Read(seen)).text == TEXT


def test_latin_words_show_their_direction() -> None:
    text = "تعمل المحطة بنظام Siemens في مدينة Jeddah الساحلية."
    assert repair_letters(Read(text[::-1])).text == text
    seen = text[::-1].replace("snemeiS", "Siemens").replace("haddeJ", "Jeddah")
    assert repair_letters(Read(seen)).text == text


def test_cells_are_reversed_one_by_one() -> None:
    row = "اسم المدينة\tعدد السكان في المدينة"
    cells = ((0, 11), (12, len(row)))
    turned = row[:11][::-1] + "\t" + row[12:][::-1]
    block = Block("row", 0, len(row), cells=cells)
    assert repair_letters(Read(turned, blocks=(block,))).text == row
    assert repair_letters(Read(turned, blocks=(block,))).blocks == (block,)


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
def test_letters_decoded_as_western_are_decoded_again(codec: str) -> None:
    text = TEXT if codec == "latin-1" else "بدأ تشغيل المحطة في الشهر الماضي وتنتج المحطة ماء."
    wrong = text.encode("utf-8" if codec == "latin-1" else "cp1256").decode(codec)
    found = repair_letters(Read(wrong))
    assert found.text == text
    assert found.repairs == ("its letters had been decoded wrongly, and were decoded again",)


def test_remaining_doubts_are_reported() -> None:
    assert repair_letters(Read("This text is in English and in nothing else at all.")).doubts == (
        "it has few Arabic letters",
    )
    assert repair_letters(Read(TEXT + "\ufffd\ufffd")).doubts == ("2 characters are damaged (�)",)
    garbled = "ظضثق ةسغه ءآئؤ ضضصث ةةىى ءءئئ ؤؤضض ثثقق غغهه ظظطط"
    assert repair_letters(Read(garbled)).doubts == (
        "its letters do not stand as in Arabic: perhaps they were read wrongly",
    )


def test_repairs_are_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(REVERSED, encoding="utf-8")
    (tmp_path / "b.txt").write_bytes((TEXT + "\nملحق").encode("iso8859-6"))
    loaded = load_paths([tmp_path])
    assert [document.text for document in loaded.documents] == [TEXT, TEXT + "\nملحق"]
    assert [(file.status, file.notes) for file in loaded.files] == [
        ("repaired", (NOTE,)),
        ("repaired", ("it was ISO-8859-6, and was decoded as such",)),
    ]
