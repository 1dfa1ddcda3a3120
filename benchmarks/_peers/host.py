"""Runs other systems, each in its own process, and caches their results."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._common import ROOT
from benchmarks._peers.environment import CACHE, REQUIREMENTS, peer_environment, peers_python
from benchmarks._peers.systems import PASSAGE, QUERY
from benchmarks._vectors import TextVectors
from cica_qa.protocols import Vectors


@dataclass(frozen=True)
class Outcome:
    """A peer's results, as passage positions by question, or the reason why it did not run."""

    found: list[list[int]]
    facts: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


class PeerError(Exception):
    """A peer's process failed; the message is the end of its error output."""


class Peers:
    """The environment of the peers, and the model that they all use.

    A peer that takes longer than ``limit`` seconds over a collection is stopped.
    """

    def __init__(self, model: Path, threads: int | None = None, limit: float | None = None) -> None:
        self.python = peers_python()
        self.model = model
        self._threads = threads
        self._limit = limit
        self._vectors = TextVectors(CACHE / f"peers-{model.name}.npz")

    def collection(self, passages: Sequence[str], questions: Sequence[str]) -> Path:
        """Return a folder with the texts and their vectors, in the worker's format."""
        name = _digest(self.model.name, *passages, "", *questions)
        folder = CACHE / "collections" / name
        folder.mkdir(parents=True, exist_ok=True)
        for part, prefix, texts in (
            ("passages", PASSAGE, passages),
            ("questions", QUERY, questions),
        ):
            if not (folder / f"{part}.npy").is_file():
                _write_lines(folder / f"{part}.jsonl", texts)
                vectors = self._vectors([prefix + text for text in texts], self._encode)
                np.save(folder / f"{part}.npy", vectors)
        return folder

    def run(self, system: str, folder: Path, k: int) -> Outcome:
        """Answer all questions of a collection, or read the results of an earlier run."""
        code = (Path(__file__).parent / "systems.py").read_text(encoding="utf-8")
        recipe = _digest(code, REQUIREMENTS.read_text(encoding="utf-8"), system, str(k))
        out, facts = folder / f"{recipe}.run", folder / f"{recipe}.json"
        if not facts.is_file():
            try:
                arguments = ("run", system, str(folder), str(k), str(out))
                made = self.call(*arguments, limit=self._limit)
            except PeerError as error:
                return Outcome([], reason=str(error))
            facts.write_text(json.dumps(made), encoding="utf-8")
        asked = sum(1 for _ in (folder / "questions.jsonl").open(encoding="utf-8"))
        return Outcome(_read_run(out, asked), json.loads(facts.read_text(encoding="utf-8")))

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of the worker."""
        return [str(self.python), "-m", "benchmarks._peers.worker", *arguments]

    def call(self, *arguments: str, limit: float | None = None) -> dict[str, Any]:
        """Run the worker and return the JSON of its last line. Raises ``PeerError``."""
        try:
            done = subprocess.run(
                self.command(*arguments),
                cwd=ROOT,
                env=peer_environment(self._threads),
                capture_output=True,
                text=True,
                check=False,
                timeout=limit,
            )
        except subprocess.TimeoutExpired as error:
            raise PeerError(f"unfinished after {error.timeout / 60:.0f} minutes") from error
        if done.returncode:
            raise PeerError(last_words(done.stderr))
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result

    def _encode(self, texts: list[str]) -> Vectors:
        with tempfile.TemporaryDirectory() as folder:
            given, out = Path(folder) / "texts.jsonl", Path(folder) / "vectors.npy"
            _write_lines(given, texts)
            self.call("encode", str(self.model), str(given), str(out))
            vectors: Vectors = np.load(out)
        return vectors


def last_words(stderr: str) -> str:
    """Return the last line of a traceback, shortened for a table."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return (lines[-1] if lines else "it ended without a word")[:160]


def _read_run(path: Path, questions: int) -> list[list[int]]:
    """Return the positions in a TREC run by question, in rank order."""
    found: list[list[int]] = [[] for _ in range(questions)]
    for line in path.read_text(encoding="utf-8").splitlines():
        asked, _, position, _, _, _ = line.split()
        found[int(asked)].append(int(position))
    return found


def _write_lines(path: Path, texts: Sequence[str]) -> None:
    path.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
