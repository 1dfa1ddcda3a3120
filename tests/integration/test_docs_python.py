"""docs/how-to/python.md runs as it stands there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/how-to/python.md"
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_python_runs_in_the_order_of_the_page(
    model_cache: Path,
    corpus_index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "corpus").symlink_to(ROOT / "corpus")
    shutil.copytree(corpus_index, tmp_path / "index")  # the first block finds it up to date
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CICA_CACHE_DIR", str(model_cache))
    names: dict[str, object] = {}
    said = []
    for block in _PYTHON.findall(PAGE.read_text("utf-8")):
        exec(compile(block, PAGE.name, "exec"), names)
        said.append(capsys.readouterr().out)
    printed = "\n".join(said)
    for expected in (
        "على نهر السين",
        "('note.md',)",
        "يُفتح المكتب في التاسعة صباحًا.",
        "('article', 'cities')",
        "الرباط عاصمة المغرب.",
        "the question has no words",
        "has no document 'unknown.md'",
    ):
        assert expected in printed
