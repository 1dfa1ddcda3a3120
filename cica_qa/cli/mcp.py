"""The command ``cica-qa mcp``: the MCP tools over standard input and output."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from cica_qa.cli import serve
from cica_qa.errors import SettingsError

if TYPE_CHECKING:
    from cica_qa.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    serve.add_collections(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve one client until it closes standard input, and return the exit code.

    Standard output carries only the protocol.
    """
    try:
        from cica_qa.serve.context import Context
        from cica_qa.serve.mcp import serve_stdio
        from cica_qa.serve.workers import Workers
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is missing. Install it: pip install 'cica-qa[serve]'"
        ) from error

    collections = serve.load_collections(options, settings)
    asyncio.run(serve_stdio(Context(collections, Workers(settings.serve), settings)))
    return 0
