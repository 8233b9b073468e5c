"""The hosts that the user trusts: from the configuration, and confirmed at a terminal, which is remembered per user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from vzctl.cli.prompts import Prompter
from vzctl.clients.trusted_hosts import TrustedHosts, origin_of, origins
from vzctl.config_file import bad_config
from vzctl.settings import Settings, state_home
from vzctl.store.atomic import write_atomic

LARGEST_FILE: Final = 256 * 1024


def trusted_hosts(settings: Settings, prompter: Prompter) -> TrustedHosts:
    """Return the policy of this command; at a terminal it asks, and remembers the answer outside of every state."""

    def ask(origin: str, what: str) -> bool:
        is_trusted = prompter.trust(origin, what)
        if is_trusted:
            _remember(settings, origin)
        return is_trusted

    live = settings.live
    for text in live.trusted_hosts:
        if origin_of(text) is None:
            raise bad_config(live.path, "trust.hosts", "must hold addresses such as https://cassandra.internal:8181")
    urls = [*live.trusted_hosts, *live.data_api_hosts, *live.provider_urls.values()]
    urls += [live.devops_url] if live.devops_url is not None else []
    can_ask = prompter.is_interactive
    return TrustedHosts(urls, _remembered(settings), ask if can_ask else None, live.path or "your configuration")


def _remember(settings: Settings, origin: str) -> None:
    known = _remembered(settings)
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomic(path, "".join(f"{item}\n" for item in (*known, origin)).encode())


def _remembered(settings: Settings) -> tuple[str, ...]:
    try:
        with open(_path(settings), "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            return origins(file.read(LARGEST_FILE).decode("utf-8", "replace").splitlines())
    except OSError:
        return ()


def _path(settings: Settings) -> Path:
    return Path(state_home(settings.environ)) / "trusted-hosts"
