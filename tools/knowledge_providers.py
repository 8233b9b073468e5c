"""The check of the files in `providers/`: what an entry may hold, and that no two files claim the same name or host.

Only what the files say is checked here. What a service may hold is checked by `vzctl.domain.catalog`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from tools.knowledge_codes import CauseName
from tools.knowledge_schema import Entry, Flag, Host, Lower, Text, Url, Word, placeholders, shape_faults

Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z-]*$")]
Path = Annotated[str, StringConstraints(pattern=r"^/[^ #]*$")]
Status = Annotated[int, Field(ge=400, le=599)]
Way = Literal["credential", "header", "none"]


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as fault:
        raise ValueError(f"is no regular expression: {fault}") from fault
    return text


def _range(value: object) -> object:
    return dict.fromkeys(("minimum", "maximum", "default"), value) if type(value) is int else value


class RefusedPrefix(Entry):
    """A beginning with which a key can never work, and why."""

    prefix: Text
    reason: Text


class KeyHint(Entry):
    """What keys look like; `expected` ends the sentence "its keys usually …"."""

    pattern: Annotated[str, AfterValidator(_expression)]
    expected: Text
    refused_prefixes: Sequence[RefusedPrefix] = ()


class Parameter(Entry):
    """A setting of a provider or a model."""

    name: Word
    kind: Literal["string", "boolean", "number"] = "string"
    required: Flag | None = None
    default: Text | None = None
    options: Sequence[Text] = ()
    shape: Literal["text", "host label", "path label"] = "text"
    help: Text

    @model_validator(mode="after")
    def _default_is_allowed(self) -> Self:
        allowed = ["true", "false"] if self.kind == "boolean" else self.options
        if self.options and self.kind != "string":
            raise ValueError("options are for a string only")
        if self.default is not None and allowed and self.default not in allowed:
            raise ValueError(f'the default "{self.default}" is none of {", ".join(allowed)}')
        if self.default is not None and self.required:
            raise ValueError("a required parameter has no default")
        return self


class Dimension(Entry):
    """The lengths that a model makes, or the only one; without a default, one must be given."""

    minimum: Annotated[int, Field(ge=1)]
    maximum: int
    default: int | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"the minimum {self.minimum} is more than the maximum {self.maximum}")
        if self.default is not None and not self.minimum <= self.default <= self.maximum:
            raise ValueError(f"the default {self.default} is not within {self.minimum} to {self.maximum}")
        return self


class Model(Entry):
    """An embedding model, named exactly as the Data API names it."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")]
    dimension: Annotated[Dimension, BeforeValidator(_range)]
    parameters: Sequence[Parameter] = ()
    notes: Sequence[Text] = ()


class Wire(Entry):
    """What is sent to the provider when a key is tested. {name} in a URL is a required parameter, or the model."""

    base_url: Url
    identity_url: Url | None = None
    tenant_domain: Host | None = None
    key_header: Header = "Authorization"
    key_prefix: str = "Bearer "
    check_path: Path | None = None
    embed_path: Path
    embed_body: dict[Word, Any]
    dimension_field: Word | None = None
    body_parameters: dict[Word, Word] = Field(default_factory=dict)
    header_parameters: dict[Word, Header] = Field(default_factory=dict)
    wakes: Flag | None = None

    @model_validator(mode="after")
    def _goes_to_hosts_that_the_file_names(self) -> Self:
        if self.identity_url is not None and "{" in self.identity_url:
            raise ValueError("identity_url takes no parameter")
        if "{" in urlsplit(self.base_url).path:
            raise ValueError("base_url takes parameters in its host only")
        host = urlsplit(self.base_url).netloc
        if self.tenant_domain is not None and host.partition("}.")[2] != self.tenant_domain:
            raise ValueError(f'tenant_domain "{self.tenant_domain}" is not what follows one parameter in base_url')
        for value in self.embed_body.values():
            if any(name != "model" or not isinstance(value, str) for name in placeholders(str(value))):
                raise ValueError("embed_body takes {model} only, in a text that is directly in it")
        return self


class Refusal(Entry):
    """What an answer means: any of the statuses, and any of the words, in lower case; a cause of the provider's side."""

    statuses: Annotated[list[Status], Field(min_length=1)]
    words: Sequence[Lower] = ()
    cause: CauseName


class KeyFormat(Entry):
    """How a key is found in a text that must not show it: what it begins with, and how many of which characters follow."""

    prefix: Annotated[str, StringConstraints(min_length=2, pattern=r"^[^*+{]+$"), AfterValidator(_expression)]
    body: Annotated[str, StringConstraints(pattern=r"^\[[^\]]+\]$"), AfterValidator(_expression)] | None = None
    minimum: Annotated[int, Field(ge=3)] | None = None
    maximum: Annotated[int, Field(ge=8, le=4000)] | None = None


class RecognizedBy(Entry):
    """What only this provider says, in lower case; of several that a text has, the lowest `rank` is meant.

    `imitated_by` are services that say some of its sentences too, and name themselves beside them.
    """

    rank: Annotated[int, Field(ge=1)] | None = None
    names: Annotated[list[Lower], Field(min_length=1)]
    sentences: Sequence[Lower] = ()
    body_patterns: Sequence[Annotated[Lower, AfterValidator(_expression)]] = ()
    imitated_by: Sequence[Lower] | None = None


class Named(Entry):
    """What is known of every provider. Below `customer_hosts`, each customer has a host of its own."""

    display_name: Text
    hosts: Sequence[Host] = ()
    customer_hosts: Sequence[Host] = ()
    libraries: Sequence[Lower] = ()
    key_formats: Sequence[KeyFormat] = ()
    recognized_by: RecognizedBy


class OtherProvider(Named):
    """A provider that the Data API knows, and for which Astra stores no credential."""

    support: Literal["header-only", "none"]


class Provider(Named):
    """A provider that vectorize offers; what is not given is what fits most."""

    short_names: Sequence[Lower] = ()
    hosting: Literal["external", "astra-hosted"] = "external"
    authentication: Sequence[Way] = ("credential", "header")
    header_names: Sequence[Lower] = ("x-embedding-api-key",)
    credential_label: str = "API key"
    default_model: Text | None = None
    test_model: Text | None = None
    one_request_at_a_time: Flag | None = None
    maximum_live_keys: Annotated[int, Field(ge=1)] | None = None
    console: Text | None = None
    revocation_instructions: Text | None = None
    notes: Sequence[Text] = ()
    key_hint: KeyHint | None = None
    parameters: Sequence[Parameter] = ()
    models: Annotated[list[Model], Field(min_length=1)]
    wire: Wire | None = None
    refusals: Sequence[Refusal] = ()

    @model_validator(mode="after")
    def _models_exist_once(self) -> Self:
        names = [model.name for model in self.models]
        _require_once("model", names)
        for model in self.models:
            _require_once("parameter", [item.name for item in (*self.parameters, *model.parameters)])
        for key in ("default_model", "test_model"):
            if getattr(self, key) not in (None, *names):
                raise ValueError(f'{key} "{getattr(self, key)}" is none of the models')
        return self

    @model_validator(mode="after")
    def _who_takes_a_key_says_where(self) -> Self:
        takes = "credential" in self.authentication
        if takes != (self.hosting == "external"):
            raise ValueError("external providers take a credential, and those that Astra hosts take none")
        for key in ("credential_label", "console", "revocation_instructions", "wire"):
            if bool(getattr(self, key)) != takes:
                raise ValueError(f"{key} is missing" if takes else f"{key} is for a provider that takes a credential")
        return self

    @model_validator(mode="after")
    def _wire_uses_parameters_that_exist(self) -> Self:
        if self.wire is None:
            return self
        shapes = {item.name: item.shape for item in self.parameters if item.required}
        paths = f"{self.wire.check_path or ''} {self.wire.embed_path}"
        for name, shape in (
            *((name, "host label") for name in placeholders(self.wire.base_url)),
            *((name, "path label") for name in placeholders(paths) if name != "model"),
        ):
            if shapes.get(name) != shape:
                raise ValueError(f'wire: {{{name}}} is no required parameter with the shape "{shape}"')
        known = {item.name for model in self.models for item in (*self.parameters, *model.parameters)}
        for name in (*self.wire.body_parameters, *self.wire.header_parameters):
            if name not in known:
                raise ValueError(f'wire: "{name}" is no parameter')
        return self


def provider_faults(sections: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of `providers/*.toml`."""
    claimed: dict[str, str] = {}
    for provider, entry in sections["providers"].items():
        kind = OtherProvider if "support" in entry else Provider
        faults = list(shape_faults(kind, entry))
        yield from (f"{provider}.toml: {fault}" for fault in faults)
        if faults:
            continue
        for number, refusal in enumerate(entry.get("refusals", ()), start=1):
            if refusal["cause"] not in sections["causes"].get("provider", {}):
                yield f"{provider}.toml: refusals.{number}.cause: causes.toml has no [provider.{refusal['cause']}]"
        spellings = (provider, entry["display_name"], *entry.get("short_names", ()))
        claims = [f'the name "{_folded(text)}"' for text in spellings]
        claims += [f'the host "{host}"' for key in ("hosts", "customer_hosts") for host in entry.get(key, ())]
        for claim in dict.fromkeys(claims):
            if claim in claimed:
                yield f"{provider}.toml: {claim} is also in {claimed[claim]}.toml"
            claimed.setdefault(claim, provider)


def _folded(text: str) -> str:
    """Return a name as `find_provider` compares it."""
    return text.casefold().translate(str.maketrans("", "", " -_."))


def _require_once(what: str, names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValueError(f'the {what} "{name}" is there twice')
