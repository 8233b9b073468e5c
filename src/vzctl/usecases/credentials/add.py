"""Add a credential: the integration when it is missing, the key into the store, then the scope.

Until the key is held the credential is in no scope and has no `current` version, so a crash never leaves a database
that may use a credential without a key. The same command again finishes what a crash left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vzctl.command import suggest
from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.rotation.manual_steps import requested_again, status_for, steps_for, wanted
from vzctl.domain.rules import (
    listed,
    require_credential,
    require_name_is_free,
    require_no_rotation,
    require_takes_credential,
)
from vzctl.domain.state.address import find_database
from vzctl.domain.state.age import require_maximum_age, require_past
from vzctl.domain.state.deletion import with_deletions
from vzctl.domain.state.index import Index
from vzctl.domain.state.names import parse_credential_name, refuse_secret_in
from vzctl.domain.state.records import Credential, Database, ScopeEntry, Version
from vzctl.domain.state.revocation import in_force_again
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError
from vzctl.secret import Secret
from vzctl.store.state_store import Written
from vzctl.usecases.change import Plan, apply, propose_from, stable_ids
from vzctl.usecases.context import Context, SecretSource
from vzctl.usecases.credential_detail import CredentialDetail, credential_detail
from vzctl.usecases.credentials.edit import require_slot
from vzctl.usecases.integrations.add import also_enabled, charges, enabled
from vzctl.usecases.keys.delete import finish_and_tell
from vzctl.usecases.keys.judge import require_new_key, require_unspoiled
from vzctl.usecases.keys.version import set_held, take_secret, write_secret
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.scope.change import scope_of


@dataclass(frozen=True, slots=True)
class AddCredential:
    """Add a credential. `source` is None for `--no-secret`: nobody here has the key.

    `like` names a credential whose provider, when none is given, and scope the new one gets.
    """

    name: str
    provider: str | None
    source: SecretSource | None
    databases: Sequence[str] = ()
    note: str | None = None
    max_age_days: int | None = None
    slot: int | None = None
    set_at: datetime | None = None
    if_exists: str = "fail"
    dry_run: bool = False
    like: str | None = None


def add_credential(context: Context, request: AddCredential) -> Outcome[CredentialDetail]:
    """Add the credential; raise `ConflictError` when the name is taken, `SecretStoreError` before anything is recorded."""
    context.require_writable()
    name = parse_credential_name(request.name)
    refuse_secret_in(request.note, "a note")
    require_past(request.set_at, context.now())
    require_maximum_age(request.max_age_days)
    state = context.state_store.read()
    request = _like_the_other(state, request)
    provider = find_provider(request.provider or "")
    require_takes_credential(provider)
    existing = state.credential(name)
    if existing is not None and existing.current is not None and request.if_exists != "fail":
        return _exists_already(context, state, existing, provider, request)
    databases = _check(state, provider, request)
    if request.dry_run:
        return _dry_run(context, state, provider, request)
    warnings: tuple[Notice, ...] = ()
    if request.source is not None:
        context.store().probe()
        secret, warnings = take_secret(provider, request.source)
        warnings = (*warnings, *require_new_key(state, existing, secret))
        intent = _record_intent(context, state, provider, request, secret)
        write_secret(context, intent.credential_id, intent.version.id, secret)
    else:
        secret = None
        intent = _record_intent(context, state, provider, request, None)
    ids = [item.id for item in databases]
    after = _put_in_force(context, request, intent.version, ids, secret).after
    return _added(context, state, after, provider, request, warnings)


def _like_the_other(state: State, request: AddCredential) -> AddCredential:
    """Return the request with the provider of the other credential, unless it names one itself."""
    if request.like is None:
        return request
    return replace(request, provider=request.provider or require_credential(state, request.like).provider)


def _databases(state: State, request: AddCredential) -> list[Database]:
    """Return the databases that the request names, and those in the scope of the other credential."""
    of_other = scope_of(state, request.like) if request.like is not None else []
    found = [find_database(state, item) for item in (*request.databases, *of_other)]
    return list({item.id: item for item in found}.values())


def _check(state: State, provider: Provider, request: AddCredential) -> list[Database]:
    existing = state.credential(request.name)
    if existing is None or existing.current is not None:
        require_name_is_free(state, request.name)
    elif existing.provider != provider.id:
        raise ConflictError(
            f'adding "{request.name}" was begun for "{existing.provider}", not for "{provider.id}"',
            code="CREDENTIAL_EXISTS",
            next_steps=(suggest("credentials remove", request.name, comment="forget what was begun"),),
        )
    if request.slot is not None:
        require_slot(provider.id, request.slot)
    return _databases(state, request)


def _intended(
    state: State, provider: Provider, request: AddCredential, version: Version, credential_id: str, now: datetime
) -> State:
    """Return the state that knows the version but does not use it yet."""
    _check(state, provider, request)
    state = enabled(state, provider, now)
    begun = state.credential(request.name) or Credential(
        id=credential_id, name=request.name, provider=provider.id, created_at=now, **wanted(state, now)
    )
    left = begun.version(begun.pending)
    begun = replace(_as_asked(begun, request, now), pending=version.id)
    state = state.with_credential(begun.with_version(version))
    return state if left is None else with_deletions(state, begun.id, [left.id], now)


def _as_asked(credential: Credential, request: AddCredential, now: datetime) -> Credential:
    """Return the credential as this request wants it: a second try says anew how it shall be."""
    return replace(
        credential,
        key_set_at=request.set_at if request.source is None else (request.set_at or now),
        max_age_days=request.max_age_days,
        note=request.note,
        slot=request.slot,
    )


@dataclass(frozen=True, slots=True)
class _Intent:
    """The version that is recorded before its key is stored, and the version of an interrupted try that it replaces."""

    version: Version
    credential_id: str
    replaced: str | None


def _record_intent(
    context: Context, before: State, provider: Provider, request: AddCredential, secret: Secret | None
) -> _Intent:
    """Record the version before its key is stored; then the key that an interrupted earlier try left is deleted.

    The scope of the other credential is the one that was read before this command waited for the key.
    """
    now, ids = context.now(), stable_ids(context)
    subjects = (request.name,) if request.like is None else (request.name, request.like)

    def like(state: State) -> frozenset[str]:
        return frozenset() if request.like is None else frozenset(scope_of(state, request.like))

    def plan(state: State) -> Plan[_Intent]:
        fingerprint = secret.fingerprint(state.organization.fingerprint_salt) if secret is not None else None
        begun = state.credential(request.name)
        left = begun.version(begun.pending) if begun is not None and begun.current is None else None
        if begun is not None and left is not None and secret is not None and left.fingerprint == fingerprint:
            return Plan(state=state, data=_Intent(left, begun.id, None), basis=like(state), subjects=subjects)
        last_four = secret.last_four() if secret is not None else None
        version = Version(id=ids("version"), created_at=now, fingerprint=fingerprint, last_four=last_four)
        credential_id = begun.id if begun is not None else ids("credential")
        without = "" if secret is not None else " without its key"
        after = _intended(state, provider, request, version, credential_id, now)
        if secret is not None:
            require_new_key(state, begun, secret)
        return Plan(
            state=after,
            data=_Intent(version, credential_id, left.id if left is not None else None),
            basis=like(state),
            details=(f'{"record" if without else "begin to add"} "{request.name}" ({provider.id}){without}',),
            subjects=subjects,
        )

    intent = propose_from(context, before, plan).commit().plan.data
    if intent.replaced is not None:
        finish_and_tell(context, [intent.replaced])
    return intent


def _put_in_force(
    context: Context, request: AddCredential, version: Version, databases: Sequence[str], secret: Secret | None
) -> Written[Plan[None]]:
    """Make the version the active one and give the credential its scope: the databases, by id, that were named before.

    A key that was revoked or compromised while the store was writing it does not come into use, and a database that the
    other credential lost meanwhile is not given to this one.
    """
    now = context.now()

    def plan(state: State) -> Plan[None]:
        credential = require_credential(state, request.name)
        if credential.pending != version.id:
            raise ConflictError(
                f'another process adds "{credential.name}" at this moment',
                code="CHANGED_MEANWHILE",
                next_steps=(suggest("credentials show", credential.name, comment="what it is now"),),
            )
        if secret is not None:
            require_unspoiled(state, secret, credential)
        named = [find_database(state, item) for item in databases]
        if request.like is not None:
            allowed = {item.id for item in _databases(state, request)}
            named = [item for item in named if item.id in allowed]
        scope = tuple(ScopeEntry(database=item.id, added_at=now, **wanted(state, now)) for item in named)
        credential = replace(_as_asked(credential, request, now), current=version.id, pending=None, scope=scope)
        after = in_force_again(state.with_credential(credential), version.id)
        if request.source is not None:
            after = set_held(after, credential.id, [version.id], held=True)
        scoped = f", scope {listed([item.name for item in named])}" if named else ""
        return Plan(
            state=after,
            data=None,
            details=(f'add "{request.name}" ({credential.provider}){scoped}',),
            subjects=(request.name,),
        )

    return apply(context, plan)


def _added(
    context: Context,
    before: State,
    after: State,
    provider: Provider,
    request: AddCredential,
    warnings: tuple[Notice, ...],
) -> Outcome[CredentialDetail]:
    credential = require_credential(after, request.name)
    index = Index(after)
    names = [index.database_name(entry.database) for entry in credential.scope]
    to_do = not after.is_local
    adding = f'the credential "{request.name}" ({provider.display_name})'
    summary = [f"to do at the Portal: add {adding}" if to_do else f"added {adding}"]
    if before.integration(provider.id) is None:
        enabling = f"the {provider.display_name} integration"
        summary.append(f"to do at the Portal, first: enable {enabling}" if to_do else f"enabled {enabling} for it")
        warnings = (*warnings, *also_enabled(after, provider), *charges(provider))
    summary.append(f"scope: {listed(names)}" if names else "scope: no database yet")
    if request.source is None:
        summary.append("its key is not held here")
    steps = steps_for(after, lambda item, name: name == request.name or (item == provider.id and name is None))
    if not steps and not names:
        steps = (suggest("scope add", request.name, "DB", comment="let a database use it"),)
    return Outcome(
        data=credential_detail(context, after, credential),
        changed=True,
        summary=tuple(summary),
        warnings=warnings,
        next_steps=steps,
        status=status_for(after),
    )


def _exists_already(
    context: Context, state: State, existing: Credential, provider: Provider, request: AddCredential
) -> Outcome[CredentialDetail]:
    """`--if-exists skip` leaves it; `update` adds to the scope and the metadata, and never touches the secret."""
    if existing.provider != provider.id:
        raise ConflictError(
            f'"{existing.name}" belongs to "{existing.provider}", not to "{provider.id}"', code="CREDENTIAL_EXISTS"
        )
    unchanged = Outcome(
        data=credential_detail(context, state, existing), summary=(f'the credential "{existing.name}" exists already',)
    )
    if request.if_exists == "skip":
        return unchanged
    if request.dry_run:
        after = _updated(state, request, context.now())
        credential = require_credential(after, existing.name)
        return Outcome(data=credential_detail(context, after, credential), summary=(f'would update "{existing.name}"',))
    now = context.now()
    written = apply(
        context,
        lambda current: Plan(
            state=_updated(current, request, now),
            data=None,
            details=(f'update "{existing.name}"',),
            subjects=(existing.name,),
        ),
    )
    after = written.after
    if not written.changed:
        return unchanged
    return Outcome(
        data=credential_detail(context, after, require_credential(after, existing.name)),
        changed=True,
        summary=(f'updated "{existing.name}"; its key was not touched',),
        next_steps=steps_for(after, lambda _, name: name == existing.name),
        status=status_for(after),
    )


def _updated(state: State, request: AddCredential, now: datetime) -> State:
    credential = require_credential(state, request.name)
    require_no_rotation(state, credential)
    new = [item.id for item in _databases(state, request)]
    entries = tuple(
        ScopeEntry(database=item, added_at=now, **wanted(state, now))
        for item in dict.fromkeys(new)
        if item not in credential.database_ids
    )
    updated = replace(
        credential,
        note=request.note if request.note is not None else credential.note,
        max_age_days=request.max_age_days if request.max_age_days is not None else credential.max_age_days,
        slot=request.slot if request.slot is not None else credential.slot,
        scope=(*(requested_again(item, now) if item.database in new else item for item in credential.scope), *entries),
    )
    updated = requested_again(updated, now)
    return state if updated == credential else state.with_credential(updated)


def _dry_run(context: Context, state: State, provider: Provider, request: AddCredential) -> Outcome[CredentialDetail]:
    version = Version(id="new", created_at=context.now())
    after = _intended(state, provider, request, version, context.new_id(), context.now())
    credential = require_credential(after, request.name)
    databases = [item.id for item in _databases(state, request)]
    scope = tuple(
        ScopeEntry(database=item, added_at=context.now(), **wanted(state, context.now())) for item in databases
    )
    credential = replace(credential, current=version.id, pending=None, scope=scope)
    summary = [f'would add the credential "{request.name}" ({provider.display_name})']
    if state.integration(provider.id) is None:
        summary.append(f"would enable the {provider.display_name} integration")
    return Outcome(
        data=credential_detail(context, after.with_credential(credential), credential), summary=tuple(summary)
    )
