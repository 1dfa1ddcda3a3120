"""The reference encoder: any sentence-transformers model on torch, by name or from a folder."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from cica_qa.errors import ModelError
from cica_qa.models.bundled import REPAIR_HINT
from cica_qa.models.encoder.common import unit_rows, without_surrogates
from cica_qa.models.encoder.locate import (
    BUNDLED,
    CHOICES_HINT,
    NO_PROMPTS,
    Prompts,
    downloaded_folder,
    fingerprint_of,
    hub_repository,
    local_folder,
    prompts_for,
    require_reachable,
)
from cica_qa.models.encoder.words import pool_in_context, whole_words
from cica_qa.protocols import InContext, Vectors, WordVectors
from cica_qa.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)


class SentenceTransformerEncoder:
    """Turns text into vectors with a sentence-transformers model. Thread-safe."""

    def __init__(
        self,
        model: SentenceTransformer,
        *,
        model_id: str,
        fingerprint: str,
        prompts: Prompts = NO_PROMPTS,
        batch_size: int = 32,
    ) -> None:
        self._model = model
        self._model_id = model_id
        self._fingerprint = fingerprint
        self._prompts = prompts
        self._batch_size = batch_size
        self._dimension = _dimension(model)
        # Tokenizers cannot be used by two threads at once.
        self._lock = threading.Lock()

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """Load the configured model: ``bundled``, a folder, or a model of the hub.

        The network is used only for a model of the hub that was not downloaded before. Raises
        ``ModelError`` if the model is missing, cannot be reached or is not a
        sentence-transformers model.
        """
        folder = local_folder(settings)
        if folder is not None:
            model = _load_model(settings, str(folder), local=True)
        else:
            model, folder = _load_from_hub(settings)
        prompts = prompts_for(settings.model, model.prompts)
        return cls(
            model,
            model_id=settings.model,
            fingerprint=fingerprint_of(settings, folder, prompts),
            prompts=prompts,
            batch_size=settings.batch_size,
        )

    @property
    def model(self) -> SentenceTransformer:
        """The underlying model, in evaluation mode."""
        return self._model

    @property
    def prompts(self) -> Prompts:
        """The prefixes of each question and each passage."""
        return self._prompts

    @property
    def model_id(self) -> str:
        """The name by which the settings refer to this model."""
        return self._model_id

    @property
    def fingerprint(self) -> str:
        """A digest that changes whenever the vectors of a text would change."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return self._dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape ``(len(texts), dimension)``, in the order of ``texts``."""
        encode = partial(self._model.encode_query, prompt=self._prompts.query)
        return self._encode(texts, encode, None)

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return unit vectors of shape ``(len(texts), dimension)``, in the order of ``texts``.

        ``progress`` is called with the number of texts done so far.
        """
        encode = partial(self._model.encode_document, prompt=self._prompts.passage)
        return self._encode(texts, encode, progress)

    @property
    def vocabulary(self) -> Sequence[str]:
        """The whole words in the model's vocabulary, sorted; empty if it has no word vectors."""
        tokenizer = self._model.tokenizer
        return whole_words(tokenizer.get_vocab()) if getattr(tokenizer, "is_fast", False) else ()

    def encode_question(self, text: str) -> tuple[Vectors, WordVectors]:
        """Return the vector of a question, shape ``(dimension,)``, and its words in one pass."""
        return self.encode_questions([text])[0]

    def encode_questions(self, texts: Sequence[str]) -> list[tuple[Vectors, WordVectors]]:
        """Return the results of ``encode_question``, within rounding, for several texts faster."""
        found: dict[int, tuple[Vectors, WordVectors]] = {}
        encode = partial(self._model.encode_query, prompt=self._prompts.query)
        for batch in self._batches(texts):
            clean = [without_surrogates(texts[i]) for i in batch]
            read = self._with_words(self._prompts.query, clean, [()] * len(batch), encode)
            found.update((i, (one.vector, one.words)) for i, one in zip(batch, read, strict=True))
        return [found[i] for i in range(len(texts))]

    def encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        """Return the vectors of passages, of their words and of ``spans`` of their characters."""
        found: dict[int, InContext] = {}
        encode = partial(self._model.encode_document, prompt=self._prompts.passage)
        for batch in self._batches(texts):
            clean = [without_surrogates(texts[i]) for i in batch]
            asked = [spans[i] for i in batch]
            read = self._with_words(self._prompts.passage, clean, asked, encode)
            found.update(zip(batch, read, strict=True))
        return [found[i] for i in range(len(texts))]

    def _with_words(
        self,
        prompt: str,
        texts: Sequence[str],
        spans: Sequence[Sequence[tuple[int, int]]],
        encode: Callable[..., Any],
    ) -> list[InContext]:
        """Return the vectors of texts, their words and spans, encoded as a single batch."""
        full = [prompt + text for text in texts]
        tokenizer = self._model.tokenizer
        with self._lock:
            made = encode(texts, batch_size=len(texts), output_value=None, show_progress_bar=False)
            vectors = unit_rows(np.stack([text["sentence_embedding"].numpy() for text in made]))
            if not getattr(tokenizer, "is_fast", False):  # it does not return offsets
                none = WordVectors((), np.empty((0, self._dimension), np.float32))
                return [
                    InContext(vector, np.tile(vector, (len(own), 1)), none)
                    for vector, own in zip(vectors, spans, strict=True)
                ]
            places = tokenizer(
                full,
                return_offsets_mapping=True,
                truncation=True,
                max_length=self._model.max_seq_length,
            )["offset_mapping"]
        tokens = [
            text["token_embeddings"].numpy()[: len(offsets)]
            for text, offsets in zip(made, places, strict=True)
        ]
        return [
            pool_in_context(vector, text, len(prompt), offsets, of_tokens, own)
            for vector, text, offsets, of_tokens, own in zip(
                vectors, full, places, tokens, spans, strict=True
            )
        ]

    def _batches(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Yield the indexes of texts in batches of similar length, to keep padding short."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        for start in range(0, len(order), self._batch_size):
            yield order[start : start + self._batch_size]

    def _encode(
        self,
        texts: Sequence[str],
        encode: Callable[..., Any],
        progress: Callable[[int], None] | None,
    ) -> Vectors:
        vectors = np.zeros((len(texts), self._dimension), np.float32)
        done = 0
        for batch in self._batches(texts):
            clean = [without_surrogates(texts[i]) for i in batch]
            with self._lock:
                vectors[batch] = encode(clean, batch_size=len(batch), show_progress_bar=False)
            done += len(batch)
            if progress is not None:
                progress(done)
        return unit_rows(vectors)


def _load_from_hub(settings: Settings) -> tuple[SentenceTransformer, Path]:
    """Load a model of the hub, downloading it if necessary; return it and its folder."""
    folder = downloaded_folder(settings.model)
    if folder is not None:
        try:
            return _load_model(settings, str(folder), local=True), folder
        except ModelError as error:
            log.warning("%s; trying to download the rest of it", error)
    require_reachable(settings.model)
    model = _load_model(settings, hub_repository(settings.model), local=False)
    folder = downloaded_folder(settings.model)
    if folder is None:
        raise ModelError(f"{settings.model!r} is not a sentence-transformers model. {CHOICES_HINT}")
    return model, folder


def _load_model(settings: Settings, place: str, *, local: bool) -> SentenceTransformer:
    # Idle OpenMP threads spin by default, which ruins the speed beside another busy process.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch
    from sentence_transformers import SentenceTransformer

    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    try:
        with _no_progress_bars():
            return SentenceTransformer(place, local_files_only=local)
    except Exception as error:  # these libraries raise many unrelated types
        raise ModelError(_explain(settings, error)) from error


def _explain(settings: Settings, error: Exception) -> str:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    if settings.model == BUNDLED:
        return f"cannot load the bundled model: {reason}. {REPAIR_HINT}"
    return f"cannot load the model {settings.model!r}: {reason}. {CHOICES_HINT}"


@contextlib.contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Disable the progress bars of transformers while loading; downloads still show theirs."""
    from transformers.utils import logging as switches

    def draw_nothing(make: Callable[..., Any], args: tuple[Any, ...], options: Any) -> Any:
        return make(*args, **{**options, "disable": True})

    if not hasattr(switches, "set_tqdm_hook"):  # older releases of transformers 5
        yield
        return
    previous = switches.set_tqdm_hook(draw_nothing)
    try:
        yield
    finally:
        switches.set_tqdm_hook(previous)


def _dimension(model: SentenceTransformer) -> int:
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise ModelError(f"the model does not tell the length of its vectors. {CHOICES_HINT}")
    return dimension
