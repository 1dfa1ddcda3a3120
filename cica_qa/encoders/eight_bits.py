"""A network whose large products are of whole numbers: faster where a processor has them.

The weights are rounded beforehand, what they are multiplied with while the network runs, some
dozens of numbers at a time by the largest of them: nothing is calibrated on texts. It is OpenVINO
that does the latter ("dynamic quantization" in its documentation).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

GROUP = 64
"""How many numbers share a scale: with 128 vectors are twice as far off, with 32 it is slower."""
_FULL = 127.0


def quantized(network: Any) -> Any:
    """Return ``network``, of OpenVINO, with the constant weights of its products rounded.

    Those of a width that is no multiple of ``GROUP`` stay as they are.
    """
    from openvino import opset13 as operations

    for product in network.get_ordered_ops():
        if product.get_type_name() != "MatMul" or not product.get_attributes()["transpose_b"]:
            continue
        numbers = _constant(product.input_value(1).get_node())
        if numbers is None or numbers.ndim != 2 or numbers.shape[1] % GROUP:
            continue
        groups = numbers.reshape(len(numbers), -1, GROUP)
        scales = np.maximum(np.abs(groups).max(axis=-1, keepdims=True), 1e-9) / _FULL
        whole = operations.constant(np.rint(groups / scales).astype(np.int8))
        scaled = operations.multiply(operations.convert(whole, "f32"), operations.constant(scales))
        shape = operations.constant(np.array(numbers.shape, np.int64))
        product.input(1).replace_source_output(
            operations.reshape(scaled, shape, special_zero=False).output(0)
        )
    return network


def _constant(node: Any) -> NDArray[np.float32] | None:
    """The numbers of a constant, which may be kept in half precision; None for anything else."""
    if node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant":
        return None
    numbers: NDArray[np.float32] = node.data.astype(np.float32)
    return numbers
