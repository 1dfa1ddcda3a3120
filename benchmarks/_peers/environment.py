"""The Python environment of the peers, created once in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import platformdirs

from benchmarks._common import ROOT

CACHE = platformdirs.user_cache_path("cica-qa") / "benchmarks"
REQUIREMENTS = ROOT / "benchmarks" / "peers.txt"
_SHARED = ("faiss-cpu", "numpy", "safetensors", "scipy", "sentence-transformers", "tokenizers")
_SHARED += ("torch", "transformers")


def peers_python() -> Path:
    """Return the interpreter of the peers' environment, creating the environment if necessary.

    Packages that cannot be installed are left out; peers that need them then fail.
    """
    pins = _shared_pins()
    recipe = REQUIREMENTS.read_text(encoding="utf-8") + pins + sys.version
    folder = CACHE / "peers" / hashlib.sha256(recipe.encode()).hexdigest()[:12]
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (folder / "ready").is_file():
        return python
    print(f"making the peers' environment (minutes, {REQUIREMENTS.name}) ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    (folder / "constraints.txt").write_text(pins, encoding="utf-8")
    wanted = [line for line in REQUIREMENTS.read_text().splitlines() if re.match(r"\w", line)]
    if not _installs(python, folder, wanted):
        for requirement in wanted:
            if not _installs(python, folder, [requirement]):
                print(f"  {requirement} cannot be installed")
    (folder / "ready").touch()
    return python


def peer_environment(threads: int | None = None) -> dict[str, str]:
    """Return the environment variables of a peer, which keep it offline and set its threads."""
    offline = dict.fromkeys(("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"), "1")
    quiet = {"TOKENIZERS_PARALLELISM": "false", "HAYSTACK_TELEMETRY_ENABLED": "False"}
    counted = {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
    return {**os.environ, **offline, **quiet, **counted, "PYTHONWARNINGS": "ignore"}


def _installs(python: Path, folder: Path, wanted: list[str]) -> bool:
    constraints = str(folder / "constraints.txt")
    if uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--quiet", "--python", str(python), "-c", constraints]
    else:
        command = [str(python), "-m", "pip", "install", "--quiet", "-c", constraints]
    environment = dict(os.environ)
    if links := environment.get("PIP_FIND_LINKS"):  # uv does not read pip's settings
        environment.setdefault("UV_FIND_LINKS", ",".join(links.split()))
    done = subprocess.run(
        [*command, *wanted], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode == 0


def _shared_pins() -> str:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.split("==")[0] in _SHARED) + "\n"
