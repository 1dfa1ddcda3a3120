"""The command ``cica-qa chat``: the server with only the web chat."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cica_qa.cli import serve
from cica_qa.cli.options import whole_number

if TYPE_CHECKING:
    from fastapi import FastAPI

    from cica_qa.answer.collections import Collections
    from cica_qa.settings import Settings

_PORTS = range(7860, 7960)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="documents to refresh the index from"
    )
    serve.add_address(parser)
    parser.add_argument(
        "--port",
        type=whole_number(1, 65535),
        help="port to listen on (default: the first free one from 7860)",
    )
    parser.add_argument(
        "--examples",
        type=Path,
        metavar="FILE",
        help="a question set (JSONL) to offer examples from",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Refresh the index if paths are given, open the chat, and return the exit code.

    On a loopback address, users may add documents unless the settings forbid it; on any other
    address, only if the settings allow it.
    """
    if serve.is_loopback(options.host) and "documents" not in settings.serve.model_fields_set:
        allowed = settings.serve.model_copy(update={"documents": True})
        settings = settings.model_copy(update={"serve": allowed})

    def make(collections: Collections) -> FastAPI:
        from cica_qa.chat.examples import example_questions
        from cica_qa.serve.app import create_app

        examples = example_questions(options.examples) if options.examples else ()
        return create_app(collections, settings, api=False, examples=examples)

    ports = [options.port] if options.port else _PORTS
    return serve.serve(options, settings, make, ports, "the chat is at {} (Ctrl-C ends it)")
