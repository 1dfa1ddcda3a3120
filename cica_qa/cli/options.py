"""Types of command-line arguments."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable

from cica_qa.errors import FilterError, SettingsError
from cica_qa.filters import Filter, filter_of
from cica_qa.index.location import Location, located

COLLECTION_NAME = re.compile(r"[\w.-]{1,64}")


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return an argument type: a whole number from ``low`` to ``high``."""

    def read(text: str) -> int:
        if not (text.isdecimal() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return read


def index_location(text: str) -> Location:
    """Return the folder or the address of an index, for ``argparse``."""
    try:
        return located(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def metadata_filter(text: str) -> Filter:
    """Return a metadata filter written as JSON, for ``argparse``."""
    try:
        return filter_of(json.loads(text))
    except (json.JSONDecodeError, RecursionError):
        raise argparse.ArgumentTypeError(
            f'{text[:60]!r} is not JSON; write, for example, \'{{"format": "pdf"}}\''
        ) from None
    except FilterError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
