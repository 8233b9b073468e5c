"""Makes the clients of the network from the settings."""

from __future__ import annotations

from collections.abc import Callable

from vzctl.clients.http import Http, Limits
from vzctl.clients.provider_probe import ProviderProbes
from vzctl.clients.provider_wire import WIRES
from vzctl.config_file import bad_config
from vzctl.domain.names import did_you_mean
from vzctl.settings import Settings
from vzctl.usecases.live import MOST_JOBS, Live


def make_live(settings: Settings, *, log: Callable[[str], None] | None) -> Live:
    """Return the clients; raise `UsageError` for an address that cannot be used. Opens no connection."""
    for name in settings.live.provider_urls:
        if name not in WIRES:
            advice = did_you_mean(name, WIRES)
            raise bad_config(settings.live.path, f"providers.{name}.base_url", f"names no provider of vzctl{advice}")
    seconds = settings.timeout_seconds
    limits = Limits(
        connect_seconds=min(5.0, seconds),
        read_seconds=min(20.0, seconds),
        total_seconds=seconds,
        connections=MOST_JOBS,
    )
    http = Http(limits, log=log or (lambda _: None))
    return Live(http=http, probes=ProviderProbes(http, settings.live.provider_urls))
