"""The command ``cica-qa chat``: the server with the web chat alone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cica_qa.cli import serve
from cica_qa.cli.options import number

if TYPE_CHECKING:
    from fastapi import FastAPI

    from cica_qa.answer.collections import Collections
    from cica_qa.settings import Settings

_PORTS = range(7860, 7960)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes, but for the options that all commands have."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="documents to refresh the index from"
    )
    serve.add_address(parser)
    parser.add_argument(
        "--port",
        type=number(1, 65535),
        help="port to listen on (default: the first free one from 7860)",
    )
    parser.add_argument(
        "--examples",
        type=Path,
        metavar="FILE",
        help="a question set (JSONL) to offer examples from",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Refresh the index where documents are named, open the chat, and return the exit code.

    Whoever sits at this machine may bring documents, unless the settings say otherwise; others
    only where they allow it.
    """
    here = serve.is_loopback(options.host) and "documents" not in settings.serve.model_fields_set
    if here:
        allowed = settings.serve.model_copy(update={"documents": True})
        settings = settings.model_copy(update={"serve": allowed})

    def make(collections: Collections) -> FastAPI:
        from cica_qa.chat.examples import example_questions
        from cica_qa.serve.app import create_app

        examples = example_questions(options.examples) if options.examples else ()
        return create_app(collections, settings, api=False, examples=examples)

    ports = [options.port] if options.port else _PORTS
    return serve.serve(options, settings, make, ports, "the chat is at {} (Ctrl-C ends it)")
