"""The package as a user installs and imports it: one version, exact pins, a cheap import."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import cica_qa

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PINNED = {canonicalize_name(pin.split("==")[0]): pin.split("==")[-1] for pin in PINS}
PUBLIC = [
    "Answer",
    "CicaError",
    "Citation",
    "Collections",
    "Document",
    "Hit",
    "IndexInfo",
    "Passage",
    "Piece",
    "Pipeline",
    "Retriever",
    "Settings",
    "Turn",
    "__version__",
    "add_documents",
    "build_index",
    "delete_documents",
    "evaluate",
]


def requirements() -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    texts = PROJECT["project"]["dependencies"] + [text for extra in extras for text in extra]
    return [Requirement(text) for text in texts if not text.startswith("cica-qa[")]


def python(code: str) -> str:
    """What a fresh interpreter prints; it fails where the code raises."""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_the_version_is_written_once() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"] == {"path": "cica_qa/version.py"}
    written = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "cica_qa").rglob("*.py"))
        if re.search(rf"[\"']{re.escape(cica_qa.__version__)}[\"']", path.read_text("utf-8"))
    ]
    assert written == ["cica_qa/version.py"]


def test_the_command_tells_that_version() -> None:
    module, function = PROJECT["project"]["scripts"]["cica-qa"].split(":")
    command = f"import sys; sys.argv = ['cica-qa', '--version']; from {module} import {function}"
    assert python(f"{command}; sys.exit({function}())") == f"cica-qa {cica_qa.__version__}"


def test_every_dependency_is_pinned_to_a_version_it_allows() -> None:
    pinned = {str(one): PINNED.get(canonicalize_name(one.name)) for one in requirements()}
    assert [name for name, version in pinned.items() if version is None] == []
    assert [
        (name, version)
        for name, version in pinned.items()
        if not Requirement(name).specifier.contains(version or "")
    ] == []


def test_constraints_are_exact_pins_in_order_and_nothing_else() -> None:
    exact = re.compile(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*")
    assert [pin for pin in PINS if not exact.fullmatch(pin)] == []
    assert len(PINNED) == len(PINS)
    assert sorted(PINS) == PINS


def test_pre_commit_runs_the_pinned_ruff() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"ruff==([\w.]+)", hooks)) == {PINNED["ruff"]}


def test_importing_the_package_loads_only_the_standard_library() -> None:
    loaded = python(
        "import sys; before = set(sys.modules); import cica_qa;"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    ).split()
    assert "cica_qa" in loaded
    assert set(loaded) - sys.stdlib_module_names == {"cica_qa"}


def test_data_types_errors_and_settings_load_no_model_library_and_no_chat() -> None:
    heavy = "{'faiss', 'gradio', 'numpy', 'sentence_transformers', 'torch', 'transformers'}"
    working = {"Collections", "Pipeline", "Retriever", "add_documents", "build_index"}
    names = ", ".join(sorted(set(PUBLIC) - working - {"delete_documents", "evaluate"}))
    code = f"import sys; from cica_qa import {names}; print({heavy} & set(sys.modules))"
    assert python(code) == "set()"


def test_the_public_api_is_exactly_this() -> None:
    assert cica_qa.__all__ == PUBLIC
    assert dir(cica_qa) == sorted(PUBLIC)


def test_every_public_name_resolves_to_what_it_says() -> None:
    names = [name for name in PUBLIC if name != "__version__"]
    assert [getattr(cica_qa, name).__name__ for name in names] == names


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'cica_qa' has no attribute 'Nothing'"):
        _ = cica_qa.Nothing
