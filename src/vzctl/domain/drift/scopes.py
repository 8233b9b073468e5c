"""Which databases can really use a credential, against the scopes that are recorded.

Seen usable is proof, and seen refused is not: a change at the Portal takes minutes, so nothing is ever removed for it. It is
remembered with its time until the database is seen to accept the credential again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from vzctl.command import command
from vzctl.domain.drift.differences import Action, Change, DriftItem, FieldChange, SyncOptions
from vzctl.domain.drift.observation import Kind, Observation, Remark
from vzctl.domain.rules import counted
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Evidence, ScopeEntry
from vzctl.domain.state.state import State

REFUSED = "refused"
_UNSEEN = (Evidence.WANTED, Evidence.ATTESTED)


def scope_drift(state: State, observation: Observation, options: SyncOptions) -> tuple[list[DriftItem], list[Remark]]:
    """Return the differences of scopes and of how they are known, and removals that were seen to be done."""
    if Kind.SCOPES not in options.kinds:
        return [], []
    index = Index(state)
    seen: dict[str, dict[str, bool]] = {}
    for item in observation.scopes:
        if item.credential in index.credentials and item.database in index.databases:
            seen.setdefault(item.credential, {})[item.database] = item.is_usable
    items: list[DriftItem] = []
    remarks: list[Remark] = []
    for name in sorted(seen):
        credential = index.credentials[name]
        if credential.current is None or credential.removal_wanted_at is not None:
            continue
        items += _credential(index, credential, seen[name], options)
        remarks += _removals_done(index, credential, seen[name])
        remarks += _still_refused(index, credential, seen[name])
    usable = sorted(name for name, places in seen.items() if any(places.values()))
    items += _integrations(state, [index.credentials[name] for name in usable], options)
    return items, remarks


def _credential(
    index: Index, credential: Credential, seen: Mapping[str, bool], options: SyncOptions
) -> Iterator[DriftItem]:
    """Yield what differs about one credential: its scope, entry by entry, and whether it was seen itself."""
    is_local = index.state.is_local
    scope = [_after(entry, seen.get(entry.database), options, is_local=is_local) for entry in credential.scope]
    if not is_local:
        known = credential.database_ids
        scope += [
            ScopeEntry(database=item, added_at=options.now, evidence=Evidence.OBSERVED, evidence_at=options.now)
            for item in sorted(seen)
            if seen[item] and item not in known
        ]
    after = replace(credential, scope=tuple(scope))
    if not is_local and credential.evidence in _UNSEEN and any(seen.values()):
        after = replace(after, evidence=Evidence.OBSERVED, evidence_at=options.now)
    if after == credential:
        return
    rotation = credential.name if credential.id in index.open_rotations else None
    yield DriftItem(
        kind=Kind.SCOPES,
        change=Change.CHANGED,
        action=Action.UPDATE if rotation is None else Action.SKIP,
        subject=credential.name,
        record=after,
        fields=tuple(_fields(index, credential, after)),
        note=_note(credential, after, is_local=is_local),
        rotation=rotation,
    )


def _after(entry: ScopeEntry, is_usable: bool | None, options: SyncOptions, *, is_local: bool) -> ScopeEntry:
    """Return the entry as it is known after a look; one that nobody looked at, or that shall be removed, as it is."""
    if is_usable is None or entry.removal_wanted_at is not None:
        return entry
    if not is_usable:
        is_expected = entry.evidence is Evidence.WANTED  # nobody said yet that it was done
        return entry if is_expected or entry.refused_at is not None else replace(entry, refused_at=options.now)
    if is_local:
        return replace(entry, refused_at=None)
    if entry.evidence is Evidence.OBSERVED and entry.refused_at is None:
        return entry
    return replace(entry, evidence=Evidence.OBSERVED, evidence_at=options.now, refused_at=None)


def _fields(index: Index, before: Credential, after: Credential) -> Iterator[FieldChange]:
    if before.evidence is not after.evidence:
        yield FieldChange("evidence", before.evidence, after.evidence)
    old = {entry.database: entry for entry in before.scope}
    for entry in after.scope:
        known = old.get(entry.database)
        if entry != known:
            before_word = None if known is None else _word(known)
            yield FieldChange(index.database_name(entry.database), before_word, _word(entry))


def _word(entry: ScopeEntry) -> str:
    if entry.refused_at is not None:
        return REFUSED
    return "in scope" if entry.evidence is None else entry.evidence.value


def _note(before: Credential, after: Credential, *, is_local: bool) -> str | None:
    old = {entry.database: entry.refused_at for entry in before.scope}
    refused = [entry for entry in after.scope if entry.refused_at is not None and old.get(entry.database) is None]
    if not refused:
        return None
    why = "" if is_local else "changes take minutes, so "
    return f"{counted(len(refused), 'database')} refused it; {why}it stays in the scope"


def _still_refused(index: Index, credential: Credential, seen: Mapping[str, bool]) -> Iterator[Remark]:
    """Yield what is on record already and still so: it is no drift, and nothing that may be passed over."""
    for entry in credential.scope:
        if entry.refused_at is not None and entry.removal_wanted_at is None and seen.get(entry.database) is False:
            name = index.database_name(entry.database)
            message = f'the database "{name}" still refuses "{credential.name}"'
            yield Remark("SCOPE_REFUSED", Kind.SCOPES, f"{credential.name} in {name}", message)


def _removals_done(index: Index, credential: Credential, seen: Mapping[str, bool]) -> Iterator[Remark]:
    for entry in credential.scope:
        if entry.removal_wanted_at is not None and seen.get(entry.database) is False:
            name = index.database_name(entry.database)
            message = (
                f'the database "{name}" refuses "{credential.name}", whose removal from there is wanted: it may be done; '
                f"{command('pending confirm', check=True)}"
            )
            yield Remark("SCOPE_REMOVAL_SEEN", Kind.SCOPES, f"{credential.name} in {name}", message)


def _integrations(state: State, usable: list[Credential], options: SyncOptions) -> Iterator[DriftItem]:
    """Yield the integrations that a usable credential proves."""
    names: dict[str, str] = {}
    for credential in usable:
        names.setdefault(credential.provider, credential.name)
    for provider in sorted(names):
        integration = state.integration(provider)
        if integration is None or integration.evidence not in _UNSEEN or integration.removal_wanted_at is not None:
            continue
        yield DriftItem(
            kind=Kind.SCOPES,
            change=Change.CHANGED,
            action=Action.UPDATE,
            subject=provider,
            record=replace(integration, evidence=Evidence.OBSERVED, evidence_at=options.now),
            fields=(FieldChange("evidence", integration.evidence, Evidence.OBSERVED),),
            note=f'its credential "{names[provider]}" is usable',
        )
