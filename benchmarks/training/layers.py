"""Attention and dropout for training on a CPU.

There, PyTorch's fused attention takes 44 % of a step, nearly all in the backward pass, and drawing
dropout masks 13 %. With these two, a step of 2,048 tokens takes half to two thirds of the time (.66
to .99 s instead of 1.26 to 1.83 s in four pairs of runs; two cores with AMX, bfloat16).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

PLAIN = "plain"
LEVELS = 256


def attention(
    module: object,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scaling: float,
    **others: object,
) -> tuple[Tensor, None]:
    """Return the attended values, with the signature that transformers' layers call.

    ``query``, ``key`` and ``value`` have the shape (pairs, heads, tokens, width); ``mask`` is added
    to the scores. There is no dropout on the weights.
    """
    scores = torch.matmul(query * scaling, key.transpose(2, 3))
    if mask is not None:
        scores = scores + mask.to(scores.dtype)
    weights = torch.softmax(scores, -1).to(value.dtype)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), None


def use_plain_attention(layers: nn.ModuleList) -> None:
    """Make the layers of a transformers model use ``attention``."""
    from transformers import AttentionInterface

    AttentionInterface.register(PLAIN, attention)
    for layer in layers:
        whole: Any = layer
        whole.attention.self.config._attn_implementation = PLAIN


class Dropout(nn.Module):
    """Drops a share of its input while training, rounded to the nearest 256th.

    It uses torch's global seed.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.dropped = round(LEVELS * share)

    def forward(self, values: Tensor) -> Tensor:
        """Return the values, scaling up those that are kept to preserve the mean."""
        if not self.training or not self.dropped:
            return values
        seed = int(torch.randint(2**62, ()))
        drawn = np.random.Generator(np.random.SFC64(seed)).integers(
            0, LEVELS, values.numel(), dtype=np.uint8
        )
        kept = torch.from_numpy(drawn).to(values.device).view(values.shape) >= self.dropped
        return values * kept.to(values.dtype) * (LEVELS / (LEVELS - self.dropped))
