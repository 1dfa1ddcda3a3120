"""Models that something in this process uses already: no second copy of them is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

Model = TypeVar("Model")


class InUse(Generic[Model]):
    """Gives out one model for each key, for as long as anything keeps it. Safe between threads."""

    def __init__(self) -> None:
        self._models: WeakValueDictionary[Hashable, Model] = WeakValueDictionary()

    def get(self, key: Hashable, load: Callable[[], Model]) -> Model:
        """Return the model in use under ``key``, or what ``load`` returns; raises what that does.

        Threads that load at the same time all get the model that was there first.
        """
        own = os.getpid(), key  # the threads of a model do not follow into a forked process
        model = self._models.get(own)
        return self._models.setdefault(own, load()) if model is None else model
