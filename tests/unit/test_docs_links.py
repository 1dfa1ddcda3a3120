"""Every link of the documents leads somewhere: pages, headings in them, pictures, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def headings(page: Path) -> set[str]:
    """Return the anchors of the headings, made as GitHub and MkDocs make them."""
    tokens = MarkdownIt().enable("table").parse(page.read_text("utf-8"))
    titles = [
        tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"
    ]
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def links(page: Path) -> list[str]:
    """Return what the page links to or shows, addresses of the web left out."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings(page: Path) -> None:
    dead = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in headings(target)):
            dead.append(link)
    assert dead == []


def test_every_page_is_of_one_of_four_kinds() -> None:
    kinds = {"tutorials", "how-to", "reference", "explanation"}
    assert {page.parent.name for page in (ROOT / "docs").rglob("*.md")} <= {"docs", *kinds}
    assert {page.name for page in (ROOT / "docs").glob("*.md")} <= {"index.md"}
