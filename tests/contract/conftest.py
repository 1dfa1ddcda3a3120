"""Encoders of every kind: bundled, local, on torch and compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from cica_qa.models.bundled import bundled_path
from cica_qa.models.encoder import load_encoder
from cica_qa.models.encoder.sentence_transformer import SentenceTransformerEncoder
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings


@pytest.fixture(scope="module")
def by_path(model_cache: Path) -> Encoder:
    """The folder of the bundled model, loaded like a user's own."""
    return load_encoder(Settings(model=str(bundled_path(model_cache)), batch_size=2))


@pytest.fixture(scope="module")
def tiny(tiny_folder: Path) -> Encoder:
    """A model with another dimension."""
    return load_encoder(Settings(model=str(tiny_folder), batch_size=2))


@pytest.fixture(scope="session")
def reference(model_cache: Path) -> Encoder:
    """The bundled model on torch."""
    return SentenceTransformerEncoder.load(Settings(model="bundled", cache_dir=model_cache))


@pytest.fixture(scope="module")
def tiny_reference(tiny_folder: Path) -> Encoder:
    return SentenceTransformerEncoder.load(Settings(model=str(tiny_folder), batch_size=2))


@pytest.fixture(params=["encoder", "by_path", "tiny", "reference", "tiny_reference"])
def any_encoder(request: pytest.FixtureRequest) -> Encoder:
    encoder: Encoder = request.getfixturevalue(request.param)
    return encoder
