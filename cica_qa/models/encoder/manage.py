"""Describe, prepare and verify the encoder's model, as ``cica-qa model`` does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cica_qa.models.bundled import (
    ORIGIN,
    bundled_path,
    is_prepared,
    prepare_bundled,
    verify_bundled,
)
from cica_qa.models.cache import checksum_problems
from cica_qa.models.encoder import load_encoder
from cica_qa.models.encoder.compilation import LEAST_COSINE, EncoderSource, least_cosine
from cica_qa.models.encoder.compiled import CompiledEncoder
from cica_qa.models.encoder.load import load_fastest
from cica_qa.models.encoder.locate import (
    BUNDLED,
    downloaded_folder,
    fingerprint_of,
    hub_repository,
    local_folder,
    read_prompts,
)
from cica_qa.models.encoder.sentence_transformer import SentenceTransformerEncoder
from cica_qa.models.runtime.compiled_copy import copy_path
from cica_qa.models.runtime.network import BLOB
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings

PROBE_QUESTION = "ما هي عاصمة فرنسا؟"
PROBE_ANSWER = "باريس هي عاصمة فرنسا وأكبر مدنها."
PROBE_OTHER = "يحتاج نبات الطماطم إلى الري المنتظم وضوء الشمس."


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The facts known of a model without loading it.

    ``size`` is in bytes on disk, ``compiled`` the folder of the compiled copy. Facts unknown
    until the model is prepared (for a model of the hub: downloaded) are None.
    """

    model_id: str
    origin: str
    path: Path | None
    prepared: bool
    dimension: int | None = None
    size: int | None = None
    fingerprint: str | None = None
    compiled: Path | None = None


def describe_model(settings: Settings) -> ModelInfo:
    """Return the facts known of the configured model without loading or fetching it.

    Raises ``ModelError`` if the model is a path without a usable folder, or not a
    sentence-transformers model.
    """
    name = settings.model
    if name == BUNDLED:
        folder = bundled_path(settings.cache_dir)
        if not is_prepared(settings.cache_dir):
            return ModelInfo(name, ORIGIN, folder, prepared=False)
        return _describe_folder(settings, ORIGIN, folder)
    local = local_folder(settings)
    if local is not None:
        return _describe_folder(settings, "a folder of yours", local.absolute())
    origin = f"the model hub, as {hub_repository(name)}"
    downloaded = downloaded_folder(name)
    if downloaded is None:
        return ModelInfo(name, origin, None, prepared=False)
    return _describe_folder(settings, origin, downloaded)


def prepare_model(settings: Settings) -> ModelInfo:
    """Prepare the configured model, compile it for this CPU, and describe it.

    The bundled model is prepared if it is missing or a checksum is wrong, a model of the hub is
    downloaded, and a damaged compiled copy is rebuilt. Raises ``ModelError``.
    """
    if settings.model == BUNDLED:
        prepare_bundled(settings.cache_dir, rebuild=bool(verify_bundled(settings.cache_dir)))
    load_fastest(settings, rebuild=bool(_copy_problems(settings)))
    return describe_model(settings)


def verify_model(settings: Settings) -> list[str]:
    """Return the problems of the configured model: of its files, else of its vectors.

    The files are those of the bundled model and of the compiled copy. Raises ``ModelError`` if a
    model other than the bundled one cannot be loaded.
    """
    problems = verify_bundled(settings.cache_dir) if settings.model == BUNDLED else []
    problems = problems or _copy_problems(settings)
    if problems:
        return problems
    encoder = load_encoder(settings)
    return probe_encoder(encoder) or _differences(encoder, settings)


def _copy_problems(settings: Settings) -> list[str]:
    """Return the problems of the files of the compiled copy, if there is one."""
    fingerprint = describe_model(settings).fingerprint
    copy = copy_path(EncoderSource.name, fingerprint, settings) if fingerprint else None
    if copy is None or not copy.exists():
        return []
    return [f"compiled copy: {problem}" for problem in checksum_problems(copy)]


def _differences(encoder: Encoder, settings: Settings) -> list[str]:
    """Return the difference of a compiled encoder from the reference if it is too great."""
    if not isinstance(encoder, CompiledEncoder):
        return []
    cosine = least_cosine(encoder, SentenceTransformerEncoder.load(settings))
    if cosine >= LEAST_COSINE:
        return []
    return [f"compiled copy: its vectors differ from the reference's (cosine {cosine:.4f})"]


def probe_encoder(encoder: Encoder) -> list[str]:
    """Return the problems of an encoder with a question, its answer and an unrelated text."""
    question = encoder.encode_queries([PROBE_QUESTION])
    passages = encoder.encode_passages([PROBE_ANSWER, PROBE_OTHER])
    vectors = np.concatenate([question, passages])
    if vectors.shape != (3, encoder.dimension):
        return [f"vectors: of shape {vectors.shape}, not {(3, encoder.dimension)}"]
    problems = []
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4):
        problems.append("vectors: their length is not 1")
    answer, other = passages @ question[0]
    if not answer > other:
        problems.append(
            f"vectors: a question is no nearer to its answer ({answer:.3f}) than to an "
            f"unrelated text ({other:.3f})"
        )
    return problems


def _describe_folder(settings: Settings, origin: str, folder: Path) -> ModelInfo:
    fingerprint = fingerprint_of(settings, folder, read_prompts(settings.model, folder))
    copy = copy_path(EncoderSource.name, fingerprint, settings)
    return ModelInfo(
        settings.model,
        origin,
        folder,
        prepared=True,
        dimension=_dimension(folder),
        size=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        fingerprint=fingerprint,
        compiled=copy if (copy / BLOB).is_file() else None,
    )


def _dimension(folder: Path) -> int | None:
    """Return the dimension set by the last pooling or dense layer, or None if unknown."""
    dimension = None
    for module in json.loads((folder / "modules.json").read_text(encoding="utf-8")):
        if not module["path"]:
            continue
        config = _read(folder / module["path"] / "config.json")
        for key in ("word_embedding_dimension", "embedding_dimension", "out_features"):
            dimension = config.get(key, dimension)
    return dimension


def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
