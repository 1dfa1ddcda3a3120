"""A cache of models and other large objects that are in use somewhere in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import ref

_Model = TypeVar("_Model")


class WeakCache(Generic[_Model]):
    """Shares one object per key for as long as anything refers to it. Thread-safe."""

    def __init__(self) -> None:
        # Not a WeakValueDictionary, which loses an interrupt that arrives while it drops a value.
        self._models: dict[Hashable, ref[_Model]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._models)

    def get(self, key: Hashable, load: Callable[[], _Model]) -> _Model:
        """Return the object in use under ``key``, else the result of ``load``.

        If several threads load at the same time, all get the object that was stored first.
        Raises whatever ``load`` raises.
        """
        own = os.getpid(), key  # a model's threads do not survive a fork
        model = self._alive(own)
        if model is None:
            loaded = load()
            with self._lock:
                model = self._alive(own)
                if model is None:
                    alive = {key: one for key, one in self._models.items() if one() is not None}
                    model, self._models = loaded, {**alive, own: ref(loaded)}
        return model

    def _alive(self, key: Hashable) -> _Model | None:
        kept = self._models.get(key)
        return kept() if kept is not None else None
