"""The chat in a real browser, behind the guard with keys."""

from __future__ import annotations

import sys
from pathlib import Path

from guard_app import KEY, LINES, collections, running

from cica_qa.serve.app import create_app
from cica_qa.settings import Settings

sys.path.append(str(Path(__file__).parents[1] / "browser"))
from live import running_browser


def test_the_chat_works_with_a_key_as_the_password_and_not_without() -> None:
    app = create_app(collections(), Settings(serve={"keys": LINES}), chat=True)
    with running(app) as (host, port), running_browser() as browser:
        address = f"http://{host}:{port}/"
        page = browser.new_page(http_credentials={"username": "anyone", "password": KEY})
        wrong: list[str] = []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        page.locator("#cica-question textarea").fill("أين المقر؟")
        page.locator("#cica-send").click()
        page.get_by_text("نص قصير عن المقر في المدينة.").first.wait_for()
        assert wrong == []

        page = browser.new_page(http_credentials={"username": "anyone", "password": KEY + "x"})
        reply = page.goto(address)
        assert reply is not None
        assert reply.status == 401
        assert page.locator("#cica-question").count() == 0
