"""The steps that a person does in the Astra Portal, made from `knowledge/portal.toml`: the Portal changes, that file follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vzctl.domain.catalog.provider import Provider
from vzctl.knowledge.loader import section


@dataclass(frozen=True, slots=True)
class PortalVisit:
    """What a person does next, outside vzctl: a title, and what to click or type, a line each."""

    title: str
    lines: tuple[str, ...]


def group_size() -> int:
    """Return how many databases the Portal's dialog takes at a time, for a rotation that begins."""
    return int(section("portal")["group_size"])


def add_integration(provider: Provider) -> PortalVisit:
    """Enable a provider. The Portal asks for the first credential in the same dialog."""
    return _step("add_integration", provider)


def remove_integration(provider: Provider) -> PortalVisit:
    """Remove a provider that has no credentials left; the documentation does not name the button."""
    return _step("remove_integration", provider)


def add_credential(provider: Provider, name: str) -> PortalVisit:
    """Add a credential under exactly this name."""
    return _step("add_credential", provider, name=name)


def remove_credential(provider: Provider, name: str) -> PortalVisit:
    """Remove a credential; vectorize stops for its dependants from here on."""
    return _step("remove_credential", provider, name=name)


def add_to_scope(provider: Provider, name: str, databases: Sequence[str]) -> PortalVisit:
    """Put databases (shown names) into a credential's scope, one group at most a visit."""
    return _step("add_to_scope", provider, name=name, databases=", ".join(databases), few=_few(databases))


def remove_from_scope(provider: Provider, name: str, databases: Sequence[str]) -> PortalVisit:
    """Take databases (shown names) out of a credential's scope."""
    return _step("remove_from_scope", provider, name=name, databases=", ".join(databases), few=_few(databases))


def revoke_at_provider(provider: Provider, reason: str, last_four: str | None = None) -> PortalVisit:
    """Revoke the old key where it was made; this is done at the provider, not in the Portal."""
    ending = f" …{last_four}" if last_four is not None else ""
    return _step(
        "revoke_at_provider",
        provider,
        console=provider.console,
        revocation_instructions=provider.revocation_instructions,
        reason=reason,
        ending=ending,
    )


def _step(step: str, provider: Provider, **facts: str) -> PortalVisit:
    texts = section("portal")["steps"][step]
    values = {**_words(), "provider": provider.display_name, "label": provider.credential_label, **facts}
    return PortalVisit(texts["title"].format_map(values), tuple(line.format_map(values) for line in texts["lines"]))


def _words() -> Mapping[str, str]:
    known = section("portal")
    words = {**known["page_words"], **known["dialog_words"]}
    return {**words, "settings_path": known["settings_path"].format_map(words)}


def _few(databases: Sequence[str]) -> str:
    """Name a few databases; many are counted in a title and named in the line below it."""
    return ", ".join(databases) if len(databases) <= section("portal")["title_names"] else f"{len(databases)} databases"
