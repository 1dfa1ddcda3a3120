"""The command ``cica-qa index``, and what the chat builds before it opens."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cica_qa.errors import IndexBusyError
from cica_qa.terminal import ProgressBar, build_report

if TYPE_CHECKING:
    from cica_qa.protocols import Encoder
    from cica_qa.settings import Settings
    from cica_qa.types import IndexInfo


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Build or refresh an index, print what changed, and return the exit code."""
    from cica_qa.index.build import build_index

    with ProgressBar(sys.stderr) as bar:
        info = build_index(options.paths, options.index, settings=settings, progress=bar.show)
    _report(info, options.index)
    return 0


def _report(info: IndexInfo, index_dir: Path) -> None:
    for doc_id, reason in info.skipped.items():
        print(f"cica-qa: left out {doc_id}: {reason}", file=sys.stderr)
    for line in build_report(info, index_dir):
        print(line)


def refresh(options: argparse.Namespace, encoder: Encoder, settings: Settings) -> None:
    """Bring the index up to date; while another build is at work, serve what is published."""
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
