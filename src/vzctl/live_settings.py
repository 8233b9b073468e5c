"""What commands that use the network need from the user's own configuration. Standard library only.

None of it may come from a project file: a base URL decides where a key is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vzctl.config_file import bad_config, dig, one_word, word_list


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Addresses. `provider_urls` are base URLs by provider id, as written, checked at their use."""

    devops_url: str | None = None
    cli_profile: str = "default"
    data_api_hosts: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    provider_urls: Mapping[str, str] = field(default_factory=dict)
    mint_commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    revoke_commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    path: str = ""


def read_live(document: Mapping[str, Any], path: str) -> LiveSettings:
    """Return the settings of the user's file; raise `UsageError` for a value of the wrong kind."""
    providers = dig(document, "providers") or {}
    if not isinstance(providers, dict) or not all(isinstance(item, dict) for item in providers.values()):
        raise bad_config(path, "providers", "must hold a table for each provider, such as [providers.openai]")
    urls = {name: one_word(document, path, f"providers.{name}.base_url", "a URL") for name in providers}
    return LiveSettings(
        devops_url=one_word(document, path, "astra.devops_url", "a URL"),
        cli_profile=one_word(document, path, "astra.cli_profile") or "default",
        data_api_hosts=word_list(document, path, "astra.data_api_hosts") or (),
        trusted_hosts=word_list(document, path, "trust.hosts") or (),
        provider_urls={name: url for name, url in urls.items() if url is not None},
        mint_commands=_commands(document, path, "rotation.mint"),
        revoke_commands=_commands(document, path, "rotation.revoke"),
        path=path,
    )


def is_provider_key(key: str) -> bool:
    """Whether a flat key names a provider: `providers.NAME.base_url`, `rotation.mint.NAME` or `rotation.revoke.NAME`.

    Whether there is such a provider is asked when it is used.
    """
    match key.split("."):
        case ["providers", name, "base_url"] | ["rotation", "mint" | "revoke", name]:
            return name.isalnum()
    return False


def _commands(document: Mapping[str, Any], path: str, key: str) -> dict[str, tuple[str, ...]]:
    table = dig(document, key) or {}
    if not isinstance(table, dict):
        raise bad_config(path, key, 'must be a table of provider = ["PROGRAM", "ARGUMENT"]')
    return {name: word_list(document, path, f"{key}.{name}") or () for name in table}
