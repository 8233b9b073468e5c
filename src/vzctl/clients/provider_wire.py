"""What is sent to each provider: the same that the Data API sends, with one short word for a text.

The providers' own part of it is in `knowledge/providers`; here is how it is filled in, and what must be safe in a URL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vzctl.clients.host_label import host_label, model_path, path_label
from vzctl.clients.message import SecretHeader
from vzctl.domain.catalog.catalog import CATALOGUE
from vzctl.domain.catalog.provider import Provider
from vzctl.knowledge.loader import section
from vzctl.secret import Secret

PROVIDER_KEY: Final = "a provider key"
WORD: Final = "hi"
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The service that a key is tested for: what a collection or column declares."""

    model: str | None
    dimension: int | None
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes, and what is in it; `body` is None for a GET."""

    url: str
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How to talk to one provider. `check_path` is None where no request is free; `wakes` where one may start a machine.

    `{name}` in a URL is a parameter that the service must have, or the model; `{model}` in the body is the model.
    """

    provider: Provider
    base_url: str
    identity_url: str | None = None
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    check_path: str | None = None
    embed_path: str
    embed_body: Mapping[str, Any]
    dimension_field: str | None = None
    body_parameters: Mapping[str, str] = field(default_factory=dict)
    header_parameters: Mapping[str, str] = field(default_factory=dict)
    tenant_domain: str | None = None
    wakes: bool = False

    def base(self, wanted: Wanted) -> str:
        """Return the address that all requests but that for an identity begin with."""
        return _filled(self.base_url, lambda name: host_label(name, wanted.parameters.get(name)))

    def check(self, base: str, wanted: Wanted) -> Address:
        """Return the request that shows whose a key is and costs nothing; only where there is a `check_path`."""
        assert self.check_path is not None, "the caller looked"
        return Address(base + _path(self.check_path, wanted))

    def embed(self, base: str, wanted: Wanted) -> Address:
        """Return the request for one vector."""
        body = _with_model(self.embed_body, wanted.model)
        if self.dimension_field is not None and wanted.dimension is not None and not self._has_one_length(wanted):
            body[self.dimension_field] = wanted.dimension
        return Address(base + _path(self.embed_path, wanted), body | self._given(self.body_parameters, wanted))

    def header(self, key: Secret) -> SecretHeader:
        """Return the header that carries the key."""
        return SecretHeader(self.key_header, key, self.key_prefix, PROVIDER_KEY)

    def headers(self, wanted: Wanted) -> Mapping[str, str]:
        """Return the other headers."""
        given = self._given({name: name for name in self.header_parameters}, wanted)
        return {self.header_parameters[name]: path_label(name, value) for name, value in given.items()}

    def _has_one_length(self, wanted: Wanted) -> bool:
        model = self.provider.model(wanted.model)
        return model is not None and model.dimension.is_fixed

    def _given(self, sent_as: Mapping[str, str], wanted: Wanted) -> dict[str, Any]:
        """Return the parameters that the model takes and the service has, by what they are sent as."""
        model = self.provider.model(wanted.model)
        taken = self.provider.parameters if model is None else self.provider.parameters_of(model)
        names = [item.name for item in taken if item.name in sent_as and item.name in wanted.parameters]
        return {sent_as[name]: wanted.parameters[name] for name in names}


def _filled(template: str, value: Callable[[str], str]) -> str:
    return _PLACEHOLDER.sub(lambda found: value(found[1]), template)


def _path(template: str, wanted: Wanted) -> str:
    def value(name: str) -> str:
        return model_path(wanted.model) if name == "model" else path_label(name, wanted.parameters.get(name))

    return _filled(template, value)


def _with_model(body: Mapping[str, Any], model: str | None) -> dict[str, Any]:
    def filled(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return model if value == "{model}" else value.replace("{model}", str(model))

    return {name: filled(value) for name, value in body.items()}


WIRES: Final = {
    provider.id: Wire(provider=provider, **section("providers")[provider.id]["wire"])
    for provider in CATALOGUE
    if "wire" in section("providers")[provider.id]
}
"""By provider id; NVIDIA has none: it runs inside of Astra, and only the Data API reaches it."""
