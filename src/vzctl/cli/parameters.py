"""Parameters whose values Typer need not convert: from 0.29 on it imports pydantic for that, which doubles `--help`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import typer

_NUMBERS: Final = {"int": "an integer", "float": "a number"}
"""The numeric types of parameters. Each release of Typer words the refusal of other text differently."""


def unconverted(parameters: Iterable[Any]) -> None:
    """Make these parameters of Typer's take a value as it is where no conversion can change it."""
    for parameter in parameters:
        if not isinstance(parameter.process_value, partial):
            parameter.process_value = partial(_process_value, parameter, parameter.process_value)


def _process_value(parameter: Any, convert: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    if not _is_final(parameter, value):
        return _converted(parameter, convert, context, value)
    return parameter.callback(context, parameter, value) if parameter.callback is not None else value


def _is_final(parameter: Any, value: Any) -> bool:
    """Whether the value is that of an option that was not given, or text for a parameter that is text."""
    if parameter.multiple or parameter.nargs != 1:
        return False
    if value is None:
        return not parameter.required
    # A release of Typer that does not say what type a parameter has converts text to text itself.
    descriptor = getattr(parameter, "type_descriptor", None)
    return isinstance(value, str) and getattr(descriptor, "annotation", None) is str


def _converted(parameter: Any, convert: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """Return what Typer makes of a value; what is no number is refused alike whichever release is installed."""
    try:
        return convert(context, value)
    except typer.BadParameter as refusal:
        kind = _NUMBERS.get(_type_name(parameter))
        if kind is not None and isinstance(value, str):
            refusal.message = f"{value!r} is not {kind}"
        raise


def _type_name(parameter: Any) -> str:
    """Return the name of a parameter's type, before and since Typer 0.29."""
    descriptor = getattr(parameter, "type_descriptor", None)
    annotation = getattr(descriptor, "annotation", None)
    name = getattr(annotation, "__name__", None) or getattr(getattr(parameter, "type", None), "name", "")
    return str(name)
