"""The services that a credential's dependents declare: what its key is tested for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vzctl.clients.provider_wire import Wanted
from vzctl.domain.catalog.catalog import check_service
from vzctl.domain.catalog.parameters import parse_parameters
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.index import Index
from vzctl.domain.state.state import State
from vzctl.errors import UsageError
from vzctl.usecases.dependents.service import Service
from vzctl.usecases.keys.version import Owner


def services_of(state: State, credential: Owner) -> list[tuple[Wanted, str | None]]:
    """Return every service that a key is used for, or a common one, each with why it cannot be tested, if it cannot."""
    provider = provider_by_id(credential.provider)
    found = {}
    for item in Index(state).dependents_of_credential[credential.name]:
        wanted, fault = wanted_of(provider, item.model, item.dimension, item.parameters)
        found[key_of(wanted)] = (wanted, fault)
    return list(found.values()) or [of_request(provider, Service())]


def of_request(provider: Provider | None, service: Service) -> tuple[Wanted, str | None]:
    """Return the service of the command line, for a key that nothing uses yet."""
    if provider is None:
        return wanted_of(None, service.model, service.dimension, service.parameters)
    model = service.model or provider.test_model or provider.models[0].name
    dimension = service.dimension
    known = provider.model(model)
    if dimension is None and known is not None:
        dimension = known.dimension.default
    return wanted_of(provider, model, dimension, service.parameters)


def wanted_of(
    provider: Provider | None, model: str | None, dimension: int | None, parameters: Mapping[str, Any]
) -> tuple[Wanted, str | None]:
    """Return what is tested for, and why it cannot be when the catalogue does not allow it."""
    known = provider.model(model) if provider is not None else None
    if provider is None or known is None:
        wanted = Wanted(model=model, dimension=dimension, parameters=dict(parameters))
        return wanted, None if provider is None else "the model is not in the catalogue"
    typed = parse_parameters(provider, known, parameters)
    wanted = Wanted(model=known.name, dimension=dimension, parameters=typed)
    try:
        # Without a recorded dimension there is nothing to judge it by; any that the model makes will do.
        check_service(provider, model, dimension if dimension is not None else known.dimension.maximum, parameters)
    except UsageError as error:
        return wanted, error.message
    return wanted, None


def key_of(wanted: Wanted) -> tuple[Any, ...]:
    return (
        wanted.model,
        wanted.dimension,
        tuple(sorted((name, repr(value)) for name, value in wanted.parameters.items())),
    )
