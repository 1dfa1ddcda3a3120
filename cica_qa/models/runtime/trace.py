"""Conversion of torch modules to OpenVINO networks by tracing. Needs torch.

A packing network reads texts of different lengths without padding: their tokens share one row, and
only attention separates the texts (see ``packing``).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_ATTENTION = "cica_qa_packed"
_one_at_a_time = threading.Lock()


class PackedAttention:
    """Attention within each of the texts packed into one row; shared by all layers."""

    def __init__(self) -> None:
        self._places: Any = None
        self._back: Any = None
        self._mask: Any = None

    def pack(self, places: torch.Tensor, back: torch.Tensor, mask: torch.Tensor) -> None:
        """Set the places of the tokens of each text, as in ``Packed``."""
        self._places, self._back, self._mask = places, back, mask.bool()[:, None, None]

    def __call__(  # noqa: PLR0913 - as transformers calls it
        self,
        module: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: object,
        *,
        scaling: float | None = None,
        dropout: float = 0.0,
        position_ids: object = None,
        **others: object,
    ) -> tuple[torch.Tensor, None]:
        """Return the attention output; called by the layers of transformers.

        Query, key and value have the shape (1, heads, tokens, width). Raises ``ValueError`` for
        any other kind of attention, such as causal or windowed.
        """
        import torch

        unlike = [
            name for name, value in others.items() if value is not None and value is not False
        ]
        if unlike or getattr(module, "is_causal", False) or key.shape != query.shape:
            raise ValueError("it has an attention of another kind")
        query, key, value = (
            part.transpose(1, 2)[0][self._places].transpose(1, 2) for part in (query, key, value)
        )
        attended = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=self._mask, scale=scaling
        )
        return attended.transpose(1, 2).flatten(0, 1)[self._back][None], None


@contextlib.contextmanager
def packed_attention(transformer: Any) -> Iterator[PackedAttention]:
    """Make the layers of a transformers model use a ``PackedAttention`` within the context."""
    from transformers import AttentionInterface

    before, attention = transformer.config._attn_implementation, PackedAttention()
    with _one_at_a_time:
        AttentionInterface.register(_ATTENTION, attention)
        transformer.set_attn_implementation(_ATTENTION)
        try:
            yield attention
        finally:
            transformer.set_attn_implementation(before)


def to_openvino(module: Any, sample: tuple[Any, ...]) -> Any:
    """Return a module as an OpenVINO network, traced with ``sample`` as its inputs."""
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    trace_module: Any = torch.jit.trace  # untyped
    traced = trace_module(module, sample, check_trace=False)
    decoder = TorchScriptPythonDecoder(traced)  # must stay alive during the conversion
    frontend = FrontEndManager().load_by_framework("pytorch")
    return frontend.convert(frontend.load(decoder))


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Silence the warnings of tracing, which are irrelevant as the result is verified."""
    import torch

    loggers = [logging.getLogger(name) for name in ("transformers", "sentence_transformers")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
