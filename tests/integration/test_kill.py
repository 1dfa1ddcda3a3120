"""A build that dies, starves or meets another one: what was published is never lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from word_encoder import WordEncoder, build

from cica_qa.documents.load import LoadedDocuments
from cica_qa.errors import IndexBusyError, IndexWriteError
from cica_qa.index.build import update_index
from cica_qa.index.generation import open_generation
from cica_qa.index.publish import build_lock
from cica_qa.index.store import DiskStore
from cica_qa.index.update import add_documents
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
OLD, NEW = "القط القديم نائم.", "القط الجديد نائم."
SENTENCES = " ".join(f"هذه جملة رقم {n} من وثيقة طويلة." for n in range(300))
MERGE_STEPS = 9
STEPS = 8  # flushes and replacements in one build, and one more that never comes

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")


def documents(first: str) -> list[Document]:
    return [Document("cat", "", first), Document("long", "", SENTENCES)]


def answer(index_dir: Path) -> str:
    """What a fresh reader finds, which also checks every byte of the index."""
    hits = Retriever(index_dir, WordEncoder(), Settings()).search("القط نائم.", 2)
    assert [hit.rank for hit in hits] == [1, 2]
    return hits[0].passage.text


def leftovers(index_dir: Path) -> list[str]:
    """All that no reader needs."""
    published = open_generation(index_dir)
    needed = {published.folder, *(path.parent for path, _ in published.segments)}
    stray = [path.name for path in index_dir.iterdir() if path.name.startswith(".")]
    generations = set((index_dir / "generations").iterdir())
    return sorted(stray + [folder.name for folder in generations - needed])


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    build(documents(OLD), tmp_path / "index")
    return tmp_path / "index"


# ---- killed --------------------------------------------------------------------------------

FORK = """
import os, signal, sys
from pathlib import Path
from cica_qa.index.merge import merge_segments
from test_kill import NEW, documents
from word_encoder import build

def mortal(function, state):
    def call(*arguments, **options):
        state[0] -= 1
        if state[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call

for line in sys.stdin:
    steps, work, index_dir = line.rstrip("\\n").split(" ", 2)
    child = os.fork()
    if not child:
        state = [int(steps)]
        os.fsync, Path.replace = mortal(os.fsync, state), mortal(Path.replace, state)
        Path.rename = mortal(Path.rename, state)
        if work == "build":
            build(documents(NEW), Path(index_dir))
        else:
            merge_segments(Path(index_dir))
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Builder:
    """A process that forks a build of ``NEW`` on demand, so that each starts at once."""

    def __init__(self) -> None:
        path = f"{ENVIRONMENT['PYTHONPATH']}:{Path(__file__).parent}"
        self.process = subprocess.Popen(
            [sys.executable, "-c", FORK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**ENVIRONMENT, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )
        assert self.process.stdin
        assert self.process.stdout
        self._ask, self._tell = self.process.stdin, self.process.stdout

    def start(self, index_dir: Path, dies_at: int = 0, work: str = "build") -> int:
        """Start a build, or a merge, and return its process id.

        ``dies_at`` counts flushes and renames.
        """
        self._ask.write(f"{dies_at} {work} {index_dir}\n")
        self._ask.flush()
        return int(self._tell.readline())

    def wait(self) -> int:
        """The exit code of the build; for a killed one, minus the signal."""
        return int(self._tell.readline())


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    builder = Builder()
    yield builder
    builder.process.communicate()


@posix_only
@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_killed_before_any_write_reaches_the_disk(
    index_dir: Path, builder: Builder, step: int
) -> None:
    before = open_generation(index_dir).name
    builder.start(index_dir, dies_at=step)
    survived = builder.wait() == 0
    assert survived == (step == STEPS), "each step up to the last is one that the build takes"
    published = open_generation(index_dir).name != before
    # The last thing that happens is the flush of the folder that holds the new pointer.
    assert published == (step >= STEPS - 1)
    assert answer(index_dir) == (NEW if published else OLD)
    if not published:
        assert leftovers(index_dir), "the killed build had begun to write"

    info = build(documents("القط الثالث نائم."), index_dir)
    assert info.changed == ("cat",)
    assert answer(index_dir) == "القط الثالث نائم."
    build(documents("القط الثالث نائم."), index_dir)  # even where nothing has changed
    assert leftovers(index_dir) == []


@posix_only
@pytest.mark.parametrize("step", range(1, MERGE_STEPS + 1))
def test_a_merge_killed_before_any_write_reaches_the_disk(
    index_dir: Path, builder: Builder, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cica_qa.index.update.AT_ONCE", 0)
    monkeypatch.setattr("cica_qa.index.update.merge_later", lambda _: None)
    for number in range(4):
        new = Document(f"n{number}", "", f"الكلب رقم {number} نائم.")
        add_documents(index_dir, [new], WordEncoder(), Settings())
    before = open_generation(index_dir)
    builder.start(index_dir, dies_at=step, work="merge")
    assert (builder.wait() == 0) == (step == MERGE_STEPS)
    merged = open_generation(index_dir).name != before.name
    assert merged == (step >= MERGE_STEPS - 1)
    assert len(open_generation(index_dir).segments) == (2 if merged else 5)
    assert answer(index_dir) == OLD
    add_documents(index_dir, [Document("cat", "", NEW)], WordEncoder(), Settings())
    assert answer(index_dir) == NEW
    assert DiskStore.load(index_dir)[0].document_ids == ("cat", "long", "n0", "n1", "n2", "n3")
    build([*documents(NEW), Document("n2", "", "الكلب رقم 2 نائم.")], index_dir)
    build([*documents(NEW), Document("n2", "", "الكلب رقم 2 نائم.")], index_dir)
    assert leftovers(index_dir) == []


@posix_only
@pytest.mark.parametrize("first", [True, False])
def test_killed_at_any_moment(builder: Builder, tmp_path: Path, first: bool) -> None:
    """From outside, at twenty moments from before the first write until after the last."""
    died = 0
    for moment in range(20):
        index_dir = tmp_path / str(moment)
        if not first:
            build(documents(OLD), index_dir)
        began = time.perf_counter()
        child = builder.start(index_dir)
        time.sleep(moment / 20 * 0.25)
        if _is_running(child):
            os.kill(child, signal.SIGKILL)
        died += builder.wait() == -signal.SIGKILL
        assert time.perf_counter() - began < 30
        if (index_dir / "CURRENT").exists():
            assert answer(index_dir) in ((NEW,) if first else (OLD, NEW))
        else:
            assert first
        build(documents("القط الثالث نائم."), index_dir)
        build(documents("القط الثالث نائم."), index_dir)
        assert answer(index_dir) == "القط الثالث نائم."
        assert leftovers(index_dir) == []
    assert died > 3


def _is_running(child: int) -> bool:
    try:
        os.kill(child, 0)
    except ProcessLookupError:
        return False
    return True


BUSY = 5
"""The exit code of a fault of the index, such as another build (docs/reference/cli.md)."""


@posix_only
def test_the_command_killed_while_it_builds(
    corpus_index: Path, encoder: Encoder, model_cache: Path, tmp_path: Path
) -> None:
    index_dir, folder = tmp_path / "index", tmp_path / "documents"
    folder.mkdir()
    article = (ROOT / "corpus/documents/cica.txt").read_text("utf-8")
    (folder / "new.txt").write_text(article.replace("المؤتمر", "المنتدى") * 3, "utf-8")
    shutil.copytree(corpus_index, index_dir)
    command = [sys.executable, "-m", "cica_qa.cli", "index", folder, "--index", index_dir]
    environment = {**ENVIRONMENT, "CICA_CACHE_DIR": str(model_cache), "CICA_BATCH_SIZE": "1"}

    def started() -> subprocess.Popen[str]:
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    process, deadline = started(), time.monotonic() + 60
    while not _is_busy(index_dir):
        assert time.monotonic() < deadline
        if process.poll() == BUSY:  # it came while ``_is_busy`` had the lock
            process = started()
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert open_generation(index_dir).name == open_generation(corpus_index).name
    assert Retriever(index_dir, encoder, Settings()).search("كم عدد الدول الأعضاء؟")
    with build_lock(index_dir):
        pass


def _is_busy(index_dir: Path) -> bool:
    try:
        with build_lock(index_dir):
            return False
    except IndexBusyError:
        return True


# ---- two at once ---------------------------------------------------------------------------


class SlowEncoder(WordEncoder):
    """Waits in the middle of a build until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go_on = threading.Event(), threading.Event()

    def encode_passages(self, texts: Sequence[str], progress: object = None) -> object:
        self.reached.set()
        assert self.go_on.wait(60)
        return super().encode_passages(texts)


def run_build(index_dir: Path, prelude: str = "") -> subprocess.CompletedProcess[str]:
    script = (
        "import sys; from pathlib import Path\n"
        "from word_encoder import *\n"
        "from cica_qa.errors import CicaError\n"
        f"documents = [Document('d', '', {SENTENCES!r})]\n{prelude}\n"
        "try:\n    build(documents, Path(sys.argv[1]))\n"
        "except CicaError as error:\n    print(type(error).__name__, error)\n"
    )
    command = [sys.executable, "-c", script, str(index_dir)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)


def test_a_second_build_is_turned_away_and_the_first_one_is_whole(index_dir: Path) -> None:
    encoder = SlowEncoder()
    failures: list[BaseException] = []

    def first() -> None:
        try:
            build(documents(NEW), index_dir, encoder)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    assert encoder.reached.wait(60)
    second = run_build(index_dir)
    assert second.stdout == (
        f"IndexBusyError another build of {index_dir} is running. Wait until it is done, then "
        f"run: cica-qa index PATH --index {index_dir}\n"
    )
    assert answer(index_dir) == OLD, "the published index is served meanwhile"
    encoder.go_on.set()
    thread.join(60)
    assert failures == []
    assert answer(index_dir) == NEW
    assert run_build(index_dir).stdout == "", "and then the way is free"


def test_a_build_that_fails_lets_go_of_the_folder(index_dir: Path) -> None:
    class Failing(WordEncoder):
        def encode_passages(self, texts: Sequence[str], progress: object = None) -> object:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(documents(NEW), index_dir, Failing())
    assert answer(index_dir) == OLD
    build(documents(NEW), index_dir)
    assert answer(index_dir) == NEW


# ---- no room, no permission ----------------------------------------------------------------


@posix_only
@pytest.mark.parametrize("limit", [1, 100, 20_000, 60_000])
def test_a_full_disk(index_dir: Path, limit: int) -> None:
    before = sorted(index_dir.rglob("*"))
    limited = run_build(
        index_dir,
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))",
    )
    assert limited.stdout == (
        f"IndexWriteError cannot write the index in {index_dir}: File too large. Make room or "
        "choose another folder and run the command again; an index published before is "
        "unchanged.\n"
    )
    assert limited.stderr == ""
    assert sorted(index_dir.rglob("*")) == before
    assert answer(index_dir) == OLD


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for one index and a half."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    index_dir = small_disk / "index"
    build(documents(OLD), index_dir)
    ballast = small_disk / "ballast"
    with ballast.open("wb") as stream:
        while _room(small_disk) > 40_000:
            stream.write(bytes(4096))
            stream.flush()
    before = sorted(index_dir.rglob("*"))
    failed = run_build(index_dir)
    assert failed.stdout.startswith(
        f"IndexWriteError cannot write the index in {index_dir}: No space left on device. "
    )
    assert sorted(index_dir.rglob("*")) == before
    assert answer(index_dir) == OLD
    ballast.unlink()
    build(documents(NEW), index_dir)
    assert answer(index_dir) == NEW


def _room(place: Path) -> int:
    status = os.statvfs(place)
    return status.f_bavail * status.f_frsize


def test_a_disk_that_is_read_only(small_disk: Path) -> None:
    index_dir = small_disk / "index"
    build(documents(OLD), index_dir)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert answer(index_dir) == OLD
    assert run_build(index_dir).stdout.startswith(
        f"IndexWriteError cannot write the index in {index_dir}: Read-only file system. "
    )
    assert run_build(small_disk / "another").stdout.startswith(
        f"IndexWriteError cannot write the index in {small_disk / 'another'}: Read-only file "
    )


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    parent = tmp_path / "locked"
    parent.mkdir(mode=0o555)
    with pytest.raises(IndexWriteError) as caught:
        build(documents(NEW), parent / "index")
    assert str(caught.value).startswith(
        f"cannot write the index in {parent / 'index'}: Permission denied. "
    )


def test_a_progress_report_that_fails_publishes_nothing(index_dir: Path) -> None:
    def closed_window(stage: str, done: int, total: int) -> None:
        if stage == "write":
            raise RuntimeError("the window was closed")

    with pytest.raises(RuntimeError, match="window"):
        update_index(
            LoadedDocuments(documents(NEW)), index_dir, WordEncoder(), Settings(), closed_window
        )
    assert answer(index_dir) == OLD
    assert leftovers(index_dir) == []
