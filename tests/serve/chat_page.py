"""What the page of the chat sends, without a browser."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx


def join(client: httpx.Client, question: Any, session: str = "test") -> httpx.Response:
    """Send a question as the page does; the answer comes over ``events``."""
    return send(client, [question, None, False], session)


def send(client: httpx.Client, data: Any, session: str = "test") -> httpx.Response:
    """Send what the page sends with a question."""
    page = client.get("/", timeout=60).text
    found = re.search(r"window\.gradio_config = (.*?);</script>", page, re.DOTALL)
    assert found, page[:500]
    config = json.loads(found[1])
    own = next(one for one in config["dependencies"] if len(one["inputs"]) == 3)
    body = {"data": data, "fn_index": own["id"], "session_hash": session}
    return client.post("/gradio_api/queue/join", json=body, timeout=60)


def events(client: httpx.Client, session: str = "test") -> list[dict[str, Any]]:
    """What comes until the answer is complete."""
    asked = {"session_hash": session}
    with client.stream("GET", "/gradio_api/queue/data", params=asked, timeout=60) as response:
        lines = [line for line in response.iter_lines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def asked(client: httpx.Client, question: Any, session: str = "test") -> str:
    """Return the markup of the exchange that a question leads to."""
    join(client, question, session).raise_for_status()
    (done,) = [one for one in events(client, session) if one["msg"] == "process_completed"]
    return str(done["output"]["data"][0])
