"""Makes a provider from its entry in `knowledge/providers`; `tools/knowledge_models.py` has checked it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from vzctl.domain.catalog.provider import Dimension, Hosting, KeyHint, Model, Parameter, ParameterKind, Provider, Shape
from vzctl.domain.state.records import Authentication


def provider_of(provider_id: str, entry: Mapping[str, Any]) -> Provider:
    """Return the provider; what its entry has for others (hosts, the requests of a test) is left out."""
    return Provider(id=provider_id, **_fields(Provider, entry))


def _fields(kind: type, entry: Mapping[str, Any]) -> dict[str, Any]:
    known = kind.__dataclass_fields__  # type: ignore[attr-defined]  # a dataclass, each of them
    return {name: _READ.get(name, _plain)(value) for name, value in entry.items() if name in known}


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _dimension(value: int | Mapping[str, int]) -> Dimension:
    if isinstance(value, int):
        return Dimension.fixed(value)
    return Dimension(minimum=value["minimum"], maximum=value["maximum"], default=value.get("default"))


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "hosting": Hosting,
    "authentication": lambda ways: tuple(Authentication(way) for way in ways),
    "key_hint": lambda entry: KeyHint(**_fields(KeyHint, entry)),
    "refused_prefixes": lambda pairs: tuple((pair["prefix"], pair["reason"]) for pair in pairs),
    "models": lambda entries: tuple(Model(**_fields(Model, entry)) for entry in entries),
    "dimension": _dimension,
    "parameters": lambda entries: tuple(Parameter(**_fields(Parameter, entry)) for entry in entries),
    "kind": ParameterKind,
    "shape": Shape,
}
"""By the name of a field, how its value is read where it is no text, number or list of texts."""
