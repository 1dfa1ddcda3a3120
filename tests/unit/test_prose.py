"""The check of the project's English finds slips, and tells their lines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SLIP = "This are an test of the the checker."


def checked(file: Path) -> tuple[int, set[str]]:
    command = [sys.executable, ".ci/prose.py", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    found = (line.partition(":")[2] for line in done.stdout.splitlines())
    return done.returncode, {line.partition(":")[0] for line in found}


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("page.md", f"# Page\n\nA good line.\n\n{SLIP}\n", "5"),
        ("page.md", f"| a | b |\n| --- | --- |\n| x | {SLIP} |\n", "3"),
        ("code.py", f'"""Good."""\n\n\ndef f():\n    """{SLIP}"""\n', "5"),
        ("code.py", f"x = 1\n# {SLIP}\n", "2"),
        ("code.py", f'def f():\n    raise ValueError("{SLIP}")\n', "2"),
        ("code.py", f'add("--x", help="{SLIP}")\n', "1"),
    ],
    ids=["page", "table", "docstring", "comment", "error", "help"],
)
def test_a_slip_is_found_on_its_line(name: str, text: str, line: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    assert checked(file) == (1, {line})


def test_code_and_arabic_are_no_prose(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"```text\n{SLIP}\n```\n\nSee `the the` and «كم كم؟» here.\n", "utf-8")
    assert checked(file)[0] == 0
