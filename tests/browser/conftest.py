"""The chat over the project's article, and a browser, for all tests of the page."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live import ROOT, Known, Opened, running_browser, running_chat
from playwright.sync_api import Browser

from cica_qa import Answer, Pipeline


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chat")


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    with running_chat(folder) as url:
        yield url


@pytest.fixture(scope="session")
def known(folder: Path, address: str) -> Known:
    """Read the index that the chat serves, and find a question of each kind."""
    pipeline = Pipeline.load(folder / "index")
    lines = (ROOT / "corpus" / "questions" / "cica.jsonl").read_text(encoding="utf-8")
    questions = [json.loads(line) for line in lines.splitlines()]

    def first(kind: str, wanted: Callable[[Answer], bool]) -> Answer:
        asked = (pipeline.ask(q["question"]) for q in questions if q["type"] == kind)
        return next(answer for answer in asked if wanted(answer))

    return Known(
        first("fact", lambda answer: len(answer.citations) > 0),
        first("list", lambda answer: answer.text.count("•") > 2),
        first("unanswerable", lambda answer: answer.abstained),
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as started:
        yield started


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    pages = Opened(browser, address)
    yield pages
    pages.check()
    for context in browser.contexts:
        context.close()
