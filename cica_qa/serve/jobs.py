"""Background jobs: uploaded files are read one after another and added to their collection."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from cica_qa.chat import texts
from cica_qa.documents.file_notes import FileNote
from cica_qa.documents.load import read_file
from cica_qa.documents.reading import Limits
from cica_qa.documents.registry import BY_SUFFIX, HEAD, by_content
from cica_qa.errors import CicaError, DocumentError, UnreadableError
from cica_qa.index.export import is_export, read_export
from cica_qa.serve.library import Library
from cica_qa.types import Document

log = logging.getLogger(__name__)

State = Literal["queued", "reading", "indexing", "read", "repaired", "doubtful", "skipped"]
_MAX_JOBS = 1000  # that are remembered
_READ_SECONDS = 120.0  # for one file
_UNKNOWN = "لا يُقرأ هذا النوع من الملفات."
_UNEXPECTED = "تعذّرت إضافة هذا الملف."


@dataclass(slots=True)
class Job:
    """An uploaded file and its progress.

    ``notes`` say what was repaired or doubtful, or why the file was skipped; ``arabic`` is the same
    for Arabic readers, one line each. During indexing, ``stage``, ``done`` and ``total`` are those
    of ``Progress``.
    """

    id: str
    collection: str
    name: str
    state: State = "queued"
    stage: str = ""
    done: int = 0
    total: int = 0
    format: str = ""
    documents: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    arabic: str = ""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Record the progress of indexing."""
        self.stage, self.done, self.total = stage, done, total


class Jobs:
    """Reads uploaded files in one thread; a file that cannot be read leaves nothing behind."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "cica-qa-files")
        self._closed = False

    def begin(self, library: Library, collection: str, name: str, file: Path) -> Job:
        """Queue an uploaded file; ``name`` is the name that its sender gave it."""
        job = Job(secrets.token_urlsafe(12), collection, name)
        with self._lock:
            self._jobs[job.id] = job
            while len(self._jobs) > _MAX_JOBS:
                self._jobs.popitem(last=False)
        self._pool.submit(self._work, library, job, file)
        return job

    def get(self, job_id: str) -> Job | None:
        """Return a job; None if it is unknown or was forgotten."""
        return self._jobs.get(job_id)

    def close(self) -> None:
        """Start no further file, and wait for the one being read."""
        self._closed = True
        self._pool.shutdown(wait=True)

    def _work(self, library: Library, job: Job, file: Path) -> None:
        try:
            if not self._closed:
                self._add(library, job, file)
        except CicaError as error:
            job.notes = [str(error).replace(str(file), job.name)]
            job.arabic, job.state = error.arabic, "skipped"
        except Exception:
            log.exception("a file could not be added")
            job.arabic, job.state = _UNEXPECTED, "skipped"
        finally:
            file.unlink(missing_ok=True)

    def _add(self, library: Library, job: Job, file: Path) -> None:
        job.state = "reading"
        named = file.with_name(f"{file.name}{PurePosixPath(job.name).suffix.lower()}"[:250])
        file.rename(named)
        try:
            _check(named, job.name)
            content = _exported(named, job.name) or _content(named, job.name)
            job.format = content.format
            job.state = "indexing"
            library.add(job.collection, content.documents, over_network=True, progress=job.progress)
            if content.kept:
                named.replace(library.file_of(job.collection, job.name))
            job.documents = [document.doc_id for document in content.documents]
            notes = (*content.repairs, *content.doubts)
            job.notes = [one.replace(str(named), job.name) for one in notes]
            job.arabic = "\n".join(map(texts.noted, notes))
            if content.doubts:
                job.state = "doubtful"
            else:
                job.state = "repaired" if content.repairs else "read"
        except CicaError as error:
            raise type(error)(
                str(error).replace(str(named), job.name), arabic=error.arabic
            ) from error
        finally:
            named.unlink(missing_ok=True)


def _check(file: Path, name: str) -> None:
    """Raise ``DocumentError`` for an empty file or one of an unknown type."""
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    known = PurePosixPath(name).suffix.lower() in BY_SUFFIX
    if not known and by_content(head) is None and not head.startswith(b"PK"):
        raise UnreadableError(f"{name} is of no kind that is read", arabic=_UNKNOWN)
    if not head:
        raise DocumentError(f"{name} is empty", arabic="هذا الملف فارغ.")


@dataclass(frozen=True, slots=True)
class _Content:
    """What was read from a file, and whether the file is kept; an export is not."""

    format: str
    documents: Sequence[Document]
    repairs: Sequence[FileNote]
    doubts: Sequence[FileNote]
    kept: bool


def _exported(file: Path, name: str) -> _Content | None:
    """Return the exact documents of an export; None for any other file."""
    with file.open("rb") as stream:
        if not is_export(stream.readline(HEAD)):
            return None
        stream.seek(0)
        export = read_export(stream, name)
    return _Content("jsonl", export.documents, (), export.faults, kept=False)


def _content(file: Path, name: str) -> _Content:
    content = read_file(file, name, Limits(seconds=_READ_SECONDS))
    documents = [_own(document, name, file) for document in content.documents]
    return _Content(content.format.name, documents, content.repairs, content.doubts, kept=True)


def _own(document: Document, name: str, file: Path) -> Document:
    """Return a document without its path on this machine; its file name is the default title."""
    title = PurePosixPath(name).stem if document.title == file.stem else document.title
    metadata = {**document.metadata, "brought": time.strftime("%Y-%m-%d")}
    return replace(document, title=title, source=name, metadata=metadata)
