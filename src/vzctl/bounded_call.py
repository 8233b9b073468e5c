"""Calls that may hang forever, each in a daemon thread of its own: the process can end without them.

`run_bounded` waits in the calling thread, for a limited time. `in_thread` waits in an event loop, whose timeouts end the wait.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Returned(Generic[T]):
    """The call came back with a value."""

    value: T


@dataclass(frozen=True, slots=True)
class Raised:
    """The call raised. A value, not an exception: what is raised next then has no foreign text in its context."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The call did not come back; it may still do its work later."""


def run_bounded(
    call: Callable[[], T], *, time_limit_seconds: float, patience_seconds: float, on_wait: Callable[[], None]
) -> Returned[T] | Raised | TimedOut:
    """Run `call` for at most `time_limit_seconds`; call `on_wait` when it takes longer than `patience_seconds`.

    The executors of `concurrent.futures` would wait for the call at exit.
    """
    answers: SimpleQueue[Returned[T] | Raised] = SimpleQueue()
    _start(call, answers.put)
    patience = min(patience_seconds, time_limit_seconds)
    try:
        return answers.get(timeout=patience)
    except Empty:
        pass
    if patience < time_limit_seconds:
        on_wait()
    try:
        return answers.get(timeout=time_limit_seconds - patience)
    except Empty:
        return TimedOut()


async def in_thread(call: Callable[[], T], on_end: Callable[[], None] = lambda: None) -> T:
    """Return what `call` returns. `on_end` runs in the event loop when the thread ends, whoever still waits for it.

    The threads that asyncio runs such calls in are joined when the interpreter ends.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def end(answer: Returned[T] | Raised) -> None:
        on_end()
        if future.done():
            return
        if isinstance(answer, Raised):
            future.set_exception(answer.error)
        else:
            future.set_result(answer.value)

    def tell(answer: Returned[T] | Raised) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(end, answer)

    _start(call, tell)
    return await future


def _start(call: Callable[[], T], tell: Callable[[Returned[T] | Raised], None]) -> None:
    def answer() -> None:
        try:
            found: Returned[T] | Raised = Returned(call())
        except BaseException as error:  # noqa: BLE001  (foreign code; the caller judges it)
            found = Raised(error)
        tell(found)

    Thread(target=answer, name="vzctl-bounded", daemon=True).start()
