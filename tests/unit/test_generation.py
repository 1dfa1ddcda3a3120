"""An index folder: what is refused, with which words, and that nothing published is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cica_qa.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMissingError,
    IndexOutdatedError,
    IndexVersionError,
    IndexWriteError,
)
from cica_qa.index import checksums
from cica_qa.index.durable import bytes_writer
from cica_qa.index.generation import Generation, open_generation, pointer_signature, read_generation
from cica_qa.index.manifest import FORMAT_VERSION, Manifest
from cica_qa.index.problems import rebuild_command
from cica_qa.index.publish import build_lock, write_generation

MANIFEST = Manifest(
    format_version=FORMAT_VERSION,
    package_version="0.1.0",
    created="2026-01-01T00:00:00Z",
    model_id="words",
    model_fingerprint="f",
    dimension=4,
    metric="cosine",
    normalizer_fingerprint="n",
    chunker_fingerprint="c",
    analyzer_fingerprint="a",
    vector_index="auto",
    counts={"documents": 2, "passages": 3, "vectors": 4},
    runs=[[0, 0, 2]],
    segments=[],
)
CONTENT = b"\x00\x01\x02" * 50
ABOUT = {"counts": {"documents": 2}}


def publish(index_dir: Path, content: bytes = CONTENT, **changes: object) -> str:
    with build_lock(index_dir):
        manifest = replace(MANIFEST, **changes)
        return write_generation(index_dir, manifest, (ABOUT, bytes_writer(content)))


def add(index_dir: Path, content: bytes | None = CONTENT, *, but: int = 0) -> str:
    """Publish a generation of the segments before, without the first few, and of one more."""
    with build_lock(index_dir):
        manifest = replace(MANIFEST, segments=open_generation(index_dir).manifest.segments[but:])
        made = None if content is None else (ABOUT, bytes_writer(content))
        return write_generation(index_dir, manifest, made)


def pointer(index_dir: Path) -> dict[str, str]:
    return json.loads((index_dir / "CURRENT").read_bytes())


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    publish(folder)
    return folder


def test_what_was_published_is_opened(index_dir: Path) -> None:
    generation = open_generation(index_dir)
    assert generation.name == pointer(index_dir)["generation"]
    ((path, checksum),) = generation.segments
    assert path.read_bytes() == CONTENT
    assert replace(generation.manifest, segments=[]) == MANIFEST
    (segment,) = generation.manifest.segments
    assert (segment["folder"], segment["counts"]) == (generation.name, {"documents": 2})
    assert (segment["file"]["size"], segment["file"]["sha256"]) == (150, checksum)


def test_segments_of_earlier_generations_stay_as_long_as_they_are_listed(index_dir: Path) -> None:
    first = open_generation(index_dir).name
    second = add(index_dir, b"second")
    third = add(index_dir, None, but=1)
    assert [path.read_bytes() for path, _ in open_generation(index_dir).segments] == [b"second"]
    assert folders(index_dir) == sorted([first, second, third]), "the one before lists the first"
    fourth = add(index_dir, b"fourth")
    assert folders(index_dir) == sorted([second, third, fourth])
    contents = [path.read_bytes() for path, _ in open_generation(index_dir).segments]
    assert contents == [b"second", b"fourth"]
    fifth, sixth = add(index_dir, b"fifth", but=2), add(index_dir, None)
    assert folders(index_dir) == sorted([fifth, sixth])


def folders(index_dir: Path) -> list[str]:
    return sorted(folder.name for folder in (index_dir / "generations").iterdir())


# ---- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"7",
        b'{"generation": 3, "manifest_sha256": "x"}',
        b'{"generation": "20260101T000000-00000000"}',
        b'{"generation": "20260101T000000-00000000", "manifest_sha256": 5}',
    ],
)
def test_a_garbled_pointer_is_damage(index_dir: Path, garbage: bytes) -> None:
    (index_dir / "CURRENT").write_bytes(garbage)
    with pytest.raises(IndexDamagedError) as caught:
        open_generation(index_dir)
    assert str(caught.value).startswith(f"the index in {index_dir} is damaged: its pointer ")
    assert str(caught.value).endswith(f"Make it again: cica-qa index PATH --index {index_dir}")


@pytest.mark.parametrize("where", ["..", ".", "", "../../elsewhere", "/etc", "a\x00b", "a/b"])
def test_a_pointer_never_leads_out_of_the_folder(index_dir: Path, where: str) -> None:
    for elsewhere in (index_dir, index_dir.parent / "elsewhere", index_dir / "generations"):
        shutil.copytree(open_generation(index_dir).folder, elsewhere, dirs_exist_ok=True)
    (index_dir / "CURRENT").write_text(json.dumps({**pointer(index_dir), "generation": where}))
    with pytest.raises(IndexDamagedError, match="its pointer names no generation"):
        open_generation(index_dir)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("name", ["segment", "manifest.json"])
@pytest.mark.parametrize("harm", [cut, flip, grow, Path.unlink, make_folder])
def test_any_change_to_any_file_is_damage(
    index_dir: Path, name: str, harm: Callable[[Path], None]
) -> None:
    harm(open_generation(index_dir).folder / name)
    with pytest.raises(IndexDamagedError) as caught:
        open_generation(index_dir)
    assert name.removesuffix(".json") in str(caught.value)
    assert rebuild_command(index_dir) in str(caught.value)


@pytest.mark.parametrize("harm", [cut, grow, Path.unlink, make_folder])
def test_a_quick_look_finds_what_is_missing_or_of_another_size(
    index_dir: Path, harm: Callable[[Path], None]
) -> None:
    harm(open_generation(index_dir).folder / "segment")
    with pytest.raises(IndexDamagedError, match="/segment "):
        open_generation(index_dir, check="sizes")


@pytest.mark.parametrize(
    ("position", "sampled"), [(0, True), (4096, False), (65_536 + 4095, True), (-1, True)]
)
def test_large_files_are_read_in_samples_unless_every_byte_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, position: int, sampled: bool
) -> None:
    monkeypatch.setattr(checksums, "FULL_READ_BYTES", 100_000)
    data = bytearray(bytes(range(256)) * 1000)
    publish(tmp_path / "index", bytes(data))
    file = open_generation(tmp_path / "index", check="all").folder / "segment"
    data[position] ^= 1
    file.write_bytes(data)
    with pytest.raises(IndexDamagedError, match="/segment is not what was written"):
        open_generation(tmp_path / "index", check="all")
    if sampled:
        with pytest.raises(IndexDamagedError, match="/segment is not what was written"):
            open_generation(tmp_path / "index")
    else:
        open_generation(tmp_path / "index")


def test_an_edited_manifest_is_damage_even_where_it_reads_well(index_dir: Path) -> None:
    file = open_generation(index_dir).folder / "manifest.json"
    file.write_text(file.read_text("utf-8").replace('"words"', '"other"'), "utf-8")
    with pytest.raises(IndexDamagedError, match=r"its manifest has been changed\. Make it again"):
        open_generation(index_dir)


def test_a_lost_generation_is_damage(index_dir: Path) -> None:
    shutil.rmtree(index_dir / "generations")
    with pytest.raises(IndexDamagedError, match="its manifest cannot be read"):
        open_generation(index_dir)


def test_a_newer_format_asks_for_a_newer_program(tmp_path: Path) -> None:
    publish(tmp_path / "index", format_version=FORMAT_VERSION + 1, package_version="9.9")
    with pytest.raises(IndexVersionError) as caught:
        open_generation(tmp_path / "index")
    assert str(caught.value) == (
        f"the index in {tmp_path / 'index'} was written by cica-qa 9.9 in format "
        f"{FORMAT_VERSION + 1}; this version reads format {FORMAT_VERSION}. "
        "Upgrade cica-qa, or make the index again elsewhere: "
        "cica-qa index PATH --index NEW_DIR"
    )


def test_a_newer_format_is_told_from_damage_whatever_else_it_holds(tmp_path: Path) -> None:
    publish(tmp_path / "index")
    file = open_generation(tmp_path / "index").folder / "manifest.json"
    newer = {"format_version": FORMAT_VERSION + 1, "package_version": "9.9", "new_in_it": []}
    file.write_text(json.dumps(newer))
    with pytest.raises(IndexVersionError):
        open_generation(tmp_path / "index")


def test_an_older_format_asks_to_be_made_again(tmp_path: Path) -> None:
    publish(tmp_path / "index", format_version=1)
    with pytest.raises(IndexOutdatedError) as caught:
        open_generation(tmp_path / "index")
    assert str(caught.value) == (
        f"the index in {tmp_path / 'index'} was written by cica-qa 0.1.0 in format 1; this "
        f"version reads format {FORMAT_VERSION}. Make it again: "
        f"cica-qa index PATH --index {tmp_path / 'index'}"
    )


@pytest.mark.parametrize("kind", ["nothing", "empty", "file", "strangers"])
def test_what_is_no_index_is_missing(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "my index"
    if kind == "file":
        place.write_text("x")
    elif kind != "nothing":
        place.mkdir()
        if kind == "strangers":
            (place / "thesis.docx").write_text("x")
    with pytest.raises(IndexMissingError) as caught:
        open_generation(place)
    assert str(caught.value) == (
        f"there is no index in {place}. Make one: cica-qa index PATH --index '{place}'"
    )


# ---- folders of other people ---------------------------------------------------------------


@pytest.mark.parametrize(
    "strangers", [["thesis.docx"], ["CURRENT", "LOCK", "000012.log"], ["generations/best.txt", "x"]]
)
def test_a_folder_with_other_files_is_refused_and_left_alone(
    tmp_path: Path, strangers: list[str]
) -> None:
    for name in strangers:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(IndexWriteError, match="is not an index: it holds") as caught:
        publish(tmp_path)
    assert "Give --index a new or empty folder." in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_path_of_a_file_is_refused_and_the_file_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(IndexWriteError, match=r"cannot write the index in .*: File exists"):
        publish(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_only_generations_are_ever_removed(index_dir: Path) -> None:
    kept = [index_dir / "generations/notes", index_dir / "generations/20260101T000000-0000000"]
    for folder in kept:
        folder.mkdir()
    (index_dir / ".DS_Store").write_text("from a file manager")
    for _ in range(3):
        publish(index_dir)
    assert all(folder.is_dir() for folder in kept)
    assert (index_dir / ".DS_Store").exists()


def test_the_readme_of_the_project_may_stay(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("generated")
    publish(tmp_path)
    assert (tmp_path / "README.md").read_text() == "generated"


# ---- publishing ----------------------------------------------------------------------------


def test_old_generations_go_when_new_ones_come(index_dir: Path) -> None:
    names = [open_generation(index_dir).name, *(publish(index_dir) for _ in range(4))]
    left = sorted(folder.name for folder in (index_dir / "generations").iterdir())
    assert left == sorted(names[-2:])
    assert open_generation(index_dir).name == names[-1]


def test_the_next_build_removes_what_a_killed_one_left(index_dir: Path) -> None:
    half = index_dir / "generations/20260101T000000-0123abcd"
    half.mkdir()
    (half / "one.bin").write_bytes(b"half")
    (index_dir / ".CURRENT-0123abcd").write_bytes(b"{")
    published = open_generation(index_dir).name
    with build_lock(index_dir):
        pass
    assert sorted(path.name for path in index_dir.iterdir()) == [
        "CURRENT",
        "build.lock",
        "generations",
    ]
    assert [folder.name for folder in (index_dir / "generations").iterdir()] == [published]


def test_the_signature_changes_with_every_publication(index_dir: Path) -> None:
    seen = {pointer_signature(index_dir)}
    for count in range(2, 6):
        publish(index_dir)
        seen.add(pointer_signature(index_dir))
        assert len(seen) == count
    (index_dir / "CURRENT").unlink()
    assert pointer_signature(index_dir) is None


@pytest.mark.parametrize("step", ["mkdir", "fsync", "replace"])
def test_a_failing_write_leaves_the_published_and_nothing_else(
    index_dir: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(path for path in index_dir.rglob("*"))
    with build_lock(index_dir):
        monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
        with pytest.raises(IndexWriteError) as caught:
            write_generation(index_dir, MANIFEST, (ABOUT, bytes_writer(CONTENT)))
    monkeypatch.undo()
    assert str(caught.value) == (
        f"cannot write the index in {index_dir}: No space left on device. Make room or choose "
        "another folder and run the command again; an index published before is unchanged."
    )
    assert sorted(index_dir.rglob("*")) == before
    open_generation(index_dir)


def test_a_folder_that_cannot_be_flushed_does_not_undo_a_publication(
    index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def only_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    name = publish(index_dir)
    assert open_generation(index_dir).name == name


def test_one_build_at_a_time(index_dir: Path) -> None:
    with build_lock(index_dir), pytest.raises(IndexBusyError) as caught, build_lock(index_dir):
        pass
    assert str(caught.value) == (
        f"another build of {index_dir} is running. Wait until it is done, then run: "
        f"cica-qa index PATH --index {index_dir}"
    )
    with build_lock(index_dir):
        pass


def _publish_many(index_dir: Path, count: int) -> None:
    for number in range(count):
        content = str(number).encode() * 20_000
        publish(index_dir, content, created=str(number))


def test_readers_never_fail_and_never_see_a_mixture(tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    _publish_many(index_dir, 1)
    writer = multiprocessing.get_context("spawn").Process(
        target=_publish_many, args=(index_dir, 40)
    )
    seen: list[tuple[str, bytes]] = []
    failures: list[BaseException] = []

    def read() -> None:
        try:
            while writer.is_alive():
                seen.append(read_generation(index_dir, _content))
        except BaseException as error:
            failures.append(error)

    writer.start()
    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for thread in readers:
        thread.join(60)
    writer.join(60)
    assert failures == []
    assert writer.exitcode == 0
    assert all(content == name.encode() * 20_000 for name, content in seen)
    assert len({name for name, _ in seen}) > 5, "the readers ran beside the writer"


def _content(generation: Generation) -> tuple[str, bytes]:
    ((path, _),) = generation.segments
    try:
        return generation.manifest.created, path.read_bytes()
    except OSError as error:
        raise IndexDamagedError(str(error)) from error


# ---- the recipe ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"model_id": "x"},
        {"model_fingerprint": "x"},
        {"dimension": 5},
        {"metric": "x"},
        {"normalizer_fingerprint": "x"},
        {"chunker_fingerprint": "x"},
        {"analyzer_fingerprint": "x"},
        {"format_version": 0},
    ],
)
def test_what_makes_an_index_in_another_way(changes: dict[str, object]) -> None:
    assert not MANIFEST.same_way(replace(MANIFEST, **changes))


def test_when_and_by_which_release_does_not_make_it_in_another_way() -> None:
    found = {"counts": {}, "segments": [{}], "runs": [], "vector_index": "graph"}
    other = replace(MANIFEST, created="later", package_version="2", **found)
    assert MANIFEST.same_way(other)
