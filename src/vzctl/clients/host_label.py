"""Texts that become part of a URL: checked before one is built, so that no value can send a key to another host."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from vzctl.errors import UsageError

_HOST_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PATH_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MODEL_PATH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,127})?")
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def host_label(name: str, value: object) -> str:
    """Return one label of a host name, such as an Azure resource; raise `UsageError` for anything else."""
    return _checked(_HOST_LABEL, name, value, "a part of a host name: letters, digits and '-', at most 63 of them")


def path_label(name: str, value: object) -> str:
    """Return one segment of a path, such as an Azure deployment; raise `UsageError` for anything else."""
    return _checked(_PATH_LABEL, name, value, "one part of a path: letters, digits, '.', '_' and '-'")


def model_path(value: object) -> str:
    """Return a model's name of one or two segments; raise `UsageError` for anything else."""
    return _checked(_MODEL_PATH, "model", value, "a model's name, such as ORGANIZATION/MODEL")


def keyspace_path(name: str, value: object) -> str:
    """Return the name of a keyspace, a collection or a table as a segment of a Data API path."""
    return _checked(re.compile(r"[A-Za-z0-9_]{1,222}"), name, value, "a name of letters, digits and '_'")


def base_url(text: str, what: str) -> str:
    """Return a base URL without its last slash; raise `UsageError` when it is not one that may carry a key.

    Plain `http` is for this machine only: anywhere else a key would cross the network in clear text.
    """
    parts = _split(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable():
        raise _bad_url(what, "must be a URL such as https://proxy.example.com/openai")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise _bad_url(what, "must hold no user, no query and no fragment: they would be shown and logged")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise _bad_url(what, "must be https: a key would cross the network in clear text")
    return text.rstrip("/")


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (a port out of range is found only when it is asked for)
    except ValueError:
        return None
    return parts


def _checked(pattern: re.Pattern[str], name: str, value: object, expected: str) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise UsageError(f'"{name}" must be {expected}; nothing was sent', code="PARAMETER_INVALID")
    return value


def _bad_url(what: str, reason: str) -> UsageError:
    return UsageError(f'"{what}" {reason}', code="URL_INVALID")
