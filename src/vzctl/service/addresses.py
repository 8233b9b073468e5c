"""Where the service listens: an address to bind, or sockets that a parent process has opened for it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final

from vzctl.command import suggest
from vzctl.errors import UsageError

FIRST_INHERITED: Final = 3
BACKLOG: Final = 1024


def open_sockets(bind: str, environ: Mapping[str, str]) -> list[socket.socket]:
    """Return listening sockets: those that were handed over (socket activation), else one bound to `bind`.

    A parent that keeps its socket keeps the queue of those who connect, so nobody is refused while the service restarts.
    """
    return inherited_sockets(environ) or [bound_socket(bind)]


def inherited_sockets(environ: Mapping[str, str]) -> list[socket.socket]:
    """Return the sockets of `LISTEN_FDS`, the protocol of systemd; none when they are meant for another process."""
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = environ.get("LISTEN_FDS", "")
    if not count.isascii() or not count.isdigit() or not 0 < int(count) <= 16:
        raise UsageError("LISTEN_FDS is no number of sockets", code="SOCKETS_INVALID")
    sockets = []
    for descriptor in range(FIRST_INHERITED, FIRST_INHERITED + int(count)):
        try:
            found = socket.socket(fileno=descriptor)
            listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        except OSError:
            raise UsageError(f"the inherited descriptor {descriptor} is no socket", code="SOCKETS_INVALID") from None
        if found.family not in (socket.AF_INET, socket.AF_INET6) or found.type != socket.SOCK_STREAM or not listens:
            raise UsageError(f"the inherited socket {descriptor} does not listen on TCP", code="SOCKETS_INVALID")
        os.set_inheritable(descriptor, False)
        sockets.append(found)
    return sockets


def bound_socket(bind: str) -> socket.socket:
    """Return a socket that listens on `HOST:PORT` or `[ADDRESS]:PORT`; port 0 takes a free one."""
    host, colon, port = bind.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise UsageError(f"{bind[:60]!a} is no address to bind; write HOST:PORT or [ADDRESS]:PORT", code="BIND_INVALID")
    family, address = _resolved(host, int(port))
    # With the protocol said: asyncio sends small answers at once only on sockets that it can see are TCP.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise UsageError(
            f"cannot listen on {bind}: {error.strerror or error}",
            code="BIND_FAILED",
            next_steps=(suggest("serve run", bind="127.0.0.1:0", comment="let the system choose a port"),),
        ) from error
    return made


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    with contextlib.suppress(ValueError):
        version = ipaddress.ip_address(host).version
        return (socket.AF_INET6 if version == 6 else socket.AF_INET), (host, port)
    found = []
    if ":" not in host:  # a piece of an address is no name to look up
        with contextlib.suppress(OSError, UnicodeError):
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not found:
        raise UsageError(f"{host[:60]!a} is no address of this machine", code="BIND_INVALID")
    # `localhost` may be both; the older one is what a client tries when it is told 127.0.0.1.
    family, _, _, _, address = min(found, key=lambda item: item[0] != socket.AF_INET)
    return family, address


def is_loopback(sockets: Sequence[socket.socket]) -> bool:
    """Whether nobody but this machine can reach any of the sockets."""
    return all(ipaddress.ip_address(item.getsockname()[0].partition("%")[0]).is_loopback for item in sockets)


def address_text(listening: socket.socket) -> str:
    """Return `127.0.0.1:8084` or `[::1]:8084`."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def notify(environ: Mapping[str, str], message: str) -> None:
    """Tell systemd; where there is none, nobody."""
    path = environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = f"\0{path[1:]}" if path.startswith("@") else path
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(message.encode(), address)
