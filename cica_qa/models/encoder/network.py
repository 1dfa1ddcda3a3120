"""A sentence-transformers model as OpenVINO networks. Needs torch.

A packing network has the inputs of ``Packed``; any other has token ids and attention mask, shape
(texts, tokens). The outputs of both are the vectors of the texts, shape (texts, dimension), and of
their tokens, shape (texts, tokens, width).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cica_qa.models.runtime.packing import Packed, Tokens
from cica_qa.models.runtime.trace import PackedAttention, packed_attention, quietly, to_openvino

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

_SAMPLE = (7, 8, 9, 6, 5, 4, 3), (9, 3, 7, 5)
_MOST_APART = 1e-3
"""The greatest difference of values caused by packing; the values are a few tenths."""


def trace_networks(model: SentenceTransformer) -> Iterator[Any]:
    """Yield the model as OpenVINO networks: the packing one, if possible, then the padding one.

    All modules are traced as they are, including any pooling and dense layers. Raises whatever
    the model or the converter raises.
    """
    try:
        with quietly():
            packing = _packing(model)
    except Exception as error:  # a model's own code may raise anything
        log.debug("its texts cannot be packed: %s", error)
    else:
        yield packing
    with quietly():
        apart = to_openvino(_padding(model), _padded_sample())
    yield apart


def _padding(model: SentenceTransformer) -> Any:
    """Return the model as a function of token ids and attention mask."""
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
    """Return the packing network. Raises whatever the model's code raises if it cannot pack."""
    import torch

    expected = _padding(model)(*_padded_sample())
    transformer: Any = model.transformers_model
    pad = getattr(transformer.config, "pad_token_id", None) or 0
    with packed_attention(transformer) as attention:
        for first in (0, pad + 1):  # RoBERTa's positions start after its padding token's id
            packing = _packed_module(model, attention, first)
            found = packing(*_packed_sample())
            texts = torch.abs(found[0] - expected[0]).max()
            tokens = max(
                torch.abs(of_ours[: len(ids)] - of_theirs[: len(ids)]).max()
                for ids, of_ours, of_theirs in zip(_SAMPLE, found[1], expected[1], strict=True)
            )
            if max(texts, tokens) < _MOST_APART:
                return to_openvino(packing, _packed_sample())
    raise ValueError("their vectors are not the same")


def _packed_module(model: SentenceTransformer, attention: PackedAttention, first: int) -> Any:
    """Return the model as a function of ``Packed.inputs`` with positions starting at ``first``."""
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
            attention.pack(places, back, mask)
            transformer, *others = self.steps
            row = {"input_ids": ids[None], "position_ids": positions[None] + first}
            states = transformer({**row, "attention_mask": torch.ones_like(ids)[None]})
            tokens = states["token_embeddings"][0][places]
            features: Any = {"token_embeddings": tokens, "attention_mask": mask}
            for step in others:
                features = step(features)
            return features["sentence_embedding"], features["token_embeddings"]

    return Packing().eval()


def _padded_sample() -> tuple[Any, Any]:
    import torch

    longest = max(map(len, _SAMPLE))
    ids = [[*text, *[3] * (longest - len(text))] for text in _SAMPLE]
    mask = [[int(at < len(text)) for at in range(longest)] for text in _SAMPLE]
    return torch.tensor(ids), torch.tensor(mask)


def _packed_sample() -> tuple[Any, ...]:
    import torch

    texts = [Tokens(ids, [(0, 0)] * len(ids)) for ids in _SAMPLE]
    inputs = Packed.of(texts, room=16).inputs  # more room than tokens
    return tuple(torch.from_numpy(values) for values in inputs)
