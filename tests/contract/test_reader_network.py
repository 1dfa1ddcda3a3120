"""The reader's network in NumPy, compiled, and as transformers defines it: the same scores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cica_qa.models.bundled import bundled_path
from cica_qa.models.reader.compiled import CompiledNetwork, Network, load_network
from cica_qa.models.reader.layers import NumpyNetwork
from cica_qa.models.reader.weights import Weights, packaged, read_weights
from cica_qa.settings import Settings

QUESTION = (0, 5, 12, 20, 31, 2)
TEXTS = [(0, 6, 12, *range(40, 40 + count), 2) for count in (1, 9, 250)]


@pytest.fixture(scope="module")
def weights(model_cache: Path) -> Weights:
    return read_weights(packaged(), bundled_path(model_cache))


@pytest.fixture(scope="module", params=["numpy", "compiled"])
def network(request: pytest.FixtureRequest, weights: Weights, model_cache: Path) -> Network:
    if request.param == "numpy":
        return NumpyNetwork(weights)
    found = load_network(weights, Settings(cache_dir=model_cache))
    assert isinstance(found, CompiledNetwork)
    return found


def scores_of(network: Network, text: tuple[int, ...]) -> np.ndarray:
    return network.upper(network.lower(QUESTION), network.lower(text))


@pytest.mark.parametrize("text", TEXTS, ids=len)
def test_scores_are_those_of_the_reference(
    network: Network, weights: Weights, model_cache: Path, text: tuple[int, ...]
) -> None:
    scores = scores_of(network, text)
    assert scores.shape == (len(QUESTION) + len(text), 2)
    np.testing.assert_allclose(scores, by_transformers(weights, model_cache, text), atol=0.05)


def test_threads_do_not_mix_their_scores(network: Network) -> None:
    alone = [scores_of(network, text) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: scores_of(network, text), TEXTS * 4))
    for at, scores in enumerate(together):
        np.testing.assert_allclose(scores, alone[at % len(TEXTS)], atol=1e-4)


def by_transformers(weights: Weights, model_cache: Path, text: tuple[int, ...]) -> np.ndarray:
    """The scores by the layers of transformers' BERT, with the weights of the reader."""
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(bundled_path(model_cache)).float().eval()
    layers = model.encoder.layer
    for layer, own in zip(layers[len(weights.lower) :], weights.upper, strict=True):
        layer.load_state_dict({name: torch.from_numpy(values) for name, values in own.items()})
    upper = layers[len(weights.lower) :]
    model.encoder.layer = layers[: len(weights.lower)]
    segments = torch.from_numpy(weights.segments)
    with torch.no_grad():
        states = torch.cat(
            [
                model(input_ids=torch.tensor([ids])).last_hidden_state + segment
                for ids, segment in zip((QUESTION, text), segments, strict=True)
            ],
            1,
        )
        for layer in upper:
            states = layer(states)
        weight, bias = map(torch.from_numpy, weights.head)
        return (states @ weight.T + bias)[0].numpy()
