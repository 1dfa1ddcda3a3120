"""The reader's network on torch: its definition, and the fallback if it cannot be compiled.

BERT (Devlin et al., NAACL 2019) over a question joined with a passage, with three heads: where the
answer starts and ends, whether there is one, and whether it is yes or no.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cica_qa.models.reader.scores import OUTPUTS, ReaderScores, unpacked
from cica_qa.models.reader.weights import ReaderWeights
from cica_qa.models.runtime.packing import Packed, Tokens
from cica_qa.models.runtime.trace import packed_attention, quietly, to_openvino

if TYPE_CHECKING:
    import torch

_LAYERS = "layers."
_SAMPLE = (
    Tokens((0, 7, 8, 2, 9, 6, 5, 4, 3, 2), [(0, 0)] * 10, 4),
    Tokens((0, 9, 2, 3, 7, 2), [(0, 0)] * 6, 3),
)


class TorchNetwork:
    """The network on torch. Thread-safe."""

    def __init__(self, weights: ReaderWeights, model: Path) -> None:
        """Build the network; ``model`` is the folder of the bundled model with its embeddings."""
        self._bert, heads = _modules(weights, model)
        self._heads = heads

    def scores(self, batch: Sequence[Tokens]) -> list[ReaderScores]:
        """Return the scores of pairs of a question and a passage."""
        import torch

        packed = Packed.of(batch)
        inputs = [torch.from_numpy(values) for values in packed.paired_inputs]
        with quietly(), packed_attention(self._bert) as attention:
            found = _module(self._bert, self._heads, attention)(*inputs)
        return unpacked(batch, [values.numpy() for values in found])

    def to_openvino(self) -> Any:
        """Return the OpenVINO network for packed pairs; see ``Packed.paired_inputs``."""
        import torch

        inputs = Packed.of(_SAMPLE, room=24).paired_inputs  # more room than tokens
        sample = tuple(torch.from_numpy(values) for values in inputs)
        with quietly(), packed_attention(self._bert) as attention:
            return to_openvino(_module(self._bert, self._heads, attention), sample)


def _modules(weights: ReaderWeights, model: Path) -> tuple[Any, Any]:
    """Return BERT with the trained layers, and the three heads by name."""
    import torch
    from transformers import AutoModel

    with quietly():
        bert: Any = AutoModel.from_pretrained(model, add_pooling_layer=False).float().eval()
    tensors = {name: torch.from_numpy(np.array(v)) for name, v in weights.tensors.items()}
    layers = {n.removeprefix(_LAYERS): v for n, v in tensors.items() if n.startswith(_LAYERS)}
    bert.encoder.layer.load_state_dict(layers)
    rows = bert.embeddings.token_type_embeddings.weight.data[:1] + tensors["segments"]
    kinds = torch.nn.Embedding(*rows.shape)
    kinds.weight.data.copy_(rows)
    bert.embeddings.token_type_embeddings = kinds
    heads = torch.nn.ModuleDict()
    for name in OUTPUTS:
        weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        head = torch.nn.Linear(weight.shape[1], weight.shape[0])
        head.load_state_dict({"weight": weight, "bias": bias})
        heads[name] = head
    return bert.requires_grad_(False), heads.requires_grad_(False)


def _module(bert: Any, heads: Any, attention: Any) -> Any:
    """Return the network as a function of ``Packed.paired_inputs``."""
    import torch

    class Reader(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert, self.heads = bert, heads

        def forward(
            self,
            ids: torch.Tensor,
            positions: torch.Tensor,
            kinds: torch.Tensor,
            places: torch.Tensor,
            back: torch.Tensor,
            mask: torch.Tensor,
        ) -> Any:
            attention.pack(places, back, mask)
            states = self.bert(
                input_ids=ids[None],
                attention_mask=torch.ones_like(ids)[None],
                position_ids=positions[None],
                token_type_ids=kinds[None],
            ).last_hidden_state[0]
            first = states[places[:, 0]]
            span, *whole = (self.heads[name] for name in OUTPUTS)
            return (span(states)[places], *(head(first) for head in whole))

    return Reader().eval()
