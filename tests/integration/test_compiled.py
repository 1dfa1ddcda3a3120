"""The compiled copy of a model: made once, trusted only where it fits, mended where it does not."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.models.encoder import load_encoder
from cica_qa.models.encoder.compiled import CompiledEncoder, batches
from cica_qa.models.encoder.manage import describe_model, prepare_model, verify_model
from cica_qa.models.encoder.sentence_transformer import SentenceTransformerEncoder
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["كم عدد الدول؟", "نعم", "The secretariat is in Jeddah.", "سؤال 12"]


@pytest.fixture(scope="module")
def made(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A cache in which the tiny model is compiled: copy it before you change it."""
    settings = Settings(model=str(tiny_folder), cache_dir=tmp_path_factory.mktemp("made"))
    assert isinstance(load_encoder(settings), CompiledEncoder)
    return settings


@pytest.fixture
def settings(made: Settings, tmp_path: Path) -> Settings:
    assert made.cache_dir is not None
    shutil.copytree(made.cache_dir, tmp_path / "cache")
    return Settings(model=made.model, cache_dir=tmp_path / "cache")


@pytest.fixture
def copy(settings: Settings) -> Path:
    path = describe_model(settings).compiled
    assert path is not None
    return path


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("cica_qa") and record.levelno >= logging.WARNING
    ]


def cosines(one: Encoder, other: Encoder) -> float:
    return float((one.encode_queries(TEXTS) * other.encode_queries(TEXTS)).sum(axis=1).min())


def edit_manifest(copy: Path, **changes: object) -> None:
    file = copy / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def overwrite(file: Path, content: bytes) -> None:
    assert len(content) == file.stat().st_size
    file.write_bytes(content)


def test_a_copy_that_fits_is_used_as_it_is(
    settings: Settings, copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in copy.iterdir()}

    assert isinstance(load_encoder(settings), CompiledEncoder)

    assert {file.name: file.stat().st_mtime_ns for file in copy.iterdir()} == before
    assert warnings_of(caplog) == []


DAMAGES: dict[str, Callable[[Path], object]] = {
    "another processor": lambda copy: edit_manifest(copy, processor="riscv64 Abacus (FP32)"),
    "another OpenVINO": lambda copy: edit_manifest(copy, openvino="2019.1"),
    "another conversion": lambda copy: edit_manifest(copy, compilation="0"),
    "no precision": lambda copy: edit_manifest(copy, precision=None),
    "another vector": lambda copy: edit_manifest(copy, sample=[1.0] + [0.0] * 31),
    "a vector too short": lambda copy: edit_manifest(copy, sample=[1.0]),
    "network cut short": lambda copy: os.truncate(copy / "network.blob", 1000),
    "network empty": lambda copy: os.truncate(copy / "network.blob", 0),
    "network missing": lambda copy: (copy / "network.blob").unlink(),
    "network zeroed": lambda copy: overwrite(
        copy / "network.blob", bytes((copy / "network.blob").stat().st_size)
    ),
    "tokenizer cut short": lambda copy: os.truncate(copy / "tokenizer.json", 1000),
    "tokenizer zeroed": lambda copy: overwrite(
        copy / "tokenizer.json", bytes((copy / "tokenizer.json").stat().st_size)
    ),
    "manifest missing": lambda copy: (copy / "manifest.json").unlink(),
    "manifest cut short": lambda copy: os.truncate(copy / "manifest.json", 30),
    "nothing but the folder": lambda copy: [file.unlink() for file in copy.iterdir()],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_copy_that_does_not_fit_is_made_again_with_one_line(
    settings: Settings,
    copy: Path,
    made: Settings,
    damage: Callable[[Path], object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    damage(copy)

    mended = load_encoder(settings)

    assert isinstance(mended, CompiledEncoder)
    assert len(warnings_of(caplog)) == 1
    assert warnings_of(caplog)[0].startswith("compiling the encoder again: ")
    assert cosines(mended, load_encoder(made)) > 0.9999
    caplog.clear()
    assert isinstance(load_encoder(settings), CompiledEncoder)
    assert warnings_of(caplog) == []


def test_verify_names_a_changed_byte_and_prepare_mends_it(settings: Settings, copy: Path) -> None:
    content = bytearray((copy / "tokenizer.json").read_bytes())
    content[-10] ^= 1
    overwrite(copy / "tokenizer.json", bytes(content))

    assert verify_model(settings) == [
        "compiled copy: tokenizer.json: its checksum is not the one in manifest.json"
    ]
    prepare_model(settings)
    assert not [problem for problem in verify_model(settings) if problem.startswith("compiled")]


def test_the_users_own_folder_is_left_alone(tiny_folder: Path, made: Settings) -> None:
    load_encoder(made)

    assert not [file for file in tiny_folder.rglob("*") if "blob" in file.name]
    assert describe_model(made).size == sum(
        file.stat().st_size for file in tiny_folder.rglob("*") if file.is_file()
    )


def test_a_cache_that_cannot_be_written_leaves_the_reference(
    made: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")

    encoder = load_encoder(Settings(model=made.model, cache_dir=tmp_path / "file"))

    assert isinstance(encoder, SentenceTransformerEncoder)
    assert len(warnings_of(caplog)) == 1
    assert cosines(encoder, load_encoder(made)) > 0.999


def test_a_model_whose_vectors_would_differ_stays_with_the_reference(
    tiny_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "model")
    pooling = folder / "1_Pooling" / "config.json"
    # Its prompt has no part in its vectors: that is decided outside the network.
    pooling.write_text(json.dumps(json.loads(pooling.read_text()) | {"include_prompt": False}))
    settings = Settings(model=str(folder), cache_dir=tmp_path / "cache")

    first = load_encoder(settings)
    assert isinstance(first, SentenceTransformerEncoder)
    assert len(warnings_of(caplog)) == 1
    assert "its results are" in warnings_of(caplog)[0]

    caplog.clear()
    assert load_encoder(settings) is first, "it is in use"
    del first
    second = load_encoder(settings)
    assert isinstance(second, SentenceTransformerEncoder)
    assert len(warnings_of(caplog)) == 1
    assert describe_model(settings).compiled is None


def test_other_kinds_of_pooling_are_compiled_too(tiny_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "model")
    pooling = folder / "1_Pooling" / "config.json"
    config = {"word_embedding_dimension": 32, "pooling_mode_cls_token": True}
    pooling.write_text(json.dumps(config | {"pooling_mode_mean_tokens": False}))
    settings = Settings(model=str(folder), cache_dir=tmp_path / "cache")

    compiled, reference = load_encoder(settings), SentenceTransformerEncoder.load(settings)

    assert isinstance(compiled, CompiledEncoder)
    assert cosines(compiled, reference) > 0.99  # random weights magnify rounding
    assert cosines(compiled, load_encoder(Settings(model=str(tiny_folder)))) < 0.98


def test_many_threads_that_load_at_once_get_one_copy(made: Settings, tmp_path: Path) -> None:
    settings = Settings(model=made.model, cache_dir=tmp_path)

    with ThreadPoolExecutor(3) as pool:
        encoders = list(pool.map(lambda _: load_encoder(settings), range(3)))

    assert {type(encoder) for encoder in encoders} == {CompiledEncoder}
    visible = [path for path in (tmp_path / "compiled").iterdir() if path.name[0] != "."]
    assert visible == [describe_model(settings).compiled]


def test_a_vector_does_not_depend_on_its_company(encoder: Encoder) -> None:
    texts = [f"{text} {n}" for text in TEXTS for n in range(9)]

    together = encoder.encode_passages(texts)
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts])

    assert together.tobytes() == encoder.encode_passages(texts).tobytes()
    # Some processors add up in another order for another number of texts.
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


def test_the_words_of_a_question_come_with_its_vector(encoder: Encoder) -> None:
    assert isinstance(encoder, CompiledEncoder)

    vector, words = encoder.encode_question("أين تقع مدينة جدة؟")

    assert vector.tobytes() == encoder.encode_queries(["أين تقع مدينة جدة؟"]).tobytes()
    assert words.texts[-2:] == ("مدينة", "جدة")
    assert words.vectors.shape == (len(words.texts), 384)
    empty, one = (read.words for read in encoder.encode_in_context(["", "نعم"], [(), ()]))
    assert (empty.texts, one.texts) == ((), ("نعم",))


@given(st.lists(st.integers(1, 600)), st.integers(1, 40))
def test_batches_hold_every_text_once_and_only_equal_lengths(lengths: list[int], most: int) -> None:
    found = list(batches(lengths, most))

    assert sorted(position for batch in found for position in batch) == list(range(len(lengths)))
    for batch in found:
        assert len({lengths[position] for position in batch}) == 1
        assert len(batch) <= most
        assert len(batch).bit_count() == 1


# In a process of its own


def run(code: str, *arguments: object, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


ASK = """
import sys
from cica_qa.cli import main
code = main(["ask", "كم عدد الدول الأعضاء؟", "--index", sys.argv[1], "--model", "bundled"])
heavy = {"torch", "transformers", "sentence_transformers", "gradio", "openvino_telemetry"}
print(code, sorted(heavy & set(sys.modules)), "openvino" in sys.modules)
"""


def test_ask_loads_no_torch_and_sends_no_telemetry(
    corpus_index: Path, model_cache: Path, tmp_path: Path
) -> None:
    out = run(ASK, corpus_index, CICA_CACHE_DIR=str(model_cache), HOME=str(tmp_path))

    assert out.splitlines()[-1] == "0 [] True"
    assert list(tmp_path.iterdir()) == []


CHAT = """
import sys
import cica_qa.chat.app
from cica_qa import Document, Pipeline, build_index
build_index([Document("1", "القمة", "عقدت القمة في ألماتي.")], sys.argv[1])
answer = Pipeline.load(sys.argv[1]).ask("أين عقدت القمة؟")
print(sorted({"torch", "transformers", "sentence_transformers"} & set(sys.modules)), answer.text)
"""


def test_indexing_and_the_chat_load_no_torch(model_cache: Path, tmp_path: Path) -> None:
    out = run(CHAT, tmp_path / "index", CICA_CACHE_DIR=str(model_cache), CICA_MODEL="bundled")

    assert out.splitlines()[-1] == "[] عقدت القمة في ألماتي."


def test_without_openvino_the_reference_takes_its_place(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)

    with caplog.at_level(logging.INFO, logger="cica_qa"):
        encoder = load_encoder(settings)

    assert isinstance(encoder, SentenceTransformerEncoder)
    assert encoder.encode_queries(["سؤال"]).shape == (1, 32)
    assert len([record for record in caplog.records if record.name.startswith("cica_qa")]) == 1
