"""Which model is meant, where its files are, and which prompts it wants. Loads no model."""

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
CHOICES = (
    "Give 'bundled', the folder of a sentence-transformers model, or the name of one that was "
    "downloaded before or can be reached now, such as intfloat/multilingual-e5-small"
)
HUB_SECONDS = 10.0
HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
E5_NAME = re.compile(r"(^|[/\\_-])e5-(small|base|large)(?!.*instruct)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompts:
    """What a model wants before each question and before each passage."""

    query: str = ""
    passage: str = ""


NO_PROMPTS = Prompts()
E5_PROMPTS = Prompts("query: ", "passage: ")


def prompts_for(name: str, configured: Mapping[str, str | None]) -> Prompts:
    """Return the prompts in force: the model's own, else those its family is known to need."""
    passages = (configured.get(key) for key in ("document", "passage", "corpus"))
    own = Prompts(configured.get("query") or "", next(filter(None, passages), ""))
    return E5_PROMPTS if own == NO_PROMPTS and E5_NAME.search(name) else own


def read_prompts(name: str, folder: Path) -> Prompts:
    """Return the prompts in force for the model in ``folder``. Raises ``ModelError``."""
    file = folder / "config_sentence_transformers.json"
    try:
        configured = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {file}: {error}. {CHOICES}") from error
    return prompts_for(name, configured.get("prompts") or {})


def fingerprint_of(settings: Settings, folder: Path, prompts: Prompts) -> str:
    """Return the fingerprint of the model in ``folder``. Raises ``ModelError``.

    For the bundled model, whose files have a manifest, none of them is read.
    """
    known = bundled_digests(settings.cache_dir) if settings.model == BUNDLED else {}
    return model_fingerprint(folder, asdict(prompts), known)


def local_folder(settings: Settings) -> Path | None:
    """Return the model's folder, prepared where it is the bundled one; None for a hub's model.

    Raises ``ModelError`` where the model is a path and no usable folder is there.
    """
    if settings.model == BUNDLED:
        return prepare_bundled(settings.cache_dir)
    folder = Path(settings.model).expanduser()
    if folder.is_dir():
        _require_modules(folder, settings.model)
        return folder
    if folder.exists() or not HUB_NAME.fullmatch(settings.model):
        raise ModelError(f"there is no model folder {settings.model!r}. {CHOICES}")
    return None


def downloaded_folder(name: str) -> Path | None:
    """Return the folder in which the hub's client keeps a model, None where it has none.

    Touches no network. Raises ``ModelError`` where it is no sentence-transformers model.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        # The pattern keeps the client from asking for files that are of no use here.
        folder = snapshot_download(
            hub_repository(name), local_files_only=True, allow_patterns="modules.json"
        )
    except (HFValidationError, LocalEntryNotFoundError):
        return None
    _require_modules(Path(folder), name)
    return Path(folder)


def require_reachable(name: str) -> None:
    """Raise ``ModelError`` where the hub cannot be reached or has no such model.

    Asked once and beforehand, because the hub's client tries in vain for minutes.
    """
    import huggingface_hub

    try:
        huggingface_hub.model_info(hub_repository(name), timeout=HUB_SECONDS)
    except Exception as error:  # whatever the network library in use raises
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"cannot get the model {name!r}: {reason}. {CHOICES}") from error


def hub_repository(name: str) -> str:
    """The full name of a model of the hub; short names are those of sentence-transformers."""
    return name if "/" in name else f"sentence-transformers/{name}"


def _require_modules(folder: Path, name: str) -> None:
    if not (folder / "modules.json").is_file():
        raise ModelError(
            f"{name!r} is not a sentence-transformers model: it has no modules.json, so nothing "
            f"says how its vectors are made. {CHOICES}"
        )
