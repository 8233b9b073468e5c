"""An event loop whose name resolution is not waited for.

The resolver of the operating system cannot be stopped. The threads that asyncio asks it in are joined when the interpreter
ends, so that a resolver that hangs would hold up a command whose time is over; these threads are left behind.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

from vzctl.bounded_call import in_thread


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
        return await in_thread(partial(socket.getaddrinfo, host, port, family, type, proto, flags))
