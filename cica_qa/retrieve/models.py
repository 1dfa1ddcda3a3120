"""Concurrent loading of the encoder and the reader."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tokenizers import Tokenizer

from cica_qa.models.encoder import load_encoder
from cica_qa.models.encoder.compiled import CompiledEncoder
from cica_qa.models.encoder.locate import BUNDLED
from cica_qa.models.reader.reader import SpanReader, load_reader
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings


def load_models(settings: Settings) -> tuple[Encoder, SpanReader | None]:
    """Return the encoder and, if the settings ask for it, the reader. Raises ``ModelError``.

    Loading spends much of its time outside Python's global lock, so two threads are faster. The
    models share one tokenizer.
    """

    def tokenizer() -> Tokenizer | None:
        if settings.model != BUNDLED or encoding.exception():
            return None
        encoder = encoding.result()
        return encoder.tokenizer if isinstance(encoder, CompiledEncoder) else None

    with ThreadPoolExecutor(1) as pool:
        encoding = pool.submit(load_encoder, settings)
        reader = load_reader(settings, tokenizer)
        return encoding.result(), reader
