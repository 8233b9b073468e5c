"""Credentials that dependants name and nobody recorded: offered without a key, with the smallest scope that they imply.

A dependant holds a name for life, also after its credential was removed. So a name alone is no proof that the credential
is still there: one that was removed here is not offered again, and a key that is known here keeps its scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from vzctl.domain.drift.contents import recorded_as
from vzctl.domain.drift.differences import Action, Change, DriftItem, FieldChange, SyncOptions
from vzctl.domain.drift.observation import KeyspaceSeen, Kind, Observation, ObservedDependent, Remark
from vzctl.domain.rules import counted, display_name, listed, provider_by_id
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Dependent, Evidence, Integration, ScopeEntry, Version
from vzctl.domain.state.state import State
from vzctl.errors import quoted


@dataclass(frozen=True, slots=True)
class _Need:
    """What the dependants of one name imply."""

    name: str
    providers: tuple[str, ...]
    databases: tuple[str, ...]
    count: int


def credential_drift(
    state: State, observation: Observation, options: SyncOptions
) -> tuple[list[DriftItem], list[Remark]]:
    """Return the differences of integrations and credentials, and what cannot be offered."""
    index = Index(state)
    seen: defaultdict[str, list[Dependent]] = defaultdict(list)
    for keyspace, item in _seen(observation):
        named = item.service.credential
        if named is not None and keyspace.database in index.databases:
            seen[named].append(recorded_as(keyspace, item, options))
    items: list[DriftItem] = []
    remarks: list[Remark] = []
    offered: list[DriftItem] = []
    for name in sorted(seen):
        credential = index.credentials.get(name)
        if credential is not None:
            refused = {item.database for item in observation.scopes if item.credential == name and not item.is_usable}
            items += _widened(index, credential, [item for item in seen[name] if item.database not in refused], options)
            continue
        need = _need(name, [*index.dependents_of_credential[name], *seen[name]])
        remark = _obstacle(state, need)
        if remark is not None:
            remarks.append(remark)
        else:
            offered.append(_offered(index, need, options))
    items += offered
    items = [item for item in items if Kind.CREDENTIALS in options.kinds]
    if options.kinds & {Kind.INTEGRATIONS, Kind.CREDENTIALS}:
        items += _integrations(state, offered, options)
    return items, remarks


def _seen(observation: Observation) -> Iterator[tuple[KeyspaceSeen, ObservedDependent]]:
    for keyspace in observation.keyspaces:
        for kind in (Kind.COLLECTIONS, Kind.COLUMNS):
            for item in keyspace.seen(kind) or ():
                yield keyspace, item


def _need(name: str, items: Iterable[Dependent]) -> _Need:
    mine = {(item.kind, item.key): item for item in items}
    providers = sorted({item.provider for item in mine.values() if item.provider is not None})
    return _Need(name, tuple(providers), tuple(sorted({item.database for item in mine.values()})), len(mine))


def _obstacle(state: State, need: _Need) -> Remark | None:
    """Return why the credential cannot be offered, or None."""
    who = counted(need.count, "dependant")
    head = f'the credential "{need.name}", which {who} {"names" if need.count == 1 else "name"}, is not recorded'
    if any(item.name == need.name for item in state.retired):
        message = f"{head}: it was removed here"
        return Remark("CREDENTIAL_REMOVED", Kind.CREDENTIALS, need.name, message)
    if len(need.providers) != 1:
        names = listed([display_name(item) for item in need.providers])
        return Remark("CREDENTIAL_AMBIGUOUS", Kind.CREDENTIALS, need.name, f"{head}: they use {names}")
    provider = provider_by_id(need.providers[0])
    if provider is None:
        message = f"{head}: vzctl does not know the provider {quoted(need.providers[0])}"
        return Remark("PROVIDER_UNKNOWN", Kind.CREDENTIALS, need.name, message)
    if not provider.takes_credential:
        message = f"{head}: {provider.display_name} takes no credential"
        return Remark("PROVIDER_TAKES_NO_CREDENTIAL", Kind.CREDENTIALS, need.name, message)
    return None


def _offered(index: Index, need: _Need, options: SyncOptions) -> DriftItem:
    provider = need.providers[0]
    version = Version(id=options.new_id(), created_at=options.now)
    record = Credential(
        id=options.new_id(),
        name=need.name,
        provider=provider,
        created_at=options.now,
        current=version.id,
        versions=(version,),
        scope=tuple(_entry(index.state, item, options) for item in need.databases),
        **_evidence(index.state, options),
    )
    names = [index.database_name(item) for item in need.databases]
    twin = next((item for item in index.credentials if item.casefold() == need.name.casefold()), None)
    twin_note = "" if twin is None else f'; differs only in case from "{twin}"'
    return DriftItem(
        kind=Kind.CREDENTIALS,
        change=Change.ADDED,
        action=Action.ADD,
        subject=need.name,
        record=record,
        fields=(FieldChange("provider", None, display_name(provider)), FieldChange("scope", None, ", ".join(names))),
        note=f"named by {counted(need.count, 'dependant')}; its key is not here{twin_note}",
    )


def _widened(index: Index, credential: Credential, seen: list[Dependent], options: SyncOptions) -> Iterator[DriftItem]:
    """Yield the scope that dependants imply beyond the recorded one, where the record itself comes from looking."""
    mine = [item for item in seen if item.provider == credential.provider]
    missing = sorted({item.database for item in mine} - credential.database_ids)
    if not missing or credential.current is None or not _comes_from_looking(index.state, credential):
        return
    rotation = credential.name if credential.id in index.open_rotations else None
    scope = (*credential.scope, *(_entry(index.state, item, options) for item in missing))
    names = [[index.database_name(entry.database) for entry in entries] for entries in (credential.scope, scope)]
    yield DriftItem(
        kind=Kind.CREDENTIALS,
        change=Change.CHANGED,
        action=Action.UPDATE if rotation is None else Action.SKIP,
        subject=credential.name,
        record=replace(credential, scope=scope),
        fields=(FieldChange("scope", ", ".join(names[0]) or None, ", ".join(names[1])),),
        note=f"named by {counted(len(mine), 'dependant')}",
        rotation=rotation,
    )


def _comes_from_looking(state: State, credential: Credential) -> bool:
    """Whether a scope may follow what is seen: on `astra` when it was adopted, on `local` while no key is known.

    On `local` the state decides who may use a key. A dependant outside a scope is a problem there, and no reason to widen it.
    """
    if not state.is_local:
        seen_at = credential.evidence_at
        return credential.evidence is Evidence.OBSERVED and (seen_at is None or seen_at <= credential.created_at)
    version = credential.current_version
    return version is not None and version.fingerprint is None and not version.held


def _integrations(state: State, offered: list[DriftItem], options: SyncOptions) -> Iterator[DriftItem]:
    """Yield the integrations that the offered credentials belong to: a credential cannot be without one."""
    names: dict[str, list[str]] = {}
    for item in offered:
        assert isinstance(item.record, Credential)
        names.setdefault(item.record.provider, []).append(item.subject)
    for provider in sorted(names):
        if state.integration(provider) is None:
            yield DriftItem(
                kind=Kind.INTEGRATIONS,
                change=Change.ADDED,
                action=Action.ADD,
                subject=provider,
                record=Integration(provider=provider, added_at=options.now, **_evidence(state, options)),
                note=f"implied by {counted(len(names[provider]), 'credential')}: {listed(names[provider])}",
            )


def _entry(state: State, database: str, options: SyncOptions) -> ScopeEntry:
    return ScopeEntry(database=database, added_at=options.now, **_evidence(state, options))


def _evidence(state: State, options: SyncOptions) -> dict[str, Any]:
    """Return the evidence fields of a fact that was seen: none on `local`, where a fact is a fact."""
    return {} if state.is_local else {"evidence": Evidence.OBSERVED, "evidence_at": options.now}
