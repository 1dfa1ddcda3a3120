"""Filters are checked before anything is searched; what is wrong is said in both languages."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from cica_qa.errors import FilterError
from cica_qa.filters import date_of, filter_of, number_of
from cica_qa.index.fields import MetadataColumns
from cica_qa.integrations.hits import filter_by

VALUES = {
    "1": "2023-12-31",
    "2": "2024",
    "3": "2024-05",
    "4": "2024-05-01",
    "5": "2024-05-31T23:59:59Z",
    "6": "2024-06-01T01:30:00+03:00",
    "7": "٢٠٢٤-٠٦-٠١",
    "8": "12",
    "9": "12.0",
    "10": "١٢",
    "11": "-٣٫٥",
    "12": "1e2",
    "13": "true",
    "14": "False",
    "15": "في مايو 2024",
    "16": "2024-13-01",
    "17": "nan",
    "18": "1_000",
    "19": "",
}
FIELDS = MetadataColumns(
    {"doc_id": key, "title": "", "source": "", "metadata": {"key": value}}
    for key, value in VALUES.items()
)


def matching(value: Any) -> list[int]:
    """The names of the values that match."""
    return (FIELDS.matching(filter_of({"key": value}).conditions) + 1).tolist()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", [8]),
        (12, [8, 9, 10]),
        (12.0, [8, 9, 10]),
        (100, [12]),
        (-3.5, [11]),
        (True, [13]),
        (False, [14]),
        (["12", 100, "غير ذلك"], [8, 12]),
        (("", True), [13, 19]),
        ([], []),
        ({"from": 12}, [2, 8, 9, 10, 12]),
        ({"after": 12}, [2, 12]),
        ({"from": -3.5, "to": 12}, [8, 9, 10, 11]),
        ({"after": -3.5, "before": 12}, []),
        ({"before": 12}, [11]),
        ({"from": "2024-05", "to": "2024-05"}, [3, 4, 5, 6]),
        ({"from": "2024", "to": "2024"}, [2, 3, 4, 5, 6, 7]),
        ({"after": "2023", "before": "2024-05"}, [2]),
        ({"before": "2024"}, [1]),
        ({"after": "2024-05-31"}, [7]),
        ({"from": "2024-06-01T00:00:00+03:00"}, [5, 6, 7]),
        (date(2024, 5, 1), [3, 4]),
        ({"from": date(2024, 5, 31), "to": datetime(2024, 5, 31, 23, tzinfo=UTC)}, [6]),
    ],
)
def test_values_lists_and_ranges(value: Any, expected: list[int]) -> None:
    assert matching(value) == expected


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (5, "maps keys to values"),
        ("format=pdf", "maps keys to values"),
        ([("format", "pdf")], "maps keys to values"),
        ({}, "the filter is empty"),
        ({"": "x"}, "is no name"),
        ({5: "x"}, "is no name"),
        ({"key": None}, "compares 'key' with None"),
        ({"key": ["a", None]}, "compares 'key' with None"),
        ({"key": [["a"]]}, "compares 'key' with"),
        ({"key": [{"from": 5}]}, "compares 'key' with"),
        ({"key": b"x"}, "compares 'key' with"),
        ({"key": math.nan}, "compares 'key' with nan"),
        ({"key": {"from": math.inf}}, "compares 'key' with inf"),
        ({"key": {"from": 10**400}}, "compares 'key' with"),
        ({"key": {"from": True}}, "compares 'key' with True"),
        ({"key": {"from": "الأمس"}}, "compares 'key' with"),
        ({"key": {"from": "2024-02-30"}}, "compares 'key' with"),
        ({"key": {"from": ["2024"]}}, "compares 'key' with"),
        ({"key": {}}, "no bound; a range has 'from', 'to', 'after', 'before'"),
        ({"key": {"gte": 5}}, "'gte'; a range has"),
        ({"key": {"from": 5, "$ne": 6}}, "'$ne'; a range has"),
        ({"key": {"from": 2020, "to": "2024"}}, "a number and a date"),
        ({"key": {"from": 6, "to": 5}}, "ends before it begins"),
        ({"key": {"after": "2024", "before": "2025"}}, "ends before it begins"),
        ({"format": "pdf", "ك" * 999: None}, "…"),
    ],
)
def test_what_is_no_filter_is_refused_in_both_languages(where: Any, told: str) -> None:
    with pytest.raises(FilterError) as raised:
        filter_of(where)
    assert told in str(raised.value)
    assert len(str(raised.value)) < 400
    assert raised.value.arabic != FilterError.default_arabic
    assert len(raised.value.arabic) < 400


def test_a_filter_that_was_checked_is_taken_as_it_is() -> None:
    checked = filter_of({"format": "pdf"})
    assert filter_of(checked) is checked


def test_all_conditions_hold_and_the_documents_own_title_goes_first() -> None:
    told = {"title": "غيره", "source": "غيره", "doc_id": "غيره", "format": "pdf"}
    fields = MetadataColumns(
        {"doc_id": name, "title": "عقد", "source": f"/srv/secret/{name}", "metadata": told}
        for name in ("a.pdf", "b.pdf")
    )

    def chosen(**where: str) -> list[int]:
        return fields.matching(filter_of(where).conditions).tolist()

    assert chosen(title="عقد", format="pdf") == [0, 1]
    assert chosen(title="عقد", format="docx") == []
    assert chosen(title="غيره") == chosen(source="غيره") == chosen(doc_id="غيره") == []
    assert chosen(source="a.pdf") == chosen(source="/srv/secret/a.pdf") == [0]


@pytest.mark.parametrize(
    ("operator", "expected"), [(">", [2, 12]), (">=", [2, 8, 9, 10, 12]), ("<", [11])]
)
def test_comparisons_of_frameworks_are_ranges(operator: str, expected: list[int]) -> None:
    checked = filter_by([("key", operator, 12), ("key", "<=", 5000)])
    assert checked is not None
    assert (FIELDS.matching(checked.conditions) + 1).tolist() == expected
    assert filter_by([]) is None


def test_dates_and_numbers_at_their_limits() -> None:
    first, last = date_of("2024-02") or (0, 0)
    assert timedelta(microseconds=last - first + 1) == timedelta(days=29)
    zone = timezone(timedelta(hours=3))
    moment = datetime(2024, 5, 1, 10, tzinfo=zone)
    assert date_of(moment.isoformat()) == date_of("2024-05-01T07:00:00Z")
    assert date_of("9999") is not None
    assert date_of("9999-12-31") is not None
    for text in ("0000", "24", "2024-5", "20240501", "2024-05-01T", "2024-05-01Tx", "2024\n", "x"):
        assert date_of(text) is None
    for text in ("1" * 41, "1e999", "inf", "0x10", "1,5", " 1", "²", "½"):
        assert number_of(text) is None
