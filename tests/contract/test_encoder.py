"""The contract of every encoder, and the capabilities of the bundled model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cica_qa.errors import ModelError
from cica_qa.models.bundled import bundled_path
from cica_qa.models.encoder import load_encoder
from cica_qa.models.encoder.compiled import CompiledEncoder
from cica_qa.models.encoder.fingerprint import model_fingerprint
from cica_qa.models.encoder.locate import Prompts, prompts_for
from cica_qa.models.encoder.manage import describe_model, prepare_model, probe_encoder, verify_model
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings

ROOT = Path(__file__).parents[2]
GOLDEN = json.loads((ROOT / "tests/data/e5_small_vectors.json").read_text(encoding="utf-8"))
TEXTS = [
    "منظمة التعاون الإسلامي منظمة دولية.",
    "تضم المنظمة سبعا وخمسين دولة عضوا، تصفها بأنها الصوت الجماعي للعالم الإسلامي.",
    "نعم",
    "The secretariat is in Jeddah.",
    "نعم",
]
AWKWARD = {
    "empty": "",
    "blank": " \n\t ",
    "NUL": "سؤال\0بعد",
    "lone surrogate": "سؤال\ud800",
    "emoji": "🙂" * 50,
    "unknown character": "𓀀𓀁",
    "marks only": "\u0651\u064e\u200f\u202e",
    "very long": "كلمة طويلة " * 10_000,
}


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny model for a test to change."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "copy"))


# The contract


def test_vectors_are_unit_rows_in_single_precision(any_encoder: Encoder) -> None:
    for vectors in (any_encoder.encode_queries(TEXTS), any_encoder.encode_passages(TEXTS)):
        assert vectors.shape == (len(TEXTS), any_encoder.dimension)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(any_encoder: Encoder) -> None:
    calls: list[int] = []
    for vectors in (any_encoder.encode_queries([]), any_encoder.encode_passages([], calls.append)):
        assert vectors.shape == (0, any_encoder.dimension)
        assert vectors.dtype == np.float32
    assert calls == []


def test_the_row_of_a_text_does_not_depend_on_others(any_encoder: Encoder) -> None:
    together = any_encoder.encode_passages(TEXTS)
    alone = np.concatenate([any_encoder.encode_passages([text]) for text in TEXTS])
    backwards = any_encoder.encode_passages(TEXTS[::-1])[::-1]

    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together, backwards, atol=1e-5)
    assert not np.allclose(together[0], together[1], atol=1e-3)


def test_progress_counts_up_to_the_number_of_texts(any_encoder: Encoder) -> None:
    calls: list[int] = []

    any_encoder.encode_passages(TEXTS, calls.append)

    assert calls == sorted(set(calls))
    assert calls[-1] == len(TEXTS)


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_awkward_text_has_a_vector(any_encoder: Encoder, text: str) -> None:
    vectors = np.concatenate(
        [any_encoder.encode_queries([text]), any_encoder.encode_passages([text])]
    )

    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_lone_surrogate_counts_as_a_replacement_character(any_encoder: Encoder) -> None:
    broken, replaced = any_encoder.encode_queries(["سؤال\udfff؟", "سؤال\ufffd؟"])

    np.testing.assert_allclose(broken, replaced, atol=1e-5)


def test_threads_may_share_an_encoder(any_encoder: Encoder) -> None:
    expected = any_encoder.encode_queries(TEXTS)
    work = TEXTS * 4
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda text: any_encoder.encode_queries([text])[0], work))

    np.testing.assert_allclose(rows, np.tile(expected, (4, 1)), atol=1e-5)


@pytest.mark.parametrize("compiled", ["encoder", "tiny"])
def test_compiled_and_reference_agree(request: pytest.FixtureRequest, compiled: str) -> None:
    fast: Encoder = request.getfixturevalue(compiled)
    slow: Encoder = request.getfixturevalue(
        {"encoder": "reference"}.get(compiled, f"{compiled}_reference")
    )
    texts = [*TEXTS, *AWKWARD.values(), *GOLDEN["texts"]]

    assert isinstance(fast, CompiledEncoder)
    assert (fast.fingerprint, fast.dimension) == (slow.fingerprint, slow.dimension)
    for ours, theirs in (
        (fast.encode_queries(texts), slow.encode_queries(texts)),
        (fast.encode_passages(texts), slow.encode_passages(texts)),
    ):
        assert (ours * theirs).sum(axis=1).min() >= 0.999


# The bundled model


def test_the_vectors_agree_with_the_engine_of_the_package(encoder: Encoder) -> None:
    queries = encoder.encode_queries(GOLDEN["texts"])
    passages = encoder.encode_passages(GOLDEN["texts"])

    for ours, theirs in ((queries, GOLDEN["queries"]), (passages, GOLDEN["passages"])):
        assert (ours * np.array(theirs)).sum(axis=1).min() > 0.9995
    np.testing.assert_allclose(queries[0, :4], [0.04856, -0.01313, -0.06711, 0.00427], atol=5e-4)
    np.testing.assert_allclose(passages[0, :4], [0.03837, 0.02209, -0.0532, -0.04799], atol=5e-4)


def test_by_name_and_by_path_it_is_the_same_model(encoder: Encoder, by_path: Encoder) -> None:
    assert (encoder.model_id, encoder.dimension) == ("bundled", 384)
    assert by_path.model_id.endswith(bundled_path().name)
    assert by_path.fingerprint == encoder.fingerprint
    np.testing.assert_allclose(
        by_path.encode_queries(TEXTS), encoder.encode_queries(TEXTS), atol=1e-5
    )


def test_sentence_transformers_itself_loads_it_in_single_precision(
    model_cache: Path, reference: Encoder
) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(bundled_path(model_cache)), device="cpu")

    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert model.max_seq_length == 512
    # Without prompts the prefixed text gives what the encoder gives with them.
    queries = model.encode([f"query: {text}" for text in TEXTS], prompt="")
    passages = model.encode([f"passage: {text}" for text in TEXTS], prompt="")
    np.testing.assert_allclose(reference.encode_queries(TEXTS), queries, atol=1e-5)
    np.testing.assert_allclose(reference.encode_passages(TEXTS), passages, atol=1e-5)
    assert not np.allclose(queries, passages, atol=1e-2)


# Prompts


@pytest.mark.parametrize(
    ("name", "configured", "expected"),
    [
        ("anything", {"query": "q ", "passage": "p "}, ("q ", "p ")),
        ("anything", {"query": "q ", "document": "", "passage": "p "}, ("q ", "p ")),
        ("anything", {"query": "q ", "document": None}, ("q ", "")),
        ("anything", {"clustering": "c "}, ("", "")),
        ("intfloat/multilingual-e5-small", {}, ("query: ", "passage: ")),
        ("intfloat/multilingual-e5-large", {"query": "", "document": ""}, ("query: ", "passage: ")),
        ("e5-base-v2", {}, ("query: ", "passage: ")),
        ("models/my-e5-small-arabic", {}, ("query: ", "passage: ")),
        ("intfloat/multilingual-e5-small", {"query": "ask: "}, ("ask: ", "")),
        ("intfloat/multilingual-e5-large-instruct", {}, ("", "")),
        ("intfloat/e5-mistral-7b-instruct", {}, ("", "")),
        ("sentence-transformers/LaBSE", {}, ("", "")),
    ],
)
def test_prompts_of_a_model(
    name: str, configured: dict[str, str | None], expected: tuple[str, str]
) -> None:
    assert prompts_for(name, configured) == Prompts(*expected)


def test_a_folder_named_e5_without_prompts_gets_them(copy: Path, tiny: Encoder) -> None:
    (copy / "config_sentence_transformers.json").unlink()
    plain = load_encoder(Settings(model=str(copy)))
    e5 = load_encoder(Settings(model=str(copy.rename(copy.parent / "e5-small"))))

    np.testing.assert_allclose(
        e5.encode_queries(TEXTS),
        plain.encode_queries([f"query: {text}" for text in TEXTS]),
        atol=1e-5,
    )
    np.testing.assert_allclose(e5.encode_passages(TEXTS), tiny.encode_passages(TEXTS), atol=1e-5)
    assert e5.fingerprint != plain.fingerprint


# The fingerprint

PROMPTS = {"query": "query: ", "passage": "passage: "}


def test_the_fingerprint_ignores_the_location_and_the_readme(tiny_folder: Path, copy: Path) -> None:
    (copy / "README.md").write_text("changed")
    (copy / "manifest.json").write_text("{}")
    (copy / ".git").mkdir()
    (copy / ".git" / "config.json").write_text("{}")

    assert model_fingerprint(copy, PROMPTS) == model_fingerprint(tiny_folder, PROMPTS)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
def test_the_fingerprint_changes_with_the_model(tiny_folder: Path, copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[-2] ^= 1
    (copy / name).write_bytes(content)

    assert model_fingerprint(copy, PROMPTS) != model_fingerprint(tiny_folder, PROMPTS)


def test_the_fingerprint_changes_with_the_prompts(tiny_folder: Path) -> None:
    assert model_fingerprint(tiny_folder, PROMPTS) != model_fingerprint(tiny_folder, {})


def test_the_fingerprint_notices_a_retrained_matrix_in_a_huge_file(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    with weights.open("wb") as file:
        file.truncate(300 * 2**20)
    before = model_fingerprint(tmp_path, {})
    with weights.open("r+b") as file:
        file.seek(123_456_789)
        file.write(b"\1" * 70_000)

    assert model_fingerprint(tmp_path, {}) != before


# Models that cannot be used


@pytest.mark.parametrize(
    "name", ["./nowhere", "/nowhere/at/all", "a/b/c", "~/nowhere", "نموذج", "a b"]
)
def test_a_missing_folder_is_a_clear_error(name: str) -> None:
    with pytest.raises(ModelError, match=r"there is no model folder.*'bundled'"):
        load_encoder(Settings(model=name))


def test_a_folder_without_a_model_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"not a sentence-transformers model.*modules\.json"):
        load_encoder(Settings(model=str(tmp_path)))


def test_damaged_weights_are_a_clear_error(copy: Path) -> None:
    (copy / "model.safetensors").write_bytes(b"\xff" * 100)

    with pytest.raises(ModelError, match="cannot load the model"):
        load_encoder(Settings(model=str(copy)))


OFFLINE = """
import json, socket, sys
from pathlib import Path

attempts = []
def refuse(*args, **kwargs):
    attempts.append(repr(args))
    raise OSError("no network in this test")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse

from cica_qa.models.encoder import load_encoder
from cica_qa.errors import ModelError
from cica_qa.settings import Settings

bundled = load_encoder(Settings(model="bundled", cache_dir=Path(sys.argv[1])))
shape = bundled.encode_queries(["سؤال"]).shape
folder = load_encoder(Settings(model=sys.argv[2]))
cached = load_encoder(Settings(model="someone/tiny-e5"))
local = list(attempts)
try:
    load_encoder(Settings(model="someone/never-downloaded"))
    error = ""
except ModelError as caught:
    error = str(caught)
result = {"attempts": local, "shape": shape, "folder": folder.fingerprint, "error": error,
          "cached": [cached.model_id, cached.fingerprint]}
Path(sys.argv[3]).write_text(json.dumps(result))
"""


def test_only_a_model_still_to_be_downloaded_touches_the_network(
    model_cache: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    # What the hub's client leaves behind when it has downloaded a model.
    hub = tmp_path / "hub" / "models--someone--tiny-e5"
    shutil.copytree(tiny_folder, hub / "snapshots" / ("0" * 40))
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text("0" * 40)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    arguments = [model_cache, tiny_folder, tmp_path / "result.json"]

    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *map(str, arguments)],
        env=environment | {"HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["attempts"] == []
    assert result["shape"] == [1, 384]
    assert result["cached"] == ["someone/tiny-e5", result["folder"]]
    assert "'someone/never-downloaded': no network in this test" in result["error"]
    assert "'bundled'" in result["error"]
    assert done.stdout == ""
    assert "it/s" not in done.stderr


# What `cica-qa model` shows and does


def test_describe_agrees_with_the_loaded_encoder(model_cache: Path, encoder: Encoder) -> None:
    info = describe_model(Settings(cache_dir=model_cache, model="bundled"))

    assert info.prepared
    assert info.path == bundled_path(model_cache)
    assert (info.model_id, info.dimension) == (encoder.model_id, encoder.dimension)
    assert info.fingerprint == encoder.fingerprint
    assert "third-party 4-bit copy" in info.origin
    assert info.size is not None
    assert 130_000_000 < info.size < 140_000_000


def test_describe_prepares_nothing(tmp_path: Path) -> None:
    info = describe_model(Settings(cache_dir=tmp_path, model="bundled"))

    assert not info.prepared
    assert (info.dimension, info.size, info.fingerprint) == (None, None, None)
    assert list(tmp_path.iterdir()) == []


def test_describe_and_prepare_a_folder(tiny_folder: Path, tiny: Encoder) -> None:
    settings = Settings(model=str(tiny_folder))

    info = describe_model(settings)

    assert prepare_model(settings) == info
    assert (info.path, info.dimension) == (tiny_folder, 32)
    assert info.fingerprint == tiny.fingerprint


def test_describe_a_model_of_the_hub_that_is_not_there() -> None:
    info = describe_model(Settings(model="someone/never-downloaded"))

    assert (info.prepared, info.path, info.fingerprint) == (False, None, None)


def test_verify_finds_nothing_wrong_with_the_bundled_model(model_cache: Path) -> None:
    assert verify_model(Settings(cache_dir=model_cache, model="bundled")) == []


def test_verify_names_what_is_wrong_with_its_files(tmp_path: Path) -> None:
    assert verify_model(Settings(cache_dir=tmp_path, model="bundled")) == [
        "manifest.json: missing or unreadable"
    ]


def test_the_probe_finds_a_model_that_cannot_tell_texts_apart(copy: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    for name, values in weights.items():
        weights[name] = np.ones_like(values) if name.endswith("LayerNorm.bias") else values * 0
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})

    problems = probe_encoder(load_encoder(Settings(model=str(copy))))

    assert len(problems) == 1
    assert problems[0].startswith("vectors: a question is no nearer to its answer")
