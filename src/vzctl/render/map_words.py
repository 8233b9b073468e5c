"""What is said about each thing on a map, the same in every drawing: short facts, each with a tone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from vzctl.domain.rules import counted
from vzctl.render.cells import escape, text_of
from vzctl.usecases.map.nodes import (
    Map,
    MapBranch,
    MapCounts,
    MapCredential,
    MapDatabase,
    MapDependent,
    MapPlace,
    MapProvider,
)

PLAIN: Final = "plain"
QUIET: Final = "quiet"
WARN: Final = "warn"
BAD: Final = "bad"
GOOD: Final = "good"
ATTESTED: Final = "attested"


class Fact(NamedTuple):
    """A few words, and how much they want a person: `plain`, `quiet`, `good`, `attested`, `warn`, `bad`."""

    text: str
    tone: str


def title(data: Map) -> str:
    """Return the first line of every drawing, by which a map is known again."""
    made_at = text_of(data.made_at)
    return f"vzctl map of {escape(data.organization)} ({data.control_plane}), serial {data.serial}, {made_at}"


def sizes(counts: MapCounts) -> Iterator[str]:
    """Yield how much there is of everything."""
    yield f"{counted(counts.credentials, 'credential')} of {counted(counts.providers, 'integration')}"
    yield counted(counts.databases, "database")
    yield counted(counts.collections, "collection")
    yield counted(counts.columns, "table column")


def attention(counts: MapCounts) -> list[Fact]:
    """Return what wants a person, the worst first, or that nothing does."""
    found = (
        (counts.problems, counted(counts.problems, "problem"), BAD),
        (counts.open_rotations, counted(counts.open_rotations, "open rotation"), WARN),
        (counts.keys_due, f"{counted(counts.keys_due, 'key')} due", WARN),
        (counts.keys_to_revoke, f"{counted(counts.keys_to_revoke, 'old key')} to revoke", WARN),
        (counts.wanted, f"{counted(counts.wanted, 'fact')} wanted, not done", WARN),
        (counts.attested, f"{counted(counts.attested, 'fact')} attested, not seen", ATTESTED),
    )
    facts = [Fact(text, tone) for number, text, tone in found if number]
    return facts or [Fact("nothing wants attention", GOOD)]


def provider_label(provider: MapProvider) -> str:
    """Return `OpenAI (openai)`."""
    if provider.id is None or provider.id == provider.display_name:
        return escape(provider.display_name)
    return f"{escape(provider.display_name)} ({escape(provider.id)})"


def provider_facts(provider: MapProvider) -> Iterator[Fact]:
    """Yield where a provider runs and how its integration is known."""
    if provider.hosting == "astra-hosted":
        yield Fact("hosted by Astra", QUIET)
    elif provider.hosting == "unknown":
        yield Fact("not in the catalogue", WARN)
    if provider.hosting == "external" and not provider.enabled:
        # A key in the header of each request needs no integration.
        is_enough = all(branch.kind == "header" for branch in provider.branches)
        yield Fact("no integration", QUIET if is_enough else WARN)
    yield from evidence_facts(provider.evidence, removal_wanted=provider.removal_wanted)
    if not provider.branches:
        yield Fact("no credential", QUIET)


def branch_label(branch: MapBranch, provider: MapProvider) -> str:
    """Return the credential's name, or how databases reach the provider without one."""
    if branch.name is not None:
        return escape(branch.name)
    if branch.kind == "header":
        return "key in the header of each request"
    if provider.id is None:
        return "no provider"
    return "no key needed" if provider.hosting == "astra-hosted" else "no key"


def branch_facts(branch: MapBranch) -> Iterator[Fact]:
    """Yield the age, the blast radius and the worries of a credential."""
    if branch.kind == "missing":
        yield Fact("credential does not exist", BAD)
    if branch.credential is not None:
        yield age_fact(branch.credential)
        yield radius_fact(branch.credential)
        yield from worries(branch.credential)


def age_fact(credential: MapCredential) -> Fact:
    """Return `12 d of 90`, and whether the key is due."""
    if credential.age_days is None:
        return Fact("age unknown, due", WARN)
    text = f"{credential.age_days} d of {credential.max_age_days}"
    return Fact(f"{text}, due", WARN) if credential.due else Fact(text, PLAIN)


def radius_fact(credential: MapCredential) -> Fact:
    """Return the blast radius: what stops when the credential does."""
    if not credential.scope_count and not credential.dependant_count:
        return Fact("no database in scope", QUIET)
    databases = counted(credential.scope_count, "database")
    return Fact(f"{counted(credential.dependant_count, 'dependant')}, {databases}", PLAIN)


def worries(credential: MapCredential) -> Iterator[Fact]:
    """Yield what about a credential wants a person, the worst first."""
    if credential.leaked:
        yield Fact("leaked key to revoke", BAD)
    if credential.rotation_step is not None:
        tone = BAD if credential.rotation_past_no_return else WARN
        yield Fact(f"rotation at {credential.rotation_step}", tone)
    if credential.problems:
        yield Fact(counted(len(credential.problems), "problem"), BAD)
    if credential.keys_to_revoke and not credential.leaked:
        yield Fact(f"{counted(credential.keys_to_revoke, 'old key')} to revoke", WARN)
    yield from evidence_facts(credential.evidence, removal_wanted=credential.removal_wanted)
    if not credential.secret_held:
        yield Fact("key not held here", QUIET)


def database_facts(database: MapDatabase) -> Iterator[Fact]:
    """Yield the status of a database where it is not the usual one, and how its scope entry is known."""
    if database.in_scope is False:
        yield Fact("not in scope", BAD)
    if database.status is not None and database.status != "ACTIVE":
        yield Fact(escape(database.status), WARN)
    yield from evidence_facts(database.evidence, removal_wanted=database.removal_wanted)
    if not database.dependants:
        yield Fact("nothing uses it", QUIET)


def dependent_facts(dependant: MapDependent) -> Iterator[Fact]:
    """Yield the kind and model of a collection or column, and its problems by number."""
    if dependant.kind == "column":
        yield Fact("column", QUIET)
    if dependant.model is not None:
        yield Fact(escape(dependant.model), QUIET)
    if dependant.problems:
        yield Fact(counted(len(dependant.problems), "problem"), BAD)


def place_facts(place: MapPlace) -> Iterator[Fact]:
    """Yield the status of a database that no credential reaches, and what is in it."""
    if place.gone_since is not None:
        yield Fact("gone", WARN)
    if place.status != "ACTIVE":
        yield Fact(escape(place.status), WARN)
    if place.dependant_count:
        yield Fact(counted(place.dependant_count, "collection or column").replace("columns", "column"), QUIET)


def evidence_facts(evidence: str | None, *, removal_wanted: bool) -> Iterator[Fact]:
    """Yield how a fact of the `astra` plane is known, unless somebody saw it."""
    if removal_wanted:
        yield Fact("removal wanted", WARN)
    elif evidence == "wanted":
        yield Fact("wanted", WARN)
    elif evidence == "attested":
        yield Fact("attested", ATTESTED)
