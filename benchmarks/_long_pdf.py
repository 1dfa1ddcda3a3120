"""Time and memory for reading a PDF of many pages, measured in a separate process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PAGES = 2000


def long_pdf(source: Path) -> list[dict[str, Any]]:
    """Return a row for a PDF that repeats the pages of ``source``, read in a new process.

    The file is written by this process, so that the memory is that of reading alone.
    """
    import pypdfium2

    original = pypdfium2.PdfDocument(source)
    long = pypdfium2.PdfDocument.new()
    long.import_pages(original, pages=[at % len(original) for at in range(PAGES)])
    with TemporaryDirectory() as folder:
        file = Path(folder) / source.name
        long.save(file)
        long.close()
        command = [sys.executable, "-m", "benchmarks._long_pdf", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(done.stdout.splitlines()[-1])]


def _measure(file: Path) -> dict[str, Any]:
    from cica_qa.documents.pdf import read_pdf
    from cica_qa.documents.reading import Limits

    started = time.process_time()
    read = read_pdf(file.read_bytes(), file.name, Limits())
    seconds = time.process_time() - started
    return {
        "pages": len(read.pages),
        "characters": len(read.text),
        "pages a second of CPU": len(read.pages) / seconds,
        "memory, MB": round(_peak_kilobytes() / 1000),
    }


def _peak_kilobytes() -> int:
    """Return the most memory that this process held (Linux).

    ``ru_maxrss`` is no use here: a process inherits it from the one that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
