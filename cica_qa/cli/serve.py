"""The command ``cica-qa serve``."""

from __future__ import annotations

import argparse
import gc
import logging
import re
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from cica_qa.cli.build import refresh
from cica_qa.cli.options import number
from cica_qa.errors import SettingsError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from cica_qa.answer.collections import Collections
    from cica_qa.settings import Settings

_EXTRA = ("fastapi", "mcp", "prometheus_client", "uvicorn")
_DEFAULT = "default"  # the name of the collection that --index makes
_NAME = re.compile(r"[\w.-]{1,64}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes, but for the options that all commands have."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="documents to refresh the index from"
    )
    add_collections(parser)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=number(0, 65535),
        default=8000,
        help="port to listen on, 0 for a free one (default %(default)s)",
    )
    parser.add_argument("--no-chat", action="store_true", help="leave out the web chat")
    parser.add_argument(
        "--allow-without-keys",
        action="store_true",
        help="listen on an address that others reach though no keys are set",
    )


def add_collections(parser: argparse.ArgumentParser) -> None:
    """Add the option that names indexes."""
    parser.add_argument(
        "--collection",
        action="append",
        type=_collection,
        default=[],
        metavar="NAME=DIR",
        help="an index to serve under a name, in place of --index; may be given again, and the "
        "first one is the default",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve until interrupted or terminated, finish what runs, and return the exit code."""
    _require_extra()
    from cica_qa.serve.server import Server, address, bound

    _require_keys(options, settings)
    try:
        taken = bound(options.host, options.port)
    except OSError as error:
        reason = f"cannot listen on {options.host}: {error}. Try another --port."
        raise SettingsError(reason) from error
    with taken:
        with ThreadPoolExecutor(1) as pool:
            importing = pool.submit(_imported)  # while the models are loaded outside Python's lock
            collections = load_collections(options, settings)
        app = importing.result()(collections, settings, chat=not options.no_chat)
        _log_requests()
        where = address(taken)
        ready = f"serving at {where} (Ctrl-C ends it)"
        server = Server(app, on_ready=lambda: print(ready, flush=True))
        gc.freeze()  # what there is stays: looking for garbage in it would hold up requests
        # uvicorn finishes what runs, then raises the signal again for who handled it before.
        signal.signal(signal.SIGTERM, lambda *_: None)
        server.run([taken])
    return 0


def _require_extra() -> None:
    """Raise ``SettingsError`` where packages of the extra ``serve`` are missing."""
    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        raise SettingsError(f"missing: {names}. Install it: pip install 'cica-qa[serve]'")


def _imported() -> Callable[..., FastAPI]:
    from cica_qa.serve.app import create_app

    return create_app


def _require_keys(options: argparse.Namespace, settings: Settings) -> None:
    if settings.serve.keys or options.allow_without_keys or _is_loopback(options.host):
        return
    raise SettingsError(
        f"others can reach {options.host}, and no keys are set. Make one with 'cica-qa key NAME' "
        "and put its line into the settings, or give --allow-without-keys"
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load_collections(options: argparse.Namespace, settings: Settings) -> Collections:
    """Open what the options name; the paths, where there are any, are indexed first."""
    from cica_qa.answer.collections import Collections
    from cica_qa.answer.pipeline import Pipeline
    from cica_qa.index.generation import open_generation
    from cica_qa.models.encoder.batching import BatchingEncoder
    from cica_qa.protocols import QuestionsEncoder
    from cica_qa.retrieve.models import load_models
    from cica_qa.retrieve.retriever import Retriever

    folders: dict[str, Path] = dict(options.collection) or {_DEFAULT: options.index}
    if len(folders) < len(options.collection):
        raise SettingsError("two of the --collection have the same name; give each its own")
    paths = getattr(options, "paths", [])
    if paths and options.collection:
        raise SettingsError("a PATH refreshes the index of --index; leave out --collection")
    if not paths:
        for folder in folders.values():
            open_generation(folder)  # a missing index is said before a model is loaded
    encoder, reader = load_models(settings)
    if isinstance(encoder, QuestionsEncoder):
        encoder = BatchingEncoder(encoder)
    if paths:
        refresh(options, encoder, settings)
    first = Retriever(next(iter(folders.values())), encoder, settings, lambda: reader)
    retrievers = [first, *(first.beside(folder) for folder in [*folders.values()][1:])]
    return Collections(dict(zip(folders, map(Pipeline.of, retrievers), strict=True)))


def _log_requests() -> None:
    """Write the server's log of requests, a line of JSON each, as it is."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("cica_qa.serve.access")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _collection(text: str) -> tuple[str, Path]:
    name, separator, folder = text.partition("=")
    if not (separator and folder and _NAME.fullmatch(name)):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=DIR")
    return name, Path(folder)
