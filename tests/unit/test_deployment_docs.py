"""The programs accept what docs/how-to/deployment.md and the Containerfile tell users to run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock, Timeout
from prometheus_client.parser import text_string_to_metric_families

from cica_qa.cli import _parser
from cica_qa.cli.serve import LAST_SECONDS
from cica_qa.serve.guard.headers import MAX_HEADER_BYTES
from cica_qa.serve.guard.metrics import Metrics
from cica_qa.serve.workers import Workers
from cica_qa.settings import ServeSettings, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/deployment.md").read_text("utf-8")
REFERENCE = (ROOT / "docs/reference/server.md").read_text("utf-8")
SERVE = ServeSettings()


def block(language: str, containing: str = "") -> str:
    """Return the only code block of a language that contains a text."""
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (one,) = (text for text in found if containing in text)
    return str(one)


def unit() -> list[tuple[str, str, str]]:
    """Return the lines of the systemd unit as (section, name, value)."""
    section, lines = "", []
    for line in block("ini").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            name, separator, value = line.partition("=")
            assert separator, line
            lines.append((section, name, value))
    return lines


def containerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile with continued lines joined."""
    text = (ROOT / "Containerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in joined.splitlines()]


def commands() -> list[list[str]]:
    """Return the arguments of every ``cica-qa`` command on the page and in the Containerfile."""
    shell = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    lines = "\n".join(shell).replace("\\\n", " ").splitlines()
    found = [line for line in lines if re.search(r"\bcica-qa (index|key|serve|model) ", line)]
    found += [value for _, name, value in unit() if name == "ExecStart"]
    found += [value for name, value in containerfile() if value.startswith("cica-qa ")]
    calls = [shlex.split(re.sub(r".*\bcica-qa (?=index|key|serve|model)", "", c)) for c in found]
    return [*calls, json.loads(dict(containerfile())["CMD"])]


def test_every_command_is_accepted_by_the_program() -> None:
    calls = commands()
    assert {call[0] for call in calls} == {"index", "key", "model", "serve"}
    assert len(calls) >= 8
    for call in calls:
        _parser().parse_args(call)


def test_the_settings_on_the_page_exist(tmp_path: Path) -> None:
    file = tmp_path / "cica-qa.toml"
    file.write_text(block("toml"), "utf-8")
    assert Settings.load(file).serve.hosts == ("qa.example.org",)
    variables = set(re.findall(r"CICA_SERVE__(\w+)", PAGE))
    assert {name.lower() for name in variables} <= set(ServeSettings.model_fields)
    limits = REFERENCE.split("## Limits")[1].split("\n\n")[2]
    named = set(re.findall(r"`([a-z_]+)`", limits))
    assert named - set(ServeSettings.model_fields) == set()
    assert f"{MAX_HEADER_BYTES:,} bytes" in limits


def test_the_metrics_on_the_page_exist() -> None:
    metrics = Metrics(Workers(SERVE))
    metrics.count("/v1/ask", 200, 0.1, [True])
    families = list(text_string_to_metric_families(metrics.text().decode()))
    shown = [family for family in families if not family.name.endswith("_created")]
    counted = {f.name + ("_total" if f.type == "counter" else "") for f in shown}
    assert set(re.findall(r"^\| `(cica_qa_\w+)`", REFERENCE, re.MULTILINE)) == counted


def test_the_systemd_unit_is_complete() -> None:
    names = {name for _, name, _ in unit()}
    assert {section for section, _, _ in unit()} == {"Unit", "Service", "Install"}
    assert {"User", "ExecStart", "NoNewPrivileges", "ProtectSystem", "SystemCallFilter"} <= names
    (stop,) = (float(value) for _, name, value in unit() if name == "TimeoutStopSec")
    assert stop > LAST_SECONDS, "what runs may finish"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_accepts_the_unit_and_finds_it_hardened(tmp_path: Path) -> None:
    file = tmp_path / "cica-qa.service"
    file.write_text(
        block("ini")
        .replace("/opt/cica-qa/bin/cica-qa", sys.executable)
        .replace("User=cica-qa", "User=daemon")
    )
    for command in (["verify", "--man=no"], ["security", "--offline=yes", "--threshold=25"]):
        ran = subprocess.run(
            ["systemd-analyze", *command, str(file)], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "cica-qa.service:" not in ran.stderr, ran.stderr


def test_nginx_passes_on_what_the_server_needs() -> None:
    text = re.sub(r"\s*#.*", "", block("nginx"))
    depth = 0
    for line in filter(None, map(str.strip, text.splitlines())):
        assert line.endswith((";", "{", "}")), line
        depth += line.count("{") - line.count("}")
        assert depth >= 0
    assert depth == 0
    directives = dict(re.findall(r"^\s*(\w+) (.*);$", text, re.MULTILINE))
    assert directives["proxy_buffering"] == "off"
    assert directives["proxy_http_version"] == "1.1"
    assert directives["client_max_body_size"] == "1m"
    assert SERVE.max_body_bytes <= 2**20
    headers = dict(re.findall(r"proxy_set_header (\S+) (\S+);", text))
    assert headers["Host"] == "$http_host", "or a browser's Origin would be another"
    assert headers["X-Forwarded-For"] == "$remote_addr", "what the client sent is not handed on"


def test_the_container_runs_unprivileged_and_copies_existing_files() -> None:
    steps = containerfile()
    names = [name for name, _ in steps]
    known = "FROM COPY ARG RUN ENV USER WORKDIR VOLUME EXPOSE HEALTHCHECK ENTRYPOINT CMD".split()
    assert set(names) == set(known)
    assert dict(steps)["USER"] not in ("root", "0")
    assert names.index("USER") < names.index("HEALTHCHECK")
    for name, value in steps:
        if name == "COPY" and not value.startswith("--from"):
            assert all((ROOT / source).exists() for source in value.split()[:-1]), value
    probe = json.loads(dict(steps)["HEALTHCHECK"].split("CMD ", 1)[1])
    compile(probe[2], "HEALTHCHECK", "exec")
    assert "127.0.0.1:8000/healthz" in probe[2]
    assert json.loads(dict(steps)["ENTRYPOINT"]) == ["cica-qa"]


@pytest.mark.skipif(not shutil.which("flock"), reason="no flock here")
def test_the_backup_takes_the_lock_of_a_build(tmp_path: Path) -> None:
    lock = tmp_path / "build.lock"
    holder = subprocess.Popen(
        ["flock", str(lock), "sh", "-c", "echo held; read line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(Timeout):
        FileLock(lock).acquire(timeout=0)
    holder.communicate(b"\n")
    with FileLock(lock, timeout=5):
        pass
