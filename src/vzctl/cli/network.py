"""Makes the clients of the network from the settings."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from vzctl.cli.astra_token import StoredTokens, find_token
from vzctl.clients.endpoint import DEVOPS_URLS
from vzctl.clients.host_label import base_url
from vzctl.clients.http import Http, Limits
from vzctl.clients.provider_probe import ProviderProbes
from vzctl.clients.provider_wire import WIRES
from vzctl.clients.trusted_hosts import TrustedHosts
from vzctl.config_file import bad_config
from vzctl.domain.state.names import did_you_mean
from vzctl.setting_table import DEFAULT_TIMEOUT_SECONDS
from vzctl.settings import Settings
from vzctl.usecases.live import AstraToken, Live


def make_live(
    settings: Settings,
    *,
    log: Callable[[str], None] | None,
    token_variable: str | None,
    stored: StoredTokens,
    trust: TrustedHosts,
) -> Live:
    """Return the clients; raise `UsageError` for an address, a proxy or certificates that cannot be used. Opens no connection."""
    for name in settings.live.provider_urls:
        if name not in WIRES:
            advice = did_you_mean(name, WIRES)
            raise bad_config(settings.live.path, f"providers.{name}.base_url", f"names no provider of vzctl{advice}")
    http = Http(limits_within(settings.timeout_seconds), trust=trust, log=log or (lambda _: None))
    http.prepare()  # a mistake in the environment ends the command before anything is asked or taken for a verdict
    devops_url = settings.live.devops_url or DEVOPS_URLS[settings.astra_environment.value]
    return Live(
        http=http,
        probes=ProviderProbes(http, settings.live.provider_urls),
        find_token=_remembered(settings, token_variable, stored, log),
        environment=settings.astra_environment.value,
        devops_url=base_url(devops_url, "astra.devops_url"),
    )


def limits_within(seconds: float) -> Limits:
    """Return the limits of requests that may take so long: a person who gives more time than usual waits for silence too."""
    read_seconds = seconds if seconds > DEFAULT_TIMEOUT_SECONDS else min(20.0, seconds)
    return Limits(connect_seconds=min(5.0, seconds), read_seconds=read_seconds, total_seconds=seconds)


def _remembered(
    settings: Settings, variable: str | None, stored: StoredTokens, log: Callable[[str], None] | None
) -> Callable[[], AstraToken]:
    """Return how the token is found: once, and its source is told."""
    found: list[AstraToken] = []
    lock = Lock()  # many requests may ask at once, and a secret store may ask a person

    def find() -> AstraToken:
        with lock:
            if not found:
                profile = settings.live.cli_profile
                found.append(find_token(settings.environ, variable=variable, profile=profile, stored=stored))
                if log is not None:
                    log(f"token: from {found[0].source}")
        return found[0]

    return find
