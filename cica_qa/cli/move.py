"""``cica-qa index --export`` and ``--import``: back up and move the documents of an index."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cica_qa.errors import DocumentError, IndexMissingError, IndexWriteError, UnreadableError
from cica_qa.terminal import ProgressBar, build_report, terminal_safe

if TYPE_CHECKING:
    from cica_qa.index.export import Exported
    from cica_qa.index.location import Location
    from cica_qa.settings import Settings

_STANDARD = "-"


def export(options: argparse.Namespace) -> int:
    """Export the documents of an index, and return the exit code."""
    from cica_qa.index.export import export_lines
    from cica_qa.index.opened import open_store

    store, _ = open_store(options.index, check="all")
    if options.export == _STANDARD:
        with _writing("standard output"):
            sys.stdout.buffer.writelines(export_lines(store))
            sys.stdout.buffer.flush()
        return 0
    _write(Path(os.path.realpath(options.export)), export_lines(store))
    many = len(store.document_ids)
    print(terminal_safe(f"{options.export}: exported; documents {many}, of {options.index}"))
    return 0


def import_(options: argparse.Namespace, settings: Settings) -> int:
    """Build an index from an export, and return the exit code."""
    from cica_qa.index.update import add_documents
    from cica_qa.models.encoder import load_encoder

    if not options.merge:
        _require_empty(options.index)
    exported = _read(options.import_)
    for fault in exported.faults:
        print(terminal_safe(f"cica-qa: {_named(options.import_)}: {fault}"), file=sys.stderr)
    if options.strict and exported.faults:
        raise DocumentError("the export is not whole, so nothing was imported (--strict)")
    encoder = load_encoder(settings)
    with ProgressBar(sys.stderr) as bar:
        info = add_documents(
            options.index,
            exported.documents,
            encoder,
            settings,
            over_network=exported.network,
            progress=bar.show,
        )
    for line in build_report(info, options.index):
        print(terminal_safe(line))
    return 0


def _require_empty(index_dir: Location) -> None:
    """Raise ``DocumentError`` if there is an index, or ``IndexStoreError`` if it is damaged."""
    from cica_qa.index.opened import require_index

    try:
        there = require_index(index_dir, check="sizes").counts["documents"]
    except IndexMissingError:
        return
    raise DocumentError(
        f"there is an index in {index_dir} already (documents {there}). Name another folder by "
        "--index, or say --merge to import into it",
        arabic="في هذا المجلد فهرس. اختر مجلدًا آخر.",
    )


def _read(name: str) -> Exported:
    from cica_qa.index.export import read_export

    if name == _STANDARD:
        return read_export(sys.stdin.buffer, _named(name))
    try:
        with Path(name).open("rb") as stream:
            return read_export(stream, name)
    except OSError as error:
        raise UnreadableError(
            f"cannot read {name}: {error.strerror or error}. "
            "Check that the file is there and that you may read it."
        ) from error


def _write(file: Path, lines: Iterable[bytes]) -> None:
    """Replace a file atomically, or write to a pipe or device. Raises ``IndexWriteError``."""
    from cica_qa.index.durable import replace_file

    def write(stream: BinaryIO) -> None:
        stream.writelines(lines)

    with _writing(str(file)):
        if file.exists() and not file.is_file():
            with file.open("wb") as stream:
                write(stream)
        else:
            replace_file(file, write)


@contextmanager
def _writing(name: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # the reader has closed the pipe, which is no error
        raise
    except OSError as error:
        raise IndexWriteError(
            f"cannot write {name}: {error.strerror or error}. Make room or choose another folder "
            "and run the command again; a file that was there before is unchanged.",
            arabic="تعذّرت كتابة الملف. أفسح مكانًا أو اختر مجلدًا آخر.",
        ) from error


def _named(name: str) -> str:
    return "standard input" if name == _STANDARD else name
