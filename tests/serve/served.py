"""The command ``cica-qa serve`` in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

READY = re.compile(r"serving at (http://127\.0\.0\.1:\d+) \(Ctrl-C ends it\)\n")


@contextmanager
def process(
    *arguments: object, log: Path | None = None, **variables: object
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run it and yield the process and its address, which it printed.

    What it logs is in ``stderr`` of the process, or in the file ``log`` where it is much.
    """
    command = [sys.executable, "-m", "cica_qa.cli", "serve", "--port", "0", *map(str, arguments)]
    env = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    with ExitStack() as stack:
        stderr = stack.enter_context(log.open("w")) if log else subprocess.PIPE
        running = stack.enter_context(
            subprocess.Popen(command, text=True, env=env, stdout=subprocess.PIPE, stderr=stderr)
        )
        try:
            assert running.stdout
            line = running.stdout.readline()
            found = READY.fullmatch(line)
            assert found, (line, running.stderr and running.stderr.read())
            yield running, found[1]
        finally:
            running.kill()
