"""How programs word what goes wrong with a connection, whoever is at its other end."""

from __future__ import annotations

from typing import Final

REFUSED: Final = """
    connection refused | econnrefused | connectionrefused | actively refused | errno 111 | errno 61 | winerror 10061
    """
RESET: Final = """
    connection reset | econnreset | connectionreset | socket hang up | connection was closed | connection aborted |
    server disconnected | remote end closed | broken pipe | epipe | connection was forcibly closed | premature close |
    connection closed | peer closed connection | other side closed | unexpected eof | empty reply from server |
    header parser received no bytes
    """
DNS: Final = """
    'enotfound' | "enotfound" | getaddrinfo enotfound | code: enotfound | eai_again | getaddrinfo |
    name or service not known | nodename nor servname | no such host | failed to resolve | name resolution |
    unknownhost | could not resolve host | nameresolutionerror | dns lookup failed
    """
TEMPORARY: Final = "temporary failure in name resolution | eai_again | errno -3"
"""The resolver did not answer, which says nothing about the name."""
TLS: Final = "ssl | certificate | tls handshake"
NETWORK: Final = """
    connection error | connectionerror | connecterror | fetch failed | network error | max retries exceeded |
    apiconnectionerror
    """
