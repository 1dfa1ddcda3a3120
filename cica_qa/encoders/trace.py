"""From a sentence-transformers model to an OpenVINO network, by tracing. Needs torch.

A network reads texts of unlike lengths without padding them, where its model allows that: their
tokens stand in one row, and only in attention is each text by itself (Zhai et al.,
"ByteTransformer", IPDPS 2023). Its inputs are then those of ``Packed``; of other models they are
token ids and attention mask, shape (texts, tokens). The outputs are, of both kinds, the vectors of
the texts, shape (texts, dimension), and of their tokens, shape (texts, tokens, width).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cica_qa.encoders.openvino_network import Packed, Tokens

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

_ATTENTION = "cica_qa_packed"
_SAMPLE = (7, 8, 9, 6, 5, 4, 3), (9, 3, 7, 5)
_MOST_APART = 1e-3
"""By how much numbers may differ where texts are packed; they are some tenths."""
_one_at_a_time = threading.Lock()


def traces(model: SentenceTransformer) -> Iterator[Any]:
    """Yield the model as an OpenVINO network, the one that packs first if there is one.

    All modules are traced as they stand, so that any pooling and any dense layer after it
    come along. Raises what the model or the converter raises.
    """
    try:
        with _quietly():
            packing = _packing(model)
    except Exception as error:  # whatever a model's own code raises
        log.debug("its texts cannot be packed: %s", error)
    else:
        yield packing
    with _quietly():
        apart = _converted(_padding(model), _padded_sample())
    yield apart


def _padding(model: SentenceTransformer) -> Any:
    """The model as a function of token ids and attention mask."""
    import torch

    class Padding(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = torch.nn.ModuleList(list(model))

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> Any:
            features: Any = {"input_ids": ids, "attention_mask": mask}
            for step in self.steps:
                features = step(features)
            return features["sentence_embedding"], features["token_embeddings"]

    return Padding().eval()


def _packing(model: SentenceTransformer) -> Any:
    """Return the network of a model that packs. Raises what its code raises where it cannot."""
    import torch

    expected = _padding(model)(*_padded_sample())
    transformer: Any = model.transformers_model
    pad = getattr(transformer.config, "pad_token_id", None) or 0
    with _own_attention(model) as attention:
        for first in (0, pad + 1):  # RoBERTa counts positions from behind its padding token's id
            packing = _packed_module(model, attention, first)
            found = packing(*_packed_sample())
            texts = torch.abs(found[0] - expected[0]).max()
            tokens = max(
                torch.abs(of_ours[: len(ids)] - of_theirs[: len(ids)]).max()
                for ids, of_ours, of_theirs in zip(_SAMPLE, found[1], expected[1], strict=True)
            )
            if max(texts, tokens) < _MOST_APART:
                return _converted(packing, _packed_sample())
    raise ValueError("their vectors are not the same")


class _Attention:
    """Attention within each text, of tokens that stand in one row: one for all layers."""

    def __init__(self) -> None:
        self.places: Any = None
        self.back: Any = None
        self.mask: Any = None

    def __call__(
        self,
        module: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: object,
        *,
        scaling: float | None = None,
        dropout: float = 0.0,
        position_ids: object = None,
        **others: object,
    ) -> tuple[torch.Tensor, None]:
        """Called by transformers' layers; the parts have the shape (1, heads, tokens, width)."""
        import torch

        unlike = [
            name for name, value in others.items() if value is not None and value is not False
        ]
        if unlike or getattr(module, "is_causal", False) or key.shape != query.shape:
            raise ValueError("it has an attention of another kind")
        query, key, value = (
            part.transpose(1, 2)[0][self.places].transpose(1, 2) for part in (query, key, value)
        )
        attended = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=self.mask, scale=scaling
        )
        return attended.transpose(1, 2).flatten(0, 1)[self.back][None], None


def _packed_module(model: SentenceTransformer, attention: _Attention, first: int) -> Any:
    """The model as a function of ``Packed.inputs``; positions are counted from ``first``."""
    import torch

    class Packing(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = torch.nn.ModuleList(list(model))

        def forward(
            self,
            ids: torch.Tensor,
            positions: torch.Tensor,
            places: torch.Tensor,
            back: torch.Tensor,
            mask: torch.Tensor,
        ) -> Any:
            attention.places, attention.back = places, back
            attention.mask = mask.bool()[:, None, None]
            transformer, *others = self.steps
            row = {"input_ids": ids[None], "position_ids": positions[None] + first}
            states = transformer({**row, "attention_mask": torch.ones_like(ids)[None]})
            tokens = states["token_embeddings"][0][places]
            features: Any = {"token_embeddings": tokens, "attention_mask": mask}
            for step in others:
                features = step(features)
            return features["sentence_embedding"], features["token_embeddings"]

    return Packing().eval()


@contextlib.contextmanager
def _own_attention(model: SentenceTransformer) -> Iterator[_Attention]:
    """Let the model's layers use an ``_Attention`` for a while."""
    from transformers import AttentionInterface

    transformer: Any = model.transformers_model
    before, attention = transformer.config._attn_implementation, _Attention()
    with _one_at_a_time:
        AttentionInterface.register(_ATTENTION, attention)
        transformer.set_attn_implementation(_ATTENTION)
        try:
            yield attention
        finally:
            transformer.set_attn_implementation(before)


def _padded_sample() -> tuple[Any, Any]:
    import torch

    longest = max(map(len, _SAMPLE))
    ids = [[*text, *[3] * (longest - len(text))] for text in _SAMPLE]
    mask = [[int(at < len(text)) for at in range(longest)] for text in _SAMPLE]
    return torch.tensor(ids), torch.tensor(mask)


def _packed_sample() -> tuple[Any, ...]:
    import torch

    texts = [Tokens([*ids], [(0, 0)] * len(ids)) for ids in _SAMPLE]
    inputs = Packed.of(texts, room=16).inputs  # room that is not full
    return tuple(torch.from_numpy(values) for values in inputs)


def _converted(module: Any, sample: tuple[Any, ...]) -> Any:
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    trace_module: Any = torch.jit.trace  # without types
    traced = trace_module(module, sample, check_trace=False)
    decoder = TorchScriptPythonDecoder(traced)  # must live as long as it is read
    frontend = FrontEndManager().load_by_framework("pytorch")
    return frontend.convert(frontend.load(decoder))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Tracing calls forth warnings that mean nothing here: the result is verified."""
    import torch

    loggers = [logging.getLogger(name) for name in ("transformers", "sentence_transformers")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
