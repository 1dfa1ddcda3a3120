"""Models and the like that something in this process uses already: no second copy is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import ref

Model = TypeVar("Model")


class InUse(Generic[Model]):
    """Gives out one model for each key, for as long as anything keeps it. Safe between threads."""

    def __init__(self) -> None:
        # No WeakValueDictionary: an interrupt that comes while it forgets a model is lost.
        self._models: dict[Hashable, ref[Model]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._models)

    def get(self, key: Hashable, load: Callable[[], Model]) -> Model:
        """Return the model in use under ``key``, or what ``load`` returns; raises what that does.

        Threads that load at the same time all get the model that was there first.
        """
        own = os.getpid(), key  # the threads of a model do not follow into a forked process
        model = self._alive(own)
        if model is None:
            loaded = load()
            with self._lock:
                model = self._alive(own)
                if model is None:
                    alive = {key: one for key, one in self._models.items() if one() is not None}
                    model, self._models = loaded, {**alive, own: ref(loaded)}
        return model

    def _alive(self, key: Hashable) -> Model | None:
        kept = self._models.get(key)
        return kept() if kept is not None else None
