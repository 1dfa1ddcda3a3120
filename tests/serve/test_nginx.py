"""The site of docs/how-to/deployment.md: a real nginx with TLS in front of a real server."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from conftest import Running

from cica_qa import Answer, Collections, Piece, Pipeline, Turn
from cica_qa.filters import Filter, Where
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import ServeSettings

sys.path.append(str(Path(__file__).parents[1] / "browser"))
from live import ask, open_chat, running_browser

ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
NAME = "qa.example.org"
QUESTION = "كم عدد الدول الأعضاء في المؤتمر؟"
PAUSE = 0.5
pytestmark = pytest.mark.skipif(
    not (NGINX and shutil.which("openssl")), reason="no nginx, or no openssl, here"
)


class Slow(Pipeline):
    """A pipeline that pauses before its last piece."""

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        k: int = 5,
        documents: Collection[str] | None = None,
        where: Where | Filter | None = None,
    ) -> Iterator[Piece | Answer]:
        for one in super().stream(question, history, k=k, documents=documents, where=where):
            if isinstance(one, Answer):
                time.sleep(PAUSE)
            yield one


@dataclass(frozen=True)
class Site:
    """The address of nginx and its certificate."""

    port: int
    certificate: Path

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    def client(self) -> httpx.Client:
        """Return a client for which the name of the site resolves to this machine."""
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}", verify=trusted, headers={"Host": self.host}
        )

    @property
    def host(self) -> str:
        return f"{NAME}:{self.port}"


NAMED = {"sni_hostname": NAME}


@pytest.fixture
def site(
    make_server: Callable[..., Running], retriever: Retriever, tmp_path: Path
) -> Iterator[Site]:
    slow = Slow.of(retriever)
    behind = make_server(ServeSettings(hosts=(NAME,)), over=Collections({"cica": slow}), chat=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        one = Site(free.getsockname()[1], tmp_path / "site.pem")
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={NAME} -addext"
    names = [f"subjectAltName=DNS:{NAME}", "-keyout", "site.key", "-out", one.certificate.name]
    subprocess.run([*command.split(), *names], check=True, capture_output=True, cwd=tmp_path)
    file = tmp_path / "nginx.conf"
    file.write_text(_configuration(one, behind, tmp_path), "utf-8")
    with subprocess.Popen([str(NGINX), "-p", str(tmp_path), "-c", str(file)]) as process:
        try:
            _wait(one.port)
            yield one
        finally:
            process.terminate()


def _configuration(site: Site, behind: Running, folder: Path) -> str:
    page = (ROOT / "docs/how-to/deployment.md").read_text("utf-8")
    (part,) = re.findall(r"^```nginx\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for told, here in {
        "127.0.0.1:8000": behind.url.removeprefix("http://"),
        "listen 443 ssl;": f"listen 127.0.0.1:{site.port} ssl;",
        "listen [::]:443 ssl;": "",
        "/etc/ssl/qa.example.org.pem": str(site.certificate),
        "/etc/ssl/private/qa.example.org.key": str(folder / "site.key"),
    }.items():
        assert told in part
        part = part.replace(told, here)
    user = "user root;" if os.geteuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    return (
        f"daemon off; {user} pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {folders}\n{part}\n}}\n"
    )


def _wait(port: int) -> None:
    for _ in range(100):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("nginx did not start")


def test_programs_get_cited_answers_piece_by_piece(site: Site) -> None:
    with site.client() as client:
        found = client.post("/v1/search", json={"query": QUESTION}, extensions=NAMED)
        assert found.status_code == 200
        assert found.json()["results"][0]["hits"][0]["passage"]["doc_id"]

        body = {"question": QUESTION, "stream": True}
        arrived: list[tuple[str, float]] = []
        with client.stream("POST", "/v1/ask", json=body, extensions=NAMED) as response:
            for line in response.iter_lines():
                if line.startswith("event: "):
                    arrived.append((line.removeprefix("event: "), time.monotonic()))
        (first, begun), (last, ended) = arrived[0], arrived[-1]
        assert (first, last) == ("piece", "answer")
        assert ended - begun > PAUSE / 2, "nginx held the pieces back"


def test_oversized_requests_and_other_names_are_refused(site: Site) -> None:
    with site.client() as client:
        large = client.post("/v1/search", json={"query": "س" * 1_000_000}, extensions=NAMED)
        assert large.status_code == 413
        other = {"Host": "other.example.org"}
        assert client.get("/v1/collections", headers=other, extensions=NAMED).status_code == 400


def test_the_chat_answers_in_a_browser(site: Site) -> None:
    with running_browser() as browser:
        page = browser.new_page(ignore_https_errors=True)
        wrong: list[str] = []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda got: wrong.append(got.url) if got.status >= 400 else None)
        open_chat(page, f"{site.url}/")
        assert "28" in ask(page, QUESTION).inner_text()
        assert wrong == []
