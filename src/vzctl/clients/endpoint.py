"""Where a database's Data API is, and which token may be sent there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from vzctl.clients.host_label import LOOPBACK, host_label
from vzctl.command import suggest
from vzctl.errors import AuthError
from vzctl.secret import Secret

OF_ASTRA: Final = "AstraCS:"
"""What a token of Astra begins with."""
DEVOPS_URLS: Final = {
    "prod": "https://api.astra.datastax.com/v2",
    "dev": "https://api.dev.cloud.datastax.com/v2",
    "test": "https://api.test.cloud.datastax.com/v2",
}
APPS_DOMAINS: Final = {
    "prod": "apps.astra.datastax.com",
    "dev": "apps.astra-dev.datastax.com",
    "test": "apps.astra-test.datastax.com",
}


def astra_endpoint(environment: str, database_id: str, region: str) -> str:
    """Return the endpoint of an Astra database in one region."""
    label = host_label("database", f"{database_id}-{region}")
    return f"https://{label}.{APPS_DOMAINS[environment]}"


def command_url(endpoint: str) -> str:
    """Return the address that commands are below: Astra's hosts have a path of their own."""
    base = endpoint.rstrip("/")
    return f"{base}/api/json/v1" if is_astra_host(_host(endpoint)) else f"{base}/v1"


def is_astra_host(host: str) -> bool:
    """Whether a host belongs to Astra, so that an Astra token may be sent there."""
    return any(host.endswith(f".{domain}") for domain in APPS_DOMAINS.values())


def require_may_carry(endpoint: str, token: Secret, trusted_hosts: Sequence[str]) -> None:
    """Raise `AuthError` when an Astra token would leave Astra: an endpoint comes from a state that may come from anywhere."""
    host, scheme = _host(endpoint), urlsplit(endpoint).scheme
    if host in LOOPBACK or not token.reveal().startswith(OF_ASTRA):
        return
    if scheme == "https" and (is_astra_host(host) or host in trusted_hosts):
        return
    raise AuthError(
        f'an Astra token is not sent to "{host}": it is no host of Astra, or no https',
        code="TOKEN_NOT_FOR_THIS_HOST",
        side="astra",
        next_steps=(suggest("help", "environment", comment="astra.data_api_hosts names hosts that may get it"),),
    )


def require_may_carry_key(endpoint: str) -> None:
    """Raise `AuthError` when a provider's key would cross the network in clear text."""
    if urlsplit(endpoint).scheme != "https" and _host(endpoint) not in LOOPBACK:
        raise AuthError(f'a key is not sent to "{_host(endpoint)}" without https', code="KEY_NEEDS_HTTPS", side="astra")


def _host(endpoint: str) -> str:
    return (urlsplit(endpoint).hostname or "").lower()
