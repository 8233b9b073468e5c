"""What a server may do instead of answering as it should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A misfortune for the next `times` requests whose path holds `path`; None is for good.

    `latency` comes first, then exactly one of the others; with none of them the right answer follows.
    """

    path: str = ""
    times: int | None = 1
    latency: float = 0.0
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """These bytes instead of an answer, then the connection ends."""
    truncated: bool = False
    """Half of the right body, with the right length in front, then the connection ends."""
    reset: bool = False
    """Half of the right body, then the connection is reset."""
    endless: bool = False
    """A body that does not end."""
    drip: bool = False
    """A header that comes one byte every tenth of a second."""
    hang: bool = False
    """Nothing, until the server is closed."""


RATE_LIMITED = {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded", "type": "requests"}}
