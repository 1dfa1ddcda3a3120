"""The reader's network on torch and compiled: equal scores, whatever the batch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cica_qa.models.bundled import bundled_path
from cica_qa.models.reader.compilation import load_network
from cica_qa.models.reader.network import TorchNetwork
from cica_qa.models.reader.scores import CompiledReader, ReaderNetwork, ReaderScores
from cica_qa.models.reader.text import join_pair
from cica_qa.models.reader.weights import ReaderWeights, packaged_weights, read_weights
from cica_qa.models.runtime.packing import Tokens
from cica_qa.settings import Settings

QUESTION = (5, 12, 20, 31)
PAIRS = [join_pair(QUESTION, range(40, 40 + count)) for count in (1, 9, 200)]
ROUNDING = 0.15
"""The greatest mean error in bfloat16 of scores, which are about ±10."""


@pytest.fixture(scope="module")
def weights() -> ReaderWeights:
    return read_weights(packaged_weights())


@pytest.fixture(scope="module", params=["torch", "compiled"])
def network(
    request: pytest.FixtureRequest, weights: ReaderWeights, model_cache: Path
) -> ReaderNetwork:
    if request.param == "torch":
        return TorchNetwork(weights, bundled_path(model_cache))
    found = load_network(weights, bundled_path(model_cache), Settings(cache_dir=model_cache))
    assert isinstance(found, CompiledReader)
    return found


def apart(ours: ReaderScores, theirs: ReaderScores) -> float:
    assert ours.spans.shape == theirs.spans.shape
    return float(np.abs(ours.flat - theirs.flat).mean())


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: str(len(pair.ids)))
def test_scores_are_those_of_bert(
    network: ReaderNetwork, weights: ReaderWeights, model_cache: Path, pair: Tokens
) -> None:
    (scores,) = network.scores([pair])
    assert scores.spans.shape == (len(pair.ids), 2)
    assert scores.verdict.shape == (3,)
    assert apart(scores, by_transformers(weights, model_cache, pair)) < ROUNDING


def test_a_pair_has_the_same_scores_in_any_batch(network: ReaderNetwork) -> None:
    alone = [network.scores([pair])[0] for pair in PAIRS]
    for one, other in zip(network.scores(PAIRS), alone, strict=True):
        assert apart(one, other) < ROUNDING


def test_threads_do_not_mix_their_scores(network: ReaderNetwork) -> None:
    alone = [network.scores([pair])[0] for pair in PAIRS]

    def read(pair: Tokens) -> Sequence[ReaderScores]:
        return network.scores([pair])

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(read, PAIRS * 4))
    for at, (scores,) in enumerate(together):
        assert apart(scores, alone[at % len(PAIRS)]) < 1e-3


def by_transformers(weights: ReaderWeights, model_cache: Path, pair: Tokens) -> ReaderScores:
    """Return the scores of transformers' BERT with its own attention, one pair at a time."""
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(bundled_path(model_cache), add_pooling_layer=False)
    model = model.float().eval()
    tensors = {name: torch.from_numpy(np.array(v)) for name, v in weights.tensors.items()}
    for at, layer in enumerate(model.encoder.layer):
        own = f"layers.{at}."
        layer.load_state_dict(
            {name.removeprefix(own): v for name, v in tensors.items() if name.startswith(own)}
        )
    ids = torch.tensor([pair.ids])
    kinds = (torch.arange(len(pair.ids)) >= (pair.second or 0)).long()
    words = model.embeddings.word_embeddings(ids) + tensors["segments"][kinds]
    with torch.no_grad():
        states = model(inputs_embeds=words).last_hidden_state[0]
        head, answerable, verdict = (
            states @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]
            for name in ("head", "answerable", "verdict")
        )
    return ReaderScores(head.numpy(), float(answerable[0, 0]), verdict[0].numpy())
