"""Which hosts may be sent a key or a token, whatever a state, a project file, or an answer says.

These are the providers' own hosts, Astra's hosts, this machine, the hosts in the user's own configuration, and those that the
user has confirmed at a terminal. `Http` asks here before it attaches a secret to any request.
"""

from __future__ import annotations

import ipaddress
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from vzctl.clients.host_label import LOOPBACK
from vzctl.command import suggest
from vzctl.errors import AuthError
from vzctl.knowledge.loader import section

_WIRES: Final = [entry["wire"] for entry in section("providers").values() if "wire" in entry]
_ENVIRONMENTS: Final = section("hosts")["astra"]["environments"].values()
_URLS: Final = [wire[key] for wire in _WIRES for key in ("base_url", "identity_url") if key in wire]
PROVIDER_HOSTS: Final = frozenset(urlsplit(url).netloc for url in _URLS if "{" not in url)
ASTRA_HOSTS: Final = frozenset(urlsplit(item["devops_url"]).netloc for item in _ENVIRONMENTS)
TENANT_DOMAINS: Final = (
    *(item["apps_domain"] for item in _ENVIRONMENTS),
    *(wire["tenant_domain"] for wire in _WIRES if "tenant_domain" in wire),
)
"""Domains below which every host has one label more, is a tenant's, and is operated by Astra or the provider itself.

A dedicated endpoint of Hugging Face is none of these: it runs what its owner put there.
"""
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_HOST: Final = 253

Ask = Callable[[str, str], bool]
"""Asks the user whether a secret may be sent to an origin: gets the origin and what would be sent."""


def origin_of(url: str) -> str | None:
    """Return `scheme://host:port` in its one spelling, without the scheme's own port.

    None for an address that programs may read differently: a user, a zone id, a trailing dot, letters outside ASCII, an
    address in another notation.
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = _host(parts.hostname or "")
    if parts.scheme not in _PORTS or "@" in parts.netloc or "%" in parts.netloc or host is None or port == 0:
        return None
    return f"{parts.scheme}://{host}" if port in (None, _PORTS[parts.scheme]) else f"{parts.scheme}://{host}:{port}"


class TrustedHosts:
    """Decides where a secret may go. `named` are URLs, or hosts reached with https, from the user's own configuration.

    `remembered` are origins that the user confirmed before; `ask` is None where nobody can be asked.
    """

    def __init__(
        self,
        named: Iterable[str] = (),
        remembered: Iterable[str] = (),
        ask: Ask | None = None,
        config_path: str = "your configuration",
    ) -> None:
        texts = (text if "://" in text else f"https://{text}" for text in named)
        self._trusted = {origin for text in (*texts, *remembered) if (origin := origin_of(text)) is not None}
        self._refused: set[str] = set()
        self._ask = ask
        self._config_path = config_path
        self._asking = threading.Lock()

    def trusts(self, url: str) -> bool:
        """Whether a secret may be sent there without a question."""
        origin = origin_of(url)
        return origin is not None and (origin in self._trusted or _is_well_known(origin))

    def require(self, url: str, what: str) -> None:
        """Return when the secret may be sent there; raise `AuthError` when not. Asks at a terminal.

        Only the main thread asks: a signal must be able to end the wait for an answer.
        """
        if self.trusts(url):
            return
        origin = origin_of(url)
        if origin is None:
            raise AuthError(
                f"the address {url.partition('?')[0][:200]!a} is not one that a key or a token is sent to",
                code="ADDRESS_NOT_CLEAR",
                evidence=("needed: https://HOST or https://HOST:PORT, in ASCII, without user and zone id",),
            )
        with self._asking:
            can_ask = self._ask is not None and threading.current_thread() is threading.main_thread()
            if self._ask is not None and can_ask and origin not in self._refused:
                if self._ask(origin, what):
                    self._trusted.add(origin)
                    return
                self._refused.add(origin)
        raise self._not_trusted(origin, what)

    def _not_trusted(self, origin: str, what: str) -> AuthError:
        clear = "; it is plain HTTP, which others can read" if origin.startswith("http:") else ""
        return AuthError(
            f'{what} is not sent to "{origin}": your configuration does not name this host{clear}',
            code="HOST_NOT_TRUSTED",
            evidence=(f'if you trust it, add to "{self._config_path}":', "[trust]", f'hosts = ["{origin}"]'),
            next_steps=(suggest("help", "environment", comment="trust.hosts, and where it may be set"),),
        )


def origins(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the origins among some lines; what is none is left out."""
    return tuple(origin for text in texts if (origin := origin_of(text.strip())) is not None)


def _is_well_known(origin: str) -> bool:
    scheme, _, rest = origin.partition("://")
    host = rest if rest.endswith("]") else re.sub(r":\d+$", "", rest)
    if host.strip("[]") in LOOPBACK:
        return True
    if scheme != "https" or rest != host:
        return False
    return host in PROVIDER_HOSTS | ASTRA_HOSTS or host.partition(".")[2] in TENANT_DOMAINS


def _host(text: str) -> str | None:
    """Return a host in its one spelling, or None when it is no name and no address in the usual notation."""
    host = text.lower()
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host)}]"
        except ValueError:
            return None
    labels = host.split(".")
    if len(host) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            return None
    return host
