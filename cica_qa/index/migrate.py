"""In-place migration of indexes of an older format, without encoding anything again.

Format 5 kept the whole index in one generation, each part in its own file, with BM25 scores
computed in advance. It becomes one segment; the old folder stays until the next change.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.errors import IndexBusyError, IndexDamagedError, IndexOutdatedError
from cica_qa.index.axes import WordAxes
from cica_qa.index.checksums import Check, file_fault
from cica_qa.index.children import ChildTerms
from cica_qa.index.dense import DenseIndex
from cica_qa.index.generation import Generation, read_generation, read_manifest_table
from cica_qa.index.lexical import LexicalIndex
from cica_qa.index.manifest import FORMAT_VERSION, Manifest
from cica_qa.index.postings import Postings
from cica_qa.index.problems import rebuild_command
from cica_qa.index.publish import build_lock, write_generation
from cica_qa.index.segment import Segment
from cica_qa.index.stored_texts import Texts
from cica_qa.index.texts import lexical_text
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.index.words import PassageWords

_log = logging.getLogger(__name__)
_MIGRATED_VERSION = 5
_WAIT, _PAUSE = 300.0, 0.05  # seconds
_KEPT_FIELDS = (
    "created",
    "model_id",
    "model_fingerprint",
    "dimension",
    "metric",
    "normalizer_fingerprint",
    "chunker_fingerprint",
    "analyzer_fingerprint",
    "vector_index",
    "package_version",
    "counts",
)
"""The manifest fields that format 5 has in common with the present format."""
T = TypeVar("T")


def open_index(index_dir: Path, check: Check = "samples") -> Generation:
    """Do the same as ``open_generation``, after migrating an index of format 5."""
    return read_index(index_dir, lambda generation: generation, check)


def read_index(index_dir: Path, read: Callable[[Generation], T], check: Check = "samples") -> T:
    """Do the same as ``read_generation``, after migrating an index of format 5.

    Also raises ``IndexWriteError`` if the migrated index cannot be written, and
    ``IndexBusyError`` if a build holds the index for too long.
    """
    try:
        return read_generation(index_dir, read, check)
    except IndexOutdatedError:
        if read_manifest_table(index_dir)[1]["format_version"] != _MIGRATED_VERSION:
            raise
    _migrate(index_dir)
    return read_generation(index_dir, read, check)


def _migrate(index_dir: Path) -> None:
    end = time.monotonic() + _WAIT
    while True:
        try:
            with build_lock(index_dir):
                folder, table = read_manifest_table(index_dir)
                if table["format_version"] == _MIGRATED_VERSION:  # not yet by another process
                    _rewrite(index_dir, folder, table)
                return
        except IndexBusyError:
            if time.monotonic() >= end:
                raise
        time.sleep(_PAUSE)


def _rewrite(index_dir: Path, folder: Path, table: Mapping[str, Any]) -> None:
    try:
        faults = (file_fault(folder / name, one, "all") for name, one in table["files"].items())
        wrong = next(filter(None, faults), None)
        if wrong:
            raise ValueError(wrong)
        segment = _segment(folder, table["documents"])
        kept = {name: table[name] for name in _KEPT_FIELDS}
    except (OSError, ValueError, LookupError, TypeError, RuntimeError, AttributeError) as error:
        raise IndexDamagedError(
            f"the index in {index_dir} is damaged: {error}. "
            f"Make it again: {rebuild_command(index_dir)}"
        ) from error
    runs = [(0, 0, len(segment.texts.ids))]
    kept["network"] = table.get("network", [])  # absent from early indexes of format 5
    manifest = Manifest(format_version=FORMAT_VERSION, runs=runs, segments=(), **kept)
    write_generation(index_dir, manifest, (segment.describe(), segment.writer()))
    _log.info("the index in %s was brought to format %d", index_dir, FORMAT_VERSION)


def _segment(folder: Path, documents: Mapping[str, str]) -> Segment:
    def array(name: str) -> NDArray[Any]:
        return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))

    texts = Texts.of_lines(
        documents,
        (np.fromfile(folder / "documents.jsonl", np.uint8), array("documents")),
        (np.fromfile(folder / "passages.jsonl", np.uint8), array("passages")),
    )
    fields = json.loads((folder / "lexical.json").read_bytes())["fields"]
    names = "keys", "fields", "starts", "passages", "times"
    postings = Postings(*(array(f"lexical_{name}") for name in names))
    lexical = LexicalIndex(fields, postings, postings.lengths(len(fields), len(texts)))
    normalizer, analyzer = Normalizer(), Analyzer()
    passages = (texts.passage(at) for at in range(len(texts)))
    spelt = (analyzer.words(normalizer(lexical_text(passage))) for passage in passages)
    words = None
    if (folder / "word_vectors.npy").exists():
        words = PassageWords(
            array("word_starts"),
            array("word_vectors"),
            array("word_places"),
            array("word_digests"),
            WordAxes(array("word_axes")),
        )
    rows = array("rows")
    children = ChildTerms(array("child_starts"), array("child_keys"))
    return Segment.of(
        texts,
        rows["passage"],
        rows["digest"],
        DenseIndex.from_data(np.asarray(np.memmap(folder / "dense.faiss", np.uint8, "r"))),
        (lexical, children, Vocabulary.from_words(spelt), words),
    )
