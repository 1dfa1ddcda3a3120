"""The command line: ``cica-qa COMMAND``.

Commands: index, inspect, ask, chat, serve, mcp, key, evaluate, model.

Exit codes: 0 done; 1 an unexpected error; 2 wrong usage or settings; 3 a question that
cannot be searched; 4 documents; 5 the index; 6 the model; 7 a question set or an evaluation;
8 an evaluation that falls short of what was asked of it; 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cica_qa.cli import build, chat, evaluate, inspect, key, mcp, serve
from cica_qa.cli.options import index_location, metadata_filter, whole_number
from cica_qa.errors import (
    CicaError,
    DocumentError,
    EvaluationError,
    IndexStoreError,
    ModelError,
    QuestionError,
    QuestionSetError,
    SettingsError,
)
from cica_qa.terminal import answer_json, answer_text, error_line
from cica_qa.version import __version__

if TYPE_CHECKING:
    from cica_qa.settings import Settings

_EXIT_CODES: tuple[tuple[type[CicaError], int], ...] = (
    (SettingsError, 2),
    (QuestionError, 3),
    (DocumentError, 4),
    (IndexStoreError, 5),
    (ModelError, 6),
    (QuestionSetError, 7),
    (EvaluationError, 7),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # UTF-8 for Arabic, whatever the locale
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.debug else logging.WARNING,
        format="cica-qa: %(message)s"
        if not options.debug
        else "%(levelname)s %(name)s: %(message)s",
    )
    try:
        code = int(options.run(options))
        sys.stdout.flush()  # so that a closed pipe raises here
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `cica-qa ask … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except CicaError as error:
        return _fail(error_line(error), exit_code(error), options.debug)
    except Exception as error:
        reason = f"unexpected error: {error_line(error)} (--debug shows where)"
        return _fail(reason, 1, options.debug)


def exit_code(error: CicaError) -> int:
    """Return the exit code for an error of this package."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)


def _fail(reason: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"cica-qa: {reason}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cica-qa",
        description="Ask Arabic documents questions; get answers cited to the exact characters.",
        epilog=(__doc__ or "").split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"cica-qa {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    index = _command(commands, "index", _index, "build or refresh an index over documents")
    build.add_arguments(index)
    inspect.add_arguments(
        _command(commands, "inspect", _inspect, "show what is read of a file", with_index=False)
    )

    ask = _command(commands, "ask", _ask, "ask an index questions")
    ask.add_argument(
        "question", nargs="?", help="the question; without it, one a line from standard input"
    )
    ask.add_argument(
        "--k",
        type=whole_number(1, 1000),
        default=5,
        help="passages to look at (default %(default)s)",
    )
    ask.add_argument(
        "--where",
        type=metadata_filter,
        metavar="JSON",
        help='ask only documents with this metadata, as \'{"format": "pdf"}\'',
    )
    ask.add_argument("--json", action="store_true", help="one JSON object a question")
    ask.add_argument("--show-hits", action="store_true", help="the passages that were found, too")

    chat.add_arguments(_command(commands, "chat", _chat, "refresh the index and open the web chat"))
    serve.add_arguments(
        _command(
            commands, "serve", _serve, "serve REST, OpenAI-compatible routes, MCP and the chat"
        )
    )
    mcp.add_arguments(
        _command(commands, "mcp", _mcp, "serve the tools of the Model Context Protocol")
    )
    key.add_arguments(
        _command(commands, "key", _key, "make a key for the server", with_index=False)
    )
    evaluate.add_arguments(
        _command(commands, "evaluate", _evaluate, "measure on question sets", with_index=False)
    )

    model = _command(
        commands, "model", _model, "show, prepare or verify the model", with_index=False
    )
    model.add_argument("--prepare", action="store_true", help="make it ready for use")
    model.add_argument("--verify", action="store_true", help="check its files and its vectors")
    return parser


def _command(
    commands: Any, name: str, run: object, summary: str, with_index: bool = True
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    if with_index:
        parser.add_argument(
            "--index",
            type=index_location,
            default=Path("index"),
            metavar="INDEX",
            help="the index: a folder, or postgresql://HOST/DATABASE?collection=NAME "
            "(default %(default)s)",
        )
    parser.add_argument(
        "--model", help="'bundled' (the default), a sentence-transformers model's name or folder"
    )
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="a TOML file of settings (default: cica-qa.toml, where there is one)",
    )
    parser.add_argument("--debug", action="store_true", help="show stack traces and log messages")
    parser.set_defaults(run=run)
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    from cica_qa.settings import Settings

    given = {"model": options.model} if options.model else {}
    return Settings.load(options.settings, **given)


def _index(options: argparse.Namespace) -> int:
    return build.run(options, _settings(options))


def _inspect(options: argparse.Namespace) -> int:
    return inspect.run(options)


def _ask(options: argparse.Namespace) -> int:
    from cica_qa.answer.pipeline import Pipeline

    pipeline = Pipeline.load(options.index, settings=_settings(options))
    worst = 0
    for question in [options.question] if options.question is not None else _stdin_questions():
        try:
            answer = pipeline.ask(question, k=options.k, where=options.where)
        except QuestionError as error:
            if options.question is not None:
                raise
            print(f"cica-qa: {question[:60]!r}: {error}", file=sys.stderr)
            worst = exit_code(error)
            continue
        if options.json:
            text = answer_json(answer, options.show_hits)
        else:
            titles = {document.doc_id: document.title for document in pipeline.documents()}
            text = answer_text(answer, titles, options.show_hits)
        print(text, flush=True)
    return worst


def _stdin_questions() -> Iterator[str]:
    if sys.stdin.isatty():
        print("type a question a line; end with Ctrl-D", file=sys.stderr)
    data = sys.stdin.buffer
    return (line.decode("utf-8", "replace").rstrip("\r\n") for line in data if line.strip())


def _chat(options: argparse.Namespace) -> int:
    return chat.run(options, _settings(options))


def _serve(options: argparse.Namespace) -> int:
    return serve.run(options, _settings(options))


def _mcp(options: argparse.Namespace) -> int:
    return mcp.run(options, _settings(options))


def _key(options: argparse.Namespace) -> int:
    return key.run(options, _settings(options))


def _evaluate(options: argparse.Namespace) -> int:
    try:
        return evaluate.run(options, _settings(options))
    except ModuleNotFoundError as error:
        if error.name not in ("ijson", "ir_measures"):
            raise
        raise SettingsError(str(error)) from error


def _model(options: argparse.Namespace) -> int:
    from cica_qa.models.encoder import manage

    settings = _settings(options)
    info = manage.prepare_model(settings) if options.prepare else manage.describe_model(settings)
    for name, value in asdict(info).items():
        print(f"{name:<12} {'' if value is None else value}")
    if not options.verify:
        return 0
    problems = manage.verify_model(settings)
    for problem in problems:
        print(f"cica-qa: {problem}", file=sys.stderr)
    print("verified" if not problems else "not in order. Mend it: cica-qa model --prepare")
    return 6 if problems else 0
