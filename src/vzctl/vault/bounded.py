"""One foreign call in a thread of its own, because it may hang for ever."""

from __future__ import annotations

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
    call: Callable[[], T],
    *,
    time_limit_seconds: float,
    patience_seconds: float,
    on_wait: Callable[[], None],
) -> Returned[T] | Raised | TimedOut:
    """Run `call` for at most `time_limit_seconds`; call `on_wait` when it takes longer than `patience_seconds`.

    The thread is a daemon and is not joined, so the process can end although the call never does; the executors of
    `concurrent.futures` would wait for it at exit.
    """
    answers: SimpleQueue[Returned[T] | Raised] = SimpleQueue()

    def answer() -> None:
        try:
            answers.put(Returned(call()))
        except BaseException as error:  # noqa: BLE001  (foreign code; the caller judges it)
            answers.put(Raised(error))

    Thread(target=answer, name=f"vzctl-bounded-{id(answers):x}", daemon=True).start()
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
