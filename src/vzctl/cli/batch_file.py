"""`--from FILE`: JSON lines `{name, provider?, databases?, secret_env|secret_file|none}`. A secret is never inline."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from vzctl.bounded_text import RECORD, TextRefusedError, load_json
from vzctl.cli.secret_input import SecretFlags
from vzctl.errors import UsageError

MAXIMUM_BATCH_BYTES = 16 * 1024 * 1024
_KEYS = frozenset(
    {"name", "provider", "databases", "secret_env", "secret_file", "none", "note", "max_age_days", "slot"}
)


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One credential of a batch; `secret` is None for `"none": true`."""

    name: str
    provider: str | None
    databases: tuple[str, ...]
    secret: SecretFlags | None
    note: str | None
    max_age_days: int | None
    slot: int | None


def read_batch(path: str, *, needs_secrets: bool = True) -> list[BatchLine]:
    """Return the lines of the file, `-` for standard input; raise `UsageError` naming the line that is wrong.

    `needs_secrets`: a line says where its secret is, or that there is none.
    """
    lines = [
        _line(number, text, needs_secret=needs_secrets)
        for number, text in enumerate(_read(path).splitlines(), start=1)
        if text.strip()
    ]
    if not lines:
        raise UsageError(f'the batch "{path}" has no lines', code="BATCH_INVALID")
    return lines


def _read(path: str) -> str:
    try:
        if path == "-":
            if sys.stdin is None or sys.stdin.closed:
                raise UsageError("standard input is closed: no batch can be read from it", code="BATCH_INVALID")
            data = sys.stdin.buffer.read(MAXIMUM_BATCH_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAXIMUM_BATCH_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(f'cannot read the batch "{path}": {reason}', code="BATCH_INVALID") from None
    if len(data) > MAXIMUM_BATCH_BYTES:
        raise UsageError(f'the batch "{path}" is larger than {MAXIMUM_BATCH_BYTES} bytes', code="BATCH_INVALID")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise UsageError(f'the batch "{path}" is not UTF-8', code="BATCH_INVALID") from None


def _line(number: int, text: str, *, needs_secret: bool) -> BatchLine:
    try:
        item = load_json(text, RECORD)
    except TextRefusedError as error:
        raise _wrong(number, f"is {error.reason}") from None
    except ValueError:
        raise _wrong(number, "is not JSON") from None
    if not isinstance(item, dict):
        raise _wrong(number, "is no JSON object")
    # Unknown keys are counted, not repeated: somebody may have put the key itself there.
    unknown = len(item.keys() - _KEYS)
    if unknown:
        raise _wrong(
            number, f"has {unknown} unknown key(s); known are {', '.join(sorted(_KEYS))}; no secret goes inline"
        )
    name = _text(number, item, "name")
    if name is None:
        raise _wrong(number, 'lacks "name"')
    databases = item.get("databases", [])
    if not isinstance(databases, list) or not all(isinstance(entry, str) and entry.strip() for entry in databases):
        raise _wrong(number, '"databases" must be a list of names')
    return BatchLine(
        name=name,
        provider=_text(number, item, "provider"),
        databases=tuple(_text(number, {"databases": entry}, "databases") or "" for entry in databases),
        secret=_secret(number, item, is_needed=needs_secret),
        note=_text(number, item, "note"),
        max_age_days=_number(number, item, "max_age_days"),
        slot=_number(number, item, "slot"),
    )


def _secret(number: int, item: dict[str, object], *, is_needed: bool) -> SecretFlags | None:
    variable, file, none = (
        _text(number, item, "secret_env"),
        _text(number, item, "secret_file"),
        item.get("none", False),
    )
    if not is_needed and variable is None and file is None and none is False:
        return None
    if not isinstance(none, bool) or (variable is not None) + (file is not None) + none != 1:
        raise _wrong(number, 'needs exactly one of "secret_env", "secret_file" and "none": true')
    if file == "-":
        raise _wrong(number, '"secret_file" must be a file, not "-"')
    return None if none else SecretFlags(file=file, variable=variable)


def _text(number: int, item: dict[str, object], key: str) -> str | None:
    value = item.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise _wrong(number, f'"{key}" must be a text that is not empty')
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _wrong(number, f'"{key}" has half a character in it: neither the state file nor a name could hold it')
    return value


def _number(number: int, item: dict[str, object], key: str) -> int | None:
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(number, f'"{key}" must be a whole number')
    return value


def _wrong(number: int, reason: str) -> UsageError:
    return UsageError(f"line {number} of the batch {reason}", code="BATCH_INVALID")
