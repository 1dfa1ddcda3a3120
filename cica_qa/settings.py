"""All settings in one frozen object: arguments > CICA_* environment > TOML file > defaults."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from cica_qa.errors import SettingsError

DEFAULT_FILE = Path("cica-qa.toml")


class ServeSettings(BaseModel):
    """Server settings: the table ``[serve]`` of the TOML file, or ``CICA_SERVE__*`` variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[str, ...] = Field(default=(), description="who may ask: lines of 'cica-qa key'")
    keys_file: Path = Field(
        default=Path("cica-qa.keys"), description="more of them, read again when it changes"
    )
    documents: bool = Field(default=False, description="let requests add and delete documents")
    origins: tuple[str, ...] = Field(
        default=(), description="web origins whose pages may ask (CORS)"
    )
    hosts: tuple[str, ...] = Field(
        default=(), description="names it answers to besides its address"
    )
    per_minute: int = Field(
        default=600, ge=1, description="requests a minute that each key may make"
    )
    refused_per_minute: int = Field(
        default=30, ge=1, description="requests a minute of an address without a valid key"
    )
    at_once: int = Field(default=8, ge=1, description="requests worked on at the same time")
    waiting: int = Field(default=64, ge=0, description="requests that may wait; more get 503")
    seconds: float = Field(default=30, gt=0, description="time that a request may take")
    max_body_bytes: int = Field(default=1_000_000, ge=1000, description="largest body accepted")
    max_file_bytes: int = Field(
        default=50_000_000, ge=1000, description="largest file that may be brought"
    )
    max_files: int = Field(default=1000, ge=1, description="most files brought to a collection")
    max_files_bytes: int = Field(
        default=1_000_000_000, ge=1000, description="most bytes of files brought to a collection"
    )
    file_seconds: float = Field(default=600, gt=0, description="time that a file may take to come")
    max_k: int = Field(default=50, ge=1, description="most hits that a request may ask for")
    max_history: int = Field(
        default=20, ge=0, description="most earlier turns that a request may bring"
    )
    max_batch: int = Field(default=32, ge=1, description="most questions or documents in a request")
    log_questions: bool = Field(default=False, description="write questions into the log")


class Settings(BaseSettings):
    """Settings of the library and of the command line.

    ``Settings()`` reads the ``CICA_*`` environment variables; ``Settings.load(path)`` also reads
    a TOML file, which the environment overrides. Arguments override both. An unknown setting or
    an invalid value raises ``SettingsError``.
    """

    model_config = SettingsConfigDict(
        env_prefix="CICA_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    model: str = Field("bundled", min_length=1, description="'bundled', a model name or a folder")
    cache_dir: Path | None = Field(None, description="where prepared models are kept")
    threads: int | None = Field(None, ge=1, description="CPU threads of the encoder")
    batch_size: int = Field(32, ge=1, description="texts encoded at once while indexing")
    passage_chars: int = Field(1500, ge=200, description="size a passage should not exceed")
    window_words: int = Field(60, ge=10, description="size of the sentence windows searched")
    lemmas: bool = Field(False, description="compare words by their lemmas too (needs data)")
    vector_index: Literal["auto", "exact", "graph"] = Field(
        "auto", description="how vectors are searched: exactly, by a graph, or as their number asks"
    )
    reader: bool = Field(True, description="point at answers with the trained reader")
    answer_threshold: float = Field(0.2, ge=0, le=1, description="confidence needed to answer")
    llm_url: str = Field("", description="an OpenAI-compatible address that phrases answers")
    llm_model: str = Field("", description="the model at that address")
    llm_key: SecretStr = Field(SecretStr(""), description="the key of that address")
    llm_seconds: float = Field(20, gt=0, description="how long to wait for it")
    system_key: SecretStr = Field(SecretStr(""), description="the key of an endpoint evaluated")
    max_question_chars: int = Field(2000, ge=10, description="longest question accepted")
    serve: ServeSettings = ServeSettings()

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError(_explain(error)) from error

    @classmethod
    def load(cls, path: Path | str | None = None, **values: Any) -> Self:
        """Read the TOML file ``path``; by default ``cica-qa.toml``, if there is one here."""
        file = Path(path) if path is not None else DEFAULT_FILE
        if path is None and not file.is_file():
            return cls(**values)
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"cannot read the settings in {file}: {error}") from error
        return cls(_file=table, **values)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Rank arguments before the environment, and the environment before the TOML file."""
        values = dict(init_settings())
        table = values.pop("_file", {})
        return (
            InitSettingsSource(settings_cls, init_kwargs=values),
            EnvSettingsSource(settings_cls),
            InitSettingsSource(settings_cls, init_kwargs=table),
        )


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = ".".join(map(str, problem["loc"]))
        if problem["type"] == "extra_forbidden":
            table = ServeSettings if name.startswith("serve.") else Settings
            names = ", ".join(sorted(table.model_fields))
            lines.append(f"unknown setting {name!r}; the settings are: {names}")
        else:
            lines.append(f"setting {name!r}: {problem['msg']} (got {problem['input']!r})")
    return "; ".join(lines)
