"""Build the filter of common Arabic stems that tells sound PDF text from damaged text."""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path

from cica_qa.documents.pdf.lexicon import ARABIC_WORD, common_stem, probes

WORDS, BYTES, LINES = 40_000, 65_536, 25_000
_MARKS = re.compile("[ً-ْـٰ]")
_HERE = Path(__file__).parent.parent / "cica_qa/documents/pdf/data/stems.bin"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds *_ar.jsonl.gz and *_arz.jsonl.gz")
    counts: Counter[str] = Counter()
    for path in sorted(parser.parse_args().folder.glob("*_ar*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in islice(lines, LINES):
                counts.update(
                    map(common_stem, ARABIC_WORD.findall(_MARKS.sub("", json.loads(line)["text"])))
                )
    bits = bytearray(BYTES)
    for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:WORDS]:
        for place in probes(word, 8 * BYTES):
            bits[place >> 3] |= 1 << (place & 7)
    _HERE.write_bytes(bits)


if __name__ == "__main__":
    main()
