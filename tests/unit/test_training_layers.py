"""The attention and the dropout that train fast compute what PyTorch's own do."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from benchmarks.training.layers import Dropout, attention

SHAPE = (3, 2, 5, 4)
SEEN = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]], dtype=torch.bool)


@pytest.mark.parametrize("masked", [False, True])
def test_attention_and_its_gradient_are_those_of_pytorch(masked: bool) -> None:
    torch.manual_seed(3)
    parts = [torch.randn(SHAPE, requires_grad=True) for _ in range(3)]
    added = torch.zeros(3, 1, 1, 5).masked_fill(~SEEN[:, None, None], -1e4) if masked else None
    ours, _ = attention(None, *parts, added, 0.5)
    theirs = scaled_dot_product_attention(*parts, attn_mask=added, scale=0.5).transpose(1, 2)
    torch.testing.assert_close(ours, theirs)
    weight = torch.randn(ours.shape)
    gradients = [torch.autograd.grad((one * weight).sum(), parts) for one in (ours, theirs)]
    torch.testing.assert_close(*gradients)


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    torch.manual_seed(5)
    values = Dropout(0.25).train()(torch.ones(400_000))
    assert float((values == 0).float().mean()) == pytest.approx(0.25, abs=0.005)
    assert float(values.mean()) == pytest.approx(1.0, abs=0.01)


def test_dropout_follows_the_seed_and_rests_while_measuring() -> None:
    layer, values = Dropout(0.5).train(), torch.ones(64)
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(layer(values))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(layer.eval()(values), values)
