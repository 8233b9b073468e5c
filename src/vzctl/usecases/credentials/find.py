"""`vzctl credentials find`: which credentials have a given key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain.catalog.secret_text import masked_ending
from vzctl.domain.rules import counted, listed
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Version
from vzctl.domain.state.state import State
from vzctl.errors import UsageError
from vzctl.secret import LAST_FOUR
from vzctl.usecases.context import Context, SecretSource
from vzctl.usecases.credential_detail import version_role
from vzctl.usecases.outcome import Columns, Outcome


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """A version of the key asked about. `matched_by`: `key`, or `last four` of a masked key, which other keys may share."""

    credential: str
    provider: str
    version: str
    role: str
    held: bool
    dependant_count: int
    last_four: str | None = None
    matched_by: str = "key"

    columns: ClassVar[Columns] = (
        ("CREDENTIAL", "credential"),
        ("PROVIDER", "provider"),
        ("ROLE", "role"),
        ("HELD", "held"),
        ("DEPENDANTS", "dependant_count"),
        ("VERSION", "version"),
        ("KEY", "last_four"),
        ("MATCHED BY", "matched_by"),
    )


@dataclass(frozen=True, slots=True)
class KeyMatches:
    """Which credentials hold or held a key."""

    matches: tuple[KeyMatch, ...]


def find_credentials(context: Context, source: SecretSource) -> Outcome[KeyMatches]:
    """Return which credentials hold or held the key, live or removed, from what the state knows; no store is asked."""
    state = context.state_store.read()
    secret = source()
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    matches = _matches(state, lambda version: version.fingerprint == fingerprint)
    ending = masked_ending(secret)
    if ending is not None and not matches:
        return _found_by_ending(state, ending)
    in_force = [item.credential for item in matches if item.role in ("current", "pending")]
    summary = (
        f"{counted(len(matches), 'version')} with this key: {listed([item.credential for item in matches])}"
        if matches
        else "no credential of this state holds or held this key"
    )
    steps = tuple(
        suggest("credentials rotate", name, leaked=True, comment="the key is known to others: replace it now")
        for name in in_force
    )
    return Outcome(data=KeyMatches(matches), summary=(summary,), next_steps=steps)


def _found_by_ending(state: State, ending: str) -> Outcome[KeyMatches]:
    """Return the versions whose key ends like a masked one."""
    whole = suggest("credentials find", secret_stdin=True, comment="hand in the whole key to be certain")
    if len(ending) < LAST_FOUR:
        raise UsageError(
            "the key is masked and does not show its last four characters, so nothing can be compared",
            code="KEY_MASKED",
            next_steps=(whole,),
        )
    last_four = ending[-LAST_FOUR:]
    matches = _matches(state, lambda version: version.last_four == last_four)
    unknown = sum(version.fingerprint is not None and version.last_four is None for _, version in state.versions())
    found = (
        f"the key is masked; {counted(len(matches), 'version')} with the same last four characters: "
        f"{listed([item.credential for item in matches])}"
        if matches
        else "the key is masked; no version in this state has the same last four characters"
    )
    gaps = (f"not compared: {counted(unknown, 'version')} without recorded last four characters",) if unknown else ()
    return Outcome(
        data=KeyMatches(tuple(replace(item, matched_by="last four") for item in matches)),
        summary=(found, *gaps),
        next_steps=(whole,),
    )


def _matches(state: State, fits: Callable[[Version], bool]) -> tuple[KeyMatch, ...]:
    index = Index(state)
    matches = []
    for owner, version in state.versions():
        if fits(version):
            role = version_role(owner, version.id) if isinstance(owner, Credential) else "removed"
            count = len(index.dependents_of_credential[owner.name]) if isinstance(owner, Credential) else 0
            matches.append(
                KeyMatch(owner.name, owner.provider, version.id, role, version.held, count, version.last_four)
            )
    return tuple(matches)
