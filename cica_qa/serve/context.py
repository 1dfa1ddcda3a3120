"""What every part of the server works with."""

from __future__ import annotations

from dataclasses import dataclass

from cica_qa.answer.collections import Collections
from cica_qa.serve.work import Workers
from cica_qa.settings import Settings


@dataclass(frozen=True)
class Context:
    """The collections that are served, the threads that work, and the settings."""

    collections: Collections
    workers: Workers
    settings: Settings
