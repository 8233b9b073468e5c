"""What the variables of the environment say about proxies and certificates, looked at before the first request.

A mistake in them is of this machine: it must not look like a fault of whoever would have been asked. Their values are not
shown, because the address of a proxy may hold a password.
"""

from __future__ import annotations

import importlib.util
import ssl
import urllib.request
from typing import Final

import httpx

from vzctl.command import suggest
from vzctl.errors import UsageError

_HIGHEST_PORT: Final = 65535
_HELP: Final = (suggest("help", "environment", comment="the variables that are looked at"),)


def tls_context() -> ssl.SSLContext:
    """Return what certificates are checked with; raise `UsageError` when `SSL_CERT_FILE` cannot be used."""
    try:
        return httpx.create_ssl_context(trust_env=True)
    except ssl.SSLError:
        reason = "it holds no certificates in PEM form"
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
    raise UsageError(
        f"the certificates that SSL_CERT_FILE names cannot be used: {reason}",
        code="CERTIFICATES_UNUSABLE",
        next_steps=_HELP,
    )


def require_usable_proxies() -> None:
    """Raise `UsageError` for a proxy that no request can go through."""
    proxies = urllib.request.getproxies()
    for kind in ("http", "https", "all"):
        fault = _fault(proxies[kind]) if proxies.get(kind) else None
        if fault is not None:
            raise bad_proxy(f"{kind.upper()}_PROXY", fault)


def bad_proxy(variable: str, fault: str) -> UsageError:
    """Return the error for a variable that says which proxy is used."""
    return UsageError(
        f"{variable} (or {variable.lower()}) cannot be used: {fault}", code="PROXY_INVALID", next_steps=_HELP
    )


def _fault(text: str) -> str | None:
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
    except httpx.InvalidURL:
        return "it is no address of a proxy"
    if url.scheme in ("socks5", "socks5h"):
        is_possible = importlib.util.find_spec("socksio") is not None
        return None if is_possible else "a SOCKS proxy needs the package socksio; name an http proxy, or install it"
    if url.scheme not in ("http", "https"):
        return "a proxy is named by http:// or https://"
    if not url.host:
        return "it names no host"
    if url.port is not None and not 0 < url.port <= _HIGHEST_PORT:
        return f"a port is 1 to {_HIGHEST_PORT}"
    return None
