"""Where a database's Data API is."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from vzctl.clients.host_label import host_label
from vzctl.knowledge.loader import section
from vzctl.secret import Secret

OF_ASTRA: Final = "AstraCS:"
"""What a token of Astra begins with."""
ASTRA_TOKEN: Final = "the Astra token"  # noqa: S105  (what it is called)
_ENVIRONMENTS: Final = section("hosts")["astra"]["environments"]
DEVOPS_URLS: Final[dict[str, str]] = {name: known["devops_url"] for name, known in _ENVIRONMENTS.items()}
APPS_DOMAINS: Final[dict[str, str]] = {name: known["apps_domain"] for name, known in _ENVIRONMENTS.items()}


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


def token_kind(token: Secret) -> str:
    """Return what a token is, for the question whether it may be sent to a host."""
    return ASTRA_TOKEN if token.reveal().startswith(OF_ASTRA) else "the token of a self-hosted Data API"


def _host(endpoint: str) -> str:
    return (urlsplit(endpoint).hostname or "").lower()
