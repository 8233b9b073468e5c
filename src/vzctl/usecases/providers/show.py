"""`vzctl providers show`: models, dimensions, parameters, and authentication of one provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.catalog.provider import Model, Parameter, Provider
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns, Outcome


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A provider's or model's parameter."""

    name: str
    type: str
    required: bool
    default: str | None
    options: tuple[str, ...]
    help: str

    columns: ClassVar[Columns] = (
        ("PARAMETER", "name"),
        ("TYPE", "type"),
        ("REQUIRED", "required"),
        ("DEFAULT", "default"),
        ("OPTIONS", "options"),
    )


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model; the dimension is fixed when minimum and maximum are equal, and has no default when it must be given."""

    name: str
    dimension_minimum: int
    dimension_maximum: int
    dimension_default: int | None
    parameters: tuple[ParameterView, ...]

    columns: ClassVar[Columns] = (("MODEL", "name"), ("DIMENSION", "dimension"), ("DEFAULT", "dimension_default"))

    @property
    def dimension(self) -> str:
        """`1536` or `2-1536`."""
        if self.dimension_minimum == self.dimension_maximum:
            return str(self.dimension_minimum)
        return f"{self.dimension_minimum}-{self.dimension_maximum}"


@dataclass(frozen=True, slots=True)
class ProviderDetail:
    """One provider with everything that a collection or credential of it needs."""

    id: str
    display_name: str
    hosting: str
    authentication: tuple[str, ...]
    credential_label: str
    header_names: tuple[str, ...]
    keys_are_made_at: str
    maximum_live_keys: int | None
    notes: tuple[str, ...]
    parameters: tuple[ParameterView, ...]
    models: tuple[ModelView, ...]


def show_provider(_context: Context | None, name: str) -> Outcome[ProviderDetail]:
    """Return one provider; raise `NotFoundError` with the nearest names."""
    provider = find_provider(name)
    return Outcome(
        data=ProviderDetail(
            id=provider.id,
            display_name=provider.display_name,
            hosting=provider.hosting.value,
            authentication=tuple(item.value for item in provider.authentication),
            credential_label=provider.credential_label,
            header_names=provider.header_names,
            keys_are_made_at=provider.console,
            maximum_live_keys=provider.maximum_live_keys,
            notes=(*provider.notes, *_general_notes(provider)),
            parameters=tuple(_parameter(item) for item in provider.parameters),
            models=tuple(_model(item) for item in provider.models),
        )
    )


def _general_notes(provider: Provider) -> tuple[str, ...]:
    """Return what holds for every provider (rule 13)."""
    notes = ("vectorize makes no embeddings of images",)
    return (*notes, "embeddings may be charged to your account there") if provider.is_external else notes


def _parameter(item: Parameter) -> ParameterView:
    return ParameterView(item.name, str(item.kind), item.required, item.default, item.options, item.help)


def _model(item: Model) -> ModelView:
    dimension = item.dimension
    parameters = tuple(_parameter(parameter) for parameter in item.parameters)
    return ModelView(item.name, dimension.minimum, dimension.maximum, dimension.default, parameters)
