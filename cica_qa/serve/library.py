"""Collections that can be empty and that are created and removed while the server runs."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Self

from cica_qa.answer.collections import Collections
from cica_qa.answer.pipeline import Pipeline
from cica_qa.errors import CollectionError, IndexMissingError, LastDocumentError, SettingsError
from cica_qa.index import update
from cica_qa.index.location import Location, beside
from cica_qa.protocols import Encoder, Progress
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings
from cica_qa.types import Document

_NAME = re.compile(r"\w[\w .()-]{0,63}")
_LABEL = "collection.json"
_ABANDONED = 86_400.0  # seconds after which an unread upload counts as left behind


class EmptyCollectionError(CollectionError):
    """The collection has no document yet."""

    default_arabic = "لا وثائق في هذه المجموعة بعد. أضف وثائق ثم اسأل."


class Library(Collections):
    """Collections in folders. An empty one has no index until its first document is added.

    Collections named at the start are those of ``Collections``. Others are created below ``root``,
    each in a folder of its own, named by a hash, with its uploaded files beside its index.
    """

    def __init__(
        self,
        folders: Mapping[str, Location],
        open_index: Callable[[Location], Pipeline],
        encoder: Encoder,
        settings: Settings,
        root: Path,
    ) -> None:
        """Serve ``folders``, the first as the default. Raises ``SettingsError`` if it is empty."""
        if not folders:
            raise SettingsError("name at least one collection: NAME=INDEX_FOLDER")
        self._folders: dict[str, Location] = dict(folders)
        self._named = frozenset(folders)
        self._open = open_index
        self._encoder_and_settings = (encoder, settings)
        self._root = root
        self._pipelines: dict[str, Pipeline] = {}
        self._lock = threading.RLock()
        for label in sorted(root.glob(f"*/{_LABEL}")):
            name = json.loads(label.read_text(encoding="utf-8"))["name"]
            self._folders.setdefault(name, label.parent / "index")
        self._remove_abandoned()

    def _remove_abandoned(self) -> None:
        """Remove uploads that a killed server left behind."""
        before = time.time() - _ABANDONED
        for name in self._folders:
            for file in self.files_of(name).glob(".*"):
                if file.stat().st_mtime < before:
                    file.unlink(missing_ok=True)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the collections, the default first."""
        return tuple(self._folders)

    def __getitem__(self, name: str) -> Pipeline:
        """Return the pipeline of a collection; ``""`` names the default.

        Raises ``CollectionError``, or ``EmptyCollectionError`` if it has no documents.
        """
        name = self._known(name)
        with self._lock:
            folder = self._folders[name]
            empty = EmptyCollectionError(
                f"the collection {name!r} has no documents yet; add some first"
            )
            if isinstance(folder, Path) and not (folder / "CURRENT").is_file():
                self._pipelines.pop(name, None)
                raise empty
            if name not in self._pipelines:
                try:
                    self._pipelines[name] = self._open(folder)
                except IndexMissingError as error:
                    raise empty from error
            return self._pipelines[name]

    def limited_to(self, names: Iterable[str]) -> Self:
        """Return only ``names``, the first as the default. Raises ``CollectionError``."""
        limited = type(self).__new__(type(self))
        vars(limited).update(vars(self))
        limited._folders = {name: self._folders[self._known(name)] for name in names}
        return limited

    def add(
        self,
        name: str,
        documents: Iterable[Document],
        *,
        wait: float = update.WAIT,
        over_network: bool = False,
        progress: Progress | None = None,
    ) -> IndexInfo:
        """Add documents as ``Collections.add`` does, also to an empty collection."""
        folder = self._folders[self._known(name)]
        return update.add_documents(
            folder,
            documents,
            *self._encoder_and_settings,
            wait=wait,
            over_network=over_network,
            progress=progress,
        )

    def delete(self, name: str, doc_ids: Iterable[str], *, wait: float = update.WAIT) -> IndexInfo:
        """Delete documents as ``Collections.delete`` does, including the last one."""
        gone = [doc_ids] if isinstance(doc_ids, str) else list(doc_ids)
        name = self._known(name)
        info = self._delete_documents(name, gone, wait)
        for doc_id in gone:
            self.file_of(name, doc_id).unlink(missing_ok=True)
        return info

    def _delete_documents(self, name: str, gone: Sequence[str], wait: float) -> IndexInfo:
        folder = self[name].retriever.index_dir
        while True:
            try:
                return update.delete_documents(folder, gone, *self._encoder_and_settings, wait=wait)
            except LastDocumentError:
                if update.empty_index(folder, gone, wait=wait):
                    with self._lock:
                        self._pipelines.pop(name, None)
                    return IndexInfo("", 0, 0, 0, 0, removed=tuple(gone))

    def is_at(self, name: str, index_dir: Location) -> bool:
        """Return whether ``index_dir`` is the index folder of a collection."""
        return self._folders.get(name) == index_dir

    def was_made(self, name: str) -> bool:
        """Return whether a collection was created over the network."""
        return name in self._folders and name not in self._named

    def files_of(self, name: str) -> Path:
        """Return the folder of the files uploaded to a collection."""
        return beside(self._folders[self._known(name)], ".files")

    def file_of(self, name: str, doc_id: str) -> Path:
        """Return the path of a document's file, named by a hash so no user text enters a path."""
        return self.files_of(name) / sha256(doc_id.encode("utf-8", "surrogatepass")).hexdigest()

    def make(self, name: str) -> None:
        """Create an empty collection. Raises ``CollectionError``."""
        if not _NAME.fullmatch(name) or name != name.strip():
            raise CollectionError(
                "a collection's name has up to 64 letters, digits, spaces, '.', '-' and brackets",
                arabic="اسم المجموعة حروف وأرقام ومسافات، 64 حرفًا على الأكثر.",
            )
        with self._lock:
            if name in self._folders:
                raise CollectionError(
                    f"there is a collection {name!r} already; give another name",
                    arabic="توجد مجموعة بهذا الاسم. اختر اسمًا آخر.",
                )
            folder = self._root / sha256(name.encode()).hexdigest()[:16]
            folder.mkdir(parents=True, exist_ok=True)
            label = json.dumps({"name": name}, ensure_ascii=False)
            (folder / _LABEL).write_text(label, encoding="utf-8")
            self._folders[name] = folder / "index"

    def remove(self, name: str) -> None:
        """Remove a collection created over the network, with its files.

        Raises ``CollectionError``, also for collections that were named at the start.
        """
        name = self._known(name)
        if name in self._named:
            raise CollectionError(
                f"the collection {name!r} was named when the server started; it stays",
                arabic="هذه المجموعة حدّدها من يدير الخادم، فلا تُحذف من هنا.",
            )
        with self._lock:
            self._pipelines.pop(name, None)
            folder = self.files_of(name).parent
            del self._folders[name]
            shutil.rmtree(folder, ignore_errors=True)

    def _known(self, name: str) -> str:
        name = name or next(iter(self._folders))
        if name not in self._folders:
            raise CollectionError(
                f"there is no collection {name!r}; there are: {', '.join(self.names)}"
            )
        return name
