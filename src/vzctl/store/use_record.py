"""When a probe last saw each credential in use: a small file beside the state.

It is a record for people, not an authority: it may be deleted, and a file that cannot be read counts as empty. Of two commands
that write at the same moment one may be lost, which costs one time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from vzctl.bounded_text import Limits, load_json
from vzctl.store.atomic import make_private_directory, open_own_file, write_atomic
from vzctl.store.fetch_record import moment_text, parse_moment

FORMAT: Final = 1
_LIMITS: Final = Limits(size=4 * 1024 * 1024, depth=8, values=50_000, bytes_per_value=8)


def read_uses(path: Path, lineage: str) -> dict[str, datetime]:
    """Return when each credential, by id, was last seen in use; nothing when there is no record that can be read."""
    try:
        descriptor = open_own_file(path, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            document = load_json(file.read(_LIMITS.size + 1), _LIMITS)
        if document.get("format") != FORMAT or document.get("lineage") != lineage:
            return {}
        return {str(name): parse_moment(text) for name, text in document["credentials"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def record_uses(path: Path, lineage: str, seen: Iterable[str], at: datetime, known: Iterable[str]) -> None:
    """Note that these credentials, by id, were in use at that time; `known` ones alone are kept. Raises `OSError`."""
    kept: Mapping[str, datetime] = read_uses(path, lineage)
    uses = {**kept, **dict.fromkeys(seen, at)}
    living = set(known)
    document = {
        "format": FORMAT,
        "lineage": lineage,
        "credentials": {name: moment_text(moment) for name, moment in sorted(uses.items()) if name in living},
    }
    make_private_directory(path.parent)
    write_atomic(path, json.dumps(document, indent=0).encode() + b"\n")
