"""Calls that may hang for ever, each in a thread of its own. The threads are daemons: the process can end without them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T], on_end: Callable[[], None] = lambda: None) -> T:
    """Return what `call` returns. `on_end` runs in the event loop when the thread ends, whoever still waits for it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def end(value: T | None, error: BaseException | None) -> None:
        on_end()
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)  # type: ignore[arg-type]

    def work() -> None:
        try:
            value, error = call(), None
        except BaseException as caught:  # noqa: BLE001  (handed to whoever waits)
            value, error = None, caught
        with contextlib.suppress(RuntimeError):  # the loop is closed: the service has ended
            loop.call_soon_threadsafe(end, value, error)

    Thread(target=work, name="vzctl-service", daemon=True).start()
    return await future
