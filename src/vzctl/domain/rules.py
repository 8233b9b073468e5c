"""The thirteen rules that guard changes. Each function raises when a rule forbids, and names the way on.

Reality may already break them; what a file or a sync shows is judged by `vzctl.domain.checks.problems` instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vzctl.command import suggest
from vzctl.domain.state.index import Index
from vzctl.domain.state.names import did_you_mean
from vzctl.domain.state.records import Credential, Database, Dependent, Rotation
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, RotationOpenError, quoted

if TYPE_CHECKING:
    from vzctl.domain.catalog.provider import Provider

LISTED_AT_MOST = 10


def provider_by_id(provider_id: str) -> Provider | None:
    """Return the catalogue's provider with exactly that id, or None when the catalogue does not know it."""
    from vzctl.domain.catalog.catalog import CATALOGUE

    return next((provider for provider in CATALOGUE if provider.id == provider_id), None)


def display_name(provider_id: str) -> str:
    """Return the provider's display name, or its id when the catalogue does not know it."""
    provider = provider_by_id(provider_id)
    return provider.display_name if provider else provider_id


def require_credential(state: State, name: str) -> Credential:
    """Return the credential, or raise `NotFoundError` with the nearest names."""
    credential = state.credential(name)
    if credential is not None:
        return credential
    names = [item.name for item in state.credentials]
    raise NotFoundError(
        f"there is no credential {quoted(name)}{did_you_mean(name, names)}",
        code="CREDENTIAL_NOT_FOUND",
        next_steps=(suggest("credentials list", comment="the names that exist"),),
    )


def require_integration_removable(state: State, provider_id: str) -> None:
    """Rule 1: an integration with credentials cannot be removed."""
    names = [item.name for item in state.credentials if item.provider == provider_id]
    if names:
        raise ConflictError(
            f"the {display_name(provider_id)} integration still has {counted(len(names), 'credential')}: {listed(names)}",
            code="INTEGRATION_HAS_CREDENTIALS",
            next_steps=(suggest("credentials remove", names[0], comment="remove its credentials first"),),
        )


def require_takes_credential(provider: Provider) -> None:
    """Rule 2: an Astra-hosted provider takes no credential and no scope."""
    if not provider.takes_credential:
        raise ConflictError(
            f"{provider.display_name} is hosted by Astra: it takes no credential and no scope",
            code="PROVIDER_TAKES_NO_CREDENTIAL",
            next_steps=(suggest("providers show", provider.id, comment="how it is used"),),
        )


def require_name_is_free(state: State, name: str) -> None:
    """Names are unique in the organization, and two that differ only in case are refused on add."""
    folded = name.casefold()
    for credential in state.credentials:
        if credential.name == name:
            raise ConflictError(
                f'the credential "{name}" exists already',
                code="CREDENTIAL_EXISTS",
                next_steps=(
                    suggest("credentials rotate", name, comment="give it a new key under the same name"),
                    suggest("credentials show", name, comment="look at it"),
                ),
            )
        if credential.name.casefold() == folded:
            raise ConflictError(
                f'the credential "{credential.name}" exists; "{name}" differs only in case and would be mistaken for it',
                code="CREDENTIAL_EXISTS",
                next_steps=(suggest("credentials show", credential.name, comment="look at it"),),
            )


def require_active(database: Database, what: str) -> None:
    """Rule 3: a collection or column can be created only in an `ACTIVE` database."""
    if not database.is_active:
        raise ConflictError(
            f'the database "{database.name}" is {database.status}; {what} needs it ACTIVE',
            code="DATABASE_NOT_ACTIVE",
            next_steps=(suggest("databases edit", database.id, status="ACTIVE", comment="when it has become active"),),
        )


def require_in_scope(index: Index, credential: Credential, database: Database) -> None:
    """Rule 4: a collection or column may use a credential only in one of its scoped databases."""
    entry = next((item for item in credential.scope if item.database == database.id), None)
    name = index.database_name(database.id)
    if entry is None:
        raise ConflictError(
            f'the database "{name}" is not in the scope of the credential "{credential.name}"',
            code="DATABASE_NOT_IN_SCOPE",
            next_steps=(suggest("scope add", credential.name, name, comment="put it into the scope"),),
        )


def require_same_service(existing: Dependent, address: str, provider_id: str | None, credential: str | None) -> None:
    """Rule 5: a collection's provider and credential never change; the way is a new collection and a copy."""
    if (existing.provider, existing.credential) == (provider_id, credential):
        return
    raise ConflictError(
        f'the collection "{address}" is locked to {service_text(existing)} for life; make a new collection like it '
        "with the other credential, then copy the documents",
        code="COLLECTION_SERVICE_LOCKED",
        next_steps=(
            suggest("collections show", address, comment="its model, dimension and parameters, for the new one"),
        ),
    )


def require_scope_removable(index: Index, credential: Credential, database_ids: Sequence[str], *, force: bool) -> None:
    """Rule 8: a database with dependants of the credential leaves its scope only by `--force`."""
    affected = scope_dependents(index, credential, database_ids)
    if affected and not force:
        addresses = [index.address(item) for item in affected]
        databases = dict.fromkeys(index.database_name(item.database) for item in affected)
        raise ConflictError(
            f'{counted(len(addresses), "dependant")} of "{credential.name}" would lose vectorize: {listed(addresses)}',
            code="SCOPE_HAS_DEPENDANTS",
            next_steps=(
                suggest(
                    "scope remove",
                    credential.name,
                    *databases,
                    force=True,
                    comment="take them out of service on purpose",
                ),
            ),
        )


def scope_dependents(index: Index, credential: Credential, database_ids: Sequence[str]) -> list[Dependent]:
    """Return the credential's dependants in these databases."""
    leaving = set(database_ids)
    return [item for item in index.dependents_of_credential[credential.name] if item.database in leaving]


def require_no_rotation(state: State, credential: Credential) -> None:
    """A credential, its scope and its dependants do not change while a rotation of it is open.

    Raise `ConflictError` (4) before the point of no return and `RotationOpenError` (12) past it.
    """
    rotation = state.open_rotation(credential.id)
    if rotation is not None:
        raise rotation_in_the_way(rotation, credential.name)


def rotation_in_the_way(rotation: Rotation, name: str) -> ConflictError | RotationOpenError:
    """Return the error for a command that an open rotation blocks."""
    kind = RotationOpenError if rotation.is_past_no_return else ConflictError
    return kind(
        f'a rotation of "{name}" is open at step {rotation.step}; nothing else may change it meanwhile',
        code="ROTATION_OPEN",
        next_steps=(
            suggest("rotations resume", name, comment="finish it"),
            suggest("rotations rollback", name, comment="take it back"),
        ),
    )


def service_text(dependant: Dependent) -> str:
    """Return `OpenAI with the credential "x"`, `OpenAI with a header key`, `Nvidia` or `no vectorize`."""
    if dependant.provider is None:
        return "no vectorize"
    name = display_name(dependant.provider)
    if dependant.credential is not None:
        return f'{name} with the credential "{dependant.credential}"'
    return f"{name} with a header key" if dependant.authentication == "header" else name


def counted(number: int, noun: str) -> str:
    """Return `1 credential`, `2 credentials`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{number} {noun}s"


def listed(names: Sequence[str], limit: int = LISTED_AT_MOST) -> str:
    """Join names with commas, and count those past `limit`."""
    shown = ", ".join(names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
