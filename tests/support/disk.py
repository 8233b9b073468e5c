"""What a machine's disk holds, as digests that two equal runs share."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyrage

_TEMPORARY: Final = re.compile(r"\.[a-z0-9_]{8}\.tmp$")
_VARYING: Final = (
    (re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:Z|\+00:00)"), b"TIME"),
    (re.compile(rb'"mtime_ns":\d+'), b'"mtime_ns":0'),
    (re.compile(rb'"pid": \d+'), b'"pid": 0'),
)


@dataclass(frozen=True, slots=True)
class Disk:
    """Where the state and the items of a secret store are, and the identity that opens age files."""

    root: str
    state: str
    items: str
    identity: str

    def signatures(self) -> tuple[str, str]:
        """Two digests of the disk without what differs between two equal runs: times, pids, random names.

        The first one is of everything, the second one of the state and of what is in the store. Two kills with the same
        signature leave the same machine, so what comes after needs to be tried only once.
        """
        root, state, items = Path(self.root), Path(self.state), Path(self.items)
        whole, essence = hashlib.sha256(), hashlib.sha256()
        for path in sorted([*(root / "state").rglob("*"), *(root / "held").rglob("*")]):
            name = _TEMPORARY.sub(".*.tmp", path.relative_to(root).as_posix())
            if path.is_dir():
                line = f"{name}/\n"
            elif ".age" in path.name:
                # What age writes is different every time.
                line = f"{name} {decrypted(path.read_bytes(), self.identity)!r}\n"
            else:
                line = f"{name} {_without_varying(path.read_bytes())!r}\n"
            whole.update(line.encode())
            if path == state or path.is_relative_to(items):
                essence.update(line.encode())
        return whole.hexdigest(), essence.hexdigest()


@lru_cache(maxsize=1000)
def decrypted(box: bytes, private: str) -> str | None:
    """Return the text of an age file, or None when it is torn."""
    try:
        data: bytes = pyrage.decrypt(box, [pyrage.x25519.Identity.from_str(private)])
    except pyrage.DecryptError:
        return None
    return data.decode()


@lru_cache(maxsize=1000)
def _without_varying(content: bytes) -> bytes:
    for pattern, text in _VARYING:
        content = pattern.sub(text, content)
    return hashlib.sha256(content).digest()
