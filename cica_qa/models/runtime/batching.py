"""Batching of calls from several threads, which is faster than one by one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class _Call(Generic[_Item, _Result]):
    """A pending item; ``outcome`` is None, its result, or the exception raised for it."""

    __slots__ = ("item", "outcome")

    def __init__(self, item: _Item) -> None:
        self.item = item
        self.outcome: tuple[_Result] | Exception | None = None


class CallBatcher(Generic[_Item, _Result]):
    """Calls ``work`` with the items of several threads in batches. Thread-safe.

    A thread whose items are pending while no other works takes the first pending items, whichever
    threads they belong to, and works on them; the other threads wait. So a batch fills up while
    the previous one is processed, and a single item is processed at once.
    """

    def __init__(
        self,
        work: Callable[[Sequence[_Item]], Sequence[_Result]],
        max_size: int,
    ) -> None:
        """Create a batcher; ``work`` returns the results of up to ``max_size`` items, in order."""
        self._work = work
        self._most = max_size
        self._waiting: deque[_Call[_Item, _Result]] = deque()
        self._busy = False
        self._changed = threading.Condition(threading.Lock())

    def results(self, items: Sequence[_Item]) -> list[_Result]:
        """Return the result of each item in order. Raises whatever ``work`` raises for one."""
        own: list[_Call[_Item, _Result]] = [_Call(item) for item in items]
        with self._changed:
            self._waiting.extend(own)
        for call in reversed(own):  # taken in order, so the last one is usually done last
            while batch := self._turn(call):
                self._lead(batch)
        return [_result(call) for call in own]

    def _turn(self, call: _Call[_Item, _Result]) -> list[_Call[_Item, _Result]]:
        """Wait until ``call`` is done or no thread works; return the batch to work on, if any."""
        with self._changed:
            while self._busy and call.outcome is None:
                self._changed.wait()
            if call.outcome is not None:
                return []
            self._busy = True
            return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]

    def _lead(self, batch: list[_Call[_Item, _Result]]) -> None:
        try:
            self._do(batch)
        finally:
            with self._changed:
                # If this thread was interrupted, the next one does the rest.
                self._waiting.extendleft(c for c in reversed(batch) if c.outcome is None)
                self._busy = False
                self._changed.notify_all()

    def _do(self, batch: list[_Call[_Item, _Result]]) -> None:
        try:
            results = self._work([call.item for call in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0].outcome = error
            else:  # retry one by one, so that only the items at fault fail
                for call in batch:
                    self._do([call])
            return
        for call, result in zip(batch, results, strict=True):
            call.outcome = (result,)


def _result(call: _Call[_Item, _Result]) -> _Result:
    assert call.outcome is not None
    if isinstance(call.outcome, Exception):
        raise call.outcome
    return call.outcome[0]
