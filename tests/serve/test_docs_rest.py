"""The commands of docs/how-to/rest.md, in order, do what the page says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cica_qa.answer.pipeline import Pipeline
from cica_qa.retrieve.retriever import Retriever
from cica_qa.serve.library import Library
from cica_qa.settings import ServeSettings, Settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "how-to/rest.md").read_text("utf-8")
LIMITS = (DOCS / "reference/server.md").read_text("utf-8").split("## Defaults")[1]
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_commands_of_the_page(
    retriever: Retriever, corpus_index: Path, tmp_path: Path, make_server: Callable[..., Any]
) -> None:
    index = shutil.copytree(corpus_index, tmp_path / "index")
    held = (retriever.encoder, retriever.settings)

    def opened(folder: Path) -> Pipeline:
        return Pipeline.of(retriever.beside(folder))

    over = Library({"default": index}, opened, *held, tmp_path / "made")
    url = make_server(ServeSettings(documents=True), over=over).url
    said = [
        subprocess.run(
            ["bash", "-ec", block.replace("http://127.0.0.1:8000", url)],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            cwd=tmp_path,
        ).stdout
        for block in SHELL.findall(PAGE)
    ]
    ask, follow_up, events, one, many, filtered, read, write, brought, again = said
    assert "28" in json.loads(ask)["text"]
    assert json.loads(follow_up)["carried"]
    assert events.startswith("event: piece\n")
    assert "\nevent: answer\n" in events
    assert len(json.loads(one)["results"][0]["hits"]) == 3
    assert len(json.loads(many)["results"]) == 2
    assert len(json.loads(filtered)["results"][0]["hits"]) == 5
    assert '"default":true' in read
    assert '"text":' in read
    for change in ('"added":["library"]', '"added":["museum"]', '"removed":["library"]'):
        assert change in write
    assert '"state":"read"' in brought
    assert '"documents":["guide.txt"]' in brought
    assert '"state":"read"' in again
    assert '"documents":["cica.txt","museum","guide.txt"]' in again


def test_the_limits_of_the_page_are_the_defaults() -> None:
    rows = re.findall(r"^\| [^|]+ \| (`[a-z_.`, ]+`) \| ([\d, ]+) \|$", LIMITS, re.MULTILINE)
    assert len(rows) == 9
    for names, values in rows:
        numbers = values.split(", ") if ", " in names else [values]
        for name, value in zip(re.findall(r"[a-z_.]+", names), numbers, strict=True):
            settings: Any = Settings()
            for part in name.split("."):
                settings = getattr(settings, part)
            assert settings == float(value.replace(",", "")), name
    assert ServeSettings.model_fields["documents"].default is False
