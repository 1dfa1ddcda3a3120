"""Morphology data is used if it is installed, and never downloaded."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from word_encoder import WordEncoder, build

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.lemmas import load_analyzer, load_lemmatizer, morphology_database
from cica_qa.errors import IndexMismatchError, SettingsError
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document

# A database in the format of CAMeL Tools that knows the plural and the singular of «كتاب».
DATABASE = """###DEFINES###
DEFINE pos pos:noun
DEFINE lex lex:*open*
DEFINE diac diac:*open*
DEFINE pos_lex_logprob pos_lex_logprob:*open*
###DEFAULTS###
DEFAULT pos:noun lex:* diac:* pos_lex_logprob:-99.0
###ORDER###
ORDER pos lex diac pos_lex_logprob
###TOKENIZATIONS###
TOKENIZATION diac
###STEMBACKOFF###
STEMBACKOFF NONE none
###PREFIXES###
\tPref-0\tdiac:
ال\tPref-Al\tdiac:ال
###SUFFIXES###
\tSuff-0\tdiac:
###STEMS###
كتب\tN\tdiac:كُتُب lex:كِتاب_1 pos:noun pos_lex_logprob:-4.0
كتب\tN\tdiac:كَتَب lex:كَتَب_1 pos:noun pos_lex_logprob:-6.0
كتاب\tN\tdiac:كِتاب lex:كِتاب_1 pos:noun pos_lex_logprob:-4.0
###TABLE AB###
Pref-0 N
Pref-Al N
###TABLE BC###
N Suff-0
###TABLE AC###
Pref-0 Suff-0
Pref-Al Suff-0
"""


class Plurals:
    """A lemmatizer that knows one plural."""

    fingerprint = "plurals"

    def lemmas(self, words: Sequence[str]) -> list[str]:
        return ["كتاب" if word == "كتب" else word for word in words]


def install(folder: Path, name: str = "calima-msa-r13", database: str = DATABASE) -> Path:
    path = folder / "data/morphology_db" / name / "morphology.db"
    path.parent.mkdir(parents=True)
    path.write_text(database, encoding="utf-8")
    catalogue = '{"version": "1.6.0", "packages": {}, "components": {}}'
    (folder / "catalogue.json").write_text(catalogue, encoding="utf-8")
    return path


def run(code: str, home: Path, data: Path) -> str:
    """Run code in a fresh process whose home folder is empty."""
    environment = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
    environment["CAMELTOOLS_DATA"] = str(data)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, timeout=120
    )
    return done.stdout.decode("utf-8").strip()


def test_the_database_is_found_where_camel_tools_puts_it(tmp_path: Path) -> None:
    environment = {"CAMELTOOLS_DATA": str(tmp_path)}
    assert morphology_database(environment) is None
    egyptian = install(tmp_path, "calima-egy-r13")
    assert morphology_database(environment) == egyptian
    msa = install(tmp_path, "calima-msa-r13")
    assert morphology_database(environment) == msa
    (tmp_path / "catalogue.json").unlink()  # its import would now go to the network
    assert morphology_database(environment) is None


def test_without_data_nothing_is_imported_and_the_home_folder_stays_empty(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import sys; from cica_qa.arabic.lemmas import load_lemmatizer;"
        "print(load_lemmatizer(), 'camel_tools.data' in sys.modules)"
    )
    assert run(code, home, tmp_path / "none") == "None False"
    assert list(home.iterdir()) == []


def test_lemmas_come_from_the_installed_database(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    install(tmp_path / "data")
    code = (
        "import sys; sys.stdout.reconfigure(encoding='utf-8');"
        "from cica_qa.arabic.analyze import Analyzer;"
        "from cica_qa.arabic.lemmas import load_lemmatizer;"
        "analyzer = Analyzer(load_lemmatizer());"
        "print(*analyzer.question_terms('الكتب كتاب سيارة CICA')['lemmas'])"
    )
    assert run(code, home, tmp_path / "data") == "كتاب كتاب سياره cica"


def test_a_damaged_database_is_treated_as_missing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    install(tmp_path / "data", database="rubbish\n")
    code = "from cica_qa.arabic.lemmas import load_lemmatizer; print(load_lemmatizer())"
    assert run(code, home, tmp_path / "data") == "None"


def test_missing_data_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CAMELTOOLS_DATA", str(tmp_path))
    with caplog.at_level(logging.INFO):
        assert load_lemmatizer() is None
    assert [record.getMessage() for record in caplog.records] == [
        "no morphology data is installed, so no lemmas (camel_data -i morphology-db-msa-r13)"
    ]


def test_a_lemmatizer_adds_a_field_and_changes_the_fingerprint() -> None:
    plain, with_lemmas = Analyzer(), Analyzer(Plurals())
    assert plain.fields == ("stems", "grams")
    assert with_lemmas.fields == ("stems", "grams", "lemmas")
    assert with_lemmas.passage_terms("كتب جديدة")["lemmas"] == ["كتاب", "جديدة"]
    assert with_lemmas.question_terms("ما كتب العلم؟")["lemmas"] == ["كتاب", "العلم"]
    assert plain.passage_terms("كتب").keys() == {"stems", "grams"}
    assert plain.fingerprint == Analyzer().fingerprint != with_lemmas.fingerprint


def test_the_setting_adds_a_field_of_lemmas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMELTOOLS_DATA", str(tmp_path))
    assert load_analyzer(Settings()).fields == ("stems", "grams")
    with pytest.raises(SettingsError, match="camel_data -i morphology-db-msa-r13"):
        load_analyzer(Settings(lemmas=True))
    install(tmp_path)
    analyzer = load_analyzer(Settings(lemmas=True))
    assert analyzer.fields == ("stems", "grams", "lemmas")
    assert analyzer.fingerprint != Analyzer().fingerprint


def test_a_plural_finds_its_singular_by_the_lemma(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMELTOOLS_DATA", str(tmp_path / "data"))
    install(tmp_path / "data")
    documents = [Document("1", "", "قرأت الكتاب أمس."), Document("2", "", "نمت طويلا أمس.")]
    build(documents, tmp_path / "index", lemmas=True)
    retriever = Retriever(tmp_path / "index", WordEncoder(), Settings(lemmas=True))
    terms = load_analyzer(Settings(lemmas=True)).question_terms("كتب")
    ((found, score),) = retriever.store.search_terms({"lemmas": terms["lemmas"]}, 2)
    assert found == 0
    assert score > 0
    with pytest.raises(IndexMismatchError, match="text analysis"):
        Retriever(tmp_path / "index", WordEncoder(), Settings())
