"""Quantisation of the weights of a network to eight bits, so that OpenVINO multiplies bytes.

Each output of a matrix has its own scale; OpenVINO quantises the activations at run time.
Processors with VNNI multiply bytes several times faster than floats; on others OpenVINO converts
the weights back to floats.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_MOST = 127
_ZERO = 128  # zero point, as the processor's instructions take unsigned weights
_LEAST_WEIGHTS = 10_000
"""Smaller matrices are left as they are, as their cost is negligible."""
_LEAST_SCALE = 1e-9


def in_eight_bits(openvino: Any, network: Any) -> int:
    """Quantise the large weight matrices of an OpenVINO network in place; return their number."""
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
    """Return the weights of a matrix product, shape (outputs, inputs); None for other nodes."""
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
    """Return the node that restores the weights from eight bits."""
    op = openvino.opset13
    scales = np.maximum(np.abs(weights).max(1, keepdims=True) / _MOST, _LEAST_SCALE)
    kept = (np.round(weights / scales) + _ZERO).astype(np.uint8)
    zeros = np.full((len(weights), 1), _ZERO, np.uint8)
    shifted = op.subtract(_float(op, kept), _float(op, zeros))
    return op.multiply(shifted, op.constant(scales.astype(np.float32)))


def _float(op: Any, values: Any) -> Any:
    return op.convert(op.constant(values, dtype=np.uint8), "f32")
