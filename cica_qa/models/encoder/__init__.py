"""From text to vectors."""

from __future__ import annotations

from cica_qa.protocols import Encoder
from cica_qa.settings import Settings


def load_encoder(settings: Settings | None = None) -> Encoder:
    """Return the encoder that the settings name, compiled where it can be.

    Raises ``ModelError``. The libraries that run the model are imported here, not before.
    """
    from cica_qa.models.encoder.load import load_fastest

    return load_fastest(settings if settings is not None else Settings())
