"""`vzctl support bundle`: what helps to find a mistake in vzctl, in an archive without secrets and without names."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Final

from vzctl import __version__
from vzctl.command import NextStep, suggest
from vzctl.domain.checks.integrity import HIGHEST_SERIAL
from vzctl.domain.checks.problems import find_problems
from vzctl.domain.checks.pseudonyms import OTHER, described
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, StateError, UsageError
from vzctl.store.atomic import create_new_file
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns, Outcome
from vzctl.usecases.support.settings import ChosenSettings, redacted_settings

_Moment = tuple[int, int, int, int, int, int]

CHANGES_AT_MOST: Final = 200
PACKAGES: Final = (
    "typer",
    "rich",
    "keyring",
    "tomli",
    "tomli-w",
    "pydantic",
    "httpx",
    "pyrage",
    "starlette",
    "uvicorn",
    "prometheus-client",
)
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z")
_OUTCOMES: Final = frozenset({"done", "failed"})
_VERSION: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc|\.post|\.dev)[0-9]+)?")
_RELEASE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
_LATEST: Final = (2107, 12, 31, 23, 59, 58)
"""Times that a zip archive can tell."""

CONTENTS: Final = {
    "about.json": "versions of vzctl, Python, its packages and the operating system",
    "settings.json": "settings that are words or numbers; of all others whether they are set",
    "state.json": "the state with invented names: providers, models, dimensions, scopes, steps, times, broken rules",
    "changes.json": "the last changes: command, time, outcome",
}
README: Final = (
    "What `vzctl support bundle` wrote. Read it before you pass it on.\n\n"
    + "".join(f"{name:13}  {content}\n" for name, content in CONTENTS.items())
    + """
It has no secret, no fingerprint, no name or id of an organization, credential, database, keyspace, collection, table, user
or host, no address, no note, no parameter of a service, and no path.
"""
)


@dataclass(frozen=True, slots=True)
class WriteBundle:
    """Where to, the settings, and the commands that an audit can name."""

    out: str
    settings: ChosenSettings
    commands: frozenset[str]


@dataclass(frozen=True, slots=True)
class BundledFile:
    """A file in the archive, and what is in it."""

    name: str
    content: str

    columns: ClassVar[Columns] = (("FILE", "name"), ("CONTENT", "content"))


@dataclass(frozen=True, slots=True)
class SupportBundle:
    """Where the archive is, and what is in it."""

    path: str
    files: tuple[BundledFile, ...]


def write_bundle(context: Context, request: WriteBundle) -> Outcome[SupportBundle]:
    """Write the archive. A state that is missing or broken is no obstacle: that may be what it is about."""
    path = _path(request.out)
    now = context.now()
    state, trouble = _state(context)
    documents: dict[str, Any] = {
        "about.json": {"written_at": now.isoformat(), **_about()},
        "settings.json": redacted_settings(request.settings),
        "state.json": _described(state) if state is not None else {"error": trouble},
        "changes.json": _changes(context, state, request.commands),
    }
    texts = {name: json.dumps(value, indent=2) + "\n" for name, value in documents.items()}
    texts = {"README.txt": README, **texts}
    _write(path, _archive(texts, _moment(now)))
    return Outcome(
        data=SupportBundle(str(path), tuple(BundledFile(name, content) for name, content in CONTENTS.items())),
        summary=(
            f'wrote the bundle to "{path}"',
            "it has no secret and no name of yours; look into it before you pass it on",
        ),
    )


def _path(out: str) -> Path:
    """Return where to, as it was typed; refuse what is no name of an archive, without repeating it: it may be anything."""
    if out == "-":
        raise _not_possible("an archive is not written to standard output; name a file that ends in .zip")
    if "\0" in out or not out.lower().endswith(".zip") or os.path.basename(out).startswith("."):
        raise _not_possible("--out takes the name of a file that ends in .zip")
    return Path(os.path.abspath(out))


def _state(context: Context) -> tuple[State | None, str | None]:
    try:
        return context.state_store.read(), None
    except (NotFoundError, StateError) as error:
        return None, error.code


def _about() -> dict[str, Any]:
    return {
        "vzctl": __version__,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "release": _beginning(_RELEASE, platform.release()),  # the rest may be the name of a kernel of one's own
        "machine": platform.machine(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return _beginning(_VERSION, metadata.version(package))
    except metadata.PackageNotFoundError:
        return None


def _beginning(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found[0] if found is not None else OTHER


def _described(state: State) -> Mapping[str, Any]:
    problems = Counter(item.code for item in find_problems(state))
    return {**described(state), "problems": dict(sorted(problems.items()))}


def _changes(context: Context, state: State | None, commands: frozenset[str]) -> dict[str, Any]:
    """Return the last changes without their subjects, people and hosts. People can edit an audit: only known words pass."""
    try:
        entries = context.state_store.audit.entries(0 if state is None else state.serial)
    except StateError as error:
        return {"error": error.code}
    changes = [
        {
            "serial": item.serial if 0 < item.serial < HIGHEST_SERIAL else None,
            "time": item.time if _TIME.fullmatch(item.time) else OTHER,
            "command": item.command if item.command in commands else OTHER,
            "outcome": item.outcome if item.outcome in _OUTCOMES else "unknown",
        }
        for item in entries[-CHANGES_AT_MOST:]
    ]
    return {"count": len(entries), "last": changes}


def _moment(now: datetime) -> _Moment:
    moment = (now.year, now.month, now.day, now.hour, now.minute, now.second)
    return min(max(moment, _EARLIEST), _LATEST)


def _archive(texts: Mapping[str, str], at: _Moment) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            entry = zipfile.ZipInfo(f"vzctl-support/{name}", date_time=at)
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return buffer.getvalue()


def _write(path: Path, data: bytes) -> None:
    """Make the file, whole or not at all, for its owner alone; what is there stays, whatever it is."""
    try:
        create_new_file(path, data)
    except FileExistsError:
        raise ConflictError(
            f'"{path}" exists already; a bundle overwrites nothing', code="FILE_EXISTS", next_steps=(_elsewhere(),)
        ) from None
    except OSError as error:
        raise _not_possible(f'the bundle cannot be written to "{path}": {error.strerror or error}') from error


def _not_possible(message: str) -> UsageError:
    return UsageError(message, code="FILE_NOT_WRITABLE", next_steps=(_elsewhere(),))


def _elsewhere() -> NextStep:
    return suggest("support bundle", out="bundle.zip", comment="another file")
