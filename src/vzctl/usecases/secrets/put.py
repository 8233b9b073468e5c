"""`vzctl secrets put`: store the key that a credential has already."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vzctl.command import suggest
from vzctl.domain.rules import provider_by_id, require_credential, require_no_rotation
from vzctl.domain.state.records import Version
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError
from vzctl.secret import Secret
from vzctl.usecases.change import Plan, changed_meanwhile, propose_from
from vzctl.usecases.context import Context, SecretSource
from vzctl.usecases.credential_detail import CredentialDetail, credential_detail
from vzctl.usecases.keys.judge import require_unspoiled
from vzctl.usecases.keys.version import set_held, take_secret, write_secret
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class PutSecret:
    """Adopt the key of a credential whose key nobody had here, or whose bytes were lost."""

    name: str
    source: SecretSource
    dry_run: bool = False


def put_secret(context: Context, request: PutSecret) -> Outcome[CredentialDetail]:
    """Adopt the key. A key with another fingerprint than the recorded one is refused: that is a rotation."""
    context.require_writable()
    state = context.state_store.read()
    version = _adoptable(state, request.name)
    if request.dry_run:
        return Outcome(
            data=credential_detail(context, state, require_credential(state, request.name)),
            summary=(f'would hold the key of "{request.name}"',),
        )
    store = context.store()
    store.probe()
    credential = require_credential(state, request.name)
    provider = provider_by_id(credential.provider)
    secret, warnings = take_secret(provider, request.source) if provider is not None else (request.source(), ())
    recorded = propose_from(context, state, lambda current: _with_fingerprint(current, version, secret, request.name))
    is_recorded = recorded.commit().changed
    write_secret(context, credential.id, version.id, secret)
    written = propose_from(context, state, lambda current: _with_key(current, version, secret, request.name)).commit()
    return Outcome(
        data=credential_detail(context, written.after, require_credential(written.after, request.name)),
        changed=written.changed or is_recorded,
        summary=(f'the key of "{request.name}" is held in the {store.name} store',),
        warnings=warnings,
    )


def _adoptable(state: State, name: str) -> Version:
    """Return the active version of a credential that nothing rotates."""
    credential = require_credential(state, name)
    require_no_rotation(state, credential)
    version = credential.current_version
    if version is None:
        raise ConflictError(
            f'"{credential.name}" has no key yet: adding it was interrupted',
            code="CREDENTIAL_INCOMPLETE",
            next_steps=(
                suggest("credentials add", credential.name, provider=credential.provider, comment="finish it"),
            ),
        )
    return version


def _with_fingerprint(state: State, version: Version, secret: Secret, name: str) -> Plan[None]:
    """Intent first: the fingerprint is on record before the secret is in the store."""
    current = _adoptable(state, name)
    if current.id != version.id:
        raise changed_meanwhile(name)
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    if current.fingerprint is not None and current.fingerprint != fingerprint:
        raise ConflictError(
            f'this is another key than the one recorded for "{name}"',
            code="SECRET_DIFFERS",
            next_steps=(suggest("credentials rotate", name, comment="make it the new key"),),
        )
    credential = require_credential(state, name)
    require_unspoiled(state, secret)
    known = replace(current, fingerprint=fingerprint, last_four=secret.last_four())
    if known != current:
        state = state.with_credential(credential.with_version(known))
    return Plan(state=state, data=None, details=(f'adopt the key of "{name}"',), subjects=(name,))


def _with_key(state: State, version: Version, secret: Secret, name: str) -> Plan[None]:
    """Record that the key is stored, unless it was revoked or compromised while the store was writing it."""
    if _adoptable(state, name).id != version.id:
        raise changed_meanwhile(name)
    require_unspoiled(state, secret)
    credential = require_credential(state, name)
    return Plan(
        state=set_held(state, credential.id, [version.id], held=True),
        data=None,
        details=(f'hold the key of "{name}"',),
        subjects=(name,),
    )
