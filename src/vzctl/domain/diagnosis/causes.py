"""Every cause that a verdict can name: what it means, who must act, and what to do about it.

What is known of a cause is in `knowledge/causes.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from vzctl.command import Command, command
from vzctl.knowledge.loader import section

Side = Literal["astra", "provider", "unknown"]
"""Who must change something for the same call to succeed. `unknown`: what is known does not decide."""
Who = Literal["you", "your_account", "provider", "astra", "no_one"]
"""Who must act: you (request, client, configuration), your account at the provider, the provider, Astra, or no one: wait."""

SIDES: Final[tuple[Side, ...]] = ("astra", "provider", "unknown")


class Cause(NamedTuple):
    """One cause on one side."""

    side: Side
    name: str
    meaning: str
    advice: str
    command: Command | None = None
    """What vzctl can show or do about it: `{provider}` and `{code}` are filled in, and without them it is left out."""
    comment: str = ""
    who: Who = "you"
    """Who must act."""
    retryable: bool = False
    """Whether the same call may succeed later although nobody changes anything."""


@cache
def causes() -> Mapping[tuple[Side, str], Cause]:
    """Return every cause by side and name, in the order of the documentation."""
    tables = section("causes")
    steps = {
        name: {"command": command(*step["command"]), "comment": step["comment"]}
        for name, step in tables["next_steps"].items()
    }
    return {(side, name): _cause(side, name, fields, steps) for side in SIDES for name, fields in tables[side].items()}


def _cause(side: Side, name: str, fields: Mapping[str, Any], steps: Mapping[str, Mapping[str, Any]]) -> Cause:
    given = {key: value for key, value in fields.items() if key != "next_step"}
    step = steps[fields["next_step"]] if "next_step" in fields else {}
    return Cause(side, name, **given, **step)
