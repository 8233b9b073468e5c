"""What collections and table columns share: the service they are attached to, checked against catalogue and scope."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from vzctl.command import Value, suggest
from vzctl.domain.catalog.catalog import check_authentication, check_service, find_provider
from vzctl.domain.rules import require_active, require_credential, require_in_scope, require_no_rotation
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.domain.state.names import strip_data_api_suffix
from vzctl.domain.state.records import AttachedService, Authentication, Database, Dependent
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError
from vzctl.usecases.outcome import Columns
from vzctl.usecases.views import DatabaseRef, database_ref


@dataclass(frozen=True, slots=True)
class Service:
    """What a collection or column shall be attached to, as typed. No credential and not `header`: the provider decides."""

    provider: str | None = None
    model: str | None = None
    dimension: int | None = None
    credential: str | None = None
    header: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """One parameter of a service; the value as the Data API takes it, written as text."""

    name: str
    value: str

    columns: ClassVar[Columns] = (("PARAMETER", "name"), ("VALUE", "value"))


@dataclass(frozen=True, slots=True)
class DependentRow:
    """A collection or column with its service."""

    kind: str
    address: str
    database: DatabaseRef
    keyspace: str
    name: str
    provider: str | None
    model: str | None
    dimension: int | None
    authentication: str
    credential: str | None
    parameters: tuple[ParameterValue, ...]
    recorded_at: datetime | None
    observed_at: datetime | None

    columns: ClassVar[Columns] = (
        ("ADDRESS", "address"),
        ("PROVIDER", "provider"),
        ("MODEL", "model"),
        ("DIMENSION", "dimension"),
        ("AUTHENTICATION", "authentication"),
        ("CREDENTIAL", "credential"),
    )


@dataclass(frozen=True, slots=True)
class DependentFilter:
    """Which collections or columns; None matches all."""

    database: str | None = None
    provider: str | None = None
    credential: str | None = None
    authentication: str | None = None


def checked(state: State, database: Database, service: Service, what: str) -> AttachedService:
    """Check a wanted service against rules 2, 3, 4 and 12, and return what to record."""
    require_active(database, what)
    if service.provider is None:
        _require_no_service(service)
        return AttachedService(dimension=service.dimension)
    provider = find_provider(service.provider)
    authentication = _authentication(service, takes_credential=provider.takes_credential)
    check_authentication(provider, authentication)
    resolved = check_service(provider, service.model, service.dimension, service.parameters)
    name = strip_data_api_suffix(service.credential) if service.credential is not None else None
    if name is not None:
        credential = require_credential(state, name)
        if credential.provider != provider.id:
            raise ConflictError(
                f'the credential "{name}" belongs to "{credential.provider}", not to "{provider.id}"',
                code="CREDENTIAL_OF_OTHER_PROVIDER",
                next_steps=(suggest("credentials list", provider=provider.id, comment="credentials that fit"),),
            )
        require_no_rotation(state, credential)
        require_in_scope(Index(state), credential, database)
    return AttachedService(
        provider=provider.id,
        authentication=authentication,
        credential=name,
        model=resolved.model,
        dimension=resolved.dimension,
        parameters=dict(resolved.parameters),
    )


def service_options(service: AttachedService) -> dict[str, Value]:
    """Return the options with which a command records exactly this service."""
    texts = (
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in service.parameters.items()
    )
    return {
        "provider": service.provider,
        "model": service.model,
        "credential": service.credential,
        "header": service.authentication is Authentication.HEADER,
        "dimension": service.dimension,
        "parameter": tuple(texts),
    }


def require_no_open_rotation(state: State, item: Dependent) -> None:
    """A dependant does not change while its credential is being rotated."""
    credential = state.credential(item.credential) if item.credential is not None else None
    if credential is not None:
        require_no_rotation(state, credential)


def without_times(item: Dependent) -> Dependent:
    """Return what a plan about a collection or column rests on: all of it, but not when it was recorded or observed."""
    return replace(item, recorded_at=None, observed_at=None)


def matching(state: State, items: Sequence[Dependent], chosen: DependentFilter) -> list[Dependent]:
    """Return the collections or columns that the filter lets through."""
    found = list(items)
    if chosen.database is not None:
        database_id = find_database(state, chosen.database).id
        found = [item for item in found if item.database == database_id]
    if chosen.provider is not None:
        provider_id = find_provider(chosen.provider).id
        found = [item for item in found if item.provider == provider_id]
    if chosen.credential is not None:
        found = [item for item in found if item.credential == chosen.credential]
    if chosen.authentication is not None:
        found = [item for item in found if item.authentication.value == chosen.authentication]
    return found


def dependent_row(index: Index, item: Dependent) -> DependentRow:
    """Return the view of a collection or column."""
    return DependentRow(
        kind=item.kind,
        address=index.address(item),
        database=database_ref(index, item.database),
        keyspace=item.keyspace,
        name=item.local_name,
        provider=item.provider,
        model=item.model,
        dimension=item.dimension,
        authentication=item.authentication.value,
        credential=item.credential,
        parameters=tuple(ParameterValue(name, _text(value)) for name, value in item.parameters.items()),
        recorded_at=item.recorded_at,
        observed_at=item.observed_at,
    )


def service_json(attachment: AttachedService) -> dict[str, Any]:
    """Return the `service` object that the Data API takes for this attachment."""
    service: dict[str, Any] = {"provider": attachment.provider, "modelName": attachment.model}
    if attachment.credential is not None:
        service["authentication"] = {"providerKey": attachment.credential}
    if attachment.parameters:
        service["parameters"] = attachment.parameters
    return service


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _authentication(service: Service, *, takes_credential: bool) -> Authentication:
    if service.credential is not None and service.header:
        raise UsageError("give --credential or --header, not both", code="USAGE")
    if service.credential is not None:
        return Authentication.CREDENTIAL
    if service.header:
        return Authentication.HEADER
    if takes_credential:
        raise UsageError(
            "give --credential NAME, or --header when clients send the key with each request",
            code="AUTHENTICATION_MISSING",
        )
    return Authentication.NONE


def _require_no_service(service: Service) -> None:
    if service.credential is not None or service.header or service.model is not None or service.parameters:
        raise UsageError(
            "give --provider with --credential, --header, --model and --parameter", code="PROVIDER_MISSING"
        )
