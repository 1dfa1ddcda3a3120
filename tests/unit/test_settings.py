"""Settings: what wins, and what is said about a value that cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from cica_qa.errors import SettingsError
from cica_qa.settings import ServeSettings, Settings

NAMES = (
    "answer_threshold, batch_size, cache_dir, lemmas, llm_key, llm_model, llm_seconds, llm_url, "
    "max_question_chars, model, passage_chars, reader, serve, system_key, threads, vector_index, "
    "window_words"
)
SERVE_NAMES = (
    "at_once, documents, file_seconds, hosts, keys, keys_file, log_questions, max_batch, "
    "max_body_bytes, max_file_bytes, max_files, max_files_bytes, max_history, max_k, origins, "
    "per_minute, refused_per_minute, seconds, waiting"
)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CICA_{name.upper()}", raising=False)
    for name in ServeSettings.model_fields:
        monkeypatch.delenv(f"CICA_SERVE__{name.upper()}", raising=False)
    return tmp_path


def test_the_defaults() -> None:
    assert Settings.load().model_dump() == {
        "model": "bundled",
        "cache_dir": None,
        "threads": None,
        "batch_size": 32,
        "passage_chars": 1500,
        "window_words": 60,
        "lemmas": False,
        "vector_index": "auto",
        "reader": True,
        "answer_threshold": 0.2,
        "llm_url": "",
        "llm_model": "",
        "llm_key": SecretStr(""),
        "llm_seconds": 20,
        "system_key": SecretStr(""),
        "max_question_chars": 2000,
        "serve": {
            "keys": (),
            "keys_file": Path("cica-qa.keys"),
            "documents": False,
            "origins": (),
            "hosts": (),
            "per_minute": 600,
            "refused_per_minute": 30,
            "at_once": 8,
            "waiting": 64,
            "seconds": 30,
            "max_body_bytes": 1_000_000,
            "max_file_bytes": 50_000_000,
            "max_files": 1000,
            "max_files_bytes": 1_000_000_000,
            "file_seconds": 600,
            "max_k": 50,
            "max_history": 20,
            "max_batch": 32,
            "log_questions": False,
        },
    }


def test_defaults_then_file_then_environment_then_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "my.toml"
    file.write_text("batch_size = 1\nthreads = 1\nwindow_words = 11\n")
    monkeypatch.setenv("CICA_THREADS", "2")
    monkeypatch.setenv("CICA_WINDOW_WORDS", "22")
    settings = Settings.load(file, window_words=33)
    values = (settings.passage_chars, settings.batch_size, settings.threads, settings.window_words)
    assert values == (1500, 1, 2, 33)


def test_a_file_in_the_working_folder_is_read_and_a_named_one_takes_its_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "cica-qa.toml").write_text('model = "نموذج"\nbatch_size = 7\n', "utf-8")
    (tmp_path / "other.toml").write_text("threads = 3\n")
    assert Settings.load().model == "نموذج"
    assert (Settings.load("other.toml").batch_size, Settings.load("other.toml").threads) == (32, 3)
    assert Settings().batch_size == 32, "only load() reads a file"


def test_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICA_MODEL", "some/model")
    monkeypatch.setenv("CICA_CACHE_DIR", "models here")
    assert (Settings().model, Settings().cache_dir) == ("some/model", Path("models here"))


def test_the_table_of_the_server_is_laid_over_setting_by_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "my.toml"
    file.write_text('[serve]\nhosts = ["a.example"]\nat_once = 1\nwaiting = 1\n')
    monkeypatch.setenv("CICA_SERVE__WAITING", "2")
    monkeypatch.setenv("CICA_SERVE__KEYS", '["a:0", "b:1"]')
    serve = Settings.load(file).serve
    assert (serve.hosts, serve.at_once, serve.waiting) == (("a.example",), 1, 2)
    assert serve.keys == ("a:0", "b:1")


def test_the_page_has_a_row_for_each_setting() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.*?) \|", page, re.MULTILINE)
    tables = (("CICA_", Settings), ("CICA_SERVE__", ServeSettings))
    assert [(name, variable) for name, variable, _ in rows] == [
        (name, prefix + name.upper())
        for prefix, table in tables
        for name in table.model_fields
        if name != "serve"
    ]
    written = {variable: default.strip("`").replace(",", "") for _, variable, default in rows}
    for name, default in ServeSettings().model_dump().items():
        shown = "none" if default == () else str(default).lower().removesuffix(".0")
        assert written[f"CICA_SERVE__{name.upper()}"] == shown


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"modle": "x"}, f"unknown setting 'modle'; the settings are: {NAMES}"),
        ({"_file": "x"}, f"unknown setting '_file'; the settings are: {NAMES}"),
        ({"model": ""}, "setting 'model': String should have at least 1 character (got '')"),
        ({"threads": 0}, "setting 'threads': Input should be greater than or equal to 1 (got 0)"),
        (
            {"answer_threshold": 1.5},
            "setting 'answer_threshold': Input should be less than or equal to 1 (got 1.5)",
        ),
        (
            {"batch_size": "many"},
            "setting 'batch_size': Input should be a valid integer, unable to parse string as an "
            "integer (got 'many')",
        ),
        ({"serve.keyz": 1}, f"unknown setting 'serve.keyz'; the settings are: {SERVE_NAMES}"),
        (
            {"serve.seconds": 0},
            "setting 'serve.seconds': Input should be greater than 0 (got 0)",
        ),
        (
            {"serve.max_body_bytes": 10},
            "setting 'serve.max_body_bytes': Input should be greater than or equal to 1000 "
            "(got 10)",
        ),
        ({"serve.hosts": "a"}, "setting 'serve.hosts': Input should be a valid tuple (got 'a')"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, values: dict[str, object], message: str) -> None:
    file = tmp_path / "my.toml"
    file.write_text("".join(f"{name} = {value!r}\n" for name, value in values.items()))
    with pytest.raises(SettingsError) as caught:
        Settings.load(file)
    assert str(caught.value) == message
    if "_file" not in values:
        tables = {name.partition(".")[2]: value for name, value in values.items() if "." in name}
        with pytest.raises(SettingsError) as caught:
            Settings(**({"serve": tables} if tables else values))
        assert str(caught.value) == message


def test_not_a_number_is_no_threshold() -> None:
    with pytest.raises(SettingsError, match="answer_threshold"):
        Settings(answer_threshold=float("nan"))


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(threads=0, batch_size=0)
    assert str(caught.value).count("greater than or equal to 1") == 2


@pytest.mark.parametrize(
    "content", [None, b"threads = \n", b"threads = 1\nthreads = 2\n", b'model = "\xff"\n', "folder"]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | str | None) -> None:
    file = tmp_path / "my.toml"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content:
        file.mkdir()
    with pytest.raises(SettingsError, match=r"cannot read the settings in .*my\.toml: "):
        Settings.load(file)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().threads = 2
