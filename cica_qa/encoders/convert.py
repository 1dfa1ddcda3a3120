"""From the reference encoder to the files of a compiled one. Needs torch."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from cica_qa.encoders.compiled import CompiledEncoder
from cica_qa.encoders.openvino_network import DEVICE, Network, native_precision, options
from cica_qa.encoders.sentence_transformer import SentenceTransformerEncoder
from cica_qa.encoders.trace import traces
from cica_qa.protocols import Encoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LEAST_COSINE = 0.999
SAMPLE = "كم عدد الدول الأعضاء؟"
MOST_TOKENS = 1_000_000
"""Tokenizers without a limit name one beyond this."""
PROBES = (
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
"""Arabic, vocalised, dialects, English, digits, one word, nothing, long, longer than is read."""


class CannotCompileError(Exception):
    """The model cannot be compiled, or its compiled vectors differ; the reason is the message."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The files of a compiled model and what was found on verifying it.

    ``sample`` holds the vector of the question ``SAMPLE``, by which a copy that is read back
    can be told to be whole.
    """

    blob: bytes
    tokenizer: str
    precision: str
    cosine: float
    sample: list[float]


def compile_encoder(
    reference: SentenceTransformerEncoder, openvino: Any, threads: int | None
) -> Compiled:
    """Compile the model of ``reference`` and verify it on ``PROBES``.

    First as a network that packs its texts, where it can, with weights in half precision and in
    the precision in which this CPU is fastest; where the vectors then differ too much, in single
    precision, and then as it stands. Raises ``CannotCompileError``.
    """
    tokenizer = tokenizer_json(reference.model)
    why = ""  # no more of an error is kept: its frames would keep the model
    for network in _networks(reference.model):
        for precision, half in ((native_precision(openvino), True), ("f32", False)):
            try:
                return _verified(reference, network, openvino, tokenizer, precision, threads, half)
            except CannotCompileError as error:
                why = str(error)
    raise CannotCompileError(why)


def _verified(
    reference: SentenceTransformerEncoder,
    network: Any,
    openvino: Any,
    tokenizer: str,
    precision: str,
    threads: int | None,
    half: bool,
) -> Compiled:
    with tempfile.TemporaryDirectory(prefix="cica-qa-", ignore_cleanup_errors=True) as folder:
        try:
            file = Path(folder) / "network.xml"
            openvino.save_model(network, file, compress_to_fp16=half)
            compiled = openvino.Core().compile_model(file, DEVICE, options(precision, threads))
            encoder = CompiledEncoder(
                Network(compiled, Tokenizer.from_str(tokenizer)),
                model_id=reference.model_id,
                fingerprint=reference.fingerprint,
                prompts=reference.prompts,
            )
            cosine = least_cosine(encoder, reference)
            if cosine < LEAST_COSINE:
                apart = f"its vectors differ from the reference's (cosine {cosine:.4f})"
                raise CannotCompileError(apart)
            blob = bytes(compiled.export_model().getvalue())
            sample = encoder.encode_queries([SAMPLE])[0].tolist()
        except RuntimeError as error:
            raise CannotCompileError(f"OpenVINO: {first_line(error)}") from error
    return Compiled(blob, tokenizer, precision, cosine, sample)


def _networks(model: SentenceTransformer) -> Iterator[Any]:
    try:
        for network in traces(model):
            if not network.output(0).get_partial_shape()[1].is_static:
                raise CannotCompileError("it does not tell the length of its vectors")
            yield network
    except CannotCompileError:
        raise
    except Exception as error:  # whatever a model's own code or the converter raises
        raise CannotCompileError(f"it cannot be converted: {first_line(error)}") from error


def tokenizer_json(model: SentenceTransformer) -> str:
    """Return the model's tokenizer, set to cut where the model does, as JSON.

    Raises ``CannotCompileError`` where it is not one of the library ``tokenizers``.
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


def least_cosine(encoder: CompiledEncoder, reference: Encoder) -> float:
    """The least cosine between the vectors of two encoders over all probes; -1 for none."""
    worst, queries = 1.0, reference.encode_queries(PROBES)
    together = np.stack([vector for vector, _ in encoder.encode_questions(PROBES)])
    for theirs, ours in (
        (queries, encoder.encode_queries(PROBES)),
        (queries, together),
        (reference.encode_passages(PROBES), encoder.encode_passages(PROBES)),
    ):
        if theirs.shape != ours.shape or not np.isfinite(ours).all():
            return -1.0
        worst = min(worst, float((theirs * ours).sum(axis=1).min()))
    return worst


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its kind where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
