"""The compiled encoder: fast, and without importing torch or transformers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import overload

import numpy as np
from tokenizers import Tokenizer

from cica_qa.models.encoder.common import unit_rows, without_surrogates
from cica_qa.models.encoder.locate import Prompts
from cica_qa.models.encoder.words import pool_in_context, pool_words, whole_words
from cica_qa.models.runtime.network import Network
from cica_qa.models.runtime.packing import Packed, Tokens
from cica_qa.protocols import InContext, Vectors, WordVectors

BATCH_TOKENS = 2048
_ROW, _STEP = 256, 16
"""The most tokens of questions in one row, and the multiple of tokens that rows are padded to.

Each new row length costs a few milliseconds, and one or two megabytes permanently.
"""


class _LazyWords(Sequence[str]):
    """The whole words of a vocabulary, extracted on first use.

    In Python 3.11 ``isinstance(encoder, WordEncoder)``, which is called for every question,
    reads the property ``vocabulary``.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    @cached_property
    def _words(self) -> list[str]:
        return whole_words(self._tokenizer.get_vocab())

    def __len__(self) -> int:
        return len(self._words)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        return self._words[at]


class CompiledEncoder:
    """Turns text into vectors with a compiled model. Thread-safe."""

    def __init__(
        self,
        network: Network,
        tokenizer: Tokenizer,
        *,
        model_id: str,
        fingerprint: str,
        prompts: Prompts,
        batch_size: int = 32,
    ) -> None:
        self._network, self._tokenizer = network, tokenizer
        self._packs = network.inputs > len(("ids", "mask"))
        self._model_id = model_id
        self._fingerprint = fingerprint
        self._prompts = prompts
        self._batch_size = batch_size
        self._vocabulary = _LazyWords(tokenizer)

    @property
    def model_id(self) -> str:
        """The name by which the settings refer to this model."""
        return self._model_id

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the reference model, whose indexes are interchangeable with this."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return self._network.width

    @property
    def tokenizer(self) -> Tokenizer:
        """A new tokenizer without truncation that shares the vocabulary.

        It saves reading the file, which takes half a second.
        """
        shared = self._tokenizer
        own = Tokenizer(shared.model)
        own.normalizer, own.pre_tokenizer = shared.normalizer, shared.pre_tokenizer
        own.post_processor = shared.post_processor
        own.add_special_tokens([*shared.get_added_tokens_decoder().values()])
        return own

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape ``(len(texts), dimension)``, in the order of ``texts``."""
        return self._encode(self._prompts.query, texts, None)

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return unit vectors of shape ``(len(texts), dimension)``, in the order of ``texts``.

        ``progress`` is called with the number of texts done so far.
        """
        return self._encode(self._prompts.passage, texts, progress)

    @property
    def vocabulary(self) -> Sequence[str]:
        """The whole words in the model's vocabulary, sorted; empty if it has no word vectors."""
        return self._vocabulary

    def encode_question(self, text: str) -> tuple[Vectors, WordVectors]:
        """Return the vector of a question, shape ``(dimension,)``, and its words in one pass."""
        return self.encode_questions([text])[0]

    def encode_questions(self, texts: Sequence[str]) -> list[tuple[Vectors, WordVectors]]:
        """Return the results of ``encode_question``, within rounding, for several texts faster."""
        start = len(self._prompts.query)
        full = [self._prompts.query + without_surrogates(text) for text in texts]
        tokens = [self._tokens(text) for text in full]
        found: dict[int, tuple[Vectors, WordVectors]] = {}
        lengths = [len(text.ids) for text in tokens]
        for batch in packed_rows(lengths) if self._packs else batches(lengths, self._batch_size):
            # A single question is not padded, like passages; rows of several vary in length.
            room = None if len(batch) == 1 else _filled(sum(lengths[i] for i in batch))
            vectors, of_tokens = self._all_vectors([tokens[i] for i in batch], room)
            for i, vector, own in zip(batch, unit_rows(vectors), of_tokens, strict=True):
                places = tokens[i].offsets
                words = pool_words(full[i], start, places, own[: len(places)])
                found[i] = vector, words
        return [found[i] for i in range(len(texts))]

    def encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        """Return the vectors of passages, of their words and of ``spans`` of their characters."""
        prompt = self._prompts.passage
        full = [prompt + without_surrogates(text) for text in texts]
        tokens = [self._tokens(text) for text in full]
        found: dict[int, InContext] = {}
        for batch in batches([len(text.ids) for text in tokens], self._batch_size):
            vectors, of_tokens = self._all_vectors([tokens[i] for i in batch])
            for i, vector, own in zip(batch, unit_rows(vectors), of_tokens, strict=True):
                places = tokens[i].offsets
                found[i] = pool_in_context(vector, full[i], len(prompt), places, own, spans[i])
        return [found[i] for i in range(len(texts))]

    def _encode(
        self, prompt: str, texts: Sequence[str], progress: Callable[[int], None] | None
    ) -> Vectors:
        tokens = [self._tokens(prompt + without_surrogates(text)) for text in texts]
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        done = 0
        for batch in batches([len(text.ids) for text in tokens], self._batch_size):
            vectors[batch] = self._run([tokens[i] for i in batch], 1)[0]
            done += len(batch)
            if progress is not None:
                progress(done)
        return unit_rows(vectors)

    def _tokens(self, text: str) -> Tokens:
        """Return the tokens of a text, at least one, truncated to the model's limit."""
        encoding = self._tokenizer.encode(text)
        return Tokens(encoding.ids, encoding.offsets) if encoding.ids else Tokens([0], [(0, 0)])

    def _all_vectors(
        self, batch: Sequence[Tokens], room: int | None = None
    ) -> tuple[Vectors, Vectors]:
        """Return the vectors of texts and of their tokens, shape (texts, tokens, dimension).

        If the network packs, texts may differ in length; values beyond the end of a text are
        meaningless. ``room`` is the number of tokens to pad the row to.
        """
        texts, tokens = self._run(batch, 2, room)
        return texts, tokens

    def _run(self, batch: Sequence[Tokens], outputs: int, room: int | None = None) -> list[Vectors]:
        if self._packs:
            return self._network.run(Packed.of(batch, room).inputs, outputs)
        ids = np.array([text.ids for text in batch], np.int64)
        return self._network.run([ids, np.ones_like(ids)], outputs)


def batches(lengths: Sequence[int], max_size: int) -> Iterator[list[int]]:
    """Yield the indexes of ``lengths`` in batches of equal lengths, the longest first.

    As no text is padded, its vector depends on the rest of the batch within rounding only. The
    size of a batch is a power of two up to ``max_size``, because each new shape costs a few
    milliseconds.
    """
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for position, length in enumerate(lengths):
        groups[length].append(position)
    for length in sorted(groups, reverse=True):
        group = groups[length]
        limit = max(1, min(max_size, BATCH_TOKENS // max(1, length)))
        start = 0
        while start < len(group):
            size = 1 << (min(limit, len(group) - start).bit_length() - 1)
            yield group[start : start + size]
            start += size


def packed_rows(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the indexes of ``lengths`` in rows of up to ``_ROW`` tokens, or of one text."""
    row: list[int] = []
    tokens = 0
    for position, length in enumerate(lengths):
        if row and tokens + length > _ROW:
            yield row
            row, tokens = [], 0
        row.append(position)
        tokens += length
    if row:
        yield row


def _filled(tokens: int) -> int:
    return -(-tokens // _STEP) * _STEP
