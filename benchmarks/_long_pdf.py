"""Time and memory for reading a PDF of many pages, measured in a separate process."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PAGES = 2000


def long_pdf(source: Path) -> list[dict[str, Any]]:
    """Return a row for a PDF that repeats the pages of ``source``, read in a new process."""
    command = [sys.executable, "-m", "benchmarks._long_pdf", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(done.stdout.splitlines()[-1])]


def _measure(source: Path) -> dict[str, Any]:
    import pypdfium2

    from cica_qa.documents.pdf import read_pdf
    from cica_qa.documents.reading import Limits

    original = pypdfium2.PdfDocument(source)
    long = pypdfium2.PdfDocument.new()
    long.import_pages(original, pages=[at % len(original) for at in range(PAGES)])
    out = io.BytesIO()
    long.save(out)
    long.close()
    started = time.process_time()
    read = read_pdf(out.getvalue(), source.name, Limits())
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes on Linux
    return {
        "pages": len(read.pages),
        "characters": len(read.text),
        "pages a second of CPU": len(read.pages) / seconds,
        "memory, MB": round(peak / 1000),
    }


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
