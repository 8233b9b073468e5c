"""The state file's form: TOML bytes to domain values and back. pydantic checks types here and nowhere else.

pydantic fills the domain's own dataclasses, so there is no second set of models to keep in step. Its messages are not
passed on as they are: they repeat the input, and a person may have pasted a key into the wrong place.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, Final

import tomli
import tomli_w
from pydantic_core import ValidationError

from vzctl.bounded_text import STATE, TextRefusedError, load_toml
from vzctl.command import NextStep, suggest, suggest_program
from vzctl.domain.checks import integrity
from vzctl.domain.checks.integrity import Place
from vzctl.domain.state.state import SCHEMA_VERSION, State
from vzctl.errors import StateError
from vzctl.store.migrations import Document, migrate, with_new_keys
from vzctl.store.places import line_of
from vzctl.store.validator import dataclass_in, type_hints, validator

HEADER: Final = (
    "# The state of vzctl, written by vzctl. Hand edits are allowed and checked; comments are not kept.\n"
    "# It holds no secret, only keyed fingerprints and the last four characters of keys.\n\n"
)
FOOTER: Final = "\n# End of the state. vzctl refuses a file that has its first line and not this one: it was cut off.\n"
COPY_HEADER: Final = (
    "# A copy of a state, made by `vzctl state export`. It has neither a lineage nor a salt, so vzctl reads no state from it.\n"
    "# It holds no secret, only keyed fingerprints and the last four characters of keys.\n\n"
)
_COPY_FIRST_WORDS: Final = COPY_HEADER.partition(".")[0].encode()
_FIRST_WORDS: Final = HEADER.partition(".")[0].encode()
_LAST_WORDS: Final = FOOTER.strip().partition(".")[0].encode()
_CONFLICT_MARKER: Final = re.compile(rb"^(<{7} |={7}$|>{7} )", re.MULTILINE)
RowTexts = dict[int, tuple[object, bytes]]
"""Rows and their TOML, by `id(row)`. A row is frozen, so its text stays; it is kept here so that its id stays its own."""


def parse_state(data: bytes, path: str) -> State:
    """Return the state in `data`, or raise `StateError` naming `path` and the line. The bytes are never changed."""
    document = _parse_toml(data, path)
    version = document.get("schema")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise StateError(
            f'"{path}", line {line_of(data, ("schema",))}: schema is {str(version)[:9]}, this vzctl reads up to '
            f"{SCHEMA_VERSION}: a newer vzctl wrote it; the file was not touched",
            code="STATE_NEWER",
            next_steps=(suggest_program("pip", "install", "--upgrade", "vzctl", comment="install the newer vzctl"),),
        )
    document = with_new_keys(migrate(document))
    try:
        state: State = validator(State).validate_python(_with_extras(document, State))
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False, include_context=False)
        first = details[0]
        raise _broken(path, data, tuple(first["loc"]), _reason(first["type"])) from None
    broken = next(integrity.breakages(state), None)
    if broken is not None:
        raise _broken(path, data, broken.place, broken.reason)
    return state


def format_state(state: State, written: RowTexts | None = None) -> bytes:
    """Return the TOML of the state, header included, in stable order; each row of a table begins with `[[table]]`.

    `written` holds the rows of the last time, whose text is used again, and afterwards those of this time.
    """
    tables = [name for name in _order(State) if isinstance(getattr(state, name), tuple)]
    no_rows: dict[str, Any] = dict.fromkeys(tables, ())
    head = _plain(dataclasses.replace(state, **no_rows))
    known = written if written is not None else {}
    rows: RowTexts = {}
    for table in tables:
        for row in getattr(state, table):
            rows[id(row)] = known.get(id(row)) or (row, _row_text(table, row))
    known.clear()
    known.update(rows)
    return b"".join(
        [HEADER.encode(), tomli_w.dumps(head).encode(), *(text for _, text in rows.values()), FOOTER.encode()]
    )


def _row_text(table: str, row: object) -> bytes:
    text = tomli_w.dumps({table: _plain(row)})
    return f"\n[[{table}]]{text.removeprefix(f'[{table}]')}".encode()


def require_sound(state: State) -> None:
    """Raise when a change is about to write a file that could not be read again: a bug, caught before the disk."""
    broken = next(integrity.breakages(state), None)
    if broken is not None:
        place = ".".join(str(part) for part in broken.place)
        raise RuntimeError(f"refusing to write a broken state: {place} {broken.reason}")


def _parse_toml(data: bytes, path: str) -> Document:
    if not data.strip():
        raise _broken(path, data, (), "it is empty")
    marker = _CONFLICT_MARKER.search(data)
    if marker is not None:
        line = data.count(b"\n", 0, marker.start()) + 1
        reason = "it has the conflict markers of an unfinished merge"
        raise _broken(path, data, (), reason, line=line, next_steps=_merge_steps(path))
    if data.startswith(_COPY_FIRST_WORDS):
        raise _broken(path, data, (), "it is a copy that `vzctl state export` made, without a lineage", line=1)
    if data.startswith(_FIRST_WORDS) and _LAST_WORDS not in data:
        # Between two tables it would still be TOML, and a state with fewer credentials than there are.
        reason = f'it is cut off: its last line, "{_LAST_WORDS.decode()}…", is missing'
        raise _broken(path, data, (), reason, line=data.count(b"\n") + 1)
    try:
        return load_toml(data, STATE, tomli.loads)
    except UnicodeDecodeError as error:
        raise _broken(path, data, (), "it is not UTF-8", line=data.count(b"\n", 0, error.start) + 1) from None
    except TextRefusedError as error:
        raise _broken(path, data, (), f"it is {error.reason}", line=error.line) from None
    except ValueError as error:  # TOMLDecodeError, or what Python says of a number of a thousand digits
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else data.count(b"\n") + 1
        raise _broken(path, data, (), "it is not TOML from here on: cut off or mistyped", line=line) from None


def _merge_steps(path: str) -> tuple[NextStep, ...]:
    """Name the ways out of a merge conflict: a backup has neither side's changes."""
    return (
        suggest("help", "git", comment="merge both sides by record, with vzctl state merge"),
        suggest_program("git", "checkout", "--merge", "--", path, comment="undo edits of the conflicted file"),
    )


def _restore_steps() -> tuple[NextStep, ...]:
    return (
        suggest("state backups", comment="the states before this one"),
        suggest("state restore", "latest", comment="go back to the newest of them"),
    )


def _broken(
    path: str,
    data: bytes,
    place: Place,
    reason: str,
    *,
    line: int | None = None,
    next_steps: tuple[NextStep, ...] | None = None,
) -> StateError:
    line = line or line_of(data, place)
    key = ".".join(str(part) for part in place if not isinstance(part, int))
    where = f'"{path}", line {line}' if line else f'"{path}"'
    return StateError(
        f"the state is broken: {where}: {key + ' ' if key else ''}{reason}; the file was not touched",
        code="STATE_BROKEN",
        next_steps=_restore_steps() if next_steps is None else next_steps,
    )


def _reason(kind: str) -> str:
    """Say what pydantic found, without what it found it in."""
    if kind == "missing":
        return "is missing"
    if kind == "enum":
        return "has a word that is not allowed"
    return f"has the wrong type or form ({kind.replace('_', ' ')})"


def _with_extras(table: Document, kind: type) -> Document:
    """Return the table with keys unknown to `kind` moved into its `extra`, at every depth. It is changed in place."""
    known, nested = _fields(kind)
    extra = {} if table.keys() <= known else {key: table.pop(key) for key in list(table) if key not in known}
    for key, inner in nested.items():
        value = table.get(key)
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, dict):
                _with_extras(item, inner)
    if extra:
        table["extra"] = extra
    return table


@cache
def _fields(kind: type) -> tuple[frozenset[str], dict[str, type]]:
    """Return the names of a dataclass's fields, and the dataclasses that some of them hold."""
    names = frozenset(field.name for field in dataclasses.fields(kind)) - {"extra"}
    nested = {name: inner for name, hint in type_hints(kind).items() if (inner := dataclass_in(hint)) is not None}
    return names, nested


def _plain(value: Any) -> dict[str, Any]:
    """Return a dataclass as TOML data: None and empty collections left out, `extra` spread, tables after plain keys."""
    document: dict[str, Any] = {}
    for name in _order(type(value)):
        item = getattr(value, name)
        if item is None or (isinstance(item, (tuple, dict)) and not item):
            continue
        document[name] = _toml(item)
    document.update(value.extra)
    return document


_NAMED_FIRST: Final = frozenset({"id", "database", "keyspace", "name", "table", "column"})
"""What names a thing comes first in its table, so that a diff shows what it is about."""
_ORDERS: Final[dict[type[Any], tuple[str, ...]]] = {}


def _order(kind: type[Any]) -> tuple[str, ...]:
    names = _ORDERS.get(kind)
    if names is None:
        fields = [field.name for field in dataclasses.fields(kind) if field.name != "extra"]
        names = _ORDERS[kind] = tuple(sorted(fields, key=lambda name: (name not in _NAMED_FIRST, fields.index(name))))
    return names


def _toml(value: Any) -> Any:
    if isinstance(value, (str, int, float)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0)
    if isinstance(value, tuple):
        return [_toml(item) for item in value]
    if dataclasses.is_dataclass(value):
        return _plain(value)
    return value
