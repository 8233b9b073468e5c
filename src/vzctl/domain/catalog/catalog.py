"""The providers that Astra DB vectorize offers, and the checks of a service against them (rules 2 and 12).

They are described in `knowledge/providers`. Sources: `findEmbeddingProviders` of the open-source Data API, compared by a test,
and what Astra lists beyond it: stored credentials for external providers and a second NVIDIA model. A live answer of the
Data API wins over this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vzctl.command import suggest
from vzctl.domain.catalog.parameters import (
    Value,
    listed,
    parameter_faults,
    parameters_with_defaults,
    parse_parameters,
    show_step,
    shown,
)
from vzctl.domain.catalog.provider import EmbeddingService, Model, Provider
from vzctl.domain.catalog.reading import provider_of
from vzctl.domain.state.names import did_you_mean, nearest
from vzctl.domain.state.records import Authentication
from vzctl.errors import ConflictError, NotFoundError, UsageError
from vzctl.knowledge.loader import section

_KNOWN: Final = section("providers")
CATALOGUE: Final[tuple[Provider, ...]] = tuple(
    provider_of(provider_id, entry) for provider_id, entry in _KNOWN.items() if "support" not in entry
)
_UNSUPPORTED: Final = {provider_id: entry for provider_id, entry in _KNOWN.items() if "support" in entry}
"""Providers that the Data API knows and vectorize's integrations do not offer."""
_IGNORED: Final = str.maketrans("", "", " -_.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedService:
    """A service that the catalogue allows: model and dimension decided, given parameters typed."""

    provider: str
    model: str
    dimension: int
    parameters: dict[str, Value]


def find_provider(text: str) -> Provider:
    """Return the provider that `text` names by id or display name, whatever the case, spaces and punctuation."""
    spellings = _spellings()
    folded = _folded(text)
    provider = spellings.get(folded)
    if provider is not None:
        return provider
    step = suggest("providers list", comment="the providers that vectorize offers")
    unsupported = _unsupported(folded)
    if unsupported is not None:
        raise NotFoundError(unsupported, code="PROVIDER_UNSUPPORTED", next_steps=(step,))
    near = dict.fromkeys(f'"{spellings[spelling].id}"' for spelling in nearest(folded, spellings))
    advice = f"did you mean {' or '.join(near)}?" if near else f"known are {listed(item.id for item in CATALOGUE)}"
    raise NotFoundError(f"there is no provider {shown(text)}; {advice}", code="PROVIDER_UNKNOWN", next_steps=(step,))


def check_service(
    provider: Provider, model_name: str | None, dimension: int | None, parameters: Mapping[str, object]
) -> ResolvedService:
    """Return the service with its defaults decided, or raise `UsageError` that names what is allowed (rule 12)."""
    model = provider.model(model_name)
    if model is None:
        raise _model_fault(provider, model_name)
    length = model.dimension.default if dimension is None else dimension
    if length is None:
        raise UsageError(
            f'the model "{model.name}" has no default dimension; give one from {model.dimension.text}',
            code="DIMENSION_REQUIRED",
            next_steps=(show_step(provider),),
        )
    for fault in (*_dimension_faults(provider, model, length), *parameter_faults(provider, model, parameters)):
        raise fault
    return ResolvedService(
        provider=provider.id,
        model=model.name,
        dimension=length,
        parameters=parse_parameters(provider, model, parameters),
    )


def service_problems(
    provider_id: str, model_name: str | None, dimension: int | None, parameters: Mapping[str, object]
) -> tuple[str, ...]:
    """Return a sentence for everything in an existing service that the catalogue does not allow; never raise.

    What was not recorded (None) is not judged, nor are the providers that work by header only: they have no entry here.
    """
    provider = _by_id(provider_id)
    if provider is None:
        if _is_header_only(provider_id):
            return ()
        return (_unsupported(provider_id) or f"there is no provider {shown(provider_id)}",)
    model = provider.model(model_name)
    if model is None:
        return () if model_name is None else (_model_fault(provider, model_name).message,)
    dimension_faults = () if dimension is None else _dimension_faults(provider, model, dimension)
    return tuple(fault.message for fault in (*dimension_faults, *parameter_faults(provider, model, parameters)))


def check_authentication(provider: Provider, authentication: Authentication) -> None:
    """Rule 2: raise `ConflictError` unless the provider can be used this way."""
    if authentication in provider.authentication:
        return
    step = suggest("providers show", provider.id, comment="how it is used")
    if not provider.is_external:
        raise ConflictError(
            f"the provider {provider.display_name} is hosted by Astra: it takes no credential, no header and no scope",
            code="PROVIDER_TAKES_NO_CREDENTIAL",
            next_steps=(step,),
        )
    raise ConflictError(
        f"the provider {provider.display_name} is external: it needs a credential, or a key in the header "
        f"{listed(provider.header_names)} of each request",
        code="AUTHENTICATION_UNSUPPORTED",
        next_steps=(step,),
    )


def same_embedding(one: EmbeddingService, other: EmbeddingService) -> bool:
    """Tell whether vectors of both compare: provider, model, dimension and parameters equal, defaults filled in.

    An unrecorded dimension (None) of a model that offers several equals only another unrecorded one.
    """
    return _essence(one) == _essence(other)


def _essence(service: EmbeddingService) -> tuple[str | None, str | None, int | None, dict[str, object]]:
    provider = None if service.provider is None else _by_id(service.provider)
    model = None if provider is None else provider.model(service.model)
    if provider is None or model is None:
        return service.provider, service.model, service.dimension, dict(service.parameters)
    dimension = service.dimension
    if dimension is None and model.dimension.is_fixed:
        dimension = model.dimension.default
    return provider.id, model.name, dimension, parameters_with_defaults(provider, model, service.parameters)


def _by_id(provider_id: str) -> Provider | None:
    return next((provider for provider in CATALOGUE if provider.id == provider_id), None)


def _folded(text: str) -> str:
    return text.casefold().translate(_IGNORED)


def _spellings() -> dict[str, Provider]:
    spellings = {_folded(name): provider for provider in CATALOGUE for name in (provider.display_name, provider.id)}
    return spellings | {_folded(name): provider for provider in CATALOGUE for name in provider.short_names}


def _is_header_only(provider_id: str) -> bool:
    return provider_id in _UNSUPPORTED and _UNSUPPORTED[provider_id]["support"] == "header-only"


def _unsupported(text: str) -> str | None:
    """Return the sentence for a provider that the Data API knows and vectorize's integrations do not offer, or None."""
    folded = _folded(text)
    for provider_id, entry in _UNSUPPORTED.items():
        name = entry["display_name"]
        if folded in (_folded(provider_id), _folded(name)):
            if _is_header_only(provider_id):
                return f"{name} takes its key by header only, with each request: no integration, no stored credential"
            return f"{name} is not offered by Astra DB vectorize"
    return None


def _model_fault(provider: Provider, name: str | None) -> UsageError:
    names = [model.name for model in provider.models]
    fault = "a model must be named" if name is None else f"there is no model {shown(name)}"
    advice = "" if name is None else did_you_mean(name, names)
    message = f"{fault}; {provider.display_name} offers {listed(names)}{advice}"
    return UsageError(message, code="MODEL_UNKNOWN", next_steps=(show_step(provider),))


def _dimension_faults(provider: Provider, model: Model, length: int) -> tuple[UsageError, ...]:
    if model.dimension.allows(length):
        return ()
    makes = "always makes" if model.dimension.is_fixed else "makes"
    message = (
        f'the model "{model.name}" of {provider.display_name} {makes} {model.dimension.text} dimensions, not {length}'
    )
    return (UsageError(message, code="DIMENSION_OUT_OF_RANGE", next_steps=(show_step(provider),)),)
