"""Every route of the running app, also of libraries, with its response to each kind of key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from guard_app import collections, running

from cica_qa.answer.collections import Collections
from cica_qa.serve.app import create_app
from cica_qa.serve.keys import ApiKey, key_digest
from cica_qa.settings import Settings


class Row(NamedTuple):
    """The response of a route to an empty request with sufficient rights, and those rights.

    ``elsewhere`` is what it answers to a key for another collection, where that is another.
    """

    status: int
    who: str = "read"
    elsewhere: int = 0


OPEN, WRITE = "open", "write"
FILES = {
    "GET /v1/collections": Row(200),
    "POST /v1/collections": Row(422, WRITE),
    "DELETE /v1/collections/{name}": Row(403, WRITE),
    "GET /v1/collections/{name}/documents": Row(200, elsewhere=404),
    "POST /v1/collections/{name}/documents": Row(422, WRITE),
    "GET /v1/collections/{name}/documents/{doc_id}": Row(404),
    "PUT /v1/collections/{name}/documents/{doc_id}": Row(422, WRITE),
    "PATCH /v1/collections/{name}/documents/{doc_id}": Row(422, WRITE),
    "DELETE /v1/collections/{name}/documents/{doc_id}": Row(404, WRITE),
    "PUT /v1/collections/{name}/files/{file_name}": Row(403, WRITE),
    "GET /v1/collections/{name}/export": Row(200, elsewhere=404),
    "GET /v1/jobs/{job_id}": Row(404),
}
API = {
    **FILES,
    "GET /healthz": Row(200, OPEN),
    "GET /readyz": Row(200, OPEN),
    "GET /metrics": Row(200),
    "GET /openapi.json": Row(200),
    "POST /v1/ask": Row(422),
    "POST /v1/search": Row(422),
    "POST /v1/chat/completions": Row(422),
    "GET /v1/models": Row(200),
    "GET /v1/models/{name}": Row(404),
    "POST /mcp": Row(400),
    "GET /mcp": Row(405),
    "ANY /{path}": Row(404),
}
PAGE = {
    **FILES,
    "GET /": Row(200, elsewhere=403),
    "GET /assets/{path}": Row(404, elsewhere=403),
    "GET /static/{path}": Row(404, elsewhere=403),
    "GET /theme.css": Row(200, elsewhere=403),
    "GET /favicon.ico": Row(200, elsewhere=403),
    "POST /page/ask": Row(422),
    "GET /page/state": Row(200),
    "GET /page/source": Row(422),
    "GET /page/boxes": Row(422),
    "GET /page/picture": Row(422),
    "POST /page/rating": Row(422),
    "ANY /{path}": Row(404),
}
# Gradio's routes, which must not be reachable.
GONE = {
    "GET": """
        /config /config/ /gradio_api/app_id /gradio_api/app_id/
        /gradio_api/call/v2/{api_name}/{event_id} /gradio_api/call/{api_name}/{event_id}
        /gradio_api/custom_component/{id}/{environment}/{type}/{file_name} /gradio_api/deep_link
        /gradio_api/dev/reload /gradio_api/file/{path} /gradio_api/file={path_or_url}
        /gradio_api/heartbeat/{session_hash} /gradio_api/info /gradio_api/info/
        /gradio_api/login_check /gradio_api/login_check/
        /gradio_api/openapi.json /gradio_api/proxy={url_path} /gradio_api/queue/data
        /gradio_api/queue/status
        /gradio_api/runs /gradio_api/runs/ /gradio_api/startup-events
        /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file
        /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8
        /gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}
        /gradio_api/theme.css /gradio_api/token /gradio_api/token/ /gradio_api/upload_progress
        /gradio_api/user /gradio_api/user/ /gradio_api/vibe-code /gradio_api/vibe-code/ /logout
        /manifest.json /monitoring /monitoring/summary /monitoring/{key} /pwa_icon
        /pwa_icon/{size} /robots.txt /svelte/{path}
    """,
    "POST": """
        /gradio_api/api/{api_name} /gradio_api/api/{api_name}/ /gradio_api/call/v2/{api_name}
        /gradio_api/call/v2/{api_name}/ /gradio_api/call/{api_name} /gradio_api/call/{api_name}/
        /gradio_api/cancel /gradio_api/component_server /gradio_api/component_server/
        /gradio_api/process_recording /gradio_api/queue/join /gradio_api/reset /gradio_api/reset/
        /gradio_api/run/{api_name} /gradio_api/run/{api_name}/ /gradio_api/stream/{event_id}
        /gradio_api/stream/{event_id}/close /gradio_api/undo-vibe-edit
        /gradio_api/undo-vibe-edit/ /gradio_api/upload /gradio_api/vibe-code
        /gradio_api/vibe-code/ /gradio_api/vibe-edit /gradio_api/vibe-edit/
        /gradio_api/vibe-starter-queries /gradio_api/vibe-starter-queries/ /login /login/
    """,
}
TABLES = {"chat": PAGE, "serve": {**API, **PAGE}}
KEYS = {
    "read": ApiKey("r", key_digest(b"cq_read")),
    "write": ApiKey("w", key_digest(b"cq_write"), write=True),
    "elsewhere": ApiKey("e", key_digest(b"cq_elsewhere"), write=True, collections=("other",)),
}
HOW = {
    "foreign host": {"Host": "evil.example"},
    "foreign origin": {"Origin": "https://evil.example"},
    "foreign page": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "foreign frame": {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "iframe",
    },
    "no key": {},
    "wrong key": {"X-API-Key": "cq_wrong"},
    "read key": {"X-API-Key": "cq_read"},
    "write key": {"X-API-Key": "cq_write"},
    "key for another collection": {"X-API-Key": "cq_elsewhere"},
}


def walk(routes: Iterable[Any]) -> Iterator[str]:
    """Yield the method and template of every route, including those of included routers."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from walk(route.effective_route_contexts())
            continue
        path = re.sub(r":\w+}", "}", route.path)
        methods = (route.methods or {"ANY"}) - {"HEAD", "OPTIONS"}
        yield from (f"{method} {path}" for method in methods)


def made_by_gradio(app: FastAPI) -> set[str]:
    return set(walk(app.state.page.app.routes))


def gone() -> set[str]:
    return {f"{method} {path}" for method, paths in GONE.items() for path in paths.split()}


def expected(row: Row, how: str, locked: bool) -> int:
    """Return the expected response of a route."""
    if how == "foreign host":
        return 400
    if how.startswith("foreign"):
        return 403
    if not locked or row.who == OPEN:
        return row.status
    if how in ("no key", "wrong key"):
        return 401
    if how == "read key" and row.who == WRITE:
        return 403
    if how == "key for another collection" and row.elsewhere:
        return row.elsewhere
    return row.status


@pytest.fixture(scope="module", params=["chat", "serve"])
def command(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=["no keys", "keys"])
def served(request: pytest.FixtureRequest, command: str) -> Iterator[tuple[FastAPI, str, bool]]:
    locked = request.param == "keys"
    keys = [key.line for key in KEYS.values()] if locked else []
    serve = {"keys": keys, "documents": True, "per_minute": 1_000_000, "refused_per_minute": 10**6}
    small = collections()["small"]
    over = Collections({"small": small, "other": small})
    app = create_app(over, Settings(serve=serve), api=command == "serve")
    with running(app) as (host, port):
        url = f"http://{host}:{port}"
        httpx.get(url, headers={"X-API-Key": "cq_read"}, timeout=60)  # wait for the chat
        yield app, url, locked


def test_a_new_route_is_in_the_table(served: tuple[FastAPI, str, bool], command: str) -> None:
    app, _, _ = served
    own = set(walk(app.router.routes))
    table = {"ANY /mcp" if way.endswith(" /mcp") else way for way in TABLES[command]}
    assert own == table
    hidden = {"GET /openapi.json", "GET /", *(f"GET {p}" for p in ("/assets/{path}",))}
    assert made_by_gradio(app) - set(PAGE) - hidden == gone()


@pytest.mark.parametrize("how", HOW)
def test_every_route_answers_as_the_table_says(
    served: tuple[FastAPI, str, bool], command: str, how: str
) -> None:
    _, url, locked = served
    found, wanted = {}, {}
    rows = {**TABLES[command], **{way: Row(404) for way in gone()}}
    with httpx.Client(base_url=url, headers=HOW[how], timeout=20) as client:
        for way, row in rows.items():
            method, path = way.split(" ", 1)
            filled = re.sub(r"{[^}]*}", "x", path.replace("{name}", "small", 1))
            asked = "GET" if method == "ANY" else method
            with client.stream(asked, filled or "/") as reply:  # some responses never end
                found[way] = reply.status_code
            wanted[way] = expected(row, how, locked)
    assert found == wanted


@pytest.mark.parametrize("how", ["foreign host", "foreign origin", "no key"])
def test_every_refusal_has_one_format_and_reveals_no_path(
    served: tuple[FastAPI, str, bool], command: str, how: str
) -> None:
    _, url, locked = served
    with httpx.Client(base_url=url, headers=HOW[how], timeout=20) as client:
        for path in ("/", "/nothing", "/v1/nothing", "/gradio_api/upload", "/assets/none.js"):
            reply = client.get(path)
            if reply.status_code == 200:
                assert (path, how, locked) == ("/", "no key", False)
                continue
            assert reply.headers["content-type"] == "application/problem+json", path
            assert reply.json()["status"] == reply.status_code
            assert reply.json()["arabic"]
            assert reply.json()["request_id"] == reply.headers["x-request-id"]
