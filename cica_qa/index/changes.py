"""The public functions ``add_documents`` and ``delete_documents``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from cica_qa.index import update
from cica_qa.index.inputs import Sources, collect
from cica_qa.index.location import located
from cica_qa.index.opened import require_index
from cica_qa.models.encoder import load_encoder
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings


def add_documents(
    documents: Sources,
    index_dir: str | Path,
    *,
    settings: Settings | None = None,
    wait: float = update.WAIT,
) -> IndexInfo:
    """Add documents to an index, replacing those with the same ids.

    ``documents`` is a path, or an iterable of paths or of ``Document``. All other documents and
    their vectors stay; if there is no index yet, it is created. Open retrievers see the change at
    their next search. Concurrent changes wait for each other, for at most ``wait`` seconds.
    Raises ``DocumentError``, ``ModelError``, ``IndexBusyError`` or another ``IndexStoreError``;
    the index is then unchanged.
    """
    settings = settings or Settings()
    loaded = collect(documents)
    encoder = load_encoder(settings)
    info = update.add_documents(located(index_dir), loaded.documents, encoder, settings, wait=wait)
    return replace(info, skipped={**loaded.skipped, **loaded.unreadable}, files=tuple(loaded.files))


def delete_documents(
    doc_ids: Iterable[str],
    index_dir: str | Path,
    *,
    settings: Settings | None = None,
    wait: float = update.WAIT,
) -> IndexInfo:
    """Delete the documents with these ids from an index. Waits as ``add_documents`` does.

    Raises ``DocumentError`` if an id is unknown or no document would be left, ``ModelError`` or
    ``IndexStoreError``; the index is then unchanged.
    """
    settings = settings or Settings()
    require_index(located(index_dir))  # fail before the model is loaded
    encoder = load_encoder(settings)
    return update.delete_documents(located(index_dir), doc_ids, encoder, settings, wait=wait)
