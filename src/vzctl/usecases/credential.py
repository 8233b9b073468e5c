"""One credential, and its metadata. Listing, adding, removing and rotating have files of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain.age import require_maximum_age, require_past
from vzctl.domain.index import Index
from vzctl.domain.names import refuse_secret_in
from vzctl.domain.records import Credential, Version
from vzctl.domain.rules import counted, listed, provider_by_id, require_credential, require_no_rotation
from vzctl.domain.secret_text import masked_ending
from vzctl.domain.state import State
from vzctl.errors import ConflictError, UsageError
from vzctl.secret import LAST_FOUR
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context, SecretSource
from vzctl.usecases.last_use import last_uses
from vzctl.usecases.list_credentials import CredentialRow, credential_row
from vzctl.usecases.outcome import Columns, Outcome
from vzctl.usecases.views import DatabaseRef, DependantRef, database_ref, dependant_refs


@dataclass(frozen=True, slots=True)
class ScopedDatabase:
    """A database in a scope, and how that is known. `refused_at`: since when it was seen to refuse the credential."""

    id: str
    name: str
    added_at: datetime
    evidence: str | None
    removal_wanted: bool
    refused_at: datetime | None

    columns: ClassVar[Columns] = (
        ("DATABASE", "name"),
        ("ID", "id"),
        ("ADDED", "added_at"),
        ("EVIDENCE", "evidence"),
        ("REMOVAL", "removal"),
        ("REFUSED", "refused_at"),
    )

    @property
    def removal(self) -> str | None:
        """`wanted` while a person's removal at the Portal is next."""
        return "wanted" if self.removal_wanted else None


@dataclass(frozen=True, slots=True)
class VersionView:
    """One secret version: a fingerprint, never the secret."""

    id: str
    role: str
    created_at: datetime
    fingerprint: str | None
    held: bool
    last_four: str | None = None

    columns: ClassVar[Columns] = (
        ("VERSION", "id"),
        ("ROLE", "role"),
        ("CREATED", "created_at"),
        ("FINGERPRINT", "fingerprint"),
        ("HELD", "held"),
        ("KEY", "last_four"),
    )


@dataclass(frozen=True, slots=True)
class CredentialDetail:
    """One credential with its scope, its dependants and its versions."""

    credential: CredentialRow
    created_at: datetime
    key_set_at: datetime | None
    slot: int | None
    scope: tuple[ScopedDatabase, ...]
    dependants: tuple[DependantRef, ...]
    versions: tuple[VersionView, ...]


@dataclass(frozen=True, slots=True)
class EditCredential:
    """New metadata; None leaves a field as it is."""

    name: str
    note: str | None = None
    max_age_days: int | None = None
    slot: int | None = None
    set_at: datetime | None = None
    dry_run: bool = False


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


def show_credential(context: Context, name: str) -> Outcome[CredentialDetail]:
    """Return one credential with everything the state knows of it."""
    state = context.state_file.read()
    return Outcome(data=credential_detail(context, state, require_credential(state, name)))


def edit_credential(context: Context, request: EditCredential) -> Outcome[CredentialDetail]:
    """Change metadata only; never the name, the provider or the secret."""
    context.require_writable()
    require_past(request.set_at, context.now())
    proposal = propose(
        context,
        lambda state: Plan(
            state=_edited(state, request), data=None, details=(f'edit "{request.name}"',), subjects=(request.name,)
        ),
    )
    if request.dry_run:
        after = proposal.plan.state
        credential = require_credential(after, request.name)
        return Outcome(data=credential_detail(context, after, credential), summary=(f'would edit "{request.name}"',))
    written = proposal.commit()
    after = written.after
    text = f'edited "{request.name}"' if written.changed else f'"{request.name}" is like that already'
    return Outcome(
        data=credential_detail(context, after, require_credential(after, request.name)),
        changed=written.changed,
        summary=(text,),
    )


def find_credentials(context: Context, source: SecretSource) -> Outcome[KeyMatches]:
    """Return which credentials hold or held the key, live or removed, from what the state knows; no store is asked."""
    state = context.state_file.read()
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
            count = len(index.dependants_of_credential[owner.name]) if isinstance(owner, Credential) else 0
            matches.append(
                KeyMatch(owner.name, owner.provider, version.id, role, version.held, count, version.last_four)
            )
    return tuple(matches)


def credential_detail(context: Context, state: State, credential: Credential) -> CredentialDetail:
    """Return the whole view of one credential."""
    index = Index(state)
    return CredentialDetail(
        credential=credential_row(context, index, credential, last_uses(context, state).get(credential.id)),
        created_at=credential.created_at,
        key_set_at=credential.key_set_at,
        slot=credential.slot,
        scope=scoped_databases(index, credential),
        dependants=dependant_refs(index, index.dependants_of_credential[credential.name]),
        versions=tuple(
            VersionView(
                item.id, version_role(credential, item.id), item.created_at, item.fingerprint, item.held, item.last_four
            )
            for item in credential.versions
        ),
    )


def scoped_databases(index: Index, credential: Credential) -> tuple[ScopedDatabase, ...]:
    """Return the views of a credential's scope."""
    return tuple(
        ScopedDatabase(
            id=entry.database,
            name=index.database_name(entry.database),
            added_at=entry.added_at,
            evidence=entry.evidence.value if entry.evidence else None,
            removal_wanted=entry.removal_wanted_at is not None,
            refused_at=entry.refused_at,
        )
        for entry in credential.scope
    )


def version_role(credential: Credential, version_id: str) -> str:
    """Return `current`, `pending`, `previous` or `staged` (one that was taken back)."""
    if version_id == credential.current:
        return "current"
    if version_id == credential.pending:
        return "pending"
    return "previous" if version_id in credential.previous else "staged"


def database_refs(index: Index, database_ids: list[str]) -> tuple[DatabaseRef, ...]:
    """Return references in the given order."""
    return tuple(database_ref(index, item) for item in database_ids)


def _edited(state: State, request: EditCredential) -> State:
    credential = require_credential(state, request.name)
    require_no_rotation(state, credential)
    changes: dict[str, object] = {}
    if request.note is not None:
        refuse_secret_in(request.note, "a note")
        changes["note"] = request.note or None
    if request.max_age_days is not None:
        require_maximum_age(request.max_age_days)
        changes["max_age_days"] = request.max_age_days
    if request.slot is not None:
        require_slot(credential.provider, request.slot)
        changes["slot"] = request.slot
    if request.set_at is not None:
        changes["key_set_at"] = request.set_at
    if not changes:
        raise UsageError(
            "nothing to edit: give --note, --max-age-days, --slot or --set-at",
            code="USAGE",
            next_steps=(suggest("credentials edit", help=True, comment="what can be edited"),),
        )
    edited = replace(credential, **changes)  # type: ignore[arg-type]
    return state if edited == credential else state.with_credential(edited)


def require_slot(provider_id: str, slot: int) -> None:
    """Only a provider with a fixed number of keys (Azure OpenAI: 2) has slots."""
    provider = provider_by_id(provider_id)
    slots = provider.maximum_live_keys if provider is not None else None
    if slots is None:
        name = provider.display_name if provider is not None else provider_id
        raise ConflictError(
            f"{name} keys have no slot; only Azure OpenAI resources have KEY 1 and KEY 2", code="SLOT_INVALID"
        )
    if not 1 <= slot <= slots:
        raise UsageError(f"a slot is 1 to {slots}", code="SLOT_INVALID")
