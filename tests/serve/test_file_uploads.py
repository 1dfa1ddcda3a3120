"""File uploads: limits, content, cleanup and permissions."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import guard_app
import httpx
import pytest
from word_encoder import WordEncoder

from cica_qa import Document
from cica_qa.answer.pipeline import Pipeline
from cica_qa.errors import IndexBusyError
from cica_qa.evaluation.sets import read_set
from cica_qa.index.publish import build_lock
from cica_qa.retrieve.retriever import Retriever
from cica_qa.serve.app import create_app
from cica_qa.serve.files import shown_name
from cica_qa.serve.jobs import Job
from cica_qa.serve.keys import ApiKey, key_digest
from cica_qa.serve.library import EmptyCollectionError, Library
from cica_qa.settings import Settings

TEXT = "دليل الموظف\n\nيستحق الموظف إجازة سنوية مدتها 30 يومًا.\n"


def library(folder: Path, settings: Settings) -> Library:
    encoder = WordEncoder()

    def opened(index: Path) -> Pipeline:
        return Pipeline.of(Retriever(index, encoder, settings, lambda: None))

    index = folder / "index"
    return Library({"first": index}, opened, encoder, settings, folder / "index.collections")


class Site:
    """A server over an empty collection."""

    def __init__(self, folder: Path, **serve: Any) -> None:
        self.folder = folder
        serve = {"documents": True, "per_minute": 10**6, **serve}
        self.settings = Settings(reader=False, serve=serve)
        self.library = library(folder, self.settings)
        self.app = create_app(self.library, self.settings)

    def __enter__(self) -> Site:
        self._running = guard_app.running(self.app)
        self.host, self.port = self._running.__enter__()
        self.client = httpx.Client(base_url=f"http://{self.host}:{self.port}", timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._running.__exit__(None, None, None)

    def bring(self, name: str, data: bytes, collection: str = "first") -> dict[str, Any]:
        reply = self.client.put(f"/v1/collections/{collection}/files/{name}", content=data)
        if reply.status_code != 202:
            return dict(reply.json())
        job = reply.json()
        while job["state"] in ("queued", "reading", "indexing"):
            time.sleep(0.02)
            job = self.client.get(f"/v1/jobs/{job['id']}").json()
        return dict(job)

    def bytes(self) -> int:
        """Return the size of the files outside the index; one that goes meanwhile has none."""
        sizes = 0
        for name in self.files():
            with suppress(FileNotFoundError):
                sizes += (self.folder / name).stat().st_size
        return sizes

    def files(self) -> list[str]:
        """Return the files outside the index; a folder removed meanwhile has none."""
        return sorted(
            str((Path(folder) / name).relative_to(self.folder))
            for folder, _, names in os.walk(self.folder)
            for name in names
            if "index/" not in str((Path(folder) / name).relative_to(self.folder))
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path) as running:
        yield running


def test_a_file_is_read_asked_listed_renamed_and_removed_without_a_trace(site: Site) -> None:
    assert site.client.get("/v1/collections/first/documents").json()["total"] == 0
    assert site.client.get("/page/state").json()["documents"] == 0
    asked = site.client.post("/v1/ask", json={"question": "كم مدة الإجازة؟"})
    assert (asked.status_code, asked.json()["arabic"][:6]) == (404, "لا وثا")
    job = site.bring("دليل.txt", TEXT.encode())
    assert (job["state"], job["documents"], job["notes"]) == ("read", ["دليل.txt"], [])
    (line,) = site.client.get("/v1/collections/first/documents").json()["documents"]
    assert (line["title"], line["origin"], line["format"]) == ("دليل الموظف", "network", "plain")
    assert line["date"] == time.strftime("%Y-%m-%d")
    found = site.client.get("/v1/collections/first/documents", params={"search": "المَوظف دليل"})
    assert found.json()["total"] == 1
    assert (
        site.client.get("/v1/collections/first/documents", params={"search": "عقد"}).json()["total"]
        == 0
    )
    hits = site.client.post("/v1/search", json={"query": "إجازة الموظف"}).json()["results"][0]
    assert "30 يومًا" in hits["hits"][0]["passage"]["text"]
    address = "/v1/collections/first/documents/دليل.txt"
    assert site.client.patch(address, json={"title": "دليل 2026"}).status_code == 200
    assert site.client.get(address).json()["title"] == "دليل 2026"
    assert len(site.files()) == 1
    assert site.client.delete(address).status_code == 200
    assert site.files() == []
    assert site.client.get("/page/state").json()["documents"] == 0


def test_notes_on_a_file_are_in_both_languages(site: Site) -> None:
    page = f"<html><body><p>{TEXT}</p></body></html>"
    job = site.bring("دليل.txt", page.encode("cp1256"))
    assert (job["state"], job["notes"], job["arabic"].splitlines()) == (
        "repaired",
        [
            "by its content it is a web page, and was read as such",
            "it was Windows-1256, and was decoded as such",
        ],
        [
            "محتواه صفحة ويب، خلافًا لاسمه، وقد قُرئ على ذلك.",
            "كان بترميز \u2068Windows-1256\u2069، فقُرئ به.",
        ],
    )
    job = site.bring("plain.txt", TEXT.encode())
    assert (job["state"], job["notes"], job["arabic"]) == ("read", [], "")


@pytest.mark.parametrize(
    ("name", "data", "arabic"),
    [
        ("a.exe", b"MZ\x00\x01\x02", "لا يُقرأ هذا النوع من الملفات."),
        ("a.txt", b"", "هذا الملف فارغ."),
        ("a.txt", b" \n", "لا نص في هذا الملف."),
        (
            "a.pdf",
            b"%PDF-1.7 broken",
            "الملف تالف أو ناقص. احفظه من جديد بالبرنامج الذي أنشأه، ثم أضفه.",
        ),
        (
            "a.docx",
            "نص عربي قصير".encode("utf-16-le") + b"\x00" * 50,
            "محتوى الملف يخالف اسمه. سمِّه باسمه الصحيح أو احفظه من جديد، ثم أضفه.",
        ),
        ("a.zip", b"PK\x03\x04 broken", "هذا ملف مضغوط. فُكّه، ثم أضف ما فيه."),
        (
            "a.txt",
            b"\x00\x01\x02\xff\xfe\x00" * 50,
            "ليس هذا الملف نصًّا يُقرأ. احفظه نصًّا بترميز UTF-8، ثم أضفه.",
        ),
    ],
)
def test_unreadable_files_are_skipped_with_a_reason_and_leave_nothing(
    site: Site, name: str, data: bytes, arabic: str
) -> None:
    job = site.bring(name, data)
    assert (job["state"], job["arabic"]) == ("skipped", arabic)
    assert str(site.folder) not in json.dumps(job)
    assert site.files() == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\a.txt", "a.txt"),
        (".hidden.txt", "hidden.txt"),
        ("<img src=x>.txt", "<img src=x>.txt"),
        ("a\u202etxt.exe.txt", "atxt.exe.txt"),
        ("a\x00\nb.txt", "ab.txt"),
        ("س" * 400 + ".txt", "س" * 190 + ".txt"),
    ],
)
def test_a_file_name_is_never_a_path_and_hides_nothing(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_files_over_the_limits_are_refused(tmp_path: Path) -> None:
    with Site(tmp_path, max_file_bytes=2000, max_files=2, max_files_bytes=1_000_000) as site:
        assert site.bring("a.txt", b"x" * 2001)["status"] == 413
        address = "/v1/collections/first/files/a.txt"
        pieces = (b"x" * 500 for _ in range(8))  # a stream of unknown length
        assert site.client.put(address, content=pieces).status_code == 413
        assert site.files() == []
        assert site.bring("a.txt", TEXT.encode())["state"] == "read"
        assert site.bring("b.txt", (TEXT + "ب").encode())["state"] == "read"
        told = site.bring("c.txt", (TEXT + "ج").encode())
        assert (told["status"], told["arabic"]) == (
            422,
            "بلغت ملفات المجموعة حدّها (2). احذف بعضها ثم أضف.",
        )
        assert len(site.files()) == 2


def test_an_interrupted_upload_leaves_nothing_on_disk(site: Site) -> None:
    before = site.files()
    head = (
        "PUT /v1/collections/first/files/big.txt HTTP/1.1\r\n"
        f"Host: {site.host}:{site.port}\r\nContent-Length: 40000000\r\n\r\n"
    )
    with socket.create_connection((site.host, site.port)) as connection:
        connection.sendall(head.encode() + b"x" * 5_000_000)
        time.sleep(0.3)
        assert site.files() != before
    for _ in range(100):
        if site.files() == before and not (site.folder / "index.files").exists():
            break
        time.sleep(0.05)
    assert site.files() == before
    assert not (site.folder / "index.files").exists()


def test_concurrent_uploads_share_the_quota(tmp_path: Path) -> None:
    size = 1_000_000
    with Site(tmp_path, max_file_bytes=size, max_files_bytes=5 * size) as site:
        most = 0

        def put(at: int) -> int:
            pieces = (b"\0" * (size // 20) for _ in range(20))
            length = {"Content-Length": str(size)} if at % 2 else {}  # or nobody tells it
            address = f"/v1/collections/first/files/{at}.bin"
            return site.client.put(address, content=pieces, headers=length).status_code

        def watch() -> None:
            nonlocal most
            while not done.is_set():
                most = max(most, site.bytes())
                time.sleep(0.005)

        done = Event()
        watching = Thread(target=watch)
        watching.start()
        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(put, range(200)))
        done.set()
        watching.join()
        assert set(statuses) == {202, 422}
        assert most <= 5 * size
        assert site.bring("last.bin", b"\0")["state"] == "skipped"  # all before it is done
        assert site.files() == []


def test_interrupted_uploads_leave_no_file_and_no_reservation(tmp_path: Path) -> None:
    with Site(tmp_path, max_file_bytes=100_000, max_files=3) as site:
        head = (
            "PUT /v1/collections/first/files/a.txt HTTP/1.1\r\n"
            f"Host: {site.host}:{site.port}\r\nContent-Length: 90000\r\n\r\n"
        )
        for _ in range(60):
            with socket.create_connection((site.host, site.port)) as connection:
                connection.sendall(head.encode() + b"x" * 30_000)
        for _ in range(100):  # until the server has seen that all broke off
            if "state" in site.bring("a.bin", b"\0"):
                break
            time.sleep(0.05)
        assert site.files() == []
        for name in ("a.txt", "b.txt", "c.txt"):
            assert site.bring(name, (TEXT + name).encode())["state"] == "read"
        assert site.bring("d.txt", TEXT.encode())["status"] == 422


def test_uploads_left_by_a_killed_server_are_removed_at_the_next_start(tmp_path: Path) -> None:
    settings = Settings(reader=False)
    folder = library(tmp_path, settings).files_of("first")
    folder.mkdir(parents=True)
    kept, fresh, old = folder / "0a", folder / ".1b", folder / ".2c"
    for file in (kept, fresh, old):
        file.write_bytes(b"x")
    for file in (kept, old):
        os.utime(file, (0, 0))
    library(tmp_path, settings)
    assert sorted(folder.iterdir()) == [fresh, kept]


def test_a_job_reports_the_progress_of_indexing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str, int, int]] = []
    told = Job.progress

    def progress(job: Job, stage: str, done: int, total: int) -> None:
        told(job, stage, done, total)
        now = site.client.get(f"/v1/jobs/{job.id}").json()
        seen.append((now["state"], now["stage"], now["done"], now["total"]))

    monkeypatch.setattr(Job, "progress", progress)
    text = "\n\n".join(f"الفقرة {at} تتحدث عن البند {at} من العقد." for at in range(40))
    job = site.bring("عقد.txt", text.encode())
    assert job["state"] == "read"
    assert {state for state, *_ in seen} == {"indexing"}
    stages = list(dict.fromkeys(stage for _, stage, *_ in seen))
    assert stages == ["read", "encode", "write"]
    encoded = [(done, total) for _, stage, done, total in seen if stage == "encode"]
    assert encoded == sorted(encoded)
    assert encoded[-1][0] == encoded[-1][1] >= 40


def test_the_last_document_is_deleted_unless_another_change_runs(site: Site) -> None:
    assert site.bring("a.txt", TEXT.encode())["state"] == "read"
    index, before = site.folder / "index", site.files()
    with build_lock(index), pytest.raises(IndexBusyError):
        site.library.delete("first", ["a.txt"], wait=0.2)
    assert site.files() == before
    assert site.library["first"].retriever.store.document_ids == ("a.txt",)
    assert site.library.delete("first", ["a.txt"]).removed == ("a.txt",)
    assert site.files() == []
    with pytest.raises(EmptyCollectionError):
        site.library["first"]
    assert site.bring("b.txt", TEXT.encode())["state"] == "read"
    assert site.library["first"].retriever.store.document_ids == ("b.txt",)


def test_documents_added_meanwhile_survive_deleting_the_last_one(tmp_path: Path) -> None:
    own = library(tmp_path, Settings(reader=False))
    for round_ in range(10):
        one, other = f"one {round_}", f"other {round_}"
        own.add("first", [Document(one, "", f"{TEXT} {one}")])
        adding = Thread(target=own.add, args=("first", [Document(other, "", f"{TEXT} {other}")]))
        adding.start()
        own.delete("first", [one])
        adding.join()
        assert own["first"].retriever.store.document_ids == (other,)
        own.delete("first", [other])


def test_many_unreadable_files_leave_nothing_on_disk(site: Site) -> None:
    for at in range(300):
        address = f"/v1/collections/first/files/{at}.bin"
        assert site.client.put(address, content=b"\x00\x01").status_code == 202
    job = site.bring("last.bin", b"\x00\x01")
    assert job["state"] == "skipped"
    assert site.files() == []


def test_collections_are_created_asked_and_removed_with_their_contents(site: Site) -> None:
    made = site.client.post("/v1/collections", json={"name": "عقود 2026"})
    assert made.status_code == 201
    assert site.client.post("/v1/collections", json={"name": "عقود 2026"}).status_code == 404
    assert site.client.post("/v1/collections", json={"name": "../x"}).status_code == 404
    assert site.bring("a.txt", TEXT.encode(), "عقود 2026")["state"] == "read"
    lines = site.client.get("/v1/collections").json()["collections"]
    assert [(one["name"], one["documents"], one["made"]) for one in lines] == [
        ("first", 0, False),
        ("عقود 2026", 1, True),
    ]
    again = library(site.folder, site.settings)  # a restarted server
    assert again.names == ("first", "عقود 2026")
    export = site.client.get("/v1/collections/عقود 2026/export").text
    assert [json.loads(line).get("text") for line in export.splitlines()] == [None, TEXT]
    assert site.bring("copy.jsonl", export.encode())["documents"] == ["a.txt"]
    assert site.client.delete("/v1/collections/عقود 2026").status_code == 204
    assert site.client.delete("/v1/collections/first").status_code == 404
    assert "عقود 2026" not in site.library.names
    assert [one for one in site.files() if "collections" in one] == []


def test_uploads_need_a_write_key_and_the_setting(
    tmp_path: Path,
) -> None:
    keys = [
        ApiKey("r", key_digest(b"cq_read")).line,
        ApiKey("w", key_digest(b"cq_write"), write=True).line,
    ]
    with Site(tmp_path / "a", keys=keys) as site:
        address = "/v1/collections/first/files/a.txt"
        statuses = [
            site.client.put(address, content=b"x", headers={"X-API-Key": key}).status_code
            for key in ("cq_none", "cq_read", "cq_write")
        ]
        assert statuses == [401, 403, 202]
        told = site.client.get("/page/state", headers={"X-API-Key": "cq_read"}).json()
        assert told["writable"] is False
    with Site(tmp_path / "b", documents=False) as site:
        assert site.client.put(address, content=b"x").status_code == 403
        assert site.client.get("/page/state").json()["writable"] is False
        assert site.files() == []


def test_only_selected_documents_are_asked(site: Site) -> None:
    site.bring("a.txt", TEXT.encode())
    site.bring("b.txt", TEXT.replace("30", "45").encode())
    body = {"question": "ما مدة إجازة الموظف؟", "conversation": "x", "count": 0}
    for name in ("a.txt", "b.txt"):
        markup = site.client.post("/page/ask", json={**body, "documents": [name]}).json()["markup"]
        other = {"a.txt": "b.txt", "b.txt": "a.txt"}[name]
        assert f'data-document="{name}"' in markup
        assert f'data-document="{other}"' not in markup
    gone = site.client.post("/page/ask", json={**body, "documents": ["gone.txt"]})
    assert (gone.status_code, gone.json()["arabic"][:7]) == (404, "الوثائق")


def test_ratings_are_a_question_set_that_evaluate_reads(site: Site) -> None:
    site.bring("a.txt", TEXT.encode())
    cited = [{"document": "a.txt", "quote": "مدتها 30 يومًا"}]
    good = {"question": "كم مدة الإجازة؟", "answer": "30", "good": True, "citations": cited}
    bad = {"question": "متى تُصرف؟", "good": False, "reason": "exists", "right": "كل شهر"}
    no = {"question": "ما لون السماء؟", "good": True, "abstained": True}
    unknown = {"question": "من؟", "good": False, "reason": "wrong", "before": "أين؟"}
    for rating in (good, bad, no, unknown):
        assert site.client.post("/page/rating", json=rating).json() == {"kept": True}
    assert site.client.post("/page/rating", json={**bad, "reason": "x"}).status_code == 422
    questions = list(read_set(site.folder / "index.ratings.jsonl"))
    assert [one.text for one in questions] == [
        "كم مدة الإجازة؟",
        "متى تُصرف؟",
        "ما لون السماء؟",
        "من؟",
    ]
    assert [one.answerable for one in questions] == [True, True, False, None]
    assert [[gold.text for gold in one.golds] for one in questions] == [
        ["مدتها 30 يومًا"],
        ["كل شهر"],
        [],
        [],
    ]
    assert questions[3].history[0].question == "أين؟"


def test_documents_from_the_network_never_show_files_of_the_disk(
    site: Site, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(b"%PDF-1.7 secret")
    body = {
        "title": "ع",
        "text": TEXT,
        "source": str(secret),
        "metadata": {"format": "pdf"},
    }
    assert site.client.put("/v1/collections/first/documents/d", json=body).status_code == 200
    shown = site.client.get("/page/source", params={"id": "d"}).json()
    assert shown["picture"] is False
    for path in ("/page/picture", "/page/boxes"):
        assert site.client.get(path, params={"id": "d", "page": 1}).status_code == 404
