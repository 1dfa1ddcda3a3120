"""The command ``cica-qa index``, and the refresh before the server or the chat starts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cica_qa.cli import move
from cica_qa.errors import DocumentError, IndexBusyError, SettingsError
from cica_qa.terminal import ProgressBar, build_report, terminal_safe

if TYPE_CHECKING:
    from cica_qa.protocols import Encoder
    from cica_qa.reports import FileReport, IndexInfo
    from cica_qa.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument(
        "--strict",
        action="store_true",
        help="index nothing where a file, or a line of an import, would be skipped",
    )
    parser.add_argument(
        "--merge",
        action="store_true",
        help="import into an index that has documents; those of the same id are replaced",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "paths", nargs="*", type=Path, default=[], metavar="PATH", help="a file or a folder"
    )
    what.add_argument(
        "--export",
        metavar="FILE",
        help="write all documents of the index as lines of JSON, to a file or '-'",
    )
    what.add_argument(
        "--import",
        dest="import_",
        metavar="FILE",
        help="make an index of what --export wrote, from a file or '-'",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Build or refresh an index, or export or import one, and return the exit code."""
    if options.merge and options.import_ is None:
        raise SettingsError("--merge goes with --import FILE")
    if options.export is not None:
        return move.export(options)
    if options.import_ is not None:
        return move.import_(options, settings)
    return _build(options, settings)


def _build(options: argparse.Namespace, settings: Settings) -> int:
    from cica_qa.documents.load import load_paths
    from cica_qa.index.build import update_index
    from cica_qa.models.encoder import load_encoder

    loaded = load_paths(options.paths)
    if options.strict and any(file.status == "skipped" for file in loaded.files):
        _report_files(loaded.files)
        raise DocumentError("files were skipped, so nothing was indexed (--strict)")
    with ProgressBar(sys.stderr) as bar:
        info = update_index(loaded, options.index, load_encoder(settings), settings, bar.show)
    _report(info, options.index)
    return 0


def _report(info: IndexInfo, index_dir: Path) -> None:
    _report_files(info.files)
    for line in build_report(info, index_dir):
        print(line)


def _report_files(files: Iterable[FileReport]) -> None:
    from cica_qa.documents.report import report_lines

    for line in report_lines(files):
        print(terminal_safe(f"cica-qa: {line}"), file=sys.stderr)


def refresh(options: argparse.Namespace, encoder: Encoder, settings: Settings) -> None:
    """Bring the index up to date; if another build holds its lock, leave the index as it is."""
    from cica_qa.documents.load import load_paths
    from cica_qa.index.build import update_index

    try:
        with ProgressBar(sys.stderr) as bar:
            info = update_index(
                load_paths(options.paths), options.index, encoder, settings, bar.show
            )
        _report(info, options.index)
    except IndexBusyError as error:
        print(f"cica-qa: {error}", file=sys.stderr)
