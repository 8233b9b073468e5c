"""Rules for a Data API of one's own that say what to do, beside what their cause says: `knowledge/rules/010-self-hosted.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

from vzctl.command import Command, command
from vzctl.domain.diagnosis.rules import rule_entries


class Help(NamedTuple):
    """What the person does: one sentence, and commands in which `{credential}`, `{database}`, `{provider}` are filled in."""

    kind: Literal["not_available", "refusal", "failure"]
    """The credential service refuses: without a reason, or with one, so that names and scopes have nothing to do with it.

    Or it fails: Astra's own service may use the same words, and a state of Astra's plane knows nothing to do about it.
    """
    advice: str
    steps: tuple[tuple[Command, str], ...]


@cache
def ways_on() -> Mapping[str, Help]:
    """Return what is done about each of these rules, by its id."""
    return {
        name: Help(
            entry["kind"],
            entry["advice"],
            tuple((command(*step["command"], **step.get("options", {})), step["comment"]) for step in entry["steps"]),
        )
        for name, fields in rule_entries().items()
        if (entry := fields.get("self_hosted")) is not None
    }
