"""How much may still be uploaded to a collection, counted with what is on its way."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path

from cica_qa.errors import DocumentError
from cica_qa.settings import ServeSettings


class Room:
    """The files and bytes that a folder may hold. Uploads that run at once share what is left."""

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._coming: defaultdict[Path, dict[Path, int]] = defaultdict(dict)
        self._lock = threading.Lock()

    def reserve(self, file: Path, size: int | None) -> None:
        """Keep room for an upload until ``release``: ``size`` bytes, or the most if not known.

        Raises ``DocumentError`` if the folder of the file is full.
        """
        size = self._settings.max_file_bytes if size is None else size
        with self._lock:
            coming = self._coming[file.parent]
            self._require(file.parent, coming, size)
            coming[file] = size

    def release(self, file: Path) -> None:
        """Give the room back: the file is complete, and counts by itself, or gone."""
        with self._lock:
            del self._coming[file.parent][file]

    def _require(self, folder: Path, coming: dict[Path, int], size: int) -> None:
        files = [one for one in folder.glob("*") if one not in coming] if folder.is_dir() else []
        most, most_bytes = self._settings.max_files, self._settings.max_files_bytes
        if len(files) + len(coming) >= most:
            raise DocumentError(
                f"the collection has {most:,} files, as many as it may (serve.max_files)",
                arabic=f"بلغت ملفات المجموعة حدّها ({most:,}). احذف بعضها ثم أضف.",
            )
        if sum(map(_size, files)) + sum(coming.values()) + size > most_bytes:
            raise DocumentError(
                f"the files of the collection would have more than {most_bytes:,} bytes "
                "(serve.max_files_bytes)",
                arabic="لا تتّسع المجموعة لحجم هذا الملف. احذف بعض ملفاتها ثم أضف.",
            )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # read meanwhile, and gone
        return 0
