"""Every number that can be spelled out is read back as itself, inside any text."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from cica_qa.arabic.numbers import numbers

MASCULINE = "صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة".split()
FEMININE = "صفر واحدة اثنتان ثلاث أربع خمس ست سبع ثمان تسع عشر".split()
TENS = "عشر ثلاث أربع خمس ست سبع ثمان تسع".split()
SCALES = (
    (10**9, "مليار", "ملياران", "مليارات"),
    (10**6, "مليون", "مليونان", "ملايين"),
    (10**3, "ألف", "ألفان", "آلاف"),
)
CLITICS = ["", "و", "ف", "ب", "ل", "ك", "وب", "ول", "فب"]


def below_hundred(n: int, feminine: bool, oblique: bool) -> str:
    units = FEMININE if feminine else MASCULINE
    if n <= 10:
        return ("اثنتين" if feminine else "اثنين") if n == 2 and oblique else units[n]
    if n == 11:
        return "إحدى عشرة" if feminine else "أحد عشر"
    if n == 12:
        two = ("اثنت" if feminine else "اثن") + ("ي" if oblique else "ا")
        return f"{two} {'عشرة' if feminine else 'عشر'}"
    if n < 20:
        return f"{units[n - 10]} {'عشرة' if feminine else 'عشر'}"
    ten = TENS[n // 10 - 2] + ("ين" if oblique else "ون")
    if n % 10 == 0:
        return ten
    return (
        f"{'إحدى' if n % 10 == 1 and feminine else below_hundred(n % 10, feminine, oblique)} و{ten}"
    )


def below_thousand(n: int, feminine: bool, oblique: bool, hundred: str) -> str:
    hundreds, rest = divmod(n, 100)
    if not hundreds:
        return below_hundred(rest, feminine, oblique)
    if hundreds == 2:
        spelled = hundred[:-1] + ("تين" if oblique else "تان")
    else:
        stem = "ثمان" if hundreds == 8 else FEMININE[hundreds]
        spelled = hundred if hundreds == 1 else stem + hundred
    return f"{spelled} و{below_hundred(rest, feminine, oblique)}" if rest else spelled


def spell(n: int, feminine: bool, oblique: bool, hundred: str) -> str:
    """Spell a number out by the grammar of MSA."""
    parts = []
    for scale, one, two, many in SCALES:
        count, n = divmod(n, scale)
        if count in (1, 2):
            parts.append(one if count == 1 else two.replace("ان", "ين") if oblique else two)
        elif count:
            counted = below_thousand(count, False, oblique, hundred)
            parts.append(f"{counted} {many if 3 <= count % 100 <= 10 else one}")
    if n or not parts:
        parts.append(below_thousand(n, feminine, oblique, hundred))
    return " و".join(parts)


HUNDREDS = st.sampled_from(["مئة", "مائة"])
NUMBERS = st.one_of(
    st.integers(0, 10**9), st.integers(0, 2100), st.sampled_from([10**3, 10**6, 10**9, 2 * 10**6])
)


@given(NUMBERS, st.booleans(), st.booleans(), HUNDREDS)
@example(1_992, False, True, "مئة")
@example(100_000, False, False, "مائة")
@example(2_000_002, True, True, "مئة")
def test_a_number_spelled_out_is_read_back(
    n: int, feminine: bool, oblique: bool, hundred: str
) -> None:
    text = spell(n, feminine, oblique, hundred)
    assert [number[:3] for number in numbers(text)] == [(0, len(text), n)]


@given(NUMBERS, st.booleans(), st.sampled_from(CLITICS))
def test_clitics_and_neighbours_change_nothing(n: int, oblique: bool, clitic: str) -> None:
    spelled = clitic + spell(n, False, oblique, "مئة")
    text = f"بلغ العدد، {spelled}، في الدولة"
    found = [(text[number.start : number.end], number.value) for number in numbers(text)]
    assert found == [(spelled, n)]


@given(NUMBERS)
def test_digits_of_every_script_and_separators_are_the_same_number(n: int) -> None:
    digits, grouped = str(n), f"{n:,}"
    arabic = grouped.translate(str.maketrans("0123456789,", "٠١٢٣٤٥٦٧٨٩٬"))
    for text in (digits, grouped, arabic):
        assert numbers(text) == [(0, len(text), n, False)]


@given(st.text())
def test_spans_are_in_order_and_inside_any_text(text: str) -> None:
    ends = [0]
    for start, end, value, _ in numbers(text):
        assert ends[-1] <= start < end <= len(text)
        assert value >= 0
        ends.append(end)
