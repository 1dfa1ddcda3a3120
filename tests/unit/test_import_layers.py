"""Imports point one way, only the command line talks to the terminal, modules stay short."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from syntax import parse

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    path.relative_to(ROOT): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "cica_qa").rglob("*.py"))
}
# A part may import from its own line and from the lines above it.
LAYERS = (
    ("version", "types", "reports", "errors", "filters", "protocols"),
    ("settings",),
    ("arabic",),
    ("documents",),
    ("models",),
    ("index",),
    ("retrieve",),
    ("answer",),
    ("evaluation",),
    ("serve", "chat", "integrations"),
    ("terminal",),
    ("cli",),
    ("__main__",),
)
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}
TERMINAL = {"print", "exit", "quit", "sys.exit", "os._exit", "SystemExit", "logging.basicConfig"}
SHORT, LONG = 300, 350


def part_of(module: Path) -> str:
    return module.with_suffix("").parts[1]


def imported(tree: ast.AST, module: Path) -> Iterator[str]:
    """The dotted names that a module takes, at its top or inside its functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.parent.parts[: len(module.parent.parts) - node.level + 1]
            base = ".".join((*package, node.module or "")) if node.level else node.module or ""
            yield from (f"{base.rstrip('.')}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (a.value for a in node.args if isinstance(a, ast.Constant))
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "cica_qa":
            yield f"cica_qa.{node.attr}"


def without_type_checking(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = [ast.Pass()]
    return tree


def rank_of(name: str) -> int:
    """The layer that a dotted name belongs to; the public API stands above them all."""
    part = name.removeprefix("cica_qa").lstrip(".").split(".")[0]
    return RANK.get(part, len(LAYERS))


def upward_imports(source: str, module: Path) -> list[str]:
    """The imports that point the wrong way."""
    tree = parse(source)
    if part_of(module) == "__init__":
        own, tree = RANK["version"], without_type_checking(tree)
    else:
        own = RANK[part_of(module)]
    names = sorted(name for name in imported(tree, module) if name.startswith("cica_qa."))
    return [name for name in names if rank_of(name) > own]


def terminal_calls(source: str) -> list[str]:
    """What the module says or does to the terminal or to the process, as ``line: call``."""
    calls = []
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Call):
            target: ast.expr | None = node.func
        else:
            target = node.exc if isinstance(node, ast.Raise) else None
        if target is not None and ast.unparse(target) in TERMINAL:
            calls.append((target.lineno, ast.unparse(target)))
    return [f"{line}: {call}" for line, call in sorted(calls)]


def test_every_part_has_its_place_in_the_layers() -> None:
    unplaced = {part_of(module) for module in SOURCES} - {*RANK, "__init__"}
    assert unplaced == set(), "give each new part a line in LAYERS"


def test_imports_point_one_way() -> None:
    upward = {str(module): upward_imports(source, module) for module, source in SOURCES.items()}
    assert {module: names for module, names in upward.items() if names} == {}


def test_only_the_command_line_talks_to_the_terminal() -> None:
    calls = {
        str(module): terminal_calls(source)
        for module, source in SOURCES.items()
        if part_of(module) not in {"cli", "__main__"}
    }
    assert {module: found for module, found in calls.items() if found} == {}


def test_a_module_fits_in_a_head() -> None:
    lines = {str(module): len(source.splitlines()) for module, source in SOURCES.items()}
    for module, count in lines.items():
        if count > SHORT:
            warnings.warn(f"{module} has {count} lines: time to split it", stacklevel=1)
    assert {module: count for module, count in lines.items() if count > LONG} == {}


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("from cica_qa.types import Span", []),
        ("from cica_qa.version import __version__", []),
        ("from cica_qa import __version__", ["cica_qa.__version__"]),
        ("from cica_qa.index.build import build_index", []),
        ("from .build import build_index", []),
        ("import cica_qa.retrieve.retriever", ["cica_qa.retrieve.retriever"]),
        ("def f():\n    from cica_qa.cli import main", ["cica_qa.cli.main"]),
        ("from ..answer import pipeline", ["cica_qa.answer.pipeline"]),
        ("from cica_qa import chat", ["cica_qa.chat"]),
        ("import cica_qa\nversion = cica_qa.__version__", ["cica_qa.__version__"]),
        ("import cica_qa\nanswer = cica_qa.Pipeline", ["cica_qa.Pipeline"]),
        ("from cica_qa import Pipeline", ["cica_qa.Pipeline"]),
        ("import importlib\nimportlib.import_module('cica_qa.chat')", ["cica_qa.chat"]),
        ("if TYPE_CHECKING:\n    from cica_qa.chat import app", ["cica_qa.chat.app"]),
    ],
)
def test_the_layer_check_sees_every_kind_of_import(source: str, wrong: list[str]) -> None:
    assert upward_imports(source, Path("cica_qa/index/dense.py")) == wrong


def test_the_terminal_check_sees_what_it_looks_for() -> None:
    source = "print(1)\nsys.exit(2)\nraise SystemExit\nlogging.basicConfig()\nlogger.info('x')"
    assert terminal_calls(source) == [
        "1: print",
        "2: sys.exit",
        "3: SystemExit",
        "4: logging.basicConfig",
    ]
