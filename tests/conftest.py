"""What several test folders share. The real model is prepared once, in the user's own cache."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_e5 import tiny_container

from cica_qa.documents.load import LoadedDocuments, load_paths
from cica_qa.index.build import update_index
from cica_qa.models.bundled import bundled_path, prepare_bundled
from cica_qa.models.e5_file import read_e5_file
from cica_qa.models.e5_model import model_files
from cica_qa.models.encoder import load_encoder
from cica_qa.models.reader.compilation import ReaderSource
from cica_qa.models.reader.reader import SpanReader
from cica_qa.models.runtime import compiled_copy
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings
from cica_qa.types import Document

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the present state into tests/golden; look at the diff",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


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
def exact(model_cache: Path) -> Settings:
    """Settings by which encoder and reader compute in single precision.

    Their results then do not depend on what the processor does fastest. The compiled copies are
    kept in the cache, as those of ``encoder`` are, and made again where they no longer fit.
    """
    settings = Settings(model="bundled", cache_dir=model_cache / "single-precision")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_copy, "native_precision", lambda _: "f32")
        patch.setattr(ReaderSource, "eight_bits", False)
        load_encoder(settings)
        SpanReader.load(settings)
    return settings


@pytest.fixture(scope="session")
def exact_encoder(exact: Settings) -> Encoder:
    """The bundled encoder in single precision."""
    return load_encoder(exact)


@pytest.fixture(scope="session")
def rounding() -> float:
    """The most by which what is read beside a text may change a number of its vector.

    Processors with AMX sum bfloat16 in an order that depends on the shape.
    """
    facts = Path("/proc/cpuinfo")
    return 2e-3 if facts.exists() and "amx_bf16" in facts.read_text() else 1e-5


@pytest.fixture(scope="session")
def corpus_index(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the project's documents. Shared: copy it before you change it."""
    index_dir = tmp_path_factory.mktemp("corpus") / "index"
    update_index(load_paths([ROOT / "corpus/documents"]), index_dir, encoder, Settings())
    return index_dir


@pytest.fixture(scope="session")
def small_index(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one short document that is read in no time: for questions by the hundred.

    Shared: copy it before you change it.
    """
    index_dir = tmp_path_factory.mktemp("small") / "index"
    text = "تقع الأمانة العامة في مدينة نور سلطان. ويضم المؤتمر 28 دولة عضوا."
    document = Document("cica.txt", "مؤتمر التفاعل", text)
    update_index(LoadedDocuments([document]), index_dir, encoder, Settings())
    return index_dir


@pytest.fixture(scope="session")
def question_set() -> list[dict[str, object]]:
    """The entries of ``corpus/questions/cica.jsonl``."""
    lines = (ROOT / "corpus/questions/cica.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


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
