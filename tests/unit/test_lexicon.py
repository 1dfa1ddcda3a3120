"""Arabic words live in data files that state their origin, not in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from syntax import parse

from cica_qa.arabic import lexicon

ARABIC = Path(lexicon.__file__).parent
LISTS = sorted(ARABIC.glob("data/*.tsv"))
# What people read is a message, and a designation has its own small grammar.
NOT_LOOKED_INTO = {"clean.py", "designations.py"}
SETS_OF_LETTERS = {"وف", "بل", "يتن", "يت", "اوي", "اي", "اه", "وفبل", "وفيل", "ىي", "أأ", "أإآٱ"}
ARTICLES = {"ال", "لل"}  # in these alone
NAMES_ARTICLES = {"letters.py", "letter_pairs.py"}
CHARACTER_CLASS = re.compile(r"\[[^\]]*\]")
REFERENCE = re.compile(r"@([a-z_]+)(?::([a-z_]+))?")
TWO_LETTERS = re.compile("[ء-غف-يٱ]{2}")


def literals(tree: ast.AST) -> Iterator[str]:
    """The strings of a module but for docstrings, without the character classes in them."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield CHARACTER_CLASS.sub(" ", node.value)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_code_has_no_arabic_words() -> None:
    found = {
        (module.name, text)
        for module in ARABIC.glob("*.py")
        if module.name not in NOT_LOOKED_INTO
        for text in set(literals(parse(module.read_text(encoding="utf-8"))))
        - SETS_OF_LETTERS
        - (ARTICLES if module.name in NAMES_ARTICLES else set())
        if TWO_LETTERS.search(text)
    }
    assert found == set()


def test_each_list_states_the_origin_of_its_words() -> None:
    lines = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in LISTS}
    headings = {
        name: " ".join(line[2:] for line in found if line.startswith("# "))
        for name, found in lines.items()
    }
    origin = re.compile("compiled by the authors|collected by hand")
    assert [name for name, heading in headings.items() if not origin.search(heading)] == []
    tidy = re.compile(r"\S.*\S|\S")
    assert [
        (name, line) for name, found in lines.items() for line in found if not tidy.fullmatch(line)
    ] == []


def test_expressions_expand_their_references() -> None:
    names = {name for name, *_ in lexicon.entries("patterns")}
    assert all(lexicon.pattern(name).pattern for name in names)
    assert lexicon.pattern_list("question_rules")
    assert lexicon.pattern_list("question_spellings")
    assert lexicon.expression("how_often") == "كم|often"
    assert (
        lexicon.expression("reason_noun")
        == f"(?:ال)?(?:{'|'.join(lexicon.word_list('nouns', 'reason'))})"
    )
    with pytest.raises(KeyError, match="no_such"):
        lexicon.pattern("no_such")


def test_word_lists_map_marked_words_to_values_in_order() -> None:
    assert lexicon.word_list("clitics", "joined") == {"فال": "في ال", "عال": "على ال"}
    assert list(lexicon.word_list("endings", "last")) == ["ه", "ي", "ا"]
    assert lexicon.word_list("dialect", "function")["ديال"] == ""


def test_every_expression_and_mark_is_used() -> None:
    folders = (ARABIC.parent, ARABIC.parents[1] / "benchmarks")
    code = "".join(path.read_text(encoding="utf-8") for at in folders for path in at.rglob("*.py"))
    rows = [cells for path in LISTS for cells in lexicon.entries(path.stem)]
    referred = {match for cells in rows for match in REFERENCE.findall("\t".join(cells))}
    named = {name for name, mark in referred if not mark} | set(re.findall(r'"(\w+)"', code))
    patterns = {name for name, *_ in lexicon.entries("patterns")}
    assert patterns <= named
    for path in LISTS:
        lists = [name for name, mark in referred if mark and name == path.stem]
        if lists or f'word_list("{path.stem}"' in code:
            marks = {mark for _, marks, *_ in lexicon.entries(path.stem) for mark in marks.split()}
            assert marks <= {mark for name, mark in referred if name == path.stem} | named
