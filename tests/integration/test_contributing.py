"""Every diff of docs/how-to/contributing.md applies, and does what the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/contributing.md").read_text("utf-8")
DIFFS = re.findall(r"^## (.*?)\n(?:(?!^## ).*\n)*?```diff\n((?:.*\n)*?)```", PAGE, re.MULTILINE)
PROBES = {
    "A file format": """
from cica_qa.documents.load import load_paths
from pathlib import Path
times = "00:00:01,000 --> 00:00:02,000"
cues = (f"1\\n{times}\\nأهلًا بكم.", f"2\\n{times}\\nوسهلًا.")
text = "\\n\\n".join(cues)
Path("film.srt").write_text(text, "utf-8")
(document,) = load_paths([Path("film.srt")]).documents
print([document.text[b.start : b.end] for b in document.blocks])
""",
    "A store": """
import os
from cica_qa.index.location import located
from cica_qa.index.opened import open_store
store, manifest = open_store(located(f"file://{os.environ['MIRRORED']}"))
print(store.document_ids)
""",
    "A dialect word": """
from cica_qa.arabic.dialect_words import msa_word
print(msa_word("الشنطه", {"حقيبه": 9}))
""",
    "A REST route": """
from cica_qa.serve.app import create_app
from cica_qa.settings import Settings
print(sorted(create_app(None, Settings()).openapi()["paths"]["/v1/about"]))
""",
    "A metric": """
from cica_qa.evaluation.scoring import RETRIEVAL
print(RETRIEVAL[0])
""",
    "A reader model": """
from cica_qa.models.reader.weights import packaged_weights
print(packaged_weights().name)
""",
    "A kind of answer": """
from cica_qa.answer.answerer import page_lead
print(page_lead.__module__)
""",
    "A page of documentation": """
from pathlib import Path
print("how-to/translate.md" in Path("mkdocs.yml").read_text("utf-8"))
""",
}
PRINTED = {
    "A file format": "['أهلًا بكم.', 'وسهلًا.']",
    "A store": "('cica.txt',)",
    "A dialect word": "الحقيبة",
    "A REST route": "['get']",
    "A metric": "nDCG@5",
    "A reader model": "reader-wide.safetensors",
    "A kind of answer": "cica_qa.answer.page_lead",
    "A page of documentation": "True",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the diffs change."""
    folder = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("cica_qa", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "mkdocs.yml", folder)
    return folder


def test_every_section_with_a_diff_is_probed() -> None:
    assert [title for title, _ in DIFFS] == [*{title: None for title, _ in DIFFS}]
    assert {title for title, _ in DIFFS} == set(PROBES) == set(PRINTED)


@pytest.mark.parametrize(("title", "diff"), DIFFS, ids=[title for title, _ in DIFFS])
def test_the_diff_applies_and_works(title: str, diff: str, tree: Path, corpus_index: Path) -> None:
    for options in (["--check"], []):
        subprocess.run(["git", "apply", *options, "-"], cwd=tree, input=diff, text=True, check=True)
    done = subprocess.run(
        [sys.executable, "-c", PROBES[title]],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": "/usr/bin:/bin", "MIRRORED": str(corpus_index)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert PRINTED[title] in done.stdout
