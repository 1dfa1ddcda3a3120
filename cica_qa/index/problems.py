"""Errors for indexes that cannot be read or written, with advice on what to do."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from cica_qa.errors import (
    DocumentError,
    IndexDamagedError,
    IndexOutdatedError,
    IndexVersionError,
    IndexWriteError,
    LastDocumentError,
)
from cica_qa.index.location import Location
from cica_qa.index.manifest import FORMAT_VERSION


def rebuild_command(index_dir: Location) -> str:
    """Return the command that builds or rebuilds an index."""
    return f"cica-qa index PATH --index {shlex.quote(str(index_dir))}"


def other_format(index_dir: Path, version: int, package: object) -> IndexVersionError:
    """Return the error for an index of another format."""
    what = f"the index in {index_dir} was written by cica-qa {package} in format {version}; this "
    what += f"version reads format {FORMAT_VERSION}. "
    if version < FORMAT_VERSION:
        return IndexOutdatedError(f"{what}Make it again: {rebuild_command(index_dir)}")
    return IndexVersionError(
        f"{what}Upgrade cica-qa, or make the index again elsewhere: "
        "cica-qa index PATH --index NEW_DIR"
    )


def damaged(index_dir: Path, what: str) -> IndexDamagedError:
    """Return the error for a damaged index; ``what`` says what is wrong with it."""
    return IndexDamagedError(
        f"the index in {index_dir} is damaged: {what}. Make it again: {rebuild_command(index_dir)}"
    )


def write_error(index_dir: Path, error: OSError) -> IndexWriteError:
    """Return the error for an index that cannot be written."""
    return IndexWriteError(
        f"cannot write the index in {index_dir}: {error.strerror or error}. Make room or choose "
        "another folder and run the command again; an index published before is unchanged."
    )


def unknown_documents(doc_ids: Sequence[str]) -> DocumentError:
    """Return the error for documents to be deleted that an index does not have."""
    return DocumentError(
        f"the index has no document {', '.join(map(repr, doc_ids))}. "
        "Nothing was deleted; give ids that it has.",
        arabic="لا توجد وثيقة بهذا المعرّف، ولم يُحذف شيء.",
    )


def last_document() -> LastDocumentError:
    """Return the error for deleting the last document of an index."""
    return LastDocumentError(
        "the index would be left without a document. "
        "Nothing was deleted; add another document first."
    )
