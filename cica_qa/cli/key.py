"""The command ``cica-qa key``: makes, lists and removes API keys."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cica_qa.cli.options import COLLECTION_NAME
from cica_qa.errors import SettingsError

if TYPE_CHECKING:
    from cica_qa.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="whose key it is; the log shows it")
    parser.add_argument("--write", action="store_true", help="it may change documents, too")
    parser.add_argument(
        "--collection",
        action="append",
        type=_collection,
        default=[],
        metavar="NAME",
        help="what it is for, in place of all collections; may be given again",
    )
    parser.add_argument(
        "--no-file", action="store_true", help="only print it and its line, for the settings"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="list the keys, and what they may do")
    what.add_argument("--remove", action="store_true", help="take the keys of that name away")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Make, list or remove keys, and return the exit code.

    Only the hash of a key is stored. A running server picks up the change at once. Raises
    ``SettingsError`` for an invalid name or an unreadable key file.
    """
    from cica_qa.serve.keys import (
        ApiKey,
        key_digest,
        new_key,
        parse_keys,
        read_key_file,
        write_key_file,
    )

    file = settings.serve.keys_file
    if options.list:
        kept = {"settings": parse_keys(settings.serve.keys, "setting 'serve.keys'")}
        kept[str(file)] = read_key_file(file)
        for where, keys in kept.items():
            for key in keys:
                print(f"{key.name}  {key.permissions}  {key.digest[:8]}…  ({where})")
        return 0
    if options.name is None:
        raise SettingsError("name whose key it is: cica-qa key NAME; --list shows those there are")
    if options.remove:
        keys = read_key_file(file)
        left = [key for key in keys if key.name != options.name]
        if len(left) == len(keys):
            raise SettingsError(f"{file} has no key of the name {options.name!r}; see --list")
        write_key_file(file, left)
        print(f"removed {len(keys) - len(left)} from {file}")
        return 0
    made = new_key()
    names = tuple(dict.fromkeys(options.collection))
    key = ApiKey(options.name, key_digest(made.encode()), options.write, names)
    line = key.line
    if not options.no_file:
        write_key_file(file, [*read_key_file(file), key])
    print(f"key   {made}")
    print(f"line  {line}")
    kept_in = "goes into keys, under [serve]" if options.no_file else f"is in {file}"
    print(f"Keep the key: it is shown this once. The line {kept_in}.")
    return 0


def _collection(text: str) -> str:
    if not COLLECTION_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be the name of a collection")
    return text
