"""How programs word what goes wrong with a connection, whoever is at its other end."""

from __future__ import annotations

from typing import Final

REFUSED: Final = """
    connection refused | econnrefused | connectionrefused | actively refused | errno 111 | errno 61 | winerror 10061
    """
TIMED_OUT_CONNECTING: Final = """
    connecttimeout | connect timeout | connection timed out | connection timeout | connectiontimeout | timed out while connecting |
    connect etimedout | connect_timeout | timeout while connecting | timed out connecting | errno 110 | winerror 10060 |
    i/o timeout | (connect timeout=
    """
"""No connection was made in time: what the call contains plays no part."""
BLOCK_PAGE: Final = """
    attention required! | sorry, you have been blocked | error code: 1020 | error code: 1010 | error 1020 | error 1010 |
    enable javascript and cookies | just a moment... | your request was blocked | the request is blocked | request blocked |
    cf-error-details | why have i been blocked | checking your browser | verify you are human | captcha | incapsula incident |
    you are unable to access this site | pardon our interruption | request unsuccessful
    """
"""What guards a host shows instead of an answer."""
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
