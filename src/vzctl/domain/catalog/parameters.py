"""Parameters of a service: text from the command line becomes typed values, and what is not allowed is named.

Texts end up in a URL or a header at the provider without escaping, so their characters are checked here: a crafted
value must never send a key to another host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from vzctl.command import NextStep, suggest
from vzctl.domain.catalog.provider import Model, Parameter, ParameterKind, Provider, Shape
from vzctl.domain.masking.key_formats import KEY
from vzctl.domain.masking.redaction import looks_like_secret
from vzctl.domain.state.names import did_you_mean
from vzctl.errors import UsageError

MAXIMUM_SHOWN_LENGTH: Final = 100
MAXIMUM_HOST_LABEL_LENGTH: Final = 63
MAXIMUM_TEXT_LENGTH: Final = 256
MAXIMUM_DIGITS: Final = 18
DIMENSION_PARAMETER: Final = "vectorDimension"
"""The Data API lists the dimension among a model's parameters, but takes it as `vector.dimension` only."""

_BOOLEANS: Final = {"true": True, "false": False}
_SHAPE_WORDS: Final = {
    Shape.TEXT: f"1 to {MAXIMUM_TEXT_LENGTH} printable ASCII characters without spaces",
    Shape.HOST_LABEL: f'at most {MAXIMUM_HOST_LABEL_LENGTH} letters, digits and "-", the first a letter or a digit',
    Shape.PATH_LABEL: f'at most {MAXIMUM_TEXT_LENGTH} letters, digits, "-", "_" and ".", the first a letter or a digit',
}

Value = str | bool | int


def shown(text: str) -> str:
    """Return foreign text in quotes, fit for a message: printable, not endless, and no key."""
    if looks_like_secret(text):
        return "a text that looks like a key"
    cut = text if len(text) <= MAXIMUM_SHOWN_LENGTH else text[:MAXIMUM_SHOWN_LENGTH] + "…"
    return f'"{cut}"' if cut.isprintable() else f'"{ascii(cut)[1:-1]}"'


def listed(names: Iterable[str]) -> str:
    """Return `"a"`, `"a" and "b"` or `"a", "b" and "c"`; `none` for nothing."""
    quoted = [f'"{name}"' for name in names]
    if not quoted:
        return "none"
    *first, last = quoted
    return f"{', '.join(first)} and {last}" if first else last


def show_step(provider: Provider) -> NextStep:
    """Return the command that shows everything a service of this provider may hold."""
    return suggest("providers show", provider.id, comment="its models, dimensions and parameters")


def parse_value(parameter: Parameter, value: object) -> Value | None:
    """Return the typed value, or None when it is not allowed. Text is read as the parameter's kind."""
    if parameter.kind is ParameterKind.STRING:
        return value if isinstance(value, str) and _is_allowed_text(parameter, value) else None
    if parameter.kind is ParameterKind.BOOLEAN:
        if isinstance(value, bool):
            return value
        return _BOOLEANS.get(value.lower()) if isinstance(value, str) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _parse_number(value) if isinstance(value, str) else None


def parse_parameters(provider: Provider, model: Model, parameters: Mapping[str, object]) -> dict[str, Value]:
    """Return the parameters that are given and allowed, typed, in the catalogue's order, without defaults."""
    typed: dict[str, Value] = {}
    for parameter in provider.parameters_of(model):
        value = parse_value(parameter, parameters[parameter.name]) if parameter.name in parameters else None
        if value is not None:
            typed[parameter.name] = value
    return typed


def parameters_with_defaults(provider: Provider, model: Model, parameters: Mapping[str, object]) -> dict[str, object]:
    """Return all parameters, absent ones as their default, typed where possible: fit for comparing two services."""
    defaults = {item.name: item.default for item in provider.parameters_of(model) if item.default is not None}
    complete = {**defaults, **parameters}
    return {**complete, **parse_parameters(provider, model, complete)}


def parameter_faults(provider: Provider, model: Model, parameters: Mapping[str, object]) -> Iterator[UsageError]:
    """Yield, not raise, an error for every parameter that is missing, unknown or not allowed."""
    known = {parameter.name: parameter for parameter in provider.parameters_of(model)}
    required = [parameter.name for parameter in known.values() if parameter.required]
    for name in required:
        if name not in parameters:
            yield UsageError(
                f'the parameter "{name}" is missing; {provider.display_name} needs {listed(required)}',
                code="PARAMETER_MISSING",
                next_steps=(show_step(provider),),
            )
    for name, value in parameters.items():
        if name not in known:
            yield _unknown(provider, model, name, known)
        elif parse_value(known[name], value) is None:
            yield _invalid(provider, known[name], value)
        elif isinstance(value, str) and KEY.compiled.search(value) is not None:
            # Only the formats of issuers: the name of an Azure resource may look as random as other keys do.
            yield UsageError(
                f"the parameter {shown(name)} is kept in clear text, and its value is a key; replace the key at its provider",
                code="TEXT_LOOKS_LIKE_SECRET",
                next_steps=(show_step(provider),),
            )


def _unknown(provider: Provider, model: Model, name: str, known: Iterable[str]) -> UsageError:
    taken = f'the model "{model.name}" of {provider.display_name} takes {listed(known)}'
    advice = "; the dimension is not given as a parameter" if name == DIMENSION_PARAMETER else did_you_mean(name, known)
    return UsageError(
        f"there is no parameter {shown(name)}: {taken}{advice}",
        code="PARAMETER_UNKNOWN",
        next_steps=(show_step(provider),),
    )


def _invalid(provider: Provider, parameter: Parameter, value: object) -> UsageError:
    seen = shown(value) if isinstance(value, str) else f"of the type {type(value).__name__}"
    return UsageError(
        f'the parameter "{parameter.name}" of {provider.display_name} is {seen}; allowed: {allowed_values(parameter)}',
        code="PARAMETER_INVALID",
        next_steps=(show_step(provider),),
    )


def allowed_values(parameter: Parameter) -> str:
    """Return what may be given, in words."""
    if parameter.options:
        return listed(parameter.options)
    if parameter.kind is ParameterKind.BOOLEAN:
        return listed(_BOOLEANS)
    if parameter.kind is ParameterKind.NUMBER:
        return f"a whole number of at most {MAXIMUM_DIGITS} digits"
    return _SHAPE_WORDS[parameter.shape]


def _parse_number(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= MAXIMUM_DIGITS else None


def _is_allowed_text(parameter: Parameter, text: str) -> bool:
    if parameter.options:
        return text in parameter.options
    if not text or len(text) > MAXIMUM_TEXT_LENGTH or not text.isascii():
        return False
    if parameter.shape is Shape.TEXT:
        return text.isprintable() and " " not in text
    if parameter.shape is Shape.HOST_LABEL:
        return len(text) <= MAXIMUM_HOST_LABEL_LENGTH and _is_label(text, "-")
    return _is_label(text, "-_.")


def _is_label(text: str, punctuation: str) -> bool:
    return text[0].isalnum() and all(character.isalnum() or character in punctuation for character in text)
