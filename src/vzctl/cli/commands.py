"""The commands of the root, by name. Each is imported and its parser built when it is asked for, not before.

Building all of them takes as long as everything else that a short command does, and one command line needs one of them.
`vzctl --help` needs none: it shows the summaries of this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import partial
from importlib import import_module
from typing import Any, Final

import typer
from typer.models import CommandInfo

SUMMARIES: Final = {
    "init": "Create the state file.",
    "status": "Show one screen: counts, ages, open rotations, pending steps, keys to revoke, problems.",
    "audit": "Show who changed what, when.",
    "completion": "Print the completion script of a shell.",
    "help": "Explain a topic: environment or exit-codes; or a command.",
    "providers": "The catalogue: models, dimensions, parameters, authentication.",
    "integrations": "Providers that are enabled in the organization.",
    "credentials": "Named keys of the integrations: add, rotate, find, remove.",
    "scope": "The databases that may use a credential.",
    "databases": "Databases that exist, and what may be used in them.",
    "collections": "Collections; each is locked for life to one integration and one credential.",
    "tables": "Vector columns of tables; their integration and credential may change at any time.",
    "rotations": "Rotations that were begun: look, go on, take back.",
    "revocations": "Old keys that still have to be revoked at their provider.",
    "pending": "What a person still has to do at the Astra Portal.",
    "probe": "Find out by experiment why no vectors are made: Astra's side or the provider's.",
    "state": "The state file: where it is, whether it is sound, its backups.",
    "secrets": "The secret store: make its identity, test it, put, reveal, migrate, purge.",
}
"""In the order in which help shows them. The module of a command has its name."""

_MODULES: Final = {"help": "help_topics"}


class Commands(Mapping[str, Any]):
    """Click's commands by name, each made when it is first asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = makers
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def root_commands() -> Commands:
    """Return the commands of the root: nouns, and commands that have none."""
    return Commands({name: partial(_load, name) for name in SUMMARIES})


def _load(name: str) -> Any:
    """Return a noun's group, whose verbs are made when they are asked for, or the command without a noun."""
    app: typer.Typer = import_module(f"vzctl.cli.{_MODULES.get(name, name)}").app
    verbs = {str(info.name): partial(_make, info) for info in app.registered_commands}
    if name in verbs:
        return verbs[name]()
    empty = copy(app)
    empty.registered_commands = []
    group: Any = typer.main.get_group(empty)
    group.commands = Commands(verbs)
    return group


def _make(info: CommandInfo) -> Any:
    return typer.main.get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode=None)
