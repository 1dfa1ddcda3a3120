"""Scopes and generations as SQL conditions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cica_qa.filters import Condition, Filter, wrong_kind
from cica_qa.index.postings import term_key
from cica_qa.index.stores.postgres_connection import Connections
from cica_qa.index.stores.postgres_schema import SHIFT
from cica_qa.protocols import Scope

_COLUMNS = {"number": "number", "date": "moment"}
_MOST = 2**63 - 1


@dataclass(frozen=True)
class Visible:
    """The keys that a generation shows: those below ``next_key`` that are not retired.

    ``gone`` are the keys that were retired by then but not yet dropped.
    """

    generation: int
    next_key: int
    gone: tuple[int, ...] = field(repr=False)

    def documents(self) -> tuple[str, dict[str, Any]]:
        """Return the condition for the rows of the table ``documents``."""
        return (
            "(key < %(next_key)s AND (retired IS NULL OR retired > %(generation)s))",
            {"next_key": self.next_key, "generation": self.generation},
        )

    def passages(self, column: str) -> tuple[str, dict[str, Any]]:
        """Return the condition for a column of passage positions."""
        condition = f"{column} < %(end)s"
        parameters: dict[str, Any] = {"end": self.next_key << SHIFT}
        if self.gone:
            condition += f" AND ({column} >> {SHIFT}) <> ALL(%(gone)s)"
            parameters["gone"] = list(self.gone)
        return condition, parameters

    def chosen(
        self, documents: Any, where: Filter | None, connections: Connections
    ) -> tuple[str, dict[str, Any]]:
        """Return the condition for the rows of ``documents`` that match a filter and ids.

        Raises ``FilterError``.
        """
        condition, parameters = self.documents()
        if documents is not None:
            condition += " AND md5(doc_id) = ANY(%(ids)s)"
            parameters["ids"] = [digest_of(doc_id) for doc_id in documents]
        for number, one in enumerate(where.conditions if where else ()):
            self._require_kinds(one, connections)
            own, values = _matching(one, f"f{number}")
            condition += f" AND key IN (SELECT document FROM fields WHERE {own})"
            parameters |= values
        return condition, parameters

    def scoped(
        self, column: str, scope: Scope | None, connections: Connections
    ) -> tuple[str, dict[str, Any]]:
        """Return the condition for passage positions in a scope. Raises ``FilterError``."""
        condition, parameters = self.passages(column)
        if scope is None:
            return condition, parameters
        if scope.documents is not None or scope.where is not None:
            own, values = self.chosen(scope.documents, scope.where, connections)
            condition += f" AND ({column} >> {SHIFT}) IN (SELECT key FROM documents WHERE {own})"
            parameters |= values
        if scope.holding:
            condition += f" AND {column} IN (SELECT position FROM postings WHERE term = %(held)s)"
            parameters["held"] = signed_key(*scope.holding)
        return condition, parameters

    def _require_kinds(self, condition: Condition, connections: Connections) -> None:
        """Raise ``FilterError`` if no value of a key is of the kind that a range asks for."""
        kinds = {span.kind for span in condition.spans}
        if not kinds:
            return
        live, parameters = self.documents()
        ((values, *typed),) = connections.rows(
            "SELECT count(*), count(number), count(moment) FROM fields "
            f"WHERE key = %(name)s AND document IN (SELECT key FROM documents WHERE {live})",
            parameters | {"name": clean(condition.key)},
        )
        known = dict(zip(_COLUMNS, typed, strict=True))
        for kind in kinds:
            if values and not known[kind]:
                raise wrong_kind(condition.key, kind)


def _matching(condition: Condition, name: str) -> tuple[str, dict[str, Any]]:
    parameters: dict[str, Any] = {
        f"{name}_key": clean(condition.key),
        f"{name}_texts": [digest_of(text) for text in condition.texts],
    }
    parts = [f"md5(value) = ANY(%({name}_texts)s)"]
    for at, span in enumerate(condition.spans):
        low, high = f"{name}_low{at}", f"{name}_high{at}"
        parameters |= {low: span.low, high: span.high}
        kind = "float8"
        if span.kind == "date":
            parameters |= {low: max(int(span.low), -_MOST), high: min(int(span.high), _MOST)}
            kind = "bigint"
        parts.append(f"{_COLUMNS[span.kind]} BETWEEN %({low})s::{kind} AND %({high})s::{kind}")
    return f"key = %({name}_key)s AND ({' OR '.join(parts)})", parameters


def digest_of(text: str) -> str:
    """Return the result of PostgreSQL's ``md5`` for a text as it is stored."""
    return hashlib.md5(clean(text).encode(), usedforsecurity=False).hexdigest()


def clean(text: str) -> str:
    """Return a text without the null character, which PostgreSQL cannot store."""
    return text.replace("\0", "\ufffd")


def signed_key(name: str, term: str) -> int:
    """Return the hash of a term of a field as PostgreSQL's signed integer."""
    return int(np.uint64(term_key(name, term)).astype(np.int64))
