"""The tutorials do and show what they say, in both languages."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.compile(r"^```(sh|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def steps(page: str) -> list[tuple[str, str]]:
    """Return the commands of a tutorial, each with what it is said to print."""
    blocks = BLOCKS.findall((ROOT / "docs/tutorials" / page).read_text("utf-8"))
    following = [*blocks[1:], ("", "")]
    return [
        (text, shown if kind == "text" and not shown.startswith("$") else "")
        for (language, text), (kind, shown) in zip(blocks, following, strict=True)
        if language == "sh"
    ]


def plain(text: str) -> str:
    """Return a text without the marks that isolate directions, which a page need not show."""
    return re.sub("[\u2066-\u2069]", "", text)


@pytest.mark.parametrize("page", ["ask-your-pdf.md", "ask-your-pdf.ar.md"])
def test_each_command_prints_what_the_tutorial_shows(
    page: str, model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests/data/pdf").mkdir(parents=True)
    shutil.copy(ROOT / "tests/data/pdf/guide.pdf", tmp_path / "tests/data/pdf")
    monkeypatch.setenv("CICA_CACHE_DIR", str(model_cache))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    program = f"{shlex.quote(sys.executable)} -m cica_qa.cli"
    shown = 0
    for command, expected in steps(page):
        done = subprocess.run(
            ["bash", "-ec", command.replace(".venv/bin/cica-qa", program)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        printed = plain(done.stdout + done.stderr)
        assert expected in printed
        shown += bool(expected)
    assert shown == 5


def test_both_languages_lead_through_the_same_steps() -> None:
    assert steps("ask-your-pdf.ar.md") == steps("ask-your-pdf.md")
