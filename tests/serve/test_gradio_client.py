"""Gradio's own client asks the chat that the server mounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from cica_qa.answer.collections import Collections
from cica_qa.settings import ServeSettings

QUESTION = "أين يقع مقر الأمانة العامة؟"


def test_the_client_of_gradio_gets_a_cited_answer(
    make_server: Callable[..., Any], collections: Collections
) -> None:
    server = make_server(ServeSettings(per_minute=1_000_000), chat=True)
    client = Client(server.url, verbose=False)
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/ask"]
    said = client.predict(QUESTION, api_name="/ask")
    assert said["text"] == collections[""].ask(QUESTION).text
    assert said["citations"]
    for cited in said["citations"]:
        document = collections[""].document(cited["doc_id"])
        assert document.text[cited["start"] : cited["end"]] == cited["quote"]
    with pytest.raises(AppError, match="لا توجد كلمات في السؤال"):
        client.predict("؟؟", api_name="/ask")
