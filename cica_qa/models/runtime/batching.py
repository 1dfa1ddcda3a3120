"""Calls of several threads, worked on together: faster than one by one, for a server."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Call(Generic[Item, Result]):
    """An item on its way: ``outcome`` is empty, or holds its result or what was raised."""

    __slots__ = ("item", "outcome")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: tuple[Result] | Exception | None = None


class Batching(Generic[Item, Result]):
    """Calls ``work`` with the items of several threads together. Safe to share by threads.

    A thread whose items are not done while nobody works takes the first ones that wait, of
    whichever thread they are, and works on them; the others wait for it. So a batch grows by
    itself while the one before is worked on, and an item that comes alone is a batch at once.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        most: int,
    ) -> None:
        """``work`` returns a result for each of up to ``most`` items, in their order."""
        self._work = work
        self._most = most
        self._waiting: deque[_Call[Item, Result]] = deque()
        self._busy = False
        self._changed = threading.Condition(threading.Lock())

    def results(self, items: Sequence[Item]) -> list[Result]:
        """Return the result of each item, in their order. Raises what ``work`` raises for one."""
        own: list[_Call[Item, Result]] = [_Call(item) for item in items]
        with self._changed:
            self._waiting.extend(own)
        for call in reversed(own):  # they are taken in order, so mostly the last is the last
            while batch := self._turn(call):
                self._lead(batch)
        return [_result(call) for call in own]

    def _turn(self, call: _Call[Item, Result]) -> list[_Call[Item, Result]]:
        """Wait until ``call`` is done or nobody works; return what is then to be worked on."""
        with self._changed:
            while self._busy and call.outcome is None:
                self._changed.wait()
            if call.outcome is not None:
                return []
            self._busy = True
            return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]

    def _lead(self, batch: list[_Call[Item, Result]]) -> None:
        try:
            self._do(batch)
        finally:
            with self._changed:
                # Those of others, where this thread was interrupted, are done by the next one.
                self._waiting.extendleft(c for c in reversed(batch) if c.outcome is None)
                self._busy = False
                self._changed.notify_all()

    def _do(self, batch: list[_Call[Item, Result]]) -> None:
        try:
            results = self._work([call.item for call in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0].outcome = error
            else:  # one of them is to blame: the others are not to suffer for it
                for call in batch:
                    self._do([call])
            return
        for call, result in zip(batch, results, strict=True):
            call.outcome = (result,)


def _result(call: _Call[Item, Result]) -> Result:
    assert call.outcome is not None
    if isinstance(call.outcome, Exception):
        raise call.outcome
    return call.outcome[0]
