"""The command ``cica-qa key``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cica_qa.errors import SettingsError

if TYPE_CHECKING:
    from cica_qa.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes, but for the options that all commands have."""
    parser.add_argument("name", metavar="NAME", help="whose key it is; the log shows it")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print a new key, which is kept nowhere, and its line for the settings; return 0.

    Raises ``SettingsError`` for a name that cannot be.
    """
    try:
        from cica_qa.serve.guard.keys import line_of, new_key
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is missing. Install it: pip install 'cica-qa[serve]'"
        ) from error

    key = new_key()
    line = line_of(options.name, key)
    print(f"key   {key}")
    print(f"line  {line}")
    print("Keep the key: it is shown this once. The line goes into keys, under [serve].")
    return 0
