"""The folder and the prompts of the model named in the settings. Loads no model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cica_qa.errors import ModelError
from cica_qa.models.bundled import bundled_digests, prepare_bundled
from cica_qa.models.encoder.fingerprint import model_fingerprint
from cica_qa.settings import Settings

BUNDLED = "bundled"
CHOICES_HINT = (
    "Give 'bundled', the folder of a sentence-transformers model, or the name of one that was "
    "downloaded before or can be reached now, such as intfloat/multilingual-e5-small"
)
HUB_SECONDS = 10.0
HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
E5_NAME = re.compile(r"(^|[/\\_-])e5-(small|base|large)(?!.*instruct)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prefixes that a model expects before each question and before each passage."""

    query: str = ""
    passage: str = ""


NO_PROMPTS = Prompts()
E5_PROMPTS = Prompts("query: ", "passage: ")


def prompts_for(name: str, configured: Mapping[str, str | None]) -> Prompts:
    """Return the prompts of a model: its configured ones, else those known for its family."""
    passages = (configured.get(key) for key in ("document", "passage", "corpus"))
    own = Prompts(configured.get("query") or "", next(filter(None, passages), ""))
    return E5_PROMPTS if own == NO_PROMPTS and E5_NAME.search(name) else own


def read_prompts(name: str, folder: Path) -> Prompts:
    """Return the prompts of the model in ``folder``. Raises ``ModelError``."""
    file = folder / "config_sentence_transformers.json"
    try:
        configured = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {file}: {error}. {CHOICES_HINT}") from error
    return prompts_for(name, configured.get("prompts") or {})


def fingerprint_of(settings: Settings, folder: Path, prompts: Prompts) -> str:
    """Return the fingerprint of the model in ``folder``.

    For the bundled model it is made from the manifest without reading the files. Raises
    ``ModelError``.
    """
    known = bundled_digests(settings.cache_dir) if settings.model == BUNDLED else {}
    return model_fingerprint(folder, asdict(prompts), known)


def local_folder(settings: Settings) -> Path | None:
    """Return the model's folder, or None for a model of the hub.

    The bundled model is prepared if necessary. Raises ``ModelError`` if the model is a path
    without a usable folder.
    """
    if settings.model == BUNDLED:
        return prepare_bundled(settings.cache_dir)
    folder = Path(settings.model).expanduser()
    if folder.is_dir():
        _require_modules(folder, settings.model)
        return folder
    if folder.exists() or not HUB_NAME.fullmatch(settings.model):
        raise ModelError(f"there is no model folder {settings.model!r}. {CHOICES_HINT}")
    return None


def downloaded_folder(name: str) -> Path | None:
    """Return the folder of a model downloaded before by the hub's client, else None.

    Does not use the network. Raises ``ModelError`` if it is not a sentence-transformers model.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        # The pattern keeps the client from looking for files that are not needed here.
        folder = snapshot_download(
            hub_repository(name), local_files_only=True, allow_patterns="modules.json"
        )
    except (HFValidationError, LocalEntryNotFoundError):
        return None
    _require_modules(Path(folder), name)
    return Path(folder)


def require_reachable(name: str) -> None:
    """Raise ``ModelError`` if the hub cannot be reached or has no such model.

    This is checked once beforehand, because the hub's client retries for minutes.
    """
    import huggingface_hub

    try:
        huggingface_hub.model_info(hub_repository(name), timeout=HUB_SECONDS)
    except Exception as error:  # whatever the network library in use raises
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"cannot get the model {name!r}: {reason}. {CHOICES_HINT}") from error


def hub_repository(name: str) -> str:
    """Return the full name of a model of the hub; short names are of sentence-transformers."""
    return name if "/" in name else f"sentence-transformers/{name}"


def _require_modules(folder: Path, name: str) -> None:
    if not (folder / "modules.json").is_file():
        raise ModelError(
            f"{name!r} is not a sentence-transformers model: it has no modules.json, so nothing "
            f"says how its vectors are made. {CHOICES_HINT}"
        )
