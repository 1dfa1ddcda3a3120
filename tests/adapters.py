"""Helpers for tests of the adapters: citations, the snippets of a page, a separate process."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
QUESTIONS = ("كم عدد الدول الأعضاء؟", "أين مقر الأمانة العامة؟", "ما مجالات التعاون؟")
_APART = """
import sys
tried = []
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        tried.append((event, args))
        raise OSError("the network is not for tests")
sys.addaudithook(watch)
package, adapter, folder = sys.argv[1:]

sys.modules[package] = None
try:
    __import__(adapter)
except ImportError as error:
    print(error)
del sys.modules[package]

from pathlib import Path
from word_encoder import WordEncoder, build
from cica_qa import Document, Retriever, Settings
build([Document("a", "الطقس", "الجو مشمس في المدينة. والهواء معتدل.")], Path(folder))
retriever = Retriever(Path(folder), WordEncoder(), Settings(reader=False))
question = "كيف الجو في المدينة؟"
"""


@cache
def article_of(corpus_index: Path, encoder: Encoder) -> Retriever:
    """The retriever over the project's documents, shared by the tests of all adapters."""
    return Retriever(corpus_index, encoder, Settings())


def require_cited(text: str, metadata: Mapping[str, Any], retriever: Retriever) -> None:
    """Check that the text is the slice of the document that the metadata name."""
    document = retriever.store.document(metadata["doc_id"])
    assert text
    assert document.text[metadata["start"] : metadata["end"]] == text
    assert (metadata["title"], metadata["source"]) == (document.title, document.source)
    assert metadata["format"] == document.metadata["format"]
    assert metadata["passage_id"].startswith(f"{document.doc_id}#")


def run_page(
    page: str, index_dir: Path, cache: Path, folder: Path, patch: pytest.MonkeyPatch
) -> None:
    """Run the snippets of a page of ``docs/how-to``, in order, in a folder with an index."""
    (folder / "index").symlink_to(index_dir)
    patch.chdir(folder)
    patch.setenv("CICA_CACHE_DIR", str(cache))
    blocks = _PYTHON.findall((ROOT / "docs/how-to" / page).read_text("utf-8"))
    assert len(blocks) >= 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)


def require_polite(adapter: str, package: str, extra: str, code: str, folder: Path) -> None:
    """Without ``package`` the adapter names its extra; with it, ``code`` leaves the network alone.

    ``code`` may use ``retriever`` and ``question``.
    """
    done = subprocess.run(
        [sys.executable, "-c", f"{_APART}{code}\nprint(tried)", package, adapter, folder / "index"],
        cwd=ROOT / "tests",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    message, *_, tried = done.stdout.splitlines()
    assert message.endswith(f"pip install 'cica-qa[{extra}]'")
    assert package in message
    assert tried == "[]"
