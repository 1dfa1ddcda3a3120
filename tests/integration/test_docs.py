"""What the documents show runs as it stands there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "page", ["README.md", "docs/how-to/documents.md", "docs/how-to/evaluation.md"]
)
def test_python_runs_in_the_order_of_the_page(
    page: str,
    model_cache: Path,
    corpus_index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions = shutil.copytree(ROOT / "corpus", tmp_path / "corpus") / "questions/cica.jsonl"
    lines = questions.read_text("utf-8").splitlines(keepends=True)
    questions.write_text("".join(lines[:12]), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CICA_CACHE_DIR", str(model_cache))
    blocks = _PYTHON.findall((ROOT / page).read_text("utf-8"))
    assert len(blocks) >= (2 if page == "README.md" else 1)
    if page != "README.md":  # which makes the index that the others ask
        shutil.copytree(corpus_index, "index")
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
