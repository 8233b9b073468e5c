"""When a probe last saw each credential in use: a small file beside the state.

It is a record for people, not an authority: it may be deleted, and a file that cannot be read counts as empty. Of two commands
that write at the same moment one may be lost, which costs one time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vzctl.store.atomic import make_private_directory, open_own_file, write_atomic

FORMAT: Final = 1
MAXIMUM_BYTES: Final = 4 * 1024 * 1024


def read_uses(path: Path, lineage: str) -> dict[str, datetime]:
    """Return when each credential, by id, was last seen in use; nothing when there is no record that can be read."""
    try:
        descriptor = open_own_file(path, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(MAXIMUM_BYTES + 1)
        document = json.loads(data) if len(data) <= MAXIMUM_BYTES else {}
        if document.get("format") != FORMAT or document.get("lineage") != lineage:
            return {}
        return {str(name): _moment(text) for name, text in document["credentials"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def record_uses(path: Path, lineage: str, seen: Iterable[str], at: datetime, known: Iterable[str]) -> None:
    """Note that these credentials, by id, were in use at that time; `known` ones alone are kept. Raises `OSError`."""
    kept: Mapping[str, datetime] = read_uses(path, lineage)
    uses = {**kept, **dict.fromkeys(seen, at)}
    living = set(known)
    document = {
        "format": FORMAT,
        "lineage": lineage,
        "credentials": {name: _text(moment) for name, moment in sorted(uses.items()) if name in living},
    }
    make_private_directory(path.parent)
    write_atomic(path, json.dumps(document, indent=0).encode() + b"\n")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
