"""The Astra Portal's own words, and the steps a person does there. Kept in one place: the Portal changes, vzctl follows.

The words of `PAGE_WORDS` are those of the documentation page "Auto-generate embeddings with vectorize"; a test compares
them. `DIALOG_WORDS` come from the provider pages of the same documentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vzctl.domain.catalog.provider import Provider

PAGE_WORDS: Final = {
    "settings": "Settings",
    "integrations": "Integrations",
    "keys": "API keys",
    "more": "More",
    "remove_key": "Remove API key",
    "confirm_remove": "Remove key",
    "add_key": "Add API key",
    "scoped_databases": "scoped databases",
}
DIALOG_WORDS: Final = {
    "add_integration": "Add integration",
    "add_databases": "Add databases to scope",
}

TITLE_NAMES: Final = 3

_SETTINGS: Final = f"{PAGE_WORDS['settings']} > your organization > {PAGE_WORDS['integrations']}"


@dataclass(frozen=True, slots=True)
class PortalStep:
    """One visit of a person to the Portal: what it is for, and what to click, a line each."""

    title: str
    lines: tuple[str, ...]


def add_integration(provider: Provider) -> PortalStep:
    """Enable a provider. The Portal asks for the first credential in the same dialog."""
    return PortalStep(
        f"enable the {provider.display_name} integration",
        (f"open {_SETTINGS} > {provider.display_name}", f"click {DIALOG_WORDS['add_integration']}"),
    )


def remove_integration(provider: Provider) -> PortalStep:
    """Remove a provider that has no credentials left; the documentation does not name the button."""
    return PortalStep(
        f"remove the {provider.display_name} integration",
        (f"open {_SETTINGS} > {provider.display_name}", "remove the integration"),
    )


def add_credential(provider: Provider, name: str) -> PortalStep:
    """Add a credential under exactly this name."""
    return PortalStep(
        f'add the {provider.credential_label} "{name}"',
        (
            f"open {_SETTINGS} > {provider.display_name}",
            f"click {PAGE_WORDS['add_key']} and enter exactly this name: {name}",
            f"paste the {provider.credential_label} itself",
        ),
    )


def remove_credential(provider: Provider, name: str) -> PortalStep:
    """Remove a credential; vectorize stops for its dependants from here on."""
    return PortalStep(
        f'remove the {provider.credential_label} "{name}"',
        (
            f"open {_SETTINGS} > {provider.display_name}, section {PAGE_WORDS['keys']}",
            f"at {name} click {PAGE_WORDS['more']}, then {PAGE_WORDS['remove_key']}",
            f"enter the name {name}, then click {PAGE_WORDS['confirm_remove']}",
        ),
    )


def add_to_scope(provider: Provider, name: str, databases: Sequence[str]) -> PortalStep:
    """Put databases (shown names) into a credential's scope, ten at most a visit."""
    return PortalStep(
        f'add {_named(databases)} to the {PAGE_WORDS["scoped_databases"]} of "{name}"',
        (
            f"open {_SETTINGS} > {provider.display_name}, section {PAGE_WORDS['keys']}",
            f"at {name} choose {DIALOG_WORDS['add_databases']}: {', '.join(databases)}",
        ),
    )


def remove_from_scope(provider: Provider, name: str, databases: Sequence[str]) -> PortalStep:
    """Take databases (shown names) out of a credential's scope."""
    return PortalStep(
        f'remove {_named(databases)} from the {PAGE_WORDS["scoped_databases"]} of "{name}"',
        (
            f"open {_SETTINGS} > {provider.display_name}, section {PAGE_WORDS['keys']}",
            f"at {name} remove from its {PAGE_WORDS['scoped_databases']}: {', '.join(databases)}",
        ),
    )


def _named(databases: Sequence[str]) -> str:
    """Name a few databases; many are counted in a title and named in the line below it."""
    return ", ".join(databases) if len(databases) <= TITLE_NAMES else f"{len(databases)} databases"


def revoke_at_provider(provider: Provider, reason: str, last_four: str | None = None) -> PortalStep:
    """Revoke the old key where it was made; this is done at the provider, not in the Portal."""
    ending = f" …{last_four}" if last_four is not None else ""
    return PortalStep(
        f"revoke the old {provider.credential_label}{ending} at {provider.display_name} ({reason})",
        (f"open {provider.console}", provider.kill_action),
    )
