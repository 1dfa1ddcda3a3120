"""Facts found in files: what a person sees in them against what the readers make of them.

``facts.jsonl`` has a line a fact: ``file``, ``text`` and what else it tells. A fact is found
exactly where it stands in the text after NFKC and folding white space, and loosely without
regard to diacritics, kashida and spaces.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from cica_qa.documents.ocr import read_image
from cica_qa.documents.pdf import read_pdf
from cica_qa.documents.reading import Limits, Read
from cica_qa.errors import DocumentError

READERS: dict[str, Callable[[bytes, str, Limits], Read]] = {
    ".pdf": read_pdf,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"), read_image),
}
_LOOSE = re.compile(r"[\u064b-\u065f\u0670\u0640\s]")


def exact(text: str) -> str:
    """Fold compatibility forms and white space."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def loose(text: str) -> str:
    """Fold diacritics, kashida and spaces away too."""
    return _LOOSE.sub("", unicodedata.normalize("NFKC", text))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("../shared/files"))
    parser.add_argument("--missed", action="store_true", help="show the facts that were not found")
    parser.add_argument("--text", action="store_true", help="show the text of each file")
    parser.add_argument("--only", default="", help="files whose name holds this")
    options = parser.parse_args()
    facts: dict[str, list[str]] = defaultdict(list)
    for line in (options.folder / "facts.jsonl").read_text("utf-8").splitlines():
        fact = json.loads(line)
        facts[fact["file"]].append(fact["text"])
    sums = [0, 0, 0]
    for name, wanted in facts.items():
        path = options.folder / name
        reader = READERS.get(path.suffix.lower())
        if reader is None or not any(part in name for part in options.only.split(",")):
            continue
        data, started = path.read_bytes(), time.process_time()
        try:
            read = reader(data, name, Limits())
        except DocumentError as error:
            print(f"{name}: {error}")
            continue
        seconds = time.process_time() - started
        if options.text:
            print(read.text)
            for block in read.blocks:
                print(
                    "   ",
                    block.kind,
                    block.level,
                    block.number,
                    repr(read.text[block.start : block.end][:60]),
                )
        found = [exact(fact) in exact(read.text) for fact in wanted]
        loosely = [loose(fact) in loose(read.text) for fact in wanted]
        sums = [sums[0] + sum(found), sums[1] + sum(loosely), sums[2] + len(wanted)]
        speed = len(read.pages) / max(seconds, 1e-9)
        print(
            f"{name:32} exactly {sum(found)}/{len(wanted)} loosely {sum(loosely)}/{len(wanted)} "
            f"{len(read.pages)} pages, {speed:.0f} a second; "
            f"{'; '.join(read.repairs + read.doubts)}"
        )
        if options.missed:
            for fact, there in zip(wanted, found, strict=True):
                if not there:
                    print("    missed:", fact)
    print(f"all: exactly {sums[0]}/{sums[2]}, loosely {sums[1]}/{sums[2]}")


if __name__ == "__main__":
    main()
