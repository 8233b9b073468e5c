"""What an embedding provider is: where it runs, how one authenticates, its models, dimensions and parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, Self

from vzctl.domain.state.records import Authentication

EMBEDDING_HEADER: Final = "x-embedding-api-key"


class Hosting(StrEnum):
    """Who runs the provider: somebody else, who needs a key, or Astra itself."""

    EXTERNAL = "external"
    ASTRA_HOSTED = "astra-hosted"


class ParameterKind(StrEnum):
    """The type of a parameter's value."""

    STRING = "string"
    BOOLEAN = "boolean"
    NUMBER = "number"


class Shape(StrEnum):
    """What a text value must look like. The Data API puts some of them into a URL without escaping."""

    TEXT = "text"
    HOST_LABEL = "host label"
    PATH_LABEL = "path label"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHint:
    """What keys of a provider usually look like. `looks_right` is for a warning only; refused prefixes cannot work.

    `expected` ends the sentence "its keys usually …"; `refused_prefixes` are pairs of a prefix and the reason.
    """

    pattern: str
    expected: str
    refused_prefixes: tuple[tuple[str, str], ...] = ()

    def looks_right(self, text: str) -> bool:
        """Tell whether `text` could be such a key, by its form alone."""
        return self.refusal(text) is None and re.fullmatch(self.pattern, text) is not None

    def refusal(self, text: str) -> str | None:
        """Return why a key with this beginning can never work here, or None."""
        return next((reason for prefix, reason in self.refused_prefixes if text.startswith(prefix)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """The vector lengths that a model makes: one (`minimum == maximum`), or a range with or without a default."""

    minimum: int
    maximum: int
    default: int | None

    @classmethod
    def fixed(cls, length: int) -> Self:
        """Return the dimension of a model that always makes vectors of this length."""
        return cls(minimum=length, maximum=length, default=length)

    @property
    def is_fixed(self) -> bool:
        """Whether there is nothing to choose."""
        return self.minimum == self.maximum

    @property
    def text(self) -> str:
        """`1536`, or `2 to 1536`."""
        return str(self.minimum) if self.is_fixed else f"{self.minimum} to {self.maximum}"

    def allows(self, length: int) -> bool:
        """Tell whether the model can make vectors of this length."""
        return self.minimum <= length <= self.maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A setting of a provider or model, sent by the Data API with every request. No `options` means any value."""

    name: str
    kind: ParameterKind = ParameterKind.STRING
    required: bool = False
    default: str | None = None
    options: tuple[str, ...] = ()
    shape: Shape = Shape.TEXT
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An embedding model, named exactly as the Data API names it."""

    name: str
    dimension: Dimension
    parameters: tuple[Parameter, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An embedding provider; `id` and `display_name` as the Data API spells them. The defaults fit most providers.

    `short_names` find it too. `default_model` is the model that the Data API assumes when none is named; `test_model` is the
    one that a key without dependents is tested with, where it is not the first. `one_request_at_a_time` is for providers
    whose free accounts may ask only a few times a minute. `credential_label`, `console` (where keys
    are made) and `revocation_instructions` (how an old one is revoked there) are empty for a provider that takes no credential.
    `maximum_live_keys` is None when there is no small limit.
    """

    id: str
    display_name: str
    hosting: Hosting = Hosting.EXTERNAL
    authentication: tuple[Authentication, ...] = (Authentication.CREDENTIAL, Authentication.HEADER)
    models: tuple[Model, ...]
    parameters: tuple[Parameter, ...] = ()
    short_names: tuple[str, ...] = ()
    default_model: str | None = None
    test_model: str | None = None
    one_request_at_a_time: bool = False
    header_names: tuple[str, ...] = (EMBEDDING_HEADER,)
    credential_label: str = "API key"
    key_hint: KeyHint | None = None
    console: str = ""
    revocation_instructions: str = ""
    maximum_live_keys: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_external(self) -> bool:
        """Whether somebody else than Astra runs it, and may charge for it."""
        return self.hosting is Hosting.EXTERNAL

    @property
    def takes_credential(self) -> bool:
        """Whether a credential can be stored for it (rule 2)."""
        return Authentication.CREDENTIAL in self.authentication

    def model(self, name: str | None) -> Model | None:
        """Return the model with exactly that name, for None the one that may go unnamed, or None."""
        wanted = self.default_model if name is None else name
        return next((model for model in self.models if model.name == wanted), None)

    def parameters_of(self, model: Model) -> tuple[Parameter, ...]:
        """Return every parameter that a service with this model takes."""
        return (*self.parameters, *model.parameters)


class EmbeddingService(Protocol):
    """What decides the vectors: a `ResolvedService`, or a dependant of the state."""

    @property
    def provider(self) -> str | None:
        """The provider's id."""

    @property
    def model(self) -> str | None:
        """The model's name."""

    @property
    def dimension(self) -> int | None:
        """The length of the vectors."""

    @property
    def parameters(self) -> Mapping[str, object]:
        """The parameters that were given."""
