"""Keys that must never be seen again, and a search for any part of them in everything that a command leaves behind."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.cli import Cli, Result

PIECE: Final = 6
"""Keys are searched for in pieces of this length, laid end to end: so any 11 characters in a row are found."""
BODY: Final = "wH4tN0b0dYmAys33Xq7Lz9Kp2Vr"


def canary(number: int, prefix: str = "sk-") -> str:
    """Return a key of the usual form that has this number in it."""
    return f"{prefix}kEsTrL{BODY}{number:02d}"


@cache
def traces_of(keys: tuple[str, ...]) -> frozenset[bytes]:
    """Return everything that shows a key, in lower case: each piece of it, and most of it in other writings."""
    traces = {key[start : start + PIECE] for key in keys for start in range(3, len(key) - PIECE + 1, PIECE)}
    # The letters of base64 depend on where in a group of three bytes a text begins; at both ends others mix in.
    raw = BODY.encode()
    traces |= {base64.b64encode(raw[skipped:])[:16].decode() for skipped in range(3)}
    traces |= {raw.hex(), BODY[::-1], "%".join(["", *(f"{byte:02x}" for byte in raw)])}
    return frozenset(trace.lower().encode() for trace in traces)


def leaks_in(data: bytes, keys: Iterable[str]) -> bool:
    """Whether any part of a key is in the data."""
    folded = data.lower()
    return any(trace in folded for trace in traces_of(tuple(keys)))


def places_with(keys: Collection[str], result: Result, cli: Cli, *, holding: Collection[Path] = ()) -> list[str]:
    """Return where parts of keys are: streams, names and files of the user, except those that are there to hold them."""
    found = [name for name, text in (("stdout", result.out), ("stderr", result.err)) if leaks_in(_raw(text), keys)]
    kept = tuple(str(path) for path in holding)
    for path in files_below(str(cli.folder)):
        name = path.removeprefix(str(cli.folder))
        if leaks_in(_raw(name), keys):
            found.append(f"the name of {name}")
        if not path.startswith(kept) and leaks_in(Path(path).read_bytes(), keys):
            found.append(name)
    return found


def files_below(folder: str) -> Iterator[str]:
    """Yield every regular file."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
