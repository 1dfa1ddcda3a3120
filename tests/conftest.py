"""What several test folders share. The real model is prepared once, in the user's own cache."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_e5 import tiny_container

from cica_qa.encoders import load_encoder
from cica_qa.encoders.bundled import bundled_path, prepare_bundled
from cica_qa.encoders.e5_file import read_e5_file
from cica_qa.encoders.e5_model import model_files
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings


@pytest.fixture(scope="session")
def model_cache() -> Path:
    """The cache folder that holds the prepared bundled model (safe with xdist: it locks)."""
    cache_dir = Settings().cache_dir
    prepare_bundled(cache_dir)
    return bundled_path(cache_dir).parent.parent


@pytest.fixture(scope="session")
def encoder(model_cache: Path) -> Encoder:
    """The bundled encoder. Loading takes some seconds, so it is shared: do not change it."""
    return load_encoder(Settings(model="bundled", cache_dir=model_cache))


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real sentence-transformers model of a few kilobytes that knows nothing: for copying."""
    folder = tmp_path_factory.mktemp("tiny") / "model"
    container = folder.parent / "tiny.bin"
    container.write_bytes(tiny_container())
    for name, content in model_files(read_e5_file(container)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
