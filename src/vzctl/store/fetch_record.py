"""Which database fetched which version of a key, and which token was used: beside the state, written by the service.

It is a record for people, not an authority: it may be deleted, and a killed service loses its last second. A file that
cannot be read counts as empty.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from vzctl.bounded_text import Limits, load_json
from vzctl.domain.state.state import State
from vzctl.store.atomic import make_private_directory, open_own_file, write_atomic

FORMAT: Final = 1
_LIMITS: Final = Limits(size=64 * 1024 * 1024, depth=8, values=50_000, bytes_per_value=8)
FetchKey = tuple[str, str]
"""A database's id and a version's id."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """When a database fetched a version for the first time and for the last."""

    first_at: datetime
    last_at: datetime

    def joined(self, other: Fetch | None) -> Fetch:
        """Return both as one."""
        if other is None:
            return self
        return Fetch(min(self.first_at, other.first_at), max(self.last_at, other.last_at))


@dataclass(frozen=True, slots=True)
class Fetches:
    """Everything that was recorded."""

    fetches: Mapping[FetchKey, Fetch] = field(default_factory=dict)
    token_uses: Mapping[str, datetime] = field(default_factory=dict)

    def joined(self, other: Fetches) -> Fetches:
        """Return both records as one: the earliest first time and the latest last time of each."""
        fetches = dict(self.fetches)
        for key, fetch in other.fetches.items():
            fetches[key] = fetch.joined(fetches.get(key))
        uses = dict(self.token_uses)
        for token, used_at in other.token_uses.items():
            uses[token] = max(used_at, uses.get(token, used_at))
        return Fetches(fetches, uses)

    def kept(self, state: State) -> Fetches:
        """Return what is about databases, versions and tokens that the state still has: the file does not grow for ever."""
        databases = {item.id for item in state.databases}
        versions = {version.id for _, version in state.versions()}
        tokens = {item.id for item in state.service_tokens}
        return Fetches(
            {key: value for key, value in self.fetches.items() if key[0] in databases and key[1] in versions},
            {key: value for key, value in self.token_uses.items() if key in tokens},
        )


def read_fetches(path: Path, lineage: str) -> Fetches:
    """Return what is recorded for the state of this lineage; nothing when there is no file, or none that can be read."""
    try:
        descriptor = open_own_file(path, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            document = load_json(file.read(_LIMITS.size + 1), _LIMITS)
        if document.get("format") != FORMAT or document.get("lineage") != lineage:
            return Fetches()
        return Fetches(
            {(row["database"], row["version"]): _fetch(row) for row in document["fetches"]},
            {row["token"]: parse_moment(row["last_at"]) for row in document["tokens"]},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Fetches()


def write_fetches(path: Path, lineage: str, record: Fetches) -> None:
    """Write the record whole. Raises `OSError`."""
    fetches = [
        {
            "database": database,
            "version": version,
            "first_at": moment_text(item.first_at),
            "last_at": moment_text(item.last_at),
        }
        for (database, version), item in sorted(record.fetches.items())
    ]
    tokens = [{"token": token, "last_at": moment_text(used_at)} for token, used_at in sorted(record.token_uses.items())]
    document = {"format": FORMAT, "lineage": lineage, "fetches": fetches, "tokens": tokens}
    make_private_directory(path.parent)
    write_atomic(path, json.dumps(document, indent=0).encode() + b"\n")


def _fetch(row: Mapping[str, Any]) -> Fetch:
    return Fetch(parse_moment(row["first_at"]), parse_moment(row["last_at"]))


def parse_moment(text: str) -> datetime:
    """Return the time of a record beside the state; raise `ValueError` for one without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """Return a time as the records beside the state hold it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
