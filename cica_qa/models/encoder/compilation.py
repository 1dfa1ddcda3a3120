"""Compilation of a sentence-transformers model: networks, tokenizer, verification."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from cica_qa.models.encoder.compiled import CompiledEncoder
from cica_qa.models.encoder.locate import Prompts
from cica_qa.models.encoder.sentence_transformer import SentenceTransformerEncoder
from cica_qa.models.runtime.compiled_copy import CannotCompileError
from cica_qa.models.runtime.network import Network
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings

LEAST_COSINE = 0.999
SAMPLE = "كم عدد الدول الأعضاء؟"
TOKENIZER = "tokenizer.json"
MOST_TOKENS = 1_000_000
"""A larger limit of a tokenizer means that it has none."""
PROBE_TEXTS = (
    "كم عدد الدول الأعضاء في المنظمة؟",
    "إِنَّ ٱلْمُؤْتَمَرَ يَعْمَلُ عَلَى تَعْزِيزِ ٱلسَّلَامِ وَٱلْأَمْنِ.",
    "إزاي أقدر أقدّم على التأشيرة وبتتكلف كام؟",
    "شلون أسجّل بالجامعة ووين مكانها؟",
    "واش كاين شي طريق آخر باش نوصل للمطار دابا؟",
    "Who chairs the organisation, and since when?",
    "عقدت القمة الرابعة في 12 مايو 2014 (٢٠١٤) بحضور 28 دولة و3.5% من المراقبين.",
    "نعم",
    "",
    " ".join(
        f"البند {n}: تتفق الأطراف على التعاون في مجال التجارة والطاقة والبيئة."
        for n in range(1, 13)
    ),
    " ".join(f"فقرة {n} طويلة تتجاوز ما يستطيع النموذج قراءته." for n in range(1, 400)),
)
"""Arabic, vocalised, dialects, English, digits, a word, an empty text, long and too long ones."""


class EncoderSource:
    """A sentence-transformers model in a local folder, as a ``Compilable`` of the runtime."""

    name = "encoder"
    version = "4"
    tolerance = 1 - LEAST_COSINE
    eight_bits = False  # the vectors of an index must be comparable on any other machine

    def __init__(self, settings: Settings, prompts: Prompts, fingerprint: str) -> None:
        self._settings, self._prompts = settings, prompts
        self.fingerprint = fingerprint

    @cached_property
    def reference(self) -> SentenceTransformerEncoder:
        """The same model on torch, loaded on first use."""
        return SentenceTransformerEncoder.load(self._settings)

    def traced(self) -> Iterator[Any]:
        """Yield the model as OpenVINO networks, the fastest first."""
        from cica_qa.models.encoder.network import trace_networks

        for network in trace_networks(self.reference.model):
            if not network.output(0).get_partial_shape()[1].is_static:
                raise CannotCompileError("it does not tell the length of its vectors")
            yield network

    def files(self) -> list[tuple[str, bytes]]:
        """Return the tokenizer's file. Raises ``CannotCompileError`` if it is written in Python."""
        return [(TOKENIZER, tokenizer_json(self.reference.model).encode("utf-8"))]

    def assemble(self, folder: Path, network: Callable[[], Network]) -> CompiledEncoder:
        """Return the encoder. Raises ``RuntimeError`` if the tokenizer cannot be read."""
        tokenizer = read_tokenizer(folder / TOKENIZER)
        return CompiledEncoder(
            network(),
            tokenizer,
            model_id=self._settings.model,
            fingerprint=self.fingerprint,
            prompts=self._prompts,
            batch_size=self._settings.batch_size,
        )

    def probe(self, model: CompiledEncoder) -> object:
        """Return the vectors of the probe texts."""
        return model.encode_passages(PROBE_TEXTS)

    def error(self, model: CompiledEncoder) -> float:
        """Return 1 minus the least cosine to the reference's vectors of the probe texts."""
        return 1 - least_cosine(model, self.reference)

    def sample(self, model: CompiledEncoder) -> list[float]:
        """Return the vector of a question."""
        vector: list[float] = model.encode_queries([SAMPLE])[0].tolist()
        return vector

    def sample_error(self, actual: Sequence[float], expected: Sequence[float]) -> float:
        """Return 1 minus the cosine of two vectors."""
        return 1 - float(np.array(actual, np.float32) @ np.array(expected, np.float32))


def tokenizer_json(model: Any) -> str:
    """Return the tokenizer of a ``SentenceTransformer`` as JSON, truncating as the model does.

    Raises ``CannotCompileError`` if the tokenizer is not of the library ``tokenizers``.
    """
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise CannotCompileError("its tokenizer is written in Python")
    tokenizer = Tokenizer.from_str(backend.to_str())
    tokenizer.no_padding()
    limit = model.max_seq_length
    if limit is not None and limit < MOST_TOKENS:
        tokenizer.enable_truncation(limit)
    else:
        tokenizer.no_truncation()
    text: str = tokenizer.to_str()
    return text


def read_tokenizer(file: Path) -> Tokenizer:
    """Return the tokenizer stored in a file. Raises ``RuntimeError``."""
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing more specific
        raise RuntimeError(f"{file.name}: {error}") from error


def least_cosine(encoder: CompiledEncoder, reference: Encoder) -> float:
    """Return the least cosine between two encoders' vectors of the probe texts.

    The result is -1 if the shapes differ or a value is not finite.
    """
    worst, queries = 1.0, reference.encode_queries(PROBE_TEXTS)
    together = np.stack([vector for vector, _ in encoder.encode_questions(PROBE_TEXTS)])
    for theirs, ours in (
        (queries, encoder.encode_queries(PROBE_TEXTS)),
        (queries, together),
        (reference.encode_passages(PROBE_TEXTS), encoder.encode_passages(PROBE_TEXTS)),
    ):
        if theirs.shape != ours.shape or not np.isfinite(ours).all():
            return -1.0
        worst = min(worst, float((theirs * ours).sum(axis=1).min()))
    return worst
