"""The encoder, which turns text into vectors."""

from __future__ import annotations

from cica_qa.protocols import Encoder
from cica_qa.settings import Settings


def load_encoder(settings: Settings | None = None) -> Encoder:
    """Return the encoder named in the settings, compiled if possible.

    The libraries that run the model are imported on the first call. Raises ``ModelError``.
    """
    from cica_qa.models.encoder.load import load_fastest

    return load_fastest(settings if settings is not None else Settings())
