"""The validator of a dataclass, built on pydantic's engine straight from the annotations.

`pydantic.TypeAdapter(State)` makes the same one and takes five times as long as the rest of a short command: most of it
goes into importing what reads annotations of every kind. The state has few kinds, and any other one is refused here.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from pydantic_core import SchemaValidator
from pydantic_core import core_schema as core

_PLAIN: Final[dict[type, core.CoreSchema]] = {
    str: core.str_schema(),
    int: core.int_schema(),
    bool: core.bool_schema(),
    datetime: core.datetime_schema(),
}


@cache
def validator(kind: type) -> SchemaValidator:
    """Return what makes a `kind` of plain data, or raises pydantic's `ValidationError`."""
    return SchemaValidator(_schema(kind))


@cache
def type_hints(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields."""
    return get_type_hints(kind)


def dataclass_in(hint: Any) -> type | None:
    """Return the dataclass that a field holds: itself, `X | None` or `tuple[X, ...]`; None when it holds none."""
    inner = _inner(hint)
    return inner if isinstance(inner, type) and dataclasses.is_dataclass(inner) else None


def _inner(hint: Any) -> Any:
    origin = get_origin(hint)
    if origin is UnionType or origin is tuple:
        return next(part for part in get_args(hint) if part not in (NoneType, Ellipsis))
    return hint


def _schema(hint: Any) -> core.CoreSchema:
    origin = get_origin(hint)
    if origin is UnionType:
        return core.nullable_schema(_schema(_inner(hint)))
    if origin is tuple:
        return core.tuple_variable_schema(_schema(_inner(hint)))
    if origin is dict:
        return core.dict_schema(core.str_schema(), core.any_schema())
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint)
    if issubclass(hint, Enum):
        return core.enum_schema(hint, list(hint), sub_type="str")
    return _PLAIN[hint]


def _dataclass(kind: Any) -> core.CoreSchema:
    hints = type_hints(kind)
    fields = [core.dataclass_field(field.name, _field(field, hints[field.name])) for field in dataclasses.fields(kind)]
    arguments = core.dataclass_args_schema(kind.__name__, fields)
    return core.dataclass_schema(kind, arguments, [field.name for field in dataclasses.fields(kind)], slots=True)


def _field(field: dataclasses.Field[Any], hint: Any) -> core.CoreSchema:
    if field.default is not dataclasses.MISSING:
        return core.with_default_schema(_schema(hint), default=field.default)
    if field.default_factory is not dataclasses.MISSING:
        return core.with_default_schema(_schema(hint), default_factory=field.default_factory)
    return _schema(hint)
