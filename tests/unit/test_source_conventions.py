"""Public classes have distinct names, and whatever a linter has to overlook says why."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from syntax import parse

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".ci", "benchmarks", "cica_qa", "tests")
# The adapter of every framework has the name under which its page introduces it.
SHARED = {"CicaRetriever"}
SUPPRESSION = re.compile(r"#\s*(?:noqa\b(?::[A-Z0-9, ]+)?|type:\s*ignore(?:\[[\w\-, ]+\])?)")


def sources(*folders: str) -> dict[str, str]:
    """The text of each Python file in the folders, by its path."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def shared_classes(modules: Mapping[str, str]) -> dict[str, list[str]]:
    """The public classes that several modules define, with these modules."""
    defined: dict[str, list[str]] = defaultdict(list)
    for module, source in modules.items():
        for node in parse(source).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                defined[node.name].append(module)
    return {name: where for name, where in defined.items() if len(where) > 1}


def unexplained(source: str) -> list[int]:
    """The lines with a suppressed finding that is not followed by a reason."""
    return [
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
        and SUPPRESSION.search(token.string)
        and not re.search(r"\w", SUPPRESSION.sub("", token.string))
    ]


def test_no_two_modules_define_a_public_class_of_the_same_name() -> None:
    found = shared_classes(sources("cica_qa"))
    assert {name: where for name, where in found.items() if name not in SHARED} == {}
    assert set(found) >= SHARED, "take names that are no longer shared out of the list"


def test_every_suppressed_finding_has_a_reason() -> None:
    found = {path: unexplained(source) for path, source in sources(*FOLDERS).items()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_check_of_names_sees_public_classes_at_the_top_of_modules() -> None:
    modules = {
        "a": "class Reader: ...\nclass _Row: ...\nclass Page: ...",
        "b": "class Reader: ...\nclass _Row: ...\nclass Book:\n    class Page: ...",
    }
    assert shared_classes(modules) == {"Reader": ["a", "b"]}


def test_the_check_of_reasons_sees_every_kind_of_suppression() -> None:
    bare = ["# noqa", "# noqa: S101", "# noqa: E402, F401", "# type: ignore", "# type: ignore[a-b]"]
    bare += ["# noqa: F401  # type: ignore[misc]"]
    reasons = ["# noqa: S101 - why", "# type: ignore[misc]  # why", "# noqa: S101  # why"]
    reasons += ["# noqable"]
    assert unexplained("\n".join(f"x = 1  {comment}" for comment in bare)) == [1, 2, 3, 4, 5, 6]
    assert unexplained("\n".join(f"x = 1  {comment}" for comment in reasons)) == []
    assert unexplained('x = "# noqa"') == []
