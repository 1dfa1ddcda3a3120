"""The command ``cica-qa serve``."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterable
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

_DEFAULT = "default"  # the name of the collection that --index makes
_NAME = re.compile(r"[\w.-]{1,64}")
LAST_SECONDS = 8.5
"""How long a process that is told to stop is kept by what runs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes, but for the options that all commands have."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="documents to refresh the index from"
    )
    add_collections(parser)
    add_address(parser)
    parser.add_argument(
        "--port",
        type=number(0, 65535),
        default=8000,
        help="port to listen on, 0 for a free one (default %(default)s)",
    )
    parser.add_argument("--no-chat", action="store_true", help="leave out the web chat")


def add_address(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who can reach the server."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default %(default)s)"
    )
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

    def make(collections: Collections) -> FastAPI:
        from cica_qa.serve.app import create_app

        return create_app(collections, settings, chat=not options.no_chat)

    return serve(options, settings, make, [options.port], "serving at {} (Ctrl-C ends it)")


def serve(
    options: argparse.Namespace,
    settings: Settings,
    make: Callable[[Collections], FastAPI],
    ports: Iterable[int],
    ready: str,
) -> int:
    """Serve what ``make`` makes of the collections, at the first of the ports that is free.

    ``ready`` is printed once it answers, with its address.
    """
    from cica_qa.serve.logs import json_logging
    from cica_qa.serve.server import Server, socket_url

    _require_keys(options, settings)
    with _bound(options.host, ports) as taken:
        with ThreadPoolExecutor(1) as pool:
            importing = pool.submit(_imported)  # while the models are loaded outside Python's lock
            collections = load_collections(options, settings)
            importing.result()
        app = make(collections)
        told = ready.format(socket_url(taken))
        server = Server(app, lambda: print(told, flush=True), _end_in_time)
        gc.freeze()  # what there is stays: looking for garbage in it would hold up requests
        # uvicorn finishes what runs, then raises the signal again for who handled it before.
        signal.signal(signal.SIGTERM, lambda *_: None)
        with json_logging():
            server.run([taken])
    return 0


def _end_in_time() -> None:
    """End the process soon, whatever runs: a thread cannot be stopped, an index is never half."""
    last = threading.Timer(LAST_SECONDS, os._exit, (0,))
    last.daemon = True
    last.start()


def _require_extra() -> None:
    """Raise ``SettingsError`` where the package of the extra ``serve`` is missing."""
    if find_spec("mcp") is None:
        raise SettingsError("mcp is missing. Install it: pip install 'cica-qa[serve]'")


def _imported() -> None:
    import cica_qa.serve.app  # noqa: F401


def _bound(host: str, ports: Iterable[int]) -> socket.socket:
    """Take the first port that is free. Raises ``SettingsError`` where none is."""
    from cica_qa.serve.server import bind

    reason = ""
    for port in ports:
        try:
            return bind(host, port)
        except OSError as error:
            reason = f"cannot listen on {host}, port {port}: {error}"
            if error.errno != errno.EADDRINUSE:
                break
    raise SettingsError(f"{reason}. Try another --port.")


def _require_keys(options: argparse.Namespace, settings: Settings) -> None:
    from cica_qa.serve.keys import KeyRing

    if options.allow_without_keys or is_loopback(options.host):
        return
    if not KeyRing(settings.serve.keys, settings.serve.keys_file):
        raise SettingsError(
            f"others can reach {options.host}, and there are no keys. Make one with "
            "'cica-qa key NAME', or give --allow-without-keys"
        )


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load_collections(options: argparse.Namespace, settings: Settings) -> Collections:
    """Open what the options name; the paths, where there are any, are indexed first."""
    from cica_qa.answer.pipeline import Pipeline
    from cica_qa.index.migrate import open_index
    from cica_qa.models.encoder.batching import BatchingEncoder
    from cica_qa.protocols import QuestionsEncoder
    from cica_qa.retrieve.models import load_models
    from cica_qa.retrieve.retriever import Retriever
    from cica_qa.serve.library import Library

    named = getattr(options, "collection", [])
    folders: dict[str, Path] = dict(named) or {_DEFAULT: options.index}
    if len(folders) < len(named):
        raise SettingsError("two of the --collection have the same name; give each its own")
    paths = getattr(options, "paths", [])
    if paths and named:
        raise SettingsError("a PATH refreshes the index of --index; leave out --collection")
    if not paths:
        for folder in folders.values():
            if not (settings.serve.documents and _can_be_made(folder)):
                open_index(folder)  # a missing index is said before a model is loaded
    encoder, reader = load_models(settings)
    if isinstance(encoder, QuestionsEncoder):
        encoder = BatchingEncoder(encoder)
    if paths:
        refresh(options, encoder, settings)

    def opened(folder: Path) -> Pipeline:
        return Pipeline.of(Retriever(folder, encoder, settings, lambda: reader))

    first = next(iter(folders.values()))
    root = first.parent / f"{first.name}.collections"
    library = Library(folders, opened, encoder, settings, root)
    for name, folder in folders.items():
        if not _can_be_made(folder):
            _ = library[name]  # what is wrong with it is said now
    return library


def _can_be_made(folder: Path) -> bool:
    """Whether there is no index, nor anything else that the first document would meet."""
    return not folder.exists() or (folder.is_dir() and not (folder / "CURRENT").exists())


def _collection(text: str) -> tuple[str, Path]:
    name, separator, folder = text.partition("=")
    if not (separator and folder and _NAME.fullmatch(name)):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=DIR")
    return name, Path(folder)
