"""The part of the reader that is trained: upper layers over a question and a text, and a head."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Self

import torch
from torch import Tensor, nn

from benchmarks.training.base import in_bf16

NOTHING = -1e4


class Network(nn.Module):
    """From the states of a question and of a window to the scores of where an answer lies."""

    def __init__(self, layers: nn.ModuleList, width: int) -> None:
        super().__init__()
        self.layers = deepcopy(layers)
        self.drop(0.0)
        self.segments = nn.Parameter(torch.zeros(2, width))
        self.head = nn.Linear(width, 2)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def drop(self, share: float) -> Self:
        """Leave out a share of what each half of a layer gives, while training.

        What attention weighs is always whole: leaving out of it takes a sixth of the time.
        """
        for name, module in self.layers.named_modules():
            if isinstance(module, nn.Dropout):
                module.p = share if name.endswith("output.dropout") else 0.0
        return self

    def forward(
        self, question: list[Tensor], text: list[Tensor], inside: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return the scores of starts and of ends, shape ``(pairs, 1 + tokens)`` each.

        The first is the score of there being no answer; ``inside`` tells of each token of a
        text whether an answer may start or end there.
        """
        device = self.segments.device
        states, masks = [], []
        for number, part in enumerate((question, text)):
            padded = nn.utils.rnn.pad_sequence(part, batch_first=True).to(device).float()
            lengths = torch.tensor([len(one) for one in part], device=device)
            masks.append(torch.arange(padded.shape[1], device=device)[None] < lengths[:, None])
            states.append(padded + self.segments[number])
        hidden, mask = torch.cat(states, 1), torch.cat(masks, 1)
        attention = None if bool(mask.all()) else mask[:, None, None, :]
        with in_bf16(device):
            for layer in self.layers:
                hidden = layer(hidden, attention)
        scores = self.head(hidden.float())
        allowed = nn.utils.rnn.pad_sequence(inside, batch_first=True).to(device)
        of_text = scores[:, states[0].shape[1] :].masked_fill(~allowed[..., None], NOTHING)
        start, end = torch.cat([scores[:, :1], of_text], 1).unbind(-1)
        return start, end


@torch.no_grad()
def mean_of(networks: Sequence[Network]) -> Network:
    """Return the mean of networks that went on from the same weights.

    After Wortsman et al., "Model soups", 2022: it errs less by chance than each of them.
    """
    mean = deepcopy(networks[0])
    parts = (network.parameters() for network in networks)
    for kept, *values in zip(mean.parameters(), *parts, strict=True):
        kept.copy_(torch.stack(values).mean(0))
    return mean
