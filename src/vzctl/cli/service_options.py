"""Turning the options of a service into the use cases' `Service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vzctl.errors import UsageError

if TYPE_CHECKING:
    from vzctl.usecases.dependents.service import DependentFilter, Service

AUTHENTICATIONS = ("credential", "header", "none")


def service_of(
    provider: str | None,
    model: str | None,
    dimension: int | None,
    credential: str | None,
    header: bool,
    parameters: list[str] | None,
) -> Service:
    """Return the service; raise `UsageError` for a parameter without `=` or one given twice."""
    from vzctl.usecases.dependents.service import Service

    parsed: dict[str, str] = {}
    for item in parameters or ():
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise UsageError("write a parameter as NAME=VALUE", code="PARAMETER_INVALID")
        if name in parsed:
            raise UsageError(f'the parameter "{name}" is given twice', code="PARAMETER_INVALID")
        parsed[name] = value
    return Service(provider, model, dimension, credential, header, parsed)


def filter_of(
    database: str | None, provider: str | None, credential: str | None, authentication: str | None
) -> DependentFilter:
    """Return the filter; raise `UsageError` for an unknown kind of authentication."""
    from vzctl.usecases.dependents.service import DependentFilter

    if authentication is not None and authentication not in AUTHENTICATIONS:
        raise UsageError(
            f"{authentication[:40]!a} is no authentication; choose {', '.join(AUTHENTICATIONS)}", code="USAGE"
        )
    return DependentFilter(database, provider, credential, authentication)
