"""The reader's network in NumPy: what the compiled one is measured against, and stands in for.

Layers are BERT's (Devlin et al., NAACL 2019). Question and text pass the lower layers apart and
the upper ones together (Cao et al., "DeFormer", ACL 2020).
"""

from __future__ import annotations

import numpy as np

from cica_qa.reader.weights import EPSILON, HEADS, Array, Layer, Weights, pair


class NumpyNetwork:
    """The network as it is defined. Safe to share between threads."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def lower(self, ids: tuple[int, ...]) -> Array:
        """Return the states of a question or a window, shape ``(tokens, width)``."""
        weights = self._weights
        states = _normed(weights.embed(ids), *weights.norm)
        for layer in weights.lower:
            states = _layer(states, layer)
        return states

    def upper(self, question: Array, text: Array) -> Array:
        """Return the scores of starts and of ends, shape ``(tokens, 2)``.

        ``tokens`` are those of the question, of which the first stands for there being no
        answer, then those of the text.
        """
        segments = self._weights.segments
        states = np.concatenate([question + segments[0], text + segments[1]])
        for layer in self._weights.upper:
            states = _layer(states, layer)
        weight, bias = self._weights.head
        scores: Array = states @ weight.T + bias
        return scores


def _layer(states: Array, layer: Layer) -> Array:
    from scipy.special import erf  # takes a quarter of a second, and OpenVINO does without

    attended = _linear(_attention(states, layer), layer, "attention.output.dense")
    states = _normed(attended + states, *pair(layer, "attention.output.LayerNorm"))
    wide = _linear(states, layer, "intermediate.dense")
    wide *= 0.5 * (1 + erf(wide / np.sqrt(2, dtype=np.float32)))
    narrow = _linear(wide, layer, "output.dense")
    return _normed(narrow + states, *pair(layer, "output.LayerNorm"))


def _attention(states: Array, layer: Layer) -> Array:
    tokens, width = states.shape
    query, key, value = (
        _linear(states, layer, f"attention.self.{name}").reshape(tokens, HEADS, -1).swapaxes(0, 1)
        for name in ("query", "key", "value")
    )
    scores = query @ key.swapaxes(1, 2) / np.sqrt(width // HEADS, dtype=np.float32)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    result: Array = (shares @ value).swapaxes(0, 1).reshape(tokens, width)
    return result


def _linear(states: Array, layer: Layer, name: str) -> Array:
    weight, bias = pair(layer, name)
    result: Array = states @ weight.T + bias
    return result


def _normed(states: Array, weight: Array, bias: Array) -> Array:
    centred = states - states.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    result: Array = centred / np.sqrt(variance + EPSILON) * weight + bias
    return result
