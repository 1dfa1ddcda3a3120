"""Limits on the files of a collection that include the uploads in progress."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path

from cica_qa.errors import DocumentError
from cica_qa.settings import ServeSettings


class UploadQuota:
    """The files and bytes that a folder may hold, shared by concurrent uploads."""

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._pending: defaultdict[Path, dict[Path, int]] = defaultdict(dict)
        self._lock = threading.Lock()

    def reserve(self, file: Path, size: int | None) -> None:
        """Reserve ``size`` bytes for an upload until ``release``; by default the largest file's.

        Raises ``DocumentError`` if the folder of the file is full.
        """
        size = self._settings.max_file_bytes if size is None else size
        with self._lock:
            pending = self._pending[file.parent]
            self._require(file.parent, pending, size)
            pending[file] = size

    def release(self, file: Path) -> None:
        """End a reservation: the file now counts by its own size, or is gone."""
        with self._lock:
            del self._pending[file.parent][file]

    def _require(self, folder: Path, pending: dict[Path, int], size: int) -> None:
        files = [one for one in folder.glob("*") if one not in pending] if folder.is_dir() else []
        most, most_bytes = self._settings.max_files, self._settings.max_files_bytes
        if len(files) + len(pending) >= most:
            raise DocumentError(
                f"the collection has {most:,} files, as many as it may (serve.max_files)",
                arabic=f"بلغت ملفات المجموعة حدّها ({most:,}). احذف بعضها ثم أضف.",
            )
        if sum(map(_size, files)) + sum(pending.values()) + size > most_bytes:
            raise DocumentError(
                f"the files of the collection would have more than {most_bytes:,} bytes "
                "(serve.max_files_bytes)",
                arabic="لا تتّسع المجموعة لحجم هذا الملف. احذف بعض ملفاتها ثم أضف.",
            )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # it was read and removed meanwhile
        return 0
