"""TLS of the service: its own certificate, and the authority whose client certificates it believes."""

from __future__ import annotations

import os
import ssl
import stat

from vzctl.errors import UsageError


def server_context(certificate: str, key: str, client_authority: str | None) -> ssl.SSLContext:
    """Return the context; raise `UsageError` for files that cannot be used, without what is in them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError):
        raise UsageError(
            f'the TLS certificate "{certificate}" and key "{key}" cannot be used: they must be PEM files that belong '
            "together, the key without a passphrase",
            code="TLS_INVALID",
        ) from None
    if client_authority is not None:
        try:
            context.load_verify_locations(client_authority)
        except (OSError, ValueError):
            raise UsageError(
                f'"{client_authority}" holds no certificate of an authority (PEM)', code="TLS_INVALID"
            ) from None
        # Optional: a Data API may have a token instead, and a monitor that asks for /readyz has neither.
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def is_key_private(key: str) -> bool:
    """Whether only its owner and group can read the key's file."""
    return not os.stat(key).st_mode & (stat.S_IROTH | stat.S_IWOTH)


def _no_password() -> str:
    # Without this OpenSSL would ask at the terminal, and the service would wait there.
    raise ValueError("the key has a passphrase")
