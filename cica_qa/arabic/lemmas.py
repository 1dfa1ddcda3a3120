"""Lemmas from CAMeL Tools, if the user has installed its morphology data. Off by default.

Importing ``camel_tools.morphology`` reads the data catalogue and, if there is none, creates a
folder in the home directory and downloads one. The data files are therefore looked up first, and
nothing is imported unless they exist.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.letters import fold
from cica_qa.errors import SettingsError
from cica_qa.settings import Settings

if TYPE_CHECKING:
    from cica_qa.arabic.analyze import Lemmatizer

_LOG = logging.getLogger(__name__)
_DATABASES = "data/morphology_db/*/morphology.db"
_PREFERRED = ("calima-msa-r13", "calima-msa-s31")
_CACHED_WORDS = 1 << 16
_ARABIC = re.compile("[ء-ي]+")


def load_analyzer(settings: Settings) -> Analyzer:
    """Return the analyzer that the settings ask for.

    Raises ``SettingsError`` if they ask for lemmas and no usable data is installed.
    """
    if not settings.lemmas:
        return Analyzer()
    lemmatizer = load_lemmatizer()
    if lemmatizer is None:
        raise SettingsError(
            "the setting lemmas needs the morphology data of CAMeL Tools. Install it with "
            "camel_data -i morphology-db-msa-r13, or leave the setting out."
        )
    return Analyzer(lemmatizer)


def morphology_database(environment: Mapping[str, str] | None = None) -> Path | None:
    """Return the path of the installed morphology database, or None; imports nothing.

    Looks where CAMeL Tools 1.6 does: in ``CAMELTOOLS_DATA``, else in ``.camel_tools`` in the
    home folder (``AppData/Roaming/camel_tools`` on Windows). MSA databases are preferred.
    """
    environment = os.environ if environment is None else environment
    folder = _data_folder(environment)
    if not (folder / "catalogue.json").is_file():
        return None
    found = {path.parent.name: path for path in sorted(folder.glob(_DATABASES))}
    return next((found[name] for name in (*_PREFERRED, *found) if name in found), None)


def _data_folder(environment: Mapping[str, str]) -> Path:
    if "CAMELTOOLS_DATA" in environment:
        return Path(environment["CAMELTOOLS_DATA"]).expanduser().absolute()
    return Path.home() / (
        "AppData/Roaming/camel_tools" if sys.platform == "win32" else ".camel_tools"
    )


def load_lemmatizer(database: Path | None = None) -> Lemmatizer | None:
    """Return a lemmatizer for the installed database, or None.

    If the database is missing or unreadable, one line is logged.
    """
    database = database or morphology_database()
    if database is None:
        _LOG.info(
            "no morphology data is installed, so no lemmas (camel_data -i morphology-db-msa-r13)"
        )
        return None
    try:
        return CamelLemmatizer(database)
    except Exception as error:  # a third-party parser may raise anything on a damaged file
        _LOG.warning("the morphology data in %s cannot be read, so no lemmas: %r", database, error)
        return None


class CamelLemmatizer:
    """Finds the most likely lemma of each word, regardless of its neighbours.

    The constructor raises whatever CAMeL Tools raises for an unreadable database. Safe to share
    between threads.
    """

    def __init__(self, database: Path) -> None:
        from camel_tools.morphology import analyzer  # reads data, see the module docstring
        from camel_tools.morphology.database import MorphologyDB

        words = MorphologyDB(str(database), "a")
        self._analyzer: Any = analyzer.Analyzer(words, backoff="NONE")
        size = f"{database.parent.name}:{database.stat().st_size}"
        self.fingerprint = hashlib.sha256(size.encode()).hexdigest()[:16]
        self._lemma = lru_cache(_CACHED_WORDS)(self._most_likely)

    def lemmas(self, words: Sequence[str]) -> list[str]:
        """Return one folded lemma per normalised word; the folded word itself if it is unknown."""
        return [self._lemma(word) for word in words]

    def _most_likely(self, word: str) -> str:
        analyses = self._analyzer.analyze(word) if _ARABIC.fullmatch(word) else []
        if not analyses:
            return fold(word)
        # Ties are broken by the lemma: their order is not fixed, and an index must be reproducible.
        best = max(
            analyses, key=lambda found: (float(found.get("pos_lex_logprob", -99)), found["lex"])
        )
        return lemma_term(str(best["lex"]))


def lemma_term(lemma: str) -> str:
    """Return a lemma as a term: folded, without diacritics or sense number («كِتاب_1» -> كتاب)."""
    from camel_tools.utils.dediac import dediac_ar

    return fold(dediac_ar(lemma.split("_")[0].split("-")[0])) or lemma
