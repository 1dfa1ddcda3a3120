"""Shared by the benchmarks: data, a description of the machine, and the results."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
ARTICLE = ROOT / "corpus" / "documents" / "cica.txt"


def data_folder() -> Path | None:
    """Return the folder of question sets (CICA_DATA or ../shared/data), None if it is missing."""
    folder = Path(os.environ.get("CICA_DATA", ROOT.parent / "shared" / "data"))
    if folder.is_dir():
        return folder
    print(f"no question sets in {folder} (CICA_DATA names another folder): that part is left out")
    return None


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_results(name: str, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Print tables and write them, with the machine, to results/NAME.json and .md."""
    packages = ("torch", "sentence-transformers", "openvino", "faiss-cpu", "bm25s", "camel-tools")
    machine = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: _version(package) for package in (*packages, "numpy")},
    }
    markdown = [f"# {name}", "", ", ".join(f"{key} {value}" for key, value in machine.items())]
    for title, rows in tables.items():
        if not rows:
            continue
        columns = list(rows[0])
        markdown += ["", f"## {title}", "", "| " + " | ".join(columns) + " |"]
        markdown.append("|" + " --- |" * len(columns))
        markdown += ["| " + " | ".join(_cell(row[c]) for c in columns) + " |" for row in rows]
    RESULTS.mkdir(exist_ok=True)
    text = "\n".join(markdown) + "\n"
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    (RESULTS / f"{name}.json").write_text(
        json.dumps({"machine": machine, "tables": tables}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
    sys.stdout.write(text)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value).replace("|", "/")
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
