"""The network to be trained: the encoder's layers over question and passage, and three heads."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Self

import torch
from torch import Tensor, nn

from benchmarks.training.base import Base, in_bf16
from benchmarks.training.layers import Dropout, use_plain_attention
from benchmarks.training.pairs import Pair

IMPOSSIBLE = -1e4
PADDING = 1


class Network(nn.Module):
    """Scores pairs of a question and a passage.

    The ``frozen`` lower layers are not trained and encode question and passage separately. With 0
    of them, the two attend to each other from the first layer, and all layers are trained.
    """

    def __init__(self, base: Base, frozen: int = 0) -> None:
        super().__init__()
        self.layers = deepcopy(base.layers)
        use_plain_attention(self.layers)
        self.frozen = frozen
        self.layers[:frozen].requires_grad_(False)
        self.drop(0.0)
        width = base.embeddings.word_embeddings.embedding_dim
        self.segments = nn.Parameter(torch.zeros(2, width))
        self.head = nn.Linear(width, 2)
        self.answerable = nn.Linear(width, 1)
        self.verdict = nn.Linear(width, 3)
        for head in (self.head, self.answerable, self.verdict):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def drop(self, share: float) -> Self:
        """Set the dropout on the output of both halves of each layer."""
        for layer in self.layers:
            for half in (layer.attention.output, layer.output):
                half.dropout = Dropout(share)
        return self

    def forward(self, base: Base, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor, Tensor]:
        """Return the scores of spans, of answerability and of verdicts.

        Span scores have the shape ``(pairs, tokens, 2)``, for a start and an end at each token. The
        first token means that there is no answer; tokens outside the passage are impossible.
        Answerability has the shape ``(pairs,)`` and verdicts ``(pairs, 3)``.
        """
        device = self.segments.device
        longest = max(len(pair.ids) for pair in pairs)
        ids = torch.full((len(pairs), longest), PADDING)
        kind = torch.zeros(len(pairs), longest, dtype=torch.long)
        real = torch.zeros(len(pairs), longest, dtype=torch.bool)
        inside = torch.zeros(len(pairs), longest, dtype=torch.bool)
        for row, pair in enumerate(pairs):
            ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
            kind[row, pair.passage :] = 1
            real[row, : len(pair.ids)] = True
            inside[row, pair.passage : len(pair.ids) - 1] = True
        ids, kind, real, inside = (part.to(device) for part in (ids, kind, real, inside))
        hidden = self._embedded(base, ids, kind)
        mask = None if bool(real.all()) else _additive(real[:, None, None, :])
        alike = kind[:, None, None, :] == kind[:, None, :, None]
        apart = _additive(real[:, None, None, :] & alike)
        with in_bf16(device):
            with torch.no_grad():
                for layer in self.layers[: self.frozen]:
                    hidden = layer(hidden, apart)
            for layer in self.layers[self.frozen :]:
                hidden = layer(hidden, mask)
        hidden = hidden.float()
        inside[:, 0] = True
        spans = self.head(hidden).masked_fill(~inside[..., None], IMPOSSIBLE)
        first = hidden[:, 0]
        return spans, self.answerable(first)[:, 0], self.verdict(first)

    def _embedded(self, base: Base, ids: Tensor, kind: Tensor) -> Tensor:
        embeddings = base.embeddings
        places = torch.arange(ids.shape[1], device=ids.device)
        total = (
            embeddings.word_embeddings(ids)
            + embeddings.position_embeddings(places)[None]
            + embeddings.token_type_embeddings.weight[0]
            + self.segments[kind]
        )
        normed: Tensor = embeddings.LayerNorm(total)
        return normed


def _additive(seen: Tensor) -> Tensor:
    """Return the additive mask that limits attention to ``seen`` tokens."""
    return torch.zeros(seen.shape, device=seen.device).masked_fill(~seen, IMPOSSIBLE)


@torch.no_grad()
def mean_of(networks: Sequence[Network]) -> Network:
    """Return the mean of networks that were trained from the same weights.

    After Wortsman et al., "Model soups", 2022.
    """
    mean = deepcopy(networks[0])
    parts = (network.parameters() for network in networks)
    for kept, *values in zip(mean.parameters(), *parts, strict=True):
        kept.copy_(torch.stack(values).mean(0))
    return mean
