"""Models in use are shared within the process that loaded them."""

from __future__ import annotations

import os
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import FrameType

import pytest

from cica_qa.models.weak_cache import WeakCache


class Model:
    pass


def test_each_key_has_one_model() -> None:
    models: WeakCache[Model] = WeakCache()
    first, other = models.get("a", Model), models.get("b", Model)
    assert models.get("a", Model) is first is not other


def test_threads_that_load_at_the_same_time_get_one_model() -> None:
    models: WeakCache[Model] = WeakCache()
    both = Barrier(2)

    def load() -> Model:
        both.wait(10)
        return Model()

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda _: models.get("a", load), range(2))
    assert one is two


def test_a_failed_load_is_tried_again() -> None:
    models: WeakCache[Model] = WeakCache()
    with pytest.raises(ZeroDivisionError):
        models.get("a", lambda: 1 / 0)
    assert isinstance(models.get("a", Model), Model)


def test_a_released_model_leaves_nothing_behind() -> None:
    models: WeakCache[Model] = WeakCache()
    kept = models.get("kept", Model)
    for key in range(100):
        models.get(key, Model)
    assert len(models) == 2
    assert models.get("kept", Model) is kept


def test_releasing_a_model_runs_no_code_that_an_interrupt_could_end() -> None:
    models: WeakCache[Model] = WeakCache()
    kept = weakref.ref(models.get("a", Model))
    called: list[str] = []
    model = models.get("a", Model)
    assert kept() is None

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)

    sys.setprofile(note)
    del model
    sys.setprofile(None)
    assert called == []


def test_a_forked_process_loads_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    models: WeakCache[Model] = WeakCache()
    first = models.get("a", Model)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert models.get("a", Model) is not first
