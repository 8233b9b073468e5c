"""The settings as a support bundle tells them: words that vzctl knows, numbers, and of everything else whether it is set.

An address, a program or a path may be private, and an address may carry a password: none of them is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vzctl.domain.checks.pseudonyms import known_provider
from vzctl.setting_table import SETTINGS, STANDARD_VARIABLES

_TOLD_IN_LOWER_CASE: Final = ("HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True, slots=True)
class ChosenSettings:
    """What was decided before the command: name, value and whether it is the default; names of providers; what is there."""

    listed: tuple[tuple[str, str, bool], ...]
    base_urls: tuple[str, ...]
    mint_commands: tuple[str, ...]
    revoke_commands: tuple[str, ...]
    present: Mapping[str, bool]
    environ: Mapping[str, str]


def redacted_settings(chosen: ChosenSettings) -> dict[str, Any]:
    """Return the settings without anything that somebody wrote freely."""
    return {
        "settings": {
            name: {"value": _value(name, value), "is_default": is_default} for name, value, is_default in chosen.listed
        },
        "is_set": dict(chosen.present),
        "providers": {
            "base_url": _providers(chosen.base_urls),
            "rotation.mint": _providers(chosen.mint_commands),
            "rotation.revoke": _providers(chosen.revoke_commands),
        },
        "variables": {name: _is_set(chosen.environ, name) for name, _ in STANDARD_VARIABLES},
    }


def _value(name: str, text: str) -> str | float | None:
    setting = next(item for item in SETTINGS if name in (item.name, item.key))
    return setting.form.redacted(text)


def _providers(names: tuple[str, ...]) -> list[str]:
    return sorted(known_provider(name) for name in names)


def _is_set(environ: Mapping[str, str], name: str) -> bool:
    return bool(environ.get(name) or (name in _TOLD_IN_LOWER_CASE and environ.get(name.lower())))
