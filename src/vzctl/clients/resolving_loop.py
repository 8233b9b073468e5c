"""An event loop whose name resolution is not waited for.

The resolver of the operating system cannot be stopped. The threads that asyncio asks it in are joined when the interpreter
ends, so that a resolver that hangs would hold up a command whose time is over; these threads are left behind.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

Found = list[tuple[Any, ...]]


class ResolvingLoop(asyncio.SelectorEventLoop):
    """Asks the resolver in a daemon thread for each question."""

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002  (the name that callers use)
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        """Return the addresses of a host."""
        answer: asyncio.Future[Found] = self.create_future()
        ask = partial(socket.getaddrinfo, host, port, family, type, proto, flags)
        threading.Thread(target=self._ask, args=(ask, answer), name="vzctl-resolver", daemon=True).start()
        return await answer

    def _ask(self, ask: Callable[[], Any], answer: asyncio.Future[Found]) -> None:
        try:
            tell = partial(_tell, answer, ask(), None)
        except Exception as error:  # noqa: BLE001  (whatever it is, it belongs to whoever asked)
            tell = partial(_tell, answer, [], error)
        try:
            self.call_soon_threadsafe(tell)
        except RuntimeError:
            return  # the loop was closed meanwhile: nobody waits


def _tell(answer: asyncio.Future[Found], found: Found, error: Exception | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(found)
    else:
        answer.set_exception(error)
