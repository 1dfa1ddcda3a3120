"""The command ``cica-qa serve``, and the parts it shares with ``chat`` and ``mcp``."""

from __future__ import annotations

import argparse
import errno
import gc
import os
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
from cica_qa.cli.options import COLLECTION_NAME, index_location, whole_number
from cica_qa.errors import IndexMissingError, SettingsError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from cica_qa.answer.collections import Collections
    from cica_qa.index.location import Location
    from cica_qa.settings import Settings

_DEFAULT = "default"  # the name of the collection in --index
LAST_SECONDS = 8.5
"""The longest that running work delays the end of a process that is told to stop."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="documents to refresh the index from"
    )
    add_collections(parser)
    add_address(parser)
    parser.add_argument(
        "--port",
        type=whole_number(0, 65535),
        default=8000,
        help="port to listen on, 0 for a free one (default %(default)s)",
    )
    parser.add_argument("--no-chat", action="store_true", help="leave out the web chat")


def add_address(parser: argparse.ArgumentParser) -> None:
    """Add the options that decide who can reach the server."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default %(default)s)"
    )
    parser.add_argument(
        "--allow-without-keys",
        action="store_true",
        help="listen on an address that others reach though no keys are set",
    )


def add_collections(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the collections to serve."""
    parser.add_argument(
        "--collection",
        action="append",
        type=_collection,
        default=[],
        metavar="NAME=INDEX",
        help="an index to serve under a name, in place of --index; may be given again, and the "
        "first one is the default",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve until interrupted or terminated, finish running requests, return the exit code."""
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
    """Serve the app that ``make`` builds for the collections, at the first free port.

    ``ready`` is printed with the address once the server answers.
    """
    from cica_qa.serve.logs import json_logging
    from cica_qa.serve.server import Server, socket_url

    _require_keys(options, settings)
    with _bound(options.host, ports) as taken:
        with ThreadPoolExecutor(1) as pool:
            importing = pool.submit(_import_app)  # beside the models, which load without the GIL
            collections = load_collections(options, settings)
            importing.result()
        app = make(collections)
        message = ready.format(socket_url(taken))
        server = Server(app, lambda: print(message, flush=True), _end_in_time)
        gc.freeze()  # the objects made so far stay; searching them for garbage would cost time
        # uvicorn finishes running requests, then raises the signal again for this handler.
        signal.signal(signal.SIGTERM, lambda *_: None)
        with json_logging():
            server.run([taken])
    return 0


def _end_in_time() -> None:
    """End the process after ``LAST_SECONDS``, whatever still runs.

    Threads cannot be stopped, and ending them is safe: an index is published whole or not at all.
    """
    last = threading.Timer(LAST_SECONDS, os._exit, (0,))
    last.daemon = True
    last.start()


def _require_extra() -> None:
    """Raise ``SettingsError`` if the extra ``serve`` is not installed."""
    if find_spec("mcp") is None:
        raise SettingsError("mcp is missing. Install it: pip install 'cica-qa[serve]'")


def _import_app() -> None:
    import cica_qa.serve.app  # noqa: F401 - imported for its effect


def _bound(host: str, ports: Iterable[int]) -> socket.socket:
    """Bind the first free port. Raises ``SettingsError`` if there is none."""
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
    """Return whether an address can be reached only from this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load_collections(options: argparse.Namespace, settings: Settings) -> Collections:
    """Open the collections that the options name, after indexing the paths if there are any."""
    from cica_qa.answer.pipeline import Pipeline
    from cica_qa.index.location import beside
    from cica_qa.index.opened import require_index
    from cica_qa.models.encoder.batching import BatchingEncoder
    from cica_qa.protocols import QuestionsEncoder
    from cica_qa.retrieve.models import load_models
    from cica_qa.retrieve.retriever import Retriever
    from cica_qa.serve.library import Library

    named = getattr(options, "collection", [])
    folders: dict[str, Location] = dict(named) or {_DEFAULT: options.index}
    if len(folders) < len(named):
        raise SettingsError("two of the --collection have the same name; give each its own")
    paths = getattr(options, "paths", [])
    if paths and named:
        raise SettingsError("a PATH refreshes the index of --index; leave out --collection")
    if not paths:
        for folder in folders.values():
            if not (settings.serve.documents and _can_be_made(folder)):
                require_index(folder)  # report a missing index before loading a model
    encoder, reader = load_models(settings)
    if isinstance(encoder, QuestionsEncoder):
        encoder = BatchingEncoder(encoder)
    if paths:
        refresh(options, encoder, settings)

    def opened(folder: Location) -> Pipeline:
        return Pipeline.of(Retriever(folder, encoder, settings, lambda: reader))

    root = beside(next(iter(folders.values())), ".collections")
    library = Library(folders, opened, encoder, settings, root)
    for name, folder in folders.items():
        if not _can_be_made(folder):
            _ = library[name]  # report a faulty index now, not at the first request
    return library


def _can_be_made(folder: Location) -> bool:
    """Return whether a first document could create an index in ``folder``."""
    from cica_qa.index.opened import require_index

    if not isinstance(folder, Path):
        try:
            require_index(folder)
        except IndexMissingError:
            return True
        return False
    return not folder.exists() or (folder.is_dir() and not (folder / "CURRENT").exists())


def _collection(text: str) -> tuple[str, Location]:
    name, separator, folder = text.partition("=")
    if not (separator and folder and COLLECTION_NAME.fullmatch(name)):
        told = "an address alone" if "://" in name else repr(text)  # it may have a password
        raise argparse.ArgumentTypeError(f"{told} is not of the form NAME=INDEX")
    return name, index_location(folder)
