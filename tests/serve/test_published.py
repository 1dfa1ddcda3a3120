"""Publishing while the server is under load, and what survives if it is killed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from test_lifecycle import process
from word_encoder import WordEncoder

from cica_qa.answer.collections import Collections
from cica_qa.answer.pipeline import Pipeline
from cica_qa.documents.load import LoadedDocuments
from cica_qa.index.build import update_index
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import ServeSettings, Settings
from cica_qa.types import Document

TIMES, CLIENTS, DOCUMENTS = 50, 6, 5
SETTINGS = Settings(reader=False)
QUESTION = "أين يقع مقر الأمانة العامة؟"


def publish(folder: Path, encoder: WordEncoder, number: int) -> None:
    """Publish documents that all name the same edition."""
    documents = [
        Document(str(at), f"وثيقة {at}", f"مقر الأمانة العامة في الطبعة {number}.")
        for at in range(DOCUMENTS)
    ]
    update_index(LoadedDocuments(documents), folder, encoder, SETTINGS)


def test_fifty_editions_under_load_fail_no_request_and_mix_no_result(
    make_server: Callable[..., Any], tmp_path: Path
) -> None:
    encoder = WordEncoder()
    publish(tmp_path, encoder, 0)
    retriever = Retriever(tmp_path, encoder, SETTINGS)
    over = Collections({"editions": Pipeline.of(retriever)})
    url = make_server(ServeSettings(per_minute=1_000_000), over=over).url
    done = threading.Event()

    def ask(_: int) -> list[tuple[str, ...]]:
        seen = []
        with httpx.Client(timeout=60) as client:
            while not done.is_set():
                reply = client.post(f"{url}/v1/search", json={"query": "مقر الأمانة", "k": 5})
                assert reply.status_code == 200, reply.text
                hits = reply.json()["results"][0]["hits"]
                assert len(hits) == DOCUMENTS
                seen.append(tuple(hit["passage"]["text"] for hit in hits))
        return seen

    with ThreadPoolExecutor(CLIENTS) as pool:
        asking = [pool.submit(ask, at) for at in range(CLIENTS)]
        try:
            for number in range(1, TIMES + 1):
                publish(tmp_path, encoder, number)
        finally:
            done.set()
        seen = [texts for one in asking for texts in one.result(60)]
    assert all(len(set(texts)) == 1 for texts in seen), "a result of two editions"
    assert len(set(seen)) > 10, "hardly any edition was ever seen"
    last = httpx.post(f"{url}/v1/search", json={"query": "مقر الأمانة", "k": 1}).json()
    assert f"الطبعة {TIMES}." in last["results"][0]["hits"][0]["passage"]["text"]


def test_a_server_killed_under_load_serves_again(corpus_index: Path) -> None:
    body = {"question": QUESTION}
    with process("--index", corpus_index, "--no-chat") as (running, url):
        before = httpx.post(f"{url}/v1/ask", json=body, timeout=60).json()
        with ThreadPoolExecutor(4) as pool:
            asked = [
                pool.submit(httpx.post, f"{url}/v1/ask", json=body, timeout=60) for _ in range(40)
            ]
            asked[0].result(60)
            running.kill()
            running.wait(60)
            failed = [one for one in asked if one.exception(60)]
        assert failed, "it was not under load"
    with process("--index", corpus_index, "--no-chat") as (_, url):
        assert httpx.get(f"{url}/readyz").status_code == 200
        assert httpx.post(f"{url}/v1/ask", json=body, timeout=60).json() == before
