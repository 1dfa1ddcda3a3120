"""Ask Arabic documents questions and get short answers cited to the exact characters.

The names in ``__all__`` are the public API. They are imported on first use, so that importing
the package stays cheap and loads no model library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cica_qa.version import __version__

if TYPE_CHECKING:
    from cica_qa.answer.collections import Collections
    from cica_qa.answer.pipeline import Pipeline
    from cica_qa.errors import CicaError
    from cica_qa.evaluation.evaluate import evaluate
    from cica_qa.index.build import build_index
    from cica_qa.index.changes import add_documents, delete_documents
    from cica_qa.reports import IndexInfo
    from cica_qa.retrieve.retriever import Retriever
    from cica_qa.settings import Settings
    from cica_qa.types import Answer, Citation, Document, Hit, Passage, Piece, Turn

__all__ = [
    "Answer",
    "CicaError",
    "Citation",
    "Collections",
    "Document",
    "Hit",
    "IndexInfo",
    "Passage",
    "Piece",
    "Pipeline",
    "Retriever",
    "Settings",
    "Turn",
    "__version__",
    "add_documents",
    "build_index",
    "delete_documents",
    "evaluate",
]

_MODULES = {
    "Collections": "cica_qa.answer.collections",
    "Pipeline": "cica_qa.answer.pipeline",
    "CicaError": "cica_qa.errors",
    "add_documents": "cica_qa.index.changes",
    "build_index": "cica_qa.index.build",
    "delete_documents": "cica_qa.index.changes",
    "evaluate": "cica_qa.evaluation.evaluate",
    "Retriever": "cica_qa.retrieve.retriever",
    "Settings": "cica_qa.settings",
    "IndexInfo": "cica_qa.reports",
    **dict.fromkeys(
        ("Answer", "Citation", "Document", "Hit", "Passage", "Piece", "Turn"),
        "cica_qa.types",
    ),
}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
