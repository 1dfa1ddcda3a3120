"""The reader's network as OpenVINO graphs, one for the lower layers and one for the upper."""

from __future__ import annotations

from typing import Any

import numpy as np

from cica_qa.reader.weights import EPSILON, HEADS, Array, Layer, Weights, pair


class Graphs:
    """Builds the graphs. States have the shape ``(tokens, width)``."""

    def __init__(self, openvino: Any, weights: Weights) -> None:
        from openvino import opset13

        self._openvino, self._ops, self._weights = openvino, opset13, weights
        self._width = weights.segments.shape[1]

    def lower(self) -> Any:
        """Return the graph from embeddings that are not normalised to the lower states."""
        embedded = self._parameter("embedded")
        states = self._normed(embedded, *self._weights.norm)
        for layer in self._weights.lower:
            states = self._layer(states, layer)
        return self._openvino.Model([states], [embedded], "lower")

    def upper(self) -> Any:
        """Return the graph from the states of a question and a text to scores."""
        ops, weights = self._ops, self._weights
        question, text = self._parameter("question"), self._parameter("text")
        parts = [
            ops.add(part, segment[None])
            for part, segment in zip((question, text), weights.segments, strict=True)
        ]
        states = ops.concat(parts, 0)
        for layer in weights.upper:
            states = self._layer(states, layer)
        scores = self._linear(states, *weights.head)
        return self._openvino.Model([scores], [question, text], "upper")

    def _parameter(self, name: str) -> Any:
        return self._ops.parameter([-1, self._width], np.float32, name)

    def _layer(self, states: Any, layer: Layer) -> Any:
        ops = self._ops
        attended = self._named(self._attention(states, layer), layer, "attention.output.dense")
        norm = pair(layer, "attention.output.LayerNorm")
        states = self._normed(ops.add(attended, states), *norm)
        wide = ops.gelu(self._named(states, layer, "intermediate.dense"), "erf")
        narrow = self._named(wide, layer, "output.dense")
        return self._normed(ops.add(narrow, states), *pair(layer, "output.LayerNorm"))

    def _attention(self, states: Any, layer: Layer) -> Any:
        ops, split = self._ops, np.array([1, 0, HEADS, self._width // HEADS])
        query, key, value = (
            ops.transpose(
                ops.reshape(
                    ops.unsqueeze(self._named(states, layer, f"attention.self.{name}"), 0),
                    split,
                    special_zero=True,
                ),
                np.array([0, 2, 1, 3]),
            )
            for name in ("query", "key", "value")
        )
        attended = ops.scaled_dot_product_attention(query, key, value)
        joined = ops.transpose(attended, np.array([0, 2, 1, 3]))
        return ops.squeeze(ops.reshape(joined, np.array([0, 0, self._width]), True), 0)

    def _named(self, states: Any, layer: Layer, name: str) -> Any:
        return self._linear(states, *pair(layer, name))

    def _linear(self, states: Any, weight: Array, bias: Array) -> Any:
        ops = self._ops
        product = ops.matmul(states, ops.constant(weight), False, True)
        return ops.add(product, ops.constant(bias[None]))

    def _normed(self, states: Any, weight: Array, bias: Array) -> Any:
        ops = self._ops
        even = ops.mvn(states, np.array([-1]), True, EPSILON, "inside_sqrt")
        return ops.add(ops.multiply(even, weight[None]), bias[None])
