"""The modules and result files that the documents name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*/*.md"))
PATH = re.compile(r"`((?:\w+/)+[\w-]+\.(?:py|tsv|md|json))`")
# What a reader of the page is told to write or to make.
MADE = {"serve/about.py", ".vscode/mcp.json"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = set(PATH.findall(page.read_text("utf-8"))) - MADE
    folders = (
        ROOT,
        ROOT / "tests/data",
        ROOT / "cica_qa",
        ROOT / "cica_qa/models",
        ROOT / "cica_qa/models/reader",
    )
    assert [n for n in sorted(named) if not any((folder / n).exists() for folder in folders)] == []
