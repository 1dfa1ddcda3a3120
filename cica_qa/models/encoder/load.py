"""Loading of the encoder named in the settings: compiled if possible, else on torch."""

from __future__ import annotations

import logging

from cica_qa.models.encoder.compilation import EncoderSource
from cica_qa.models.encoder.locate import (
    downloaded_folder,
    fingerprint_of,
    local_folder,
    read_prompts,
)
from cica_qa.models.encoder.sentence_transformer import SentenceTransformerEncoder
from cica_qa.models.runtime.compiled_copy import CannotCompileError, NoRuntimeError, load_compiled
from cica_qa.models.weak_cache import WeakCache
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings

log = logging.getLogger(__name__)

_in_use: WeakCache[Encoder] = WeakCache()


def load_fastest(settings: Settings, *, rebuild: bool = False) -> Encoder:
    """Return the compiled encoder, compiling it first if necessary or if ``rebuild`` is true.

    An encoder in use in this process is shared, except with ``rebuild``. If OpenVINO is missing,
    the model cannot be compiled or the cache cannot be written, the encoder on torch is returned
    and the reason logged. Raises ``ModelError``.
    """
    folder = local_folder(settings) or downloaded_folder(settings.model)
    if folder is None:  # a model of the hub that was not downloaded yet
        return SentenceTransformerEncoder.load(settings)
    prompts = read_prompts(settings.model, folder)
    source = EncoderSource(settings, prompts, fingerprint_of(settings, folder, prompts))
    if rebuild:
        return _load(source, settings, rebuild=True)
    key = settings.model, source.fingerprint, settings.cache_dir, settings.threads
    return _in_use.get((*key, settings.batch_size), lambda: _load(source, settings))


def _load(source: EncoderSource, settings: Settings, *, rebuild: bool = False) -> Encoder:
    try:
        return load_compiled(source, settings, rebuild=rebuild)
    except CannotCompileError as error:
        level = logging.INFO if isinstance(error, NoRuntimeError) else logging.WARNING
        # Log the text, as the frames of the error would keep the model alive.
        log.log(level, "the model runs on torch, which is slower: %s", str(error))
        return source.reference
