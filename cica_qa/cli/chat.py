"""The command ``cica-qa chat``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from cica_qa.cli.build import refresh
from cica_qa.cli.options import number
from cica_qa.errors import SettingsError

if TYPE_CHECKING:
    from cica_qa.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes, but for the options that all commands have."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="documents to refresh the index from"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=number(1, 65535),
        help="port to listen on (default: the first free one from 7860)",
    )
    parser.add_argument(
        "--share", action="store_true", help="open a public Gradio link (off by default)"
    )
    parser.add_argument(
        "--examples",
        type=Path,
        metavar="FILE",
        help="a question set (JSONL) to offer examples from",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Refresh the index where documents are named, open the chat, and return the exit code."""
    from cica_qa.answer.pipeline import Pipeline
    from cica_qa.chat.examples import example_questions
    from cica_qa.index.generation import open_generation
    from cica_qa.retrieve.models import load_models
    from cica_qa.retrieve.retriever import Retriever

    if not options.paths:
        open_generation(options.index)  # a missing index is said before a model is loaded
    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(_imported)  # while the models are loaded outside Python's lock
        encoder, reader = load_models(settings)
        if options.paths:
            refresh(options, encoder, settings)
        pipeline = Pipeline.of(Retriever(options.index, encoder, settings, lambda: reader))
    try:
        importing.result()(
            pipeline,
            host=options.host,
            port=options.port,
            share=options.share,
            examples=example_questions(pipeline.documents(), options.examples),
            max_question_chars=settings.max_question_chars,
            on_ready=lambda address: print(
                f"the chat is at {address} (Ctrl-C ends it)", flush=True
            ),
        )
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {options.host}: {error}. Try another --port."
        ) from error
    return 0


def _imported() -> Callable[..., None]:
    from cica_qa.chat.app import launch_chat

    return launch_chat
