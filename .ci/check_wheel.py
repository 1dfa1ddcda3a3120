"""Check a built wheel: it holds every tracked file of the package, and what it holds works.

Usage: python .ci/check_wheel.py dist/cica_qa-*.whl
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LISTING = ["git", "ls-files", "-co", "--exclude-standard", "cica_qa"]
# What no import would miss: the type marker, word lists, and the chat's page, font and style.
KINDS = ("cica_qa/py.typed", ".tsv", ".css", ".woff2")
PROBE = "import cica_qa, cica_qa.types; print(cica_qa.__file__); print(cica_qa.__version__)"


def main(wheel: Path) -> None:
    """Exit with a message where the wheel is not what the sources are."""
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = subprocess.run(LISTING, cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = set(sources.stdout.split())
    if missing := sorted(wanted - names):
        sys.exit(f"{wheel.name} lacks {', '.join(missing)}")
    if absent := [kind for kind in KINDS if not any(name.endswith(kind) for name in names)]:
        sys.exit(f"{wheel.name} has no file that ends in {', '.join(absent)}")
    if stray := sorted(n for n in names - wanted if ".dist-info/" not in n):
        sys.exit(f"{wheel.name} has files that are not tracked: {', '.join(stray)}")
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        probe = subprocess.run(
            [sys.executable, "-c", PROBE],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=True,
        )
    place, version = probe.stdout.split("\n")[:2]
    if not Path(place).is_relative_to(Path(folder)) or f"-{version}-" not in wheel.name:
        sys.exit(f"{wheel.name} imports as version {version} from {place}")
    print(f"{wheel.name}: {len(wanted)} files of the package, version {version}")


main(Path(sys.argv[1]))
