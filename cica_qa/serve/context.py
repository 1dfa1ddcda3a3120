"""The state that all parts of the server share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cica_qa.answer.collections import Collections
from cica_qa.serve.guard.authentication import WRITE
from cica_qa.serve.library import Library
from cica_qa.serve.problems import NotAllowedError
from cica_qa.serve.workers import Workers
from cica_qa.settings import Settings

if TYPE_CHECKING:
    from starlette.types import Scope

    from cica_qa.answer.pipeline import Pipeline

_NO_CHANGES = "لا يسمح هذا الخادم بتغيير الوثائق."
_ONLY_READS = "هذا المفتاح للقراءة وحدها، ولا يسمح بتغيير الوثائق."


@dataclass(frozen=True)
class Context:
    """The collections, the worker threads and the settings of a server."""

    collections: Collections
    workers: Workers
    settings: Settings

    def seen_by(self, scope: Scope | None) -> Collections:
        """Return the collections that a request may see; all without a request.

        Raises ``NotAllowedError`` if its key is limited to collections that are not served.
        """
        names = scope["state"].get("collections") if scope else None
        if names is None:
            return self.collections
        seen = [name for name in self.collections.names if name in names]
        if not seen:
            raise NotAllowedError("this key is for none of the collections that are served")
        return self.collections.limited_to(seen)

    def uploaded_file(self, pipeline: Pipeline, doc_id: str) -> Path | None:
        """Return the uploaded file of a document, or None if there is none."""
        library = self.collections
        if not isinstance(library, Library):
            return None
        for name in library.names:
            if library.is_at(name, pipeline.retriever.index_dir):
                file = library.file_of(name, doc_id)
                return file if file.is_file() else None
        return None

    def may_write(self, scope: Scope) -> bool:
        """Return whether the request may change documents."""
        try:
            self.require_write(scope)
        except NotAllowedError:
            return False
        return True

    def require_write(self, scope: Scope) -> None:
        """Raise ``NotAllowedError`` if the request may not change documents."""
        if not self.settings.serve.documents:
            raise NotAllowedError(
                "this server does not let requests change documents; whoever runs it can allow "
                "it: [serve] documents = true, or CICA_SERVE__DOCUMENTS=1",
                arabic=_NO_CHANGES,
            )
        if WRITE not in scope["auth"].scopes:
            raise NotAllowedError(
                "this key may only read; 'cica-qa key NAME --write' makes one that may change "
                "documents",
                arabic=_ONLY_READS,
            )
