"""Words of the credential service: for how long a Data API keeps a key, and that only a local state can be served."""

from __future__ import annotations

import re
from typing import Final

from vzctl.command import suggest
from vzctl.domain.state.records import LONGEST_FRESHNESS
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError

IMMEDIATE: Final = "immediate"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LENGTH: Final = re.compile(r"([0-9]{1,6})([smhd])")


def parse_freshness(state: State, text: str) -> int:
    """Return the seconds for which a Data API keeps a key: `immediate` is 0, `30s`, `5m`, `2h`, `1d`."""
    require_local(state, "the freshness of a cache")
    found = _LENGTH.fullmatch(text)
    seconds = 0 if text == IMMEDIATE else int(found[1]) * _UNITS[found[2]] if found is not None else -1
    if not 0 <= seconds <= LONGEST_FRESHNESS:
        raise UsageError(
            f"{text[:40]!a} is no freshness; write immediate, or a length of time such as 30s, 5m or 1h, at most 7d",
            code="FRESHNESS_INVALID",
        )
    return seconds


def freshness_text(seconds: int) -> str:
    """Return `immediate`, `30s`, `5m`: what `parse_freshness` reads."""
    if seconds == 0:
        return IMMEDIATE
    unit = max((unit for unit, length in _UNITS.items() if seconds % length == 0), key=_UNITS.__getitem__)
    return f"{seconds // _UNITS[unit]}{unit}"


def require_local(state: State, what: str) -> None:
    """Raise `ConflictError` on the `astra` plane, where Astra itself gives keys to its databases."""
    if not state.is_local:
        raise ConflictError(
            f"{what} is for a self-hosted Data API; this state describes databases at Astra (control plane astra)",
            code="CONTROL_PLANE_NOT_LOCAL",
            next_steps=(suggest("init", control_plane="local", profile="local", comment="a state of its own"),),
        )
