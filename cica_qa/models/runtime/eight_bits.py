"""Store the weights of a network in eight bits, so that OpenVINO multiplies bytes.

OpenVINO quantises the activations at run time. Each output of a matrix has its own scale.
Processors with VNNI multiply bytes several times faster than floats; on others OpenVINO converts
the weights back to floats.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_MOST = 127
_ZERO = 128  # the processors' instructions want weights without a sign
_LEAST_WEIGHTS = 10_000
"""Matrices of fewer weights are left as they are: they cost nothing."""
_LEAST_SCALE = 1e-9


def in_eight_bits(openvino: Any, network: Any) -> int:
    """Put the large weight matrices of an OpenVINO network into eight bits; return how many."""
    count = 0
    for node in list(network.get_ops()):
        weights = _weights(node)
        if weights is None:
            continue
        transposed = bool(node.get_attributes()["transpose_a"])
        restored = _restored(openvino, weights)
        made = openvino.opset13.matmul(node.input_value(0), restored, transposed, True)
        made.set_friendly_name(node.get_friendly_name())
        for reader in list(node.output(0).get_target_inputs()):
            reader.replace_source_output(made.output(0))
        count += 1
    network.validate_nodes_and_infer_types()
    return count


def _weights(node: Any) -> Any:
    """The weights that a node multiplies by, of shape (outputs, inputs); None for other nodes."""
    if node.get_type_name() != "MatMul":
        return None
    constant = node.input_value(1).get_node()
    if constant.get_type_name() == "Convert":  # from half precision
        constant = constant.input_value(0).get_node()
    if constant.get_type_name() != "Constant":
        return None
    weights = constant.get_data().astype(np.float32)
    if weights.ndim != 2 or weights.size < _LEAST_WEIGHTS:
        return None
    return weights if node.get_attributes()["transpose_b"] else weights.T


def _restored(openvino: Any, weights: Any) -> Any:
    """Return the node that gives the weights back from their eight bits."""
    op = openvino.opset13
    scales = np.maximum(np.abs(weights).max(1, keepdims=True) / _MOST, _LEAST_SCALE)
    kept = (np.round(weights / scales) + _ZERO).astype(np.uint8)
    zeros = np.full((len(weights), 1), _ZERO, np.uint8)
    shifted = op.subtract(_float(op, kept), _float(op, zeros))
    return op.multiply(shifted, op.constant(scales.astype(np.float32)))


def _float(op: Any, values: Any) -> Any:
    return op.convert(op.constant(values, dtype=np.uint8), "f32")
