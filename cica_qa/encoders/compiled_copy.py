"""The compiled copy of a model in the cache: opened, or made where there is none that fits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cica_qa.encoders.compiled import CompiledEncoder
from cica_qa.encoders.convert import (
    LEAST_COSINE,
    SAMPLE,
    CannotCompileError,
    compile_encoder,
    first_line,
)
from cica_qa.encoders.folders import (
    cache_root,
    folder_lock,
    publish_folder,
    quick_problems,
    read_manifest,
)
from cica_qa.encoders.in_use import InUse
from cica_qa.encoders.locate import (
    Prompts,
    downloaded_folder,
    fingerprint_of,
    local_folder,
    read_prompts,
)
from cica_qa.encoders.openvino_network import BLOB, TOKENIZER, Network, import_openvino, machine
from cica_qa.encoders.sentence_transformer import SentenceTransformerEncoder
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings

log = logging.getLogger(__name__)

COMPILATION = "3"
"""Raised with every change of the conversion, so that a copy made by an older one is not used."""
_in_use: InUse[Encoder] = InUse()


class _UnusableError(Exception):
    """The copy cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class _Model:
    """A model whose files are here, and where its compiled copy is or will be."""

    settings: Settings
    prompts: Prompts
    fingerprint: str

    @property
    def copy(self) -> Path:
        return compiled_path(self.settings, self.fingerprint)


def compiled_path(settings: Settings, fingerprint: str) -> Path:
    """Return the folder that the compiled copy of a model has, or will have.

    It is in the cache, never in a folder of the user's.
    """
    return cache_root(settings.cache_dir) / "compiled" / fingerprint[:32]


def load_fastest(settings: Settings, *, rebuild: bool = False) -> Encoder:
    """Return the compiled encoder; compile it first where that is needed, or to ``rebuild``.

    One that is in use in this process is returned again, but to ``rebuild``. Where OpenVINO is
    missing, the model cannot be compiled or the cache cannot be written, that is logged and the
    reference encoder returned. Raises ``ModelError`` as its ``load``.
    """
    model = _locate(settings)
    if model is None:
        return SentenceTransformerEncoder.load(settings)
    if rebuild:
        return _load(model, rebuild)
    key = settings.model, model.copy, settings.threads, settings.batch_size
    return _in_use.get(key, lambda: _load(model))


def _load(model: _Model, rebuild: bool = False) -> Encoder:
    settings = model.settings
    try:
        openvino = import_openvino()
    except ImportError as error:
        log.info("the model runs on torch, which is slower: %s", first_line(error))
        return SentenceTransformerEncoder.load(settings)
    made_on = {"compilation": COMPILATION, **machine(openvino)}
    if model.copy.exists() and not rebuild:
        try:
            return _open(model, openvino, made_on)
        except _UnusableError as error:
            log.warning("compiling the model again: %s", error)
    else:
        log.info("compiling the model for this processor in %s", model.copy)
    try:
        with folder_lock(model.copy):
            return _make(model, openvino, made_on, rebuild)
    except OSError as error:
        log.warning("the model runs on torch; its compiled copy cannot be kept: %s", error)
        return SentenceTransformerEncoder.load(settings)


def _locate(settings: Settings) -> _Model | None:
    """Find the model, downloading it where it has to be; None where its files are not known."""
    folder = local_folder(settings) or downloaded_folder(settings.model)
    if folder is None:
        return None
    prompts = read_prompts(settings.model, folder)
    return _Model(settings, prompts, fingerprint_of(settings, folder, prompts))


def _open(model: _Model, openvino: Any, made_on: dict[str, str]) -> Encoder:
    """Open a copy; the reference where the copy says that the model cannot be compiled."""
    problems = quick_problems(model.copy)
    if problems:
        raise _UnusableError(f"its copy in {model.copy} is damaged ({problems[0]})")
    manifest = read_manifest(model.copy)
    for name, now in made_on.items():
        if manifest.get(name) != now:
            raise _UnusableError(f"its copy was made with {name} {manifest.get(name)}, not {now}")
    if reason := manifest.get("cannot_compile"):
        return _fall_back(model, reason)
    try:
        network = Network.open(model.copy, openvino, manifest["precision"], model.settings.threads)
        encoder = _encoder(model, network)
        # A damaged copy shows, and the first question finds the network warmed up.
        same = float(encoder.encode_queries([SAMPLE])[0] @ np.array(manifest["sample"], np.float32))
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise _UnusableError(f"its copy in {model.copy}: {first_line(error)}") from error
    if not same >= LEAST_COSINE:
        raise _UnusableError(f"its copy in {model.copy} is damaged (cosine {same:.4f})")
    return encoder


def _make(model: _Model, openvino: Any, made_on: dict[str, str], rebuild: bool) -> Encoder:
    """Compile the model and publish the copy, unless another process has done so meanwhile."""
    if not rebuild:
        try:
            return _open(model, openvino, made_on)
        except _UnusableError as error:
            log.debug("compiling: %s", error)
    reference = SentenceTransformerEncoder.load(model.settings)
    facts: dict[str, object] = {"fingerprint": model.fingerprint, **made_on}
    try:
        made = compile_encoder(reference, openvino, model.settings.threads)
    except CannotCompileError as error:
        publish_folder(model.copy, [], {**facts, "cannot_compile": str(error)})
        return _fall_back(model, str(error), reference)
    facts |= {"precision": made.precision, "cosine": made.cosine, "sample": made.sample}
    files = [(BLOB, made.blob), (TOKENIZER, made.tokenizer.encode("utf-8"))]
    publish_folder(model.copy, files, facts)
    try:
        return _open(model, openvino, made_on)
    except _UnusableError as error:
        return _fall_back(model, str(error), reference)


def _fall_back(
    model: _Model, reason: str, reference: SentenceTransformerEncoder | None = None
) -> Encoder:
    log.warning("the model runs on torch, which is slower: %s", reason)
    return reference or SentenceTransformerEncoder.load(model.settings)


def _encoder(model: _Model, network: Network) -> CompiledEncoder:
    return CompiledEncoder(
        network,
        model_id=model.settings.model,
        fingerprint=model.fingerprint,
        prompts=model.prompts,
        batch_size=model.settings.batch_size,
    )
